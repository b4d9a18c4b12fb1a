"""Entry point of the console script: run the command, and turn exceptions into messages and exit codes.

Most commits stage no dependency file, and nearly all of the hook's run time is imports. So this module runs git to
check whether a dependency file is staged, before it imports argparse and the rest. All other cases go through the
command line parser, which reaches the same result.
"""

from __future__ import annotations

import codecs
import gc
import os
import sys

TYPE_CHECKING = False  # see mothball.model.records
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

# Reference counting frees nearly all objects of a run. Searching for cycles among the imported modules, as often as
# Python does by default, takes a tenth of the time of the hook, and half of that of a large file.
GC_THRESHOLD = 200_000
# Options of `check --added` that make no difference if no dependency file is staged.
_IRRELEVANT_OPTIONS = {"--", "--strict", "--no-ignores", "--exit-zero", "-q", "--quiet", "-v", "--verbose"}
# Limit for the output of git, in bytes; larger repositories and commits take the normal path.
_MAX_OUTPUT_BYTES = 16 * 1024 * 1024
_REFS = ("PRE_COMMIT_FROM_REF", "PRE_COMMIT_TO_REF")
_EXIT_USAGE = 2
_EXIT_INTERRUPTED = 130
_EXIT_BROKEN_PIPE = 141
# Repeat a lost interrupt after this many seconds, when the code that lost it has probably returned.
_REPEAT_AFTER = 0.01
_ERROR_HANDLER = "mothball.replace"
# Characters of mothball's own texts. On Windows, a pipe has a code page without the arrow.
_REPLACEMENTS = {"→": "->", "…": "..."}


def entry_point() -> None:
    """Run the `mothball` console script."""
    sys.unraisablehook = _repeat_lost_interrupt
    gc.set_threshold(GC_THRESHOLD)
    try:
        code = _run_process(sys.argv[1:])
    except KeyboardInterrupt:
        code = _EXIT_INTERRUPTED
    # Python searches for cycles once more when it exits, but not among frozen objects.
    gc.freeze()
    sys.exit(code)


def _run_process(arguments: list[str]) -> int:
    """Run mothball as ``main`` does, also if standard streams are closed, and return the exit code."""
    if arguments[:2] == ["check", "--added"] and _IRRELEVANT_OPTIONS.issuperset(arguments[2:]) and _nothing_staged():
        return 0
    for name in ("stdout", "stderr"):
        # Python sets a stream to None that was closed before the start (`>&-`).
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - stays open until exit
    return main(arguments)


def main(argv: Sequence[str]) -> int:
    """Run mothball with the arguments ``argv`` and return the exit code.

    Errors are printed as messages; with ``MOTHBALL_DEBUG`` set, unexpected exceptions are raised instead.
    """
    codecs.register_error(_ERROR_HANDLER, _replace_unencodable)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=_ERROR_HANDLER)
    try:
        code = _run(argv)
        sys.stdout.flush()
    except BrokenPipeError:
        _discard_stdout()
        return _EXIT_BROKEN_PIPE
    except OSError as error:
        # For example a full disk or a deleted working directory: not a bug in mothball.
        if os.environ.get("MOTHBALL_DEBUG"):
            raise
        _discard_stdout()
        return _print_error(*_os_error_message(error))
    return code


