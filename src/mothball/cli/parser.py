"""The arguments of the command line, and the errors about arguments that it does not have."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from mothball import __version__
from mothball.model.errors import UsageError, closest, suggest
from mothball.model.sanitize import one_line

_EXIT_USAGE = 2
_GLOBAL_OPTIONS = ("-h", "--help", "-V", "--version")
_COMMANDS_WITH_ACTIONS = ("cache", "config", "completions")

_REPORT_FORMATS = ("text", "concise", "json", "sarif", "github", "gitlab", "junit", "markdown")
_DESCRIPTION = "Find dependencies that are archived, deprecated or quarantined on their index (PEP 792)."
_EXIT_CODES = """\
exit codes:
  0  no errors (there may be warnings)
  1  at least one error was found
  2  usage error, configuration error, or unreadable file
  3  the only errors are unknown statuses: failed lookups, or an index that publishes none
"""
_ENVIRONMENT = """\
environment:
  MOTHBALL_OFFLINE=1           same as --offline
  MOTHBALL_ALLOW_LOCAL_INDEXES=1
                               query local and plain HTTP indexes that only the repository names
  MOTHBALL_UNVERIFIED=warning  severity of failed lookups: error, warning, note or off
  MOTHBALL_INDEX_URL=URL       same as --index-url, but keeps credentials off the command line
  MOTHBALL_CACHE_DIR=DIR       cache directory
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
        raise _unknown_argument(rest[0], commands[arguments.command])
    if arguments.command == "check" and checks_additions(arguments):
        _reject_file_names_as_options(argv)
    return arguments


def _reject_file_names_as_options(argv: Sequence[str]) -> None:
    """Raise UsageError if an option is also the name of an existing file.

    The hook passes file names, and a file named like an option must not disable the hook.
    """
    for argument in argv[: argv.index("--") if "--" in argv else None]:
        if argument.startswith("-") and argument != "-" and os.path.lexists(argument):
            help_text = "rename the file, or pass `--` before the file names (in a hook: as the last of its `args`)"
            raise UsageError(f"{argument} is both an option and the name of a file", help_text=help_text)


class _Parser(argparse.ArgumentParser):
    """Argument parser that raises UsageError, whose text is sanitized like every other message.

    ``summary`` describes a command in the list of all commands.
    """

    summary = ""

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 - passed on to argparse
        """Initialize the parser without abbreviated options: a new option could make an abbreviation ambiguous."""
        super().__init__(formatter_class=_formatter, allow_abbrev=False, **settings)

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


if TYPE_CHECKING:
    _Commands = argparse._SubParsersAction[_Parser]  # noqa: SLF001 - add_subparsers() returns a private type


def checks_additions(arguments: argparse.Namespace) -> bool:
    """Return True if only added dependencies are checked: `--since`, `--from-ref` and `--to-ref` imply `--added`."""
    revisions = (arguments.since, arguments.from_ref, arguments.to_ref)
    return arguments.added or any(revision is not None for revision in revisions)


def parser_for(argv: Sequence[str]) -> tuple[argparse.ArgumentParser, Mapping[str, _Parser]]:
    """Return the parser for ``argv``, and the parsers of its commands by name.

    Only the options of the requested command are added: adding all of them takes longer than a check with a warm cache.
    """
    usage = "mothball [OPTIONS] COMMAND ..."
    parser = _Parser(prog="mothball", usage=usage, description=_DESCRIPTION, epilog=_EXIT_CODES)
    parser.add_argument(
        "-V", "--version", action="version", version=f"mothball {__version__}", help="print the version"
    )
    # The groups below list the commands.
    commands = parser.add_subparsers(
        prog="mothball", dest="command", metavar="COMMAND", required=True, help=argparse.SUPPRESS
    )
    if argv and argv[0] in _COMMANDS:
        _COMMANDS[argv[0]](commands)
        return parser, commands.choices
    for title, group in _COMMAND_GROUPS.items():
        lines = [f"{name:<13}{add(commands).summary}" for name, add in group.items()]
        parser.add_argument_group(title, "\n".join(lines))
    return parser, commands.choices


