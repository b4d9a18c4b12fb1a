"""The command line: what may be called, and how. The work is in ``commands``."""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NoReturn

from mothball import __version__
from mothball.model.errors import MothballError, UsageError
from mothball.model.sanitize import one_line

_EXIT_INTERRUPTED = 130
_EXIT_BROKEN_PIPE = 141
_EXIT_CALLED_WRONGLY = 2

_DESCRIPTION = "Tells you when a dependency is archived, deprecated or quarantined on its index (PEP 792)."
_EXIT_CODES = """\
exit codes:
  0  clean, or warnings only
  1  something was found
  2  wrong call, bad configuration, or something could not be read
  3  the only errors are look-ups that failed
"""
_ENVIRONMENT = """\
environment:
  MOTHBALL_OFFLINE=1           as --offline
  MOTHBALL_UNVERIFIED=warning  what a look-up that failed weighs, for this run
  MOTHBALL_INDEX_URL=URL       as --index-url; keeps a password in it off the command line
  MOTHBALL_CACHE_DIR=DIR       where the cache is kept
"""


def entry_point() -> None:
    """Run mothball as a program: the console script."""
    for name in ("stdout", "stderr"):
        # Python has None for a stream that was closed before it started (`>&-`).
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - open to the very end
    sys.exit(main(sys.argv[1:]))


def main(argv: Sequence[str]) -> int:
    """Run mothball with these arguments and return its exit code. Never raises, never shows a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A terminal that cannot show a character of a reason must not cost the report.
            stream.reconfigure(errors="replace")
    try:
        code = _run(argv)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return _EXIT_INTERRUPTED
    except BrokenPipeError:
        _give_up_stdout()
        return _EXIT_BROKEN_PIPE
    except OSError as error:
        # A full disk behind stdout, a working directory that is gone: what is the system's fault is told in its words.
        if os.environ.get("MOTHBALL_DEBUG"):
            raise
        _give_up_stdout()
        return _complain(*_system_error(error))
    return code


def _run(argv: Sequence[str]) -> int:
    try:
        arguments = _parser(argv).parse_args(argv)
        if arguments.command == "check" and _compares(arguments):
            _refuse_lookalikes(argv)
        return _dispatch(arguments)
    except MothballError as error:
        return _complain(str(error), error.help)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else _EXIT_CALLED_WRONGLY
    except OSError:
        raise
    except Exception as error:  # the last resort: a bug of ours must not bury the user in a traceback
        if os.environ.get("MOTHBALL_DEBUG"):
            raise
        words = one_line(f"{type(error).__name__}: {error}")
        return _complain(f"internal error: {words}", "this is a bug in mothball; MOTHBALL_DEBUG=1 shows where")


def _refuse_lookalikes(argv: Sequence[str]) -> None:
    """Raise UsageError for an option that is a file here as well.

    The hook is given the names of files, and a file that is called like an option must not switch the hook off.
    """
    for word in argv[: argv.index("--") if "--" in argv else None]:
        if word.startswith("-") and word != "-" and os.path.lexists(word):
            help_text = "rename the file, or put `--` before the names of files (in a hook, last in its `args`)"
            raise UsageError(f"{word} is an option, and a file here has that name", help_text=help_text)


def _complain(message: str, help_text: str) -> int:
    lines = [f"mothball: error: {message}", *([f"  = help: {help_text}"] if help_text else [])]
    with suppress(OSError):  # where even the complaint finds no taker, the exit code still tells
        sys.stderr.write("\n".join(lines) + "\n")
        sys.stderr.flush()
    return _EXIT_CALLED_WRONGLY


def _system_error(error: OSError) -> tuple[str, str]:
    """Return what to say of an error of the system, and what helps.

    Only writing finds no room, and what was written to a file that has a name has been told by whoever wrote it.
    """
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) and error.filename is None:
        message = f"the report could not be written: {one_line(str(error.strerror))}"
        return message, "make room there, or send the report somewhere else"
    return one_line(str(error)), ""


def _give_up_stdout() -> None:
    """Keep the interpreter from complaining when it flushes at exit what nobody can take."""
    with suppress(OSError):  # a stream without a file behind it is flushed into nowhere
        stdout = sys.stdout.fileno()
        os.dup2(os.open(os.devnull, os.O_WRONLY), stdout)


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints look like all others: what it quotes may be the name of a stranger's file."""

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 - argparse's own, passed on
        """Take no option by half its name: what is short for one today may begin another's name tomorrow."""
        super().__init__(formatter_class=_formatter, allow_abbrev=False, **settings)

    def error(self, message: str) -> NoReturn:
        """Raise UsageError."""
        raise UsageError(message, help_text=f"see `{self.prog} --help`")


