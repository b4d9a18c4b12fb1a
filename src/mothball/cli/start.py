"""Entry point of the console script, with a fast exit for commits without dependency files.

Most commits stage no dependency file, and nearly all of the hook's run time is imports. So this
module runs git to check whether a dependency file is staged, before it imports argparse and the rest. All other cases
go through the command line parser, which reaches the same result.
"""

from __future__ import annotations

import os
import sys

# Options of `check --added` that make no difference if no dependency file is staged.
_IRRELEVANT_OPTIONS = {"--", "--strict", "--no-ignores", "--exit-zero", "-q", "--quiet"}
# Limit for the output of git, in bytes; larger commits take the normal path.
_MAX_OUTPUT_BYTES = 1024 * 1024
_REFS = ("PRE_COMMIT_FROM_REF", "PRE_COMMIT_TO_REF")


def entry_point() -> None:
    """Run the `mothball` console script."""
    arguments = sys.argv[1:]
    if arguments[:2] == ["check", "--added"] and _IRRELEVANT_OPTIONS.issuperset(arguments[2:]) and _nothing_staged():
        sys.exit(0)
    from mothball.cli.parser import entry_point as run_parser  # noqa: PLC0415 - see the module docstring

    run_parser()


def _nothing_staged() -> bool:
    """Return True if no staged path can be a dependency file, False if one can or if that is not known."""
    is_push_or_range = all(os.environ.get(name) for name in _REFS) or os.environ.get("PRE_COMMIT_REMOTE_NAME")
    if is_push_or_range or not hasattr(os, "posix_spawn"):
        return False
    from mothball.formats.names import may_add_dependencies  # noqa: PLC0415 - see the module docstring
    from mothball.repository.git_process import COMPARED, HARDENED, environment, find_git, spawn  # noqa: PLC0415

    try:
        git = find_git(os.getcwd())
        if not git:
            return False
        completed = spawn(
            [git, *HARDENED, "diff-index", "--cached", *COMPARED, "HEAD", "--"], environment(), b"", _MAX_OUTPUT_BYTES
        )
    except OSError:
        return False
    if completed.returncode != 0 or completed.truncated:
        return False
    # The output alternates `:MODES IDS STATUS` and the path, each terminated by a zero byte.
    return not any(may_add_dependencies(os.fsdecode(path)) for path in completed.stdout.split(b"\0")[1::2])