def _formatter(prog: str) -> argparse.HelpFormatter:
    # With a fixed width, argparse does not query the terminal size for every option that is added.
    return argparse.RawDescriptionHelpFormatter(prog, max_help_position=28, width=100)


def _add_cache(commands: _Commands) -> _Parser:
    cache = _add_command(commands, "cache", "show or clear the cache", "Show or clear the cache of lookup results.")
    cache.add_argument(
        "action",
        metavar="ACTION",
        **_one_of("ACTION", "info", "clear"),
        help="info: show location, entries and size; clear: remove all entries",
    )
    return cache


def _add_config(commands: _Commands) -> _Parser:
    config = _add_command(
        commands,
        "config",
        "show the effective configuration, or its JSON Schema",
        "Show the effective settings for the current directory, each with its origin. Secrets are not shown.",
    )
    config.add_argument(
        "action",
        metavar="ACTION",
        **_one_of("ACTION", "show", "path", "schema"),
        help="show: show the settings; path: print the path of the user configuration file; "
        "schema: print the JSON Schema of mothball.toml and [tool.mothball]",
    )
    config.add_argument(
        "--format",
        dest="output",
        default="text",
        help="format of `show` (default: text)",
        **_one_of("--format", "text", "json"),
    )
    config.add_argument("--user", action="store_true", help="`schema`: that of the user configuration file")
    _add_config_option(config)
    config.set_defaults(refresh=False)
    return config


def _add_init(commands: _Commands) -> _Parser:
    init = _add_command(
        commands,
        "init",
        "write the hook entry and the first settings of a repository",
        "Check the repository, then write the hook entry for pre-commit or prek and the settings of the\n"
        "indexes. Everything is shown before it is written. A second run changes nothing.",
    )
    init.add_argument("-y", "--yes", action="store_true", help="write without confirmation")
    init.add_argument("--dry-run", action="store_true", help="show what would be written, and exit")
    hook = init.add_argument_group("Hook")
    hook.add_argument("--repo", metavar="URL", help="repository of mothball (default: use mothball from PATH)")
    hook.add_argument("--rev", metavar="REV", help="tag or commit of --repo")
    hook.add_argument("--git-hook", action="store_true", help="write a plain Git hook instead")
    settings = init.add_argument_group("Settings")
    settings.add_argument("--reason", metavar="TEXT", help="ignore what is archived, deprecated or yanked today")
    settings.add_argument("--status-index", metavar="URL", help="index to query where another publishes no statuses")
    settings.add_argument(
        "--accept-not-stated", action="store_true", help="accept unknown statuses of indexes that publish none"
    )
    settings.add_argument("--write-snapshot", metavar="FILE", help="also write a snapshot for offline use")
    _add_network(init, with_snapshot=False)
    init.set_defaults(config=None)
    return init


def _add_completions(commands: _Commands) -> _Parser:
    completions = _add_command(
        commands,
        "completions",
        "print a completion script for a shell",
        "Print the completion script for SHELL.",
        _COMPLETIONS,
    )
    completions.add_argument(
        "shell", metavar="SHELL", help="bash, zsh or fish", **_one_of("SHELL", "bash", "zsh", "fish")
    )
    return completions


def _add_rule(commands: _Commands) -> _Parser:
    rule = _add_command(commands, "rule", "explain a rule", "Explain a rule, or list all rules.")
    rule.add_argument("name", nargs="?", metavar="NAME", help="rule to explain (default: list all rules)")
    return rule


def _add_command(commands: _Commands, name: str, summary: str, description: str, epilog: str = "") -> _Parser:
    command = commands.add_parser(name, help=summary, description=description, epilog=epilog)
    command.summary = summary
    return command


