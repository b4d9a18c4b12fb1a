"""The arguments of the command line, and the errors about arguments that it does not have."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NoReturn

from mothball import __version__
from mothball.model.errors import UsageError, closest, suggest
from mothball.model.sanitize import one_line

_EXIT_USAGE = 2
_GLOBAL_OPTIONS = ("-h", "--help", "-V", "--version")
SHELLS = ("bash", "zsh", "fish")
_COMMANDS_WITH_ACTIONS = ("cache", "config", "completions")
# By command, the attribute of the arguments that may be given several times.
_REPEATED = {"check": "paths", "snapshot": "paths", "explain": "paths", "status": "requirements"}
_MAX_HELP_WIDTH = 100
# How a usage line shows the number of values that an argument takes.
_USAGES = {None: "{0}", "?": "[{0}]", "*": "[{0} ...]", "+": "{0} [...]"}

# The values of options that not every command has.
_ABSENT_OPTIONS: Mapping[str, object] = {
    **dict.fromkeys(("config", "format", "index_url", "snapshot", "stdin_filename")),
    **dict.fromkeys(("no_ignores", "offline", "refresh", "strict"), False),
}
_REPORT_FORMATS = ("text", "concise", "json", "sarif", "github", "gitlab", "junit", "markdown")
_DESCRIPTION = "Find dependencies that are archived, deprecated or quarantined on their index (PEP 792)."
# The lines of these texts are not wrapped: they have at most 80 characters.
_EXIT_CODES = """\
Exit codes:
  0  no errors (there may be warnings)
  1  at least one error was found
  2  usage error, configuration error, or unreadable file
  3  the only errors are unknown statuses (failed lookups, or none published)
"""
_MORE_HELP = "See `mothball COMMAND --help` for the options of a command.\n"
_ENVIRONMENT = """\
Environment:
  MOTHBALL_OFFLINE=1              same as --offline
  MOTHBALL_UNVERIFIED=warning     severity of failed lookups in this run
  MOTHBALL_INDEX_URL=URL          same as --index-url; may contain a password
  MOTHBALL_ALLOW_LOCAL_INDEXES=1  query local indexes that a repository names
  MOTHBALL_CACHE_DIR=DIR          cache directory
"""
_COMPLETIONS = """\
To enable completion, add one line to the configuration of the shell:
  bash  ~/.bashrc                   eval "$(mothball completions bash)"
  zsh   ~/.zshrc, after compinit    eval "$(mothball completions zsh)"
  fish  ~/.config/fish/config.fish  mothball completions fish | source