def _replace_unencodable(error: UnicodeError) -> tuple[str, int]:
    """Replace characters that the encoding of a stream lacks, instead of aborting the report."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    characters = error.object[error.start : error.end]
    return "".join(_REPLACEMENTS.get(character, "?") for character in characters), error.end


def _run(argv: Sequence[str]) -> int:
    from importlib import import_module  # noqa: PLC0415 - see the module docstring

    from mothball.cli.parser import checks_additions, parse_arguments  # noqa: PLC0415
    from mothball.model.errors import MothballError  # noqa: PLC0415
    from mothball.model.sanitize import one_line  # noqa: PLC0415

    try:
        arguments = parse_arguments(argv)
        # Import only the module of the command, to keep the start-up time of the hook low.
        name = "added" if arguments.command == "check" and checks_additions(arguments) else arguments.command
        code: int = import_module(f"mothball.cli.{name}").run(arguments)
    except MothballError as error:
        return _print_error(str(error), error.help)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else _EXIT_USAGE
    except OSError:
        raise
    except MemoryError:
        return _print_error(
            "not enough memory", "raise the limit of memory (`ulimit -v`), or check fewer files at once"
        )
    except Exception as error:  # a bug in mothball: print a message instead of a traceback
        if os.environ.get("MOTHBALL_DEBUG"):
            raise
        details = one_line(f"{type(error).__name__}: {error}")
        help_text = "this is a bug in mothball; set MOTHBALL_DEBUG=1 to show the traceback"
        return _print_error(f"internal error: {details}", help_text)
    return code


def _print_error(message: str, help_text: str) -> int:
    lines = [f"mothball: error: {message}", *([f"  = help: {help_text}"] if help_text else [])]
    try:
        sys.stderr.write("\n".join(lines) + "\n")
        sys.stderr.flush()
    except OSError:
        pass  # stderr may be closed; the exit code is still correct
    return _EXIT_USAGE


def _os_error_message(error: OSError) -> tuple[str, str]:
    """Return the message and the help text for an operating system error."""
    import errno  # noqa: PLC0415 - see the module docstring

    from mothball.model.sanitize import one_line  # noqa: PLC0415

    # Errors of named files are handled where the file is written; this one can only come from stdout.
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) and error.filename is None:
        message = f"cannot write the report: {one_line(str(error.strerror))}"
        return message, "free disk space, or redirect the report to another location"
    return one_line(str(error)), ""


def _discard_stdout() -> None:
    """Redirect stdout to the null device, so that the flush at interpreter exit does not fail."""
    try:
        stdout = sys.stdout.fileno()
        os.dup2(os.open(os.devnull, os.O_WRONLY), stdout)
    except OSError:
        pass  # stdout may have no file descriptor


# --- interrupts -------------------------------------------------------------------------------------------------------


def _repeat_lost_interrupt(lost: sys.UnraisableHookArgs) -> None:
    """Interrupt again if Ctrl-C arrived in code that cannot raise, for example a callback of the import system.

    Python would print a traceback and continue.
    """
    if not issubclass(lost.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(lost)
        return
    import signal  # noqa: PLC0415 - rarely needed

    signal.signal(signal.SIGINT, _raise_unless_lost)
    _interrupt_later()


def _raise_unless_lost(_signal: int, frame: FrameType | None) -> None:
    """Raise KeyboardInterrupt; in ``_repeat_lost_interrupt`` it would be lost again: interrupt later."""
    while frame is not None:
        if frame.f_code is _repeat_lost_interrupt.__code__:
            _interrupt_later()
            return
        frame = frame.f_back
    raise KeyboardInterrupt


def _interrupt_later() -> None:
    from threading import Timer  # noqa: PLC0415 - rarely needed

    timer = Timer(_REPEAT_AFTER, _interrupt)
    timer.daemon = True
    timer.start()


def _interrupt() -> None:
    """Interrupt the main thread, also while it waits for a lock."""
    import signal  # noqa: PLC0415 - rarely needed
    from threading import main_thread  # noqa: PLC0415 - rarely needed

    main = main_thread().ident
    if hasattr(signal, "pthread_kill") and main is not None:
        signal.pthread_kill(main, signal.SIGINT)
    else:
        signal.raise_signal(signal.SIGINT)


# --- the fast exit ----------------------------------------------------------------------------------------------------


def _nothing_staged() -> bool:
    """Return True if no staged path can be a dependency file, False if one can or if that is not known."""
    is_push_or_range = all(os.environ.get(name) for name in _REFS) or os.environ.get("PRE_COMMIT_REMOTE_NAME")
    if is_push_or_range or not hasattr(os, "posix_spawn"):
        return False
    from mothball.formats.names import has_dependency_name, may_add_dependencies  # noqa: PLC0415 - see the module docstring
    from mothball.repository.git_process import COMPARED, LISTED, find_git, lines_of_links  # noqa: PLC0415

    git = find_git(os.getcwd())
    # The output alternates `:MODES IDS STATUS` and the path, each terminated by a zero byte.
    output = _output(git, "diff-index", "--cached", *COMPARED, "HEAD", "--")
    paths = output.split(b"\0")[1::2] if output is not None else [b""]
    if not all(paths) or any(may_add_dependencies(os.fsdecode(path)) for path in paths):
        return False
    # A staged file of any name may be the target of a link that is a dependency file.
    listing = _output(git, *LISTED, "--", ":/") if paths else b""
    if listing is None:
        return False
    links = (os.fsdecode(line.partition(b"\t")[2]) for line in lines_of_links(listing))
    if any(map(has_dependency_name, links)):
        return False
    if not paths:
        return True
    from mothball.repository.paths import may_be_configured, repository_root  # noqa: PLC0415

    return not may_be_configured([os.fsdecode(path) for path in paths], repository_root(os.getcwd()))


def _output(git: str, *arguments: str) -> bytes | None:
    """Return the output of git, None if it is missing, fails, or prints too much."""
    from mothball.repository.git_process import HARDENED, environment, spawn  # noqa: PLC0415

    try:
        completed = spawn([git, *HARDENED, *arguments], environment(), b"", _MAX_OUTPUT_BYTES) if git else None
    except OSError:
        return None
    return completed.stdout if completed and not completed.returncode and not completed.truncated else None
