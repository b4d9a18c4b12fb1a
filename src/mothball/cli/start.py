"""The beginning of every run, and for most commits the end.

A hook that is called for every commit finds nothing to do in most of them: no dependency file is staged. That is found
out here by asking git, before argparse and all else is imported, as nearly all of the hook's time is imports. Whatever
is not as simple goes the ordinary way, which finds the same.
"""

from __future__ import annotations

import os
import sys

# What may stand beside `check --added` without changing what happens when nothing is staged.
_WITHOUT_MEANING_HERE = {"--", "--strict", "--no-ignores", "--exit-zero", "-q", "--quiet"}
# More than any ordinary commit touches.
_MOST = 1024 * 1024
_REFS = ("PRE_COMMIT_FROM_REF", "PRE_COMMIT_TO_REF")


def entry_point() -> None:
    """Run mothball as a program: the console script."""
    arguments = sys.argv[1:]
    if arguments[:2] == ["check", "--added"] and _WITHOUT_MEANING_HERE.issuperset(arguments[2:]) and _nothing_staged():
        sys.exit(0)
    from mothball.cli.parser import entry_point as go_on  # noqa: PLC0415 - see above

    go_on()


def _nothing_staged() -> bool:
    """Return whether it is certain that no staged path can be one of a dependency file."""
    is_other = all(os.environ.get(name) for name in _REFS) or os.environ.get("PRE_COMMIT_REMOTE_NAME")
    if is_other or not hasattr(os, "posix_spawn"):
        return False
    from mothball.formats.names import may_matter  # noqa: PLC0415 - see above
    from mothball.repository.git_process import COMPARED, HARDENED, environment, find_git, spawn  # noqa: PLC0415

    try:
        git = find_git(os.getcwd())
        if not git:
            return False
        done = spawn([git, *HARDENED, "diff-index", "--cached", *COMPARED, "HEAD", "--"], environment(), b"", _MOST)
    except OSError:
        return False
    if done.returncode != 0 or done.truncated:
        return False
    # `:MODES IDS STATUS`, then the path, each with a zero byte behind it.
    return not any(may_matter(os.fsdecode(path)) for path in done.stdout.split(b"\0")[1::2])