"""


def parse_arguments(argv: Sequence[str]) -> argparse.Namespace:
    """Return the parsed arguments. Raises UsageError; SystemExit after printing a help."""
    parser, commands = parser_for(argv)
    if len(argv) <= 1 and (not argv or argv[0] in _COMMANDS_WITH_ACTIONS):
        # Not an error message, as in ruff and uv: the help lists the commands or actions to choose from.
        (commands[argv[0]] if argv else parser).print_help(sys.stderr)
        raise SystemExit(_EXIT_USAGE)
    if argv and argv[0] not in (*commands, *_GLOBAL_OPTIONS):
        raise _unknown_command(argv, tuple(commands))
    arguments, rest = parser.parse_known_args(argv)
    if rest:
        _append_positional(arguments, rest, commands[arguments.command])
    if arguments.command == "check":
        if arguments.policy == "base" and arguments.since is None and arguments.from_ref is None:
            help_text = "name the base with --since REV or --from-ref REV"
            raise UsageError("--policy base requires the base of the change", help_text=help_text)
        if checks_additions(arguments):
            _reject_file_names_as_options(argv)
    return arguments


def _append_positional(arguments: argparse.Namespace, rest: Sequence[str], command: _Parser) -> None:
    """Append the ``rest`` of the arguments to those before an option: argparse reads only the first group.

    Raises UsageError if they contain an unknown option, or if ``command`` takes no further arguments.
    """
    name = _REPEATED.get(arguments.command)
    values = [] if name is None else [*getattr(arguments, name)]
    for position, argument in enumerate(rest):
        if name is not None and argument == "--":
            values += rest[position + 1 :]
            break
        if name is None or (argument.startswith("-") and argument != "-"):
            raise _unknown_argument(argument, command)
        values.append(argument)
    if name is not None:
        setattr(arguments, name, values)


def _reject_file_names_as_options(argv: Sequence[str]) -> None:
    """Raise UsageError if an option is also the name of an existing file.

    The hook passes file names, and a file named like an option must not disable the hook.
    """
    for argument in argv[: argv.index("--") if "--" in argv else None]:
        if argument.startswith("-") and argument != "-" and os.path.lexists(argument):
            help_text = "rename the file, or pass `--` before the file names (in a hook: as the last of its `args`)"
            raise UsageError(f"{argument} is both an option and the name of a file", help_text=help_text)


class _Parser(argparse.ArgumentParser):
    """Argument parser that raises UsageError, whose text is sanitized like every other message."""

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 - passed on to argparse
        """Initialize the parser without abbreviated options: a new option could make an abbreviation ambiguous."""
        super().__init__(formatter_class=_Formatter, allow_abbrev=False, **settings)
        self._positionals.title = "Arguments"
        self._optionals.title = "Options"

    def format_help(self) -> str:
        """Return the help, wrapped to the width of the terminal."""
        from shutil import get_terminal_size  # noqa: PLC0415 - for the help only
        from textwrap import fill  # noqa: PLC0415 - for the help only

        width = min(_MAX_HELP_WIDTH, get_terminal_size((_MAX_HELP_WIDTH, 1)).columns)
        self.formatter_class = partial(_Formatter, width=width)
        self.usage = self.usage or self.short_usage()
        self.description = fill(" ".join((self.description or "").split()), width)
        return super().format_help()

    def short_usage(self) -> str:
        """Return the usage line, in which `[OPTIONS]` stands for all options."""
        values = [action for action in self._actions if not action.option_strings]
        forms = (_USAGES[action.nargs].format(action.metavar) for action in values)  # type: ignore[index]
        return " ".join([self.prog, "[OPTIONS]", *forms])

    def error(self, message: str) -> NoReturn:
        """Raise UsageError."""
        raise UsageError(message, help_text=f"see `{self.prog} --help`")

    @property
    def options(self) -> tuple[str, ...]:
        """The option strings."""
        return tuple(option for action in self._actions for option in action.option_strings)

    def choices_of(self, option: str) -> tuple[str, ...]:
        """Return the values that ``option`` takes, empty if the command has no such option."""
        action = self._option_string_actions.get(option)
        return tuple(action.choices or ()) if action else ()


def checks_additions(arguments: argparse.Namespace) -> bool:
    """Return True if only added dependencies are checked: `--since`, `--from-ref` and `--to-ref` imply `--added`."""
    revisions = (arguments.since, arguments.from_ref, arguments.to_ref)
    return arguments.added or any(revision is not None for revision in revisions)


def parser_for(argv: Sequence[str]) -> tuple[argparse.ArgumentParser, Mapping[str, _Parser]]:
    """Return the parser for ``argv``, and the parsers of its commands by name.

    Only the options of the requested command are added: adding all of them takes longer than a check with a warm cache.
    """
    usage = "mothball [OPTIONS] COMMAND ..."
    parser = _Parser(prog="mothball", usage=usage, description=_DESCRIPTION, epilog=f"{_EXIT_CODES}\n{_MORE_HELP}")
    parser.add_argument(
        "-V", "--version", action="version", version=f"mothball {__version__}", help="print the version"
    )
    parser.set_defaults(**_ABSENT_OPTIONS)
    # The groups below list the commands.
    commands = parser.add_subparsers(
        prog="mothball", dest="command", metavar="COMMAND", required=True, help=argparse.SUPPRESS
    )
    requested = argv[0] if argv and any(argv[0] in group for group in _COMMANDS.values()) else None
    for title, group in _COMMANDS.items():
        for name, (summary, description, add) in group.items():
            if requested in (name, None):
                epilog = _EPILOGS.get(name, "")
                add(commands.add_parser(name, help=summary, description=description, epilog=epilog))
        if requested is None:
            lines = [f"{name:<13}{summary}" for name, (summary, _, _) in group.items()]
            parser.add_argument_group(title, "\n".join(lines))
    return parser, commands.choices


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Formatter of a help that does not wrap the lists of commands, exit codes and variables."""

    def __init__(self, prog: str, width: int = _MAX_HELP_WIDTH) -> None:
        """Initialize with a fixed width, so that argparse does not query the terminal for every option."""
        super().__init__(prog, max_help_position=28, width=width)

    def add_usage(self, usage: str | None, actions: Any, groups: Any, prefix: str | None = None) -> None:  # noqa: ANN401
        """Write the heading like the others."""
        super().add_usage(usage, actions, groups, prefix or "Usage: ")

    def _split_lines(self, text: str, width: int) -> list[str]:
        """Return the lines of a help text, not broken within the name of an option."""
        from textwrap import wrap  # noqa: PLC0415 - for the help only

        return wrap(text, width, break_on_hyphens=False)


