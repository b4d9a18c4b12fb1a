"""``mothball check --added``: only what a change adds. The hook's entry.

A commit that touches no dependency file must cost next to nothing: what the rest needs is imported behind that.
"""

from __future__ import annotations

import argparse
import os

from mothball.formats.names import may_matter
from mothball.model.errors import UsageError
from mothball.repository.git_change import (
    Change,
    change_between,
    change_since,
    initial_push_change,
    staged_change,
)
from mothball.repository.git_repository import Repository, open_repository


def run(arguments: argparse.Namespace) -> int:
    """Check what the change adds, print the report on stdout, and return the exit code. Raises MothballError."""
    if "-" in arguments.paths:
        raise UsageError("standard input is no change", help_text="name files, or leave `-` out")
    if arguments.format and not arguments.paths:
        raise UsageError("--as needs files", help_text="name the files that are to be read so: --as FORMAT FILE")
    if arguments.write_ignores or arguments.reason is not None:
        help_text = "leave out what names a change: --write-ignores takes in all that is found now"
        raise UsageError("--write-ignores is for a full check", help_text=help_text)
    repository = open_repository(os.getcwd())
    change = _change(arguments, repository)
    if not arguments.paths and arguments.output in ("text", "concise") and not _touches_any(change):
        return 0
    from mothball.cli.check_added import check_change  # noqa: PLC0415 - see above

    return check_change(arguments, change)


def _change(arguments: argparse.Namespace, repository: Repository) -> Change:
    if arguments.since is not None:
        if arguments.from_ref is not None or arguments.to_ref is not None:
            raise UsageError("--since and --from-ref name two bases", help_text="give one of them")
        return change_since(repository, arguments.since, may_matter)
    start, end = arguments.from_ref, arguments.to_ref
    if start is None and end is not None:
        raise UsageError("--to-ref needs --from-ref", help_text="name where the change begins: --from-ref REV")
    if start is None:
        return _change_of_the_runner(repository)
    return change_between(repository, start, end or "HEAD")


def _change_of_the_runner(repository: Repository) -> Change:
    """Return what is staged, unless pre-commit or prek say that they run for a push, or between two commits."""
    start, end = (os.environ.get(name) for name in ("PRE_COMMIT_FROM_REF", "PRE_COMMIT_TO_REF"))
    is_push = bool(os.environ.get("PRE_COMMIT_REMOTE_NAME"))
    if start and end:
        return change_between(repository, start, end, is_push=is_push)
    if is_push:
        # What is staged is not pushed; and where the other side has nothing of it, they name no base.
        return initial_push_change(repository, os.environ.get("PRE_COMMIT_LOCAL_BRANCH") or "HEAD")
    return staged_change(repository)


def _touches_any(change: Change) -> bool:
    return any(may_matter(path) for base in change.bases for path in base.touched)
