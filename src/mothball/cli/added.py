"""The command ``mothball check --added``, which checks only added dependencies. The hook runs it.

Commits without dependency files are handled first, before the imports that the check itself needs.
"""

from __future__ import annotations

import argparse
import os
from functools import cache

from mothball.formats.names import may_add_dependencies
from mothball.model.errors import UsageError
from mothball.repository.git_change import NULL_ID, Change, change_between, change_since, is_null_id, staged_change
from mothball.repository.git_repository import Repository, open_repository
from mothball.repository.paths import may_be_configured


def run(arguments: argparse.Namespace) -> int:
    """Check the added dependencies, print the report, and return the exit code. Raises MothballError."""
    if "-" in arguments.paths:
        raise UsageError("standard input has no base to compare with", help_text="pass file names instead of `-`")
    if arguments.format and not arguments.paths:
        raise UsageError("--as requires file names", help_text="pass the files to read as FORMAT: --as FORMAT FILE")
    if arguments.stdin_filename:
        raise UsageError("--stdin-filename requires a full check", help_text="pass the path of the file")
    if arguments.write_ignores or arguments.reason is not None:
        help_text = "remove --added, --since, --from-ref and --to-ref"
        raise UsageError("--write-ignores requires a full check", help_text=help_text)
    if arguments.policy == "base" and arguments.config is not None:
        help_text = "use --config FILE for the policy of a file, or --policy base for that of the base"
        raise UsageError("--policy base cannot be combined with --config", help_text=help_text)
    repository = open_repository(os.getcwd())
    change = _change(arguments, repository)
    if change is None:
        return 0
    prints_nothing = arguments.output in ("text", "concise") and not arguments.reports
    if not arguments.paths and prints_nothing and not _touches_any(change):
        return 0
    from mothball.cli.check_added import check_change  # noqa: PLC0415 - see the module docstring

    return check_change(arguments, change)


def _change(arguments: argparse.Namespace, repository: Repository) -> Change | None:
    if arguments.since is not None:
        if arguments.from_ref is not None or arguments.to_ref is not None:
            message = "--since cannot be combined with --from-ref or --to-ref"
            raise UsageError(message, help_text="use either --since REV or --from-ref REV --to-ref REV")
        # Any file may be configured as a dependency file.
        has_files = cache(lambda directory: may_be_configured([f"{directory}/"], repository.root))
        return change_since(
            repository, arguments.since, lambda path: may_add_dependencies(path) or has_files(os.path.dirname(path))
        )
    start, end = arguments.from_ref, arguments.to_ref
    if start is None and end is not None:
        raise UsageError("--to-ref requires --from-ref", help_text="add the start of the range: --from-ref REV")
    if start is None:
        return _hook_change(repository)
    return change_between(repository, start, end or "HEAD")


def _hook_change(repository: Repository) -> Change | None:
    """Return the staged change, or the range of commits that pre-commit or prek pass in the environment.

    Returns None for a push that deletes a branch: git passes an object ID of zeros (githooks, "pre-push").
    """
    start, end = (os.environ.get(name, "") for name in ("PRE_COMMIT_FROM_REF", "PRE_COMMIT_TO_REF"))
    if os.environ.get("PRE_COMMIT_REMOTE_NAME"):
        # On a push to an empty remote, the hook runner passes no base commit, or zeros.
        branch = end or os.environ.get("PRE_COMMIT_LOCAL_BRANCH") or "HEAD"
        return None if is_null_id(branch) else change_between(repository, start or NULL_ID, branch, is_push=True)
    return change_between(repository, start, end) if start and end else staged_change(repository)


def _touches_any(change: Change) -> bool:
    paths = [path for base in change.bases for path in base.touched]
    return any(map(may_add_dependencies, paths)) or may_be_configured(paths, change.repository.root)