# --- arguments of several commands ------------------------------------------------------------------------------------


def _add(
    container: argparse._ActionsContainer,
    usage: str,
    help_text: str,
    choices: tuple[str, ...] = (),
    **settings: Any,  # noqa: ANN401 - passed on to argparse
) -> None:
    """Add an argument with the ``usage`` that the help shows, such as ``--config FILE``, ``-y --yes`` or ``NAME``.

    An option without a value is a flag. Values other than ``choices`` raise UsageError.
    """
    names = usage.split()
    if not names[-1].startswith("-"):
        settings["metavar"] = names.pop()
    elif not choices:
        settings["action"] = "store_true"
    if choices:
        argument = names[0] if names else settings["metavar"]
        settings |= {"choices": choices, "type": _choice_of(argument, choices)}
    if not names:
        names = [settings.pop("dest", settings["metavar"].lower())]
    container.add_argument(*names, help=help_text, **settings)


def _choice_of(argument: str, choices: tuple[str, ...]) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value not in choices:
            raise _invalid_choice(argument, value, choices)
        return value

    return read


def _add_output_format(command: _Parser, help_text: str = "default: text") -> None:
    _add(command, "--format", help_text, ("text", "json"), dest="output", default="text")


def _add_paths(command: _Parser, help_text: str = "file or directory (default: current directory)") -> None:
    # With a default, argparse does not list the argument among the required ones that are missing.
    _add(command, "PATH", help_text, dest="paths", nargs="*", default=())


def _add_config_option(command: argparse._ActionsContainer) -> None:
    _add(command, "--config FILE", "use this configuration file only")


def _add_index_url(command: argparse._ActionsContainer) -> None:
    _add(command, "--index-url URL", "default index, instead of the configured one; indexes that files name come first")


def _add_network(command: _Parser, *, with_snapshot: bool) -> None:
    network = command.add_argument_group("Indexes and network")
    _add_index_url(network)
    age = network.add_mutually_exclusive_group()
    used = "the snapshot and cached results" if with_snapshot else "cached results"
    _add(age, "--offline", f"send no requests; use {used} of any age")
    _add(age, "--refresh", "ignore cached results")
    _add(network, "--no-cache", "do not read or write the cache")
    if with_snapshot:
        _add(network, "--snapshot FILE", "statuses to use where the index provides none")


# --- commands ---------------------------------------------------------------------------------------------------------


def _add_check(check: _Parser) -> None:
    _add_paths(check, "file or directory, or `-` for standard input (default: current directory)")
    files = check.add_argument_group("Files")
    _add(files, "--as FORMAT", "read every file as FORMAT, for example requirements", dest="format")
    _add(files, "--list-files", "list the files to read and their formats, and exit")
    _add(files, "--stdin-filename NAME", "file name of the text on standard input")
    additions = check.add_argument_group("Added dependencies")
    _add(additions, "--added", "check only dependencies added by the staged changes")
    _add(additions, "--since REV", "check only dependencies added since the merge base with REV")
    _add(additions, "--from-ref REV", "check only dependencies added between REV and --to-ref")
    _add(additions, "--to-ref REV", "end of the --from-ref range (default: HEAD)")
    policy_help = "base: use the configuration of the base of the change, and no ignore comments (default: target)"
    _add(additions, "--policy", policy_help, ("base", "target"), default="target")
    severity = check.add_argument_group("Severity and exit code")
    _add(severity, "--strict", "treat warnings as errors")
    _add(severity, "--exit-zero", "exit 0 even if problems were found (usage and file errors still exit 2)")
    _add_network(check, with_snapshot=True)
    ignores = check.add_argument_group("Configuration and ignores")
    _add_config_option(ignores)
    _add(ignores, "--no-ignores", "disable ignores, except those in the file given with --config")
    write_help = "add an ignore entry for every archived, deprecated and yanked finding to the configuration"
    _add(ignores, "--write-ignores", write_help)
    _add(ignores, "--reason TEXT", "reason for the entries written by --write-ignores")
    output = check.add_argument_group("Output")
    formats = "text, concise, json, sarif, github, gitlab, junit or markdown (default: text)"
    _add(output, "--format FORMAT", formats, _REPORT_FORMATS, dest="output", default="text")
    report_help = "also write the report to FILE in another format; may be repeated"
    reports: dict[str, Any] = {"dest": "reports", "type": _report_file, "action": "append", "default": []}
    _add(output, "--report FORMAT=FILE", report_help, **reports)
    color_help = "color text output (default: auto, on a terminal unless NO_COLOR is set)"
    _add(output, "--color", color_help, ("auto", "always", "never"), default="auto")
    amount = output.add_mutually_exclusive_group()
    _add(amount, "-q --quiet", "omit the summary and ignored findings")
    _add(amount, "-v --verbose", "list all files and dependencies with their results, on stderr")


