"""Find the members of uv, Rye and Hatch workspaces: projects in the repository that are installed from there.

Workspaces declare their members as glob patterns of directories. Only an existing directory with a pyproject.toml is a
member: a local project is only skipped if it exists in the repository and declares that name.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mothball.model.file_names import PYPROJECT_TOML
from mothball.model.records import NamedTuple
from mothball.repository.paths import is_inside, upward

if TYPE_CHECKING:
    from collections.abc import Callable

    from mothball.model.document import Workspace
    from mothball.repository.files import Tree

# The maximum number of members of a workspace; large real workspaces have a few hundred.
MAX_MEMBERS = 2000
# The maximum number of (directory, pattern component) pairs to visit for one pattern.
MAX_STEPS = 20_000
_ANY_DEPTH = "**"
_MAGIC = r"[*?\[]"
# Directories that are not searched for members; neither are hidden directories.
_SKIPPED = frozenset({"__pycache__", "__pypackages__", "node_modules", "site-packages"})


class Membership(NamedTuple):
    """A workspace that contains a project: its tool and the directories of all members, the root first."""

    tool: str
    directories: tuple[str, ...]


class Workspaces:
    """Finds the workspaces that projects belong to."""

    def __init__(self, tree: Tree, declared_workspaces: Callable[[str, str], tuple[Workspace, ...]]) -> None:
        """Initialize; ``declared_workspaces`` returns the workspaces declared in a directory of a repository."""
        self._tree = tree
        self._declared_workspaces = declared_workspaces
        self._members_by_workspace: dict[tuple[str, Workspace], tuple[str, ...]] = {}

    def containing(self, directory: str, root: str) -> Iterator[Membership]:
        """Yield the workspaces that the project in ``directory`` is a member or the root of.

        For each tool, the nearest directory that declares a workspace counts, from ``directory`` up to the repository
        ``root``.
        """
        tools: set[str] = set()
        for base in upward(directory, root):
            declared = [workspace for workspace in self._declared_workspaces(base, root) if workspace.tool not in tools]
            for workspace in declared:
                members = self._members(base, workspace, root)
                if directory == base or directory in members:
                    yield Membership(workspace.tool, (base, *members))
            tools.update(workspace.tool for workspace in declared)

    def _members(self, base: str, workspace: Workspace, root: str) -> tuple[str, ...]:
        key = base, workspace
        if key not in self._members_by_workspace:
            patterns = (_ANY_DEPTH,) if workspace.members is None else workspace.members
            # Without patterns, Rye takes all projects below for members; the other tools take none.
            patterns = () if workspace.members is None and workspace.tool != "rye" else patterns
            excluded = [_matcher(pattern.strip("/").removeprefix("./")) for pattern in workspace.excludes]
            directories: dict[str, None] = {}
            for pattern in patterns:
                for directory in _directories(self._tree, base, pattern, root):
                    relative = os.path.relpath(directory, base).replace(os.sep, "/")
                    if not any(re.match(matcher, relative) for matcher in excluded):
                        directories[directory] = None
            paths = [os.path.join(directory, PYPROJECT_TOML) for directory in directories]
            self._tree.prepare(paths)
            projects = [os.path.dirname(path) for path in paths if self._tree.is_file(path)]
            self._members_by_workspace[key] = tuple(project for project in projects if project != base)[:MAX_MEMBERS]
        return self._members_by_workspace[key]


def _directories(tree: Tree, base: str, pattern: str, root: str) -> Iterator[str]:
    """Yield the directories inside ``root`` that match ``pattern``, relative to the directory ``base``.

    Each directory is visited at most once for each component of the pattern.
    """
    absolute = os.path.normpath(os.path.join(base, pattern))
    if not is_inside(absolute, root):
        return
    components = tuple(part for part in os.path.relpath(absolute, root).split(os.sep) if part != os.curdir)
    pending = [(root, 0)]
    seen = set(pending)
    while pending and len(seen) <= MAX_STEPS:
        directory, number = pending.pop()
        if number == len(components):
            yield directory
            continue
        states = [(directory, number + 1)] if components[number] == _ANY_DEPTH else []
        states += (
            (os.path.join(directory, name), next_number)
            for name, next_number in _matching_children(tree, directory, components, number)
        )
        for state in states:
            if state not in seen:
                seen.add(state)
                pending.append(state)


def _matching_children(
    tree: Tree, directory: str, components: tuple[str, ...], number: int
) -> Iterator[tuple[str, int]]:
    """Yield the subdirectories that match component ``number``, and the number of the component to match next."""
    component = components[number]
    if component != _ANY_DEPTH and re.search(_MAGIC, component) is None:
        yield component, number + 1
        return
    names = sorted(name for name in tree.directories_in(directory) if name not in _SKIPPED and name[0] != ".")
    if component == _ANY_DEPTH:
        yield from ((name, number) for name in names)
    else:
        matcher = _matcher(component)
        yield from ((name, number + 1) for name in names if re.match(matcher, name))


def _matcher(pattern: str) -> str:
    import fnmatch  # noqa: PLC0415 - only for workspaces with patterns

    return fnmatch.translate(pattern)
