"""Entry point of the console script, with a fast exit for commits without dependency files.

Most commits stage no dependency file, and nearly all of the hook's run time is imports. So this
module runs git to check whether a dependency file is staged, before it imports argparse and the rest. All other cases
go through the command line parser, which reaches the same result.
"""

from __future__ import annotations

import gc
import os
import sys

TYPE_CHECKING = False  # see mothball.model.records
if TYPE_CHECKING:
    from types import FrameType

# Reference counting frees nearly all objects of a run. Searching for cycles among the imported modules, as often as
# Python does by default, takes a tenth of the time of the hook, and half of that of a large file.
GC_THRESHOLD = 200_000
# Options of `check --added` that make no difference if no dependency file is staged.
_IRRELEVANT_OPTIONS = {"--", "--strict", "--no-ignores", "--exit-zero", "-q", "--quiet", "-v", "--verbose"}
# Limit for the output of git, in bytes; larger repositories and commits take the normal path.
_MAX_OUTPUT_BYTES = 16 * 1024 * 1024
_REFS = ("PRE_COMMIT_FROM_REF", "PRE_COMMIT_TO_REF")
_EXIT_INTERRUPTED = 130
# Repeat a lost interrupt after this many seconds, when the code that lost it has probably returned.
_REPEAT_AFTER = 0.01


def entry_point() -> None:
    """Run the `mothball` console script."""
    sys.unraisablehook = _repeat_lost_interrupt
    gc.set_threshold(GC_THRESHOLD)
    try:
        code = _run(sys.argv[1:])
    except KeyboardInterrupt:
        code = _EXIT_INTERRUPTED
    # Python searches for cycles once more when it exits, but not among frozen objects.
    gc.freeze()
    sys.exit(code)


def _run(arguments: list[str]) -> int:
    if arguments[:2] == ["check", "--added"] and _IRRELEVANT_OPTIONS.issuperset(arguments[2:]) and _nothing_staged():
        return 0
    from mothball.cli.parser import run_process  # noqa: PLC0415 - see the module docstring

    return run_process(arguments)


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
