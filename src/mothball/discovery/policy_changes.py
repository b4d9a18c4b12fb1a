"""Find what a reviewer should see of a change that is checked with the policy of its base.

Changes of mothball's own policy have no effect on the check of this change, but on all that follow. Indexes that the
change adds are queried, because its installer would use them: they state the status of what the change adds.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence

from mothball.check.inputs import ResolvedFile, line_range
from mothball.config.project import is_default_index
from mothball.discovery.config_lookup import table_path
from mothball.formats.names import may_be_dependency_file
from mothball.formats.toml.scanner import scan_cached
from mothball.formats.toml.values import table_at
from mothball.model.document import LineIndex
from mothball.model.errors import UnreadableFileError
from mothball.model.file_names import MOTHBALL_TOML, PYPROJECT_TOML, UV_TOML
from mothball.model.results import Problem, Severity
from mothball.model.sanitize import join_names
from mothball.repository.files import Tree, display_path
from mothball.repository.git_change import Change
from mothball.routing.candidates import Candidate
from mothball.routing.route import IndexRoute

_HELP = "review it: the policy of the base was applied to this change; it applies to later changes"
_INDEX_HELP = "review it: its statuses decide whether these packages are accepted"
_MAX_KEYS = 10
_MAX_NAMES = 5


def policy_changes(change: Change, files: Iterable[ResolvedFile]) -> tuple[Problem, ...]:
    """Return a note for each configuration that differs from the base, ignore of an added dependency, and added index.

    ``files`` are the files of the change, with the added dependencies selected. Raises GitError.
    """
    base = change.bases[0]
    files = list(files)
    notes = []
    for relative in sorted(base.touched):
        path = change.absolute(relative)
        if os.path.basename(path) in (MOTHBALL_TOML, PYPROJECT_TOML):
            keys = sorted(_changed_keys(_settings(base.tree, path), _settings(change.target, path)))
            if keys:
                message = f"the change configures mothball: {join_names(keys, _MAX_KEYS)}"
                notes.append(Problem(Severity.NOTE, message, _HELP, display_path(path)))
    for file in files:
        notes += _ignores_of_added(file)
    return (*notes, *_added_indexes(change, files))


def _settings(tree: Tree, path: str) -> object:
    """Return mothball's table in the file at ``path``, empty if there is none; what is invalid in it is left out."""
    return table_at(scan_cached(_text(tree, path)), table_path(path))


def _changed_keys(before: object, after: object, prefix: str = "") -> Iterator[str]:
    """Yield the dotted keys whose values differ, each with how it differs."""
    before = before if isinstance(before, Mapping) else {}
    after = after if isinstance(after, Mapping) else {}
    for key in before.keys() | after.keys():
        name = f"{prefix}{key}"
        if key in before and key in after:
            old, new = before[key], after[key]
            if isinstance(old, Mapping) and isinstance(new, Mapping) and not prefix:
                yield from _changed_keys(old, new, f"{name}.")
            elif old != new:
                yield f"`{name}` changed"
        elif not prefix and isinstance(before.get(key, after.get(key)), Mapping):
            yield from _changed_keys(before.get(key), after.get(key), f"{name}.")
        else:
            yield f"`{name}` {'added' if key in after else 'removed'}"


def _ignores_of_added(file: ResolvedFile) -> Iterator[Problem]:
    lines = LineIndex(file.text)
    for comment in file.document.ignores:
        on_lines = line_range(comment.applies_to, lines)
        names = [
            dependency.name
            for dependency in file.dependencies_to_check
            if any(line in on_lines for line in line_range(dependency.entry_span, lines))
        ]
        if names:
            rules = ", ".join(comment.rules)
            message = f"ignore comment not applied: ignore[{rules}] for {join_names(names, _MAX_KEYS)}"
            yield Problem(Severity.NOTE, message, _HELP, file.path, lines.position(comment.span.start))


def _added_indexes(change: Change, files: Sequence[ResolvedFile]) -> Iterator[Problem]:
    """Yield a note for each index that only files of the change name and that is queried for an added dependency."""
    names: dict[Candidate, dict[str, None]] = {}
    for file in files:
        routes = file.router().routes(file.dependencies_to_check)
        for dependency, route in zip(file.dependencies_to_check, routes, strict=True):
            for index in route.indexes if isinstance(route, IndexRoute) else ():
                if not index.is_user_setting and not is_default_index(index.url):
                    names.setdefault(index, {})[dependency.name] = None
    if not names:
        return
    touched = [change.absolute(path) for path in change.bases[0].touched if _may_name_indexes(path)]
    before = "\n".join(_text(change.bases[0].tree, path) for path in touched)
    after = "\n".join(_text(change.target, path) for path in touched)
    for index, looked_up in names.items():
        address = index.url.rstrip("/")
        if address in after and address not in before:
            subject = join_names(list(looked_up), _MAX_NAMES)
            message = f"the change adds the index {index.url} ({index.set_by}), which states the status of {subject}"
            yield Problem(Severity.NOTE, message, _INDEX_HELP)


def _may_name_indexes(path: str) -> bool:
    return may_be_dependency_file(path) or os.path.basename(path) in (UV_TOML, MOTHBALL_TOML)


def _text(tree: Tree, path: str) -> str:
    try:
        return tree.read_utf8(path) if tree.exists(path) else ""
    except UnreadableFileError:
        return ""