def _add_check(commands: _Commands) -> _Parser:
    check = _add_command(
        commands,
        "check",
        "check the dependencies of files and directories",
        "Check all dependencies of each PATH. Directories are searched for dependency files.",
        f"{_EXIT_CODES}\n{_ENVIRONMENT}",
    )
    check.usage = "mothball check [OPTIONS] [PATH ...]"
    check.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="file or directory, or `-` for standard input (default: current directory)",
    )
    files = check.add_argument_group("Files")
    files.add_argument(
        "--as", dest="format", metavar="FORMAT", help="read every file as FORMAT, for example requirements"
    )
    files.add_argument("--list-files", action="store_true", help="list the files to read and their formats, and exit")
    files.add_argument("--stdin-filename", metavar="NAME", help="file name of the text on standard input")
    additions = check.add_argument_group("Added dependencies")
    additions.add_argument("--added", action="store_true", help="check only dependencies added by the staged changes")
    additions.add_argument("--since", metavar="REV", help="check only dependencies added since the merge base with REV")
    additions.add_argument("--from-ref", metavar="REV", help="check only dependencies added between REV and --to-ref")
    additions.add_argument("--to-ref", metavar="REV", help="end of the --from-ref range (default: HEAD)")
    additions.add_argument(
        "--policy",
        default="target",
        help="base: use the configuration of the base of the change, and no ignore comments (default: target)",
        **_one_of("--policy", "base", "target"),
    )
    severity = check.add_argument_group("Severity and exit code")
    severity.add_argument("--strict", action="store_true", help="treat warnings as errors")
    severity.add_argument(
        "--exit-zero",
        action="store_true",
        help="exit 0 even if problems were found (usage and file errors still exit 2)",
    )
    _add_network(check, with_snapshot=True)
    _add_ignores(check)
    output = check.add_argument_group("Output")
    output.add_argument(
        "--format",
        dest="output",
        default="text",
        metavar="FORMAT",
        help="text, concise, json, sarif, github, gitlab, junit or markdown (default: text)",
        **_one_of("--format", *_REPORT_FORMATS),
    )
    output.add_argument(
        "--report",
        dest="reports",
        type=_report_file,
        action="append",
        default=[],
        metavar="FORMAT=FILE",
        help="also write the report to FILE in another format; may be repeated",
    )
    output.add_argument(
        "--color",
        default="auto",
        help="color text output (default: auto, on a terminal unless NO_COLOR is set)",
        **_one_of("--color", "auto", "always", "never"),
    )
    amount = output.add_mutually_exclusive_group()
    amount.add_argument("-q", "--quiet", action="store_true", help="omit the summary and ignored findings")
    amount.add_argument(
        "-v", "--verbose", action="store_true", help="list all files and dependencies with their results, on stderr"
    )
    return check


def _report_file(value: str) -> tuple[str, str]:
    """Return format and path of ``FORMAT=FILE``. Raises UsageError."""
    report_format, _, path = value.partition("=")
    if not path or report_format not in _REPORT_FORMATS:
        raise _invalid_report_file(value)
    return report_format, path


def _one_of(argument: str, *choices: str) -> dict[str, Any]:
    """Return the settings of an ``argument`` that takes one of ``choices``. Another value raises UsageError."""

    def read(value: str) -> str:
        if value not in choices:
            raise _invalid_choice(argument, value, choices)
        return value

    return {"choices": choices, "type": read}


def _add_config_option(command: argparse._ActionsContainer) -> None:
    command.add_argument("--config", metavar="FILE", help="use this configuration file only")


def _add_ignores(check: argparse.ArgumentParser) -> None:
    ignores = check.add_argument_group("Configuration and ignores")
    _add_config_option(ignores)
    ignores.add_argument(
        "--no-ignores",
        action="store_true",
        help="disable ignores, except those in the file given with --config",
    )
    ignores.add_argument(
        "--write-ignores",
        action="store_true",
        help="add an ignore entry for every archived, deprecated and yanked finding to the configuration",
    )
    ignores.add_argument("--reason", metavar="TEXT", help="reason for the entries written by --write-ignores")


def _add_index_url(command: argparse._ActionsContainer) -> None:
    command.add_argument(
        "--index-url", metavar="URL", help="default index, used where no file or setting names another one"
    )


def _add_network(command: argparse.ArgumentParser, *, with_snapshot: bool) -> None:
    network = command.add_argument_group("Indexes and network")
    _add_index_url(network)
    age = network.add_mutually_exclusive_group()
    age.add_argument(
        "--offline",
        action="store_true",
        help=f"send no requests; use {'the snapshot and ' if with_snapshot else ''}cached results of any age",
    )
    age.add_argument("--refresh", action="store_true", help="ignore cached results")
    network.add_argument("--no-cache", action="store_true", help="do not read or write the cache")
    if with_snapshot:
        network.add_argument("--snapshot", metavar="FILE", help="statuses to use where the index provides none")