if TYPE_CHECKING:
    _Commands = argparse._SubParsersAction[_Parser]  # noqa: SLF001 - what add_subparsers returns has no public name


def _dispatch(arguments: argparse.Namespace) -> int:
    # Each command imports what it needs and no more: start-up is the hook.
    match arguments.command:
        case "check" if _compares(arguments):
            from mothball.cli.added import run  # noqa: PLC0415
        case "check":
            from mothball.cli.check import run  # noqa: PLC0415
        case "status":
            from mothball.cli.status import run  # noqa: PLC0415
        case "snapshot":
            from mothball.cli.snapshot import run  # noqa: PLC0415
        case "lsp":
            from mothball.cli.lsp import run  # noqa: PLC0415
        case "cache":
            from mothball.cli.cache import run  # noqa: PLC0415
        case "config":
            from mothball.cli.config import run  # noqa: PLC0415
        case _:
            from mothball.cli.rule import run  # noqa: PLC0415
    return run(arguments)


def _compares(arguments: argparse.Namespace) -> bool:
    """Return whether only what a change adds is to be checked; who names the change need not say so."""
    return arguments.added or any(one is not None for one in (arguments.since, arguments.from_ref, arguments.to_ref))


def _parser(argv: Sequence[str]) -> argparse.ArgumentParser:
    """Return the parser for ``argv``: making the options of all commands costs more than a warm check itself."""
    parser = _Parser(prog="mothball", description=_DESCRIPTION, epilog=_EXIT_CODES)
    parser.add_argument("--version", action="version", version=f"mothball {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name in argv[:1] if argv and argv[0] in _COMMANDS else _COMMANDS:
        _COMMANDS[name](commands)
    return parser


def _formatter(prog: str) -> argparse.HelpFormatter:
    # Left to itself, argparse measures the terminal once for every option that is added.
    return argparse.RawDescriptionHelpFormatter(prog, max_help_position=28, width=100)


def _add_cache(commands: _Commands) -> None:
    cache = _add(commands, "cache", "show or empty the cache", "Show or empty the cache.")
    cache.add_argument("action", choices=("info", "clear"), help="what to do with it")


def _add_config(commands: _Commands) -> None:
    config = _add(
        commands,
        "config",
        "print the schema of the configuration",
        "Print the JSON Schema of [tool.mothball] and mothball.toml, for editors and checks.",
    )
    config.add_argument("action", choices=("schema",), help="what to print")
    config.add_argument("--user", action="store_true", help="that of the user-level configuration")


def _add_rule(commands: _Commands) -> None:
    rule = _add(commands, "rule", "explain a rule", "Explain a rule, or list them all.")
    rule.add_argument("name", nargs="?", metavar="NAME", help="the rule; all of them are listed without it")


def _add(commands: _Commands, name: str, summary: str, description: str, epilog: str = "") -> _Parser:
    return commands.add_parser(name, help=summary, description=description, epilog=epilog)


def _add_check(commands: _Commands) -> None:
    check = _add(
        commands,
        "check",
        "check the dependencies of files and directories",
        "Check all dependencies below each PATH: the current directory when none is given.",
        f"{_EXIT_CODES}\n{_ENVIRONMENT}",
    )
    check.add_argument("paths", nargs="*", metavar="PATH", help="file or directory; `-` reads standard input")
    reading = check.add_argument_group("what is read")
    reading.add_argument("--as", dest="format", metavar="FORMAT", help="read every file as this, such as requirements")
    reading.add_argument("--list-files", action="store_true", help="tell what would be read and as what, and stop")
    reading.add_argument("--stdin-filename", metavar="NAME", help="the file name of what comes on standard input")
    change_reader = check.add_argument_group("what was added")
    change_reader.add_argument(
        "--added",
        action="store_true",
        help="check only what is staged and was not there before",
    )
    change_reader.add_argument("--since", metavar="REV", help="check only what was added since REV and HEAD were one")
    change_reader.add_argument("--from-ref", metavar="REV", help="check only what was added since REV, up to --to-ref")
    change_reader.add_argument("--to-ref", metavar="REV", help="where --from-ref leads to (default: HEAD)")
    counting = check.add_argument_group("what counts")
    counting.add_argument("--strict", action="store_true", help="warnings count as errors")
    counting.add_argument(
        "--no-ignores",
        action="store_true",
        help="show what the ignores hide, but for those of a file given with --config",
    )
    counting.add_argument("--exit-zero", action="store_true", help="exit 0 instead of 1 and 3; 2 stays 2")
    _add_keeping(check)
    _add_network(check, with_snapshot=True).add_argument(
        "--explain-index", metavar="NAME", help="tell which index answers for NAME and by whose word, and stop"
    )
    output = check.add_argument_group("what is printed")
    output.add_argument(
        "--format",
        dest="output",
        choices=("text", "concise", "json", "sarif", "github"),
        default="text",
        help="default: text; sarif is for code scanning, github for annotations in its workflows",
    )
    output.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="colours in text (default: auto, on a terminal unless NO_COLOR is set)",
    )
    output.add_argument("-q", "--quiet", action="store_true", help="leave out the summary and what is ignored")