def _add_snapshot(snapshot: _Parser) -> None:
    _add_paths(snapshot)
    _add(snapshot, "-o --output FILE", "output file (default: standard output)")
    _add_config_option(snapshot)
    _add_network(snapshot, with_snapshot=False)


def _add_status(status: _Parser) -> None:
    _add(status, "NAME", "project name, or a requirement such as 'flask>=3'", dest="requirements", nargs="+")
    _add_output_format(status)
    _add_config_option(status)
    _add_network(status, with_snapshot=True)


def _add_explain(explain: _Parser) -> None:
    _add(explain, "NAME", "project name, or a requirement such as 'lib>=2'")
    _add_paths(explain)
    _add_output_format(explain)
    _add_config_option(explain)
    _add_index_url(explain)


def _add_rule(rule: _Parser) -> None:
    _add(rule, "NAME", "rule to explain (default: list all rules)", nargs="?")


def _add_init(init: _Parser) -> None:
    _add(init, "-y --yes", "write without confirmation")
    _add(init, "--dry-run", "show what would be written, and exit")
    hook = init.add_argument_group("Hook")
    _add(hook, "--repo URL", "repository of mothball (default: use mothball from PATH)")
    _add(hook, "--rev REV", "tag or commit of --repo")
    _add(hook, "--git-hook", "write a plain Git hook instead")
    settings = init.add_argument_group("Settings")
    _add(settings, "--reason TEXT", "ignore what is archived, deprecated or yanked today")
    _add(settings, "--status-index URL", "index to query where another publishes no statuses")
    _add(settings, "--accept-not-stated", "accept unknown statuses of indexes that publish none")
    _add(settings, "--write-snapshot FILE", "also write a snapshot for offline use")
    _add_network(init, with_snapshot=False)


def _add_config(config: _Parser) -> None:
    actions = (
        "show: show the settings; path: print the path of the user configuration file; "
        "schema: print the JSON Schema of mothball.toml and [tool.mothball]"
    )
    _add(config, "ACTION", actions, ("show", "path", "schema"))
    _add_output_format(config, "format of `show` (default: text)")
    _add(config, "--user", "`schema`: that of the user configuration file")
    _add_config_option(config)


def _add_cache(cache: _Parser) -> None:
    actions = "info: show location, entries and size; clear: remove all entries"
    _add(cache, "ACTION", actions, ("info", "clear"))


def _add_completions(completions: _Parser) -> None:
    _add(completions, "SHELL", "bash, zsh or fish", SHELLS)


def _add_lsp(lsp: _Parser) -> None:
    _add(lsp, "--stdio", "accepted for compatibility; stdio is the only transport")