def _add_status(commands: _Commands) -> _Parser:
    status = _add_command(
        commands,
        "status",
        "show the status of projects on their index",
        "Show the status and the releases of each project, using the configuration of the current directory.",
        _EXIT_CODES,
    )
    status.add_argument(
        "requirements", nargs="+", metavar="NAME", help="project name, or a requirement such as 'flask>=3'"
    )
    status.add_argument(
        "--format", dest="output", default="text", help="default: text", **_one_of("--format", "text", "json")
    )
    _add_config_option(status)
    _add_network(status, with_snapshot=True)
    return status


def _add_explain(commands: _Commands) -> _Parser:
    explain = _add_command(
        commands,
        "explain",
        "show which indexes a project is looked up on, and why",
        "Show which indexes the project NAME is looked up on in the files of each PATH: the setting behind\n"
        "each, the credentials, certificates and proxy, and what was passed over and why. Sends no request.",
    )
    explain.add_argument("name", metavar="NAME", help="project name, or a requirement such as 'lib>=2'")
    explain.add_argument("paths", nargs="*", metavar="PATH", help="file or directory (default: current directory)")
    explain.add_argument(
        "--format", dest="output", default="text", help="default: text", **_one_of("--format", "text", "json")
    )
    _add_config_option(explain)
    _add_index_url(explain)
    explain.set_defaults(refresh=False)
    return explain


def _add_snapshot(commands: _Commands) -> _Parser:
    snapshot = _add_command(
        commands,
        "snapshot",
        "write a status snapshot for offline use",
        "Write a snapshot with the status of every dependency of each PATH, for offline use.",
    )
    snapshot.add_argument("paths", nargs="*", metavar="PATH", help="file or directory (default: current directory)")
    snapshot.add_argument("-o", "--output", metavar="FILE", help="output file (default: standard output)")
    _add_config_option(snapshot)
    _add_network(snapshot, with_snapshot=False)
    return snapshot


def _add_lsp(commands: _Commands) -> _Parser:
    lsp = _add_command(
        commands,
        "lsp",
        "run the language server",
        "Run the language server on standard input and output.",
    )
    lsp.add_argument("--stdio", action="store_true", help="accepted for compatibility; stdio is the only transport")
    return lsp


_COMMAND_GROUPS: Mapping[str, Mapping[str, Callable[[_Commands], _Parser]]] = {
    "check dependencies": {"check": _add_check, "snapshot": _add_snapshot},
    "look up": {"status": _add_status, "explain": _add_explain, "rule": _add_rule},
    "set up": {
        "init": _add_init,
        "config": _add_config,
        "cache": _add_cache,
        "completions": _add_completions,
        "lsp": _add_lsp,
    },
}
_COMMANDS = {name: add for group in _COMMAND_GROUPS.values() for name, add in group.items()}


# --- errors -----------------------------------------------------------------------------------------------------------


def _unknown_command(argv: Sequence[str], commands: Iterable[str]) -> UsageError:
    """Return the error for ``argv``, which does not begin with one of ``commands``."""
    name = argv[0]
    if name.startswith("-"):
        command = next((argument for argument in argv if argument in commands), "")
        moved = [command, *(argument for argument in argv if argument != command)] if command else []
        help_text = f"options follow the command: `{one_line(' '.join(['mothball', *moved]), 200)}`"
        return UsageError(f"unknown option `{_shown(name)}`", help_text=help_text if command else _see("mothball"))
    if os.path.lexists(name):
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


def _invalid_report_file(value: str) -> UsageError:
    """Return the error for a ``value`` of --report that is not ``FORMAT=FILE``."""
    report_format, separator, path = value.partition("=")
    if separator and path:
        return _invalid_choice("--report", report_format, _REPORT_FORMATS)
    help_text = f"write it as FORMAT=FILE, where FORMAT is one of: {', '.join(_REPORT_FORMATS)}"
    return UsageError(f"invalid value `{_shown(value)}` for --report", help_text=help_text)


def _shown(argument: str) -> str:
    return one_line(argument, 60)


def _see(program: str) -> str:
    return f"see `{program} --help`"