def _add_keeping(check: argparse.ArgumentParser) -> None:
    keeping = check.add_argument_group("what is kept knowingly")
    keeping.add_argument(
        "--write-ignores",
        action="store_true",
        help="take all archived and deprecated findings into the configuration, and exit as a check behind it would",
    )
    keeping.add_argument("--reason", metavar="TEXT", help="with --write-ignores: why they are kept")


def _add_network(command: argparse.ArgumentParser, *, with_snapshot: bool) -> argparse._ArgumentGroup:
    network = command.add_argument_group("who is asked")
    network.add_argument("--index-url", metavar="URL", help="ask this index where a file names none of its own")
    network.add_argument(
        "--offline",
        action="store_true",
        help=f"ask nobody: use {'the snapshot, and ' if with_snapshot else ''}the cache of any age",
    )
    network.add_argument("--refresh", action="store_true", help="ask again, however young the cached answer is")
    network.add_argument("--no-cache", action="store_true", help="neither read nor write the cache")
    if with_snapshot:
        network.add_argument("--snapshot", metavar="FILE", help="statuses for where the index cannot tell")
    network.add_argument("--config", metavar="FILE", help="use this configuration and no other")
    return network


def _add_status(commands: _Commands) -> None:
    status = _add(
        commands,
        "status",
        "tell what the index says of a project",
        "Tell what the index says of each project NAME, by the configuration of the current directory.",
        _EXIT_CODES,
    )
    status.add_argument("names", nargs="+", metavar="NAME", help="a project name")
    status.add_argument("--format", dest="output", choices=("text", "json"), default="text", help="default: text")
    _add_network(status, with_snapshot=True)


def _add_snapshot(commands: _Commands) -> None:
    snapshot = _add(
        commands,
        "snapshot",
        "write the statuses of all names found, for use offline",
        "Write a snapshot of the statuses of all names found below each PATH, to be used offline.",
    )
    snapshot.add_argument("paths", nargs="*", metavar="PATH", help="file or directory (default: here)")
    snapshot.add_argument("-o", "--output", metavar="FILE", help="where to write it (default: standard output)")
    _add_network(snapshot, with_snapshot=False)


def _add_lsp(commands: _Commands) -> None:
    lsp = _add(
        commands,
        "lsp",
        "the language server, for editors",
        "Speak the language server protocol on standard input and output.",
    )
    lsp.add_argument(
        "--stdio", action="store_true", help="accepted for the sake of editors that add it; no other way is known"
    )


_COMMANDS: dict[str, Callable[[_Commands], None]] = {
    "check": _add_check,
    "status": _add_status,
    "snapshot": _add_snapshot,
    "lsp": _add_lsp,
    "cache": _add_cache,
    "config": _add_config,
    "rule": _add_rule,
}