# By the title of the group in the help: the summary of each command there, its description, and the function that adds
# its arguments.
_COMMANDS: Mapping[str, Mapping[str, tuple[str, str, Callable[[_Parser], None]]]] = {
    "Check dependencies": {
        "check": (
            "check the dependencies of files and directories",
            "Check all dependencies of each PATH. Directories are searched for dependency files.",
            _add_check,
        ),
        "snapshot": (
            "write a status snapshot for offline use",
            "Write a snapshot with the status of every dependency of each PATH, for offline use.",
            _add_snapshot,
        ),
    },
    "Look up": {
        "status": (
            "show the status of projects on their index",
            "Show the status and the releases of each project, using the configuration of the current directory.",
            _add_status,
        ),
        "explain": (
            "show which indexes a project is looked up on, and why",
            (
                "Show which indexes the project NAME is looked up on in the files of each PATH: the setting behind "
                "each, the credentials, certificates and proxy, and what was passed over and why. Sends no request."
            ),
            _add_explain,
        ),
        "rule": ("explain a rule", "Explain a rule, or list all rules.", _add_rule),
    },
    "Set up": {
        "init": (
            "write the hook entry and the first settings of a repository",
            (
                "Check the repository, then write the hook entry for pre-commit or prek and the settings of the "
                "indexes. Everything is shown before it is written. A second run changes nothing."
            ),
            _add_init,
        ),
        "config": (
            "show the effective configuration, or its JSON Schema",
            "Show the effective settings for the current directory, each with its origin. Secrets are not shown.",
            _add_config,
        ),
        "cache": ("show or clear the cache", "Show or clear the cache of lookup results.", _add_cache),
        "completions": (
            "print a completion script for a shell",
            "Print the completion script for SHELL.",
            _add_completions,
        ),
        "lsp": ("run the language server", "Run the language server on standard input and output.", _add_lsp),
    },
}
_EPILOGS = {"check": f"{_EXIT_CODES}\n{_ENVIRONMENT}", "status": _EXIT_CODES, "completions": _COMPLETIONS}


# --- errors -----------------------------------------------------------------------------------------------------------


def _unknown_command(argv: Sequence[str], commands: Iterable[str]) -> UsageError:
    """Return the error for ``argv``, which does not begin with one of ``commands``."""
    name = argv[0]
    if name.startswith("-"):
        command = next((argument for argument in argv if argument in commands), "")
        moved = [command, *(argument for argument in argv if argument != command)] if command else []
        help_text = f"options follow the command: `{one_line(' '.join(['mothball', *moved]), 200)}`"
        return UsageError(f"unknown option `{_shown(name)}`", help_text=help_text if command else _see("mothball"))
    if name in ("help", "version"):  # as in ruff, uv and git
        command = next((f"{argument} " for argument in argv[1:2] if name == "help" and argument in commands), "")
        help_text = f"did you mean `mothball {command}--{name}`?"
    elif os.path.lexists(name):
        help_text = f"to check it: `mothball check {_shown(name)}`"
    else:
        match = closest(name, tuple(commands))
        help_text = f"did you mean `mothball {match}`?" if match else _see("mothball")
    return UsageError(f"unknown command `{_shown(name)}`", help_text=help_text)


def _unknown_argument(argument: str, command: _Parser) -> UsageError:
    """Return the error for an ``argument`` that ``command`` does not have."""
    name, separator, value = argument.partition("=")
    if not argument.startswith("-"):
        return UsageError(f"unexpected argument `{_shown(argument)}`", help_text=_see(command.prog))
    known = [option.removeprefix("--") for option in command.options if option.startswith("--")]
    start = name.removeprefix("--")
    # An abbreviation is no option, because a new option could make it ambiguous.
    extended = [option for option in known if len(start) > 1 and option.startswith(start)]
    match = next(iter(extended), "") or closest(start, tuple(known))
    if start in command.choices_of("--format"):
        match, separator, value = "format", " ", start
    help_text = f"did you mean `--{one_line(f'{match}{separator}{value}', 100)}`?" if match else _see(command.prog)
    return UsageError(f"unknown option `{_shown(name)}` of `{command.prog}`", help_text=help_text)


def _invalid_choice(argument: str, value: str, choices: tuple[str, ...]) -> UsageError:
    """Return the error for a ``value`` of ``argument``, which takes one of ``choices``."""
    return UsageError(f"invalid value `{_shown(value)}` for {argument}", help_text=suggest(value, choices))


def _report_file(value: str) -> tuple[str, str]:
    """Return format and path of ``FORMAT=FILE``. Raises UsageError."""
    report_format, _, path = value.partition("=")
    if path == "-":
        help_text = f"use --format {one_line(report_format, 20)}: standard output has only one report"
        raise UsageError("--report requires the name of a file", help_text=help_text)
    if path and report_format in _REPORT_FORMATS:
        return report_format, path
    if path:
        raise _invalid_choice("--report", report_format, _REPORT_FORMATS)
    help_text = f"write it as FORMAT=FILE, where FORMAT is one of: {', '.join(_REPORT_FORMATS)}"
    raise UsageError(f"invalid value `{_shown(value)}` for --report", help_text=help_text)


def _shown(argument: str) -> str:
    return one_line(argument, 60)


def _see(program: str) -> str:
    return f"see `{program} --help`"
