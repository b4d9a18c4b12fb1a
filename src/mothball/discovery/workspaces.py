"""The members of workspaces: the projects of the repository that an installer takes from where they stand.

uv, Rye and Hatch declare them by patterns of directories. A member is what really is there: a directory that holds a
pyproject.toml. So no table can make a project of an index into one of the repository by its word alone.
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

# Of a workspace as large as this one is told something by its root, not by us: real ones have some hundred members.
MAX_MEMBERS = 2000
# So many directories are looked at for one pattern.
MAX_STEPS = 20_000
_ANY_DEPTH = "**"
_MAGIC = r"[*?\[]"
# What no project of a workspace lies in; hidden directories are passed over as well.
_SKIPPED = frozenset({"__pycache__", "__pypackages__", "node_modules", "site-packages"})


class Membership(NamedTuple):
    """What a project is a part of: the tool, and the directories of all members, that of the root first."""

    tool: str
    directories: tuple[str, ...]


class Workspaces:
    """Finds the workspaces that projects belong to. ``declared`` tells which ones the files in a directory declare."""

    def __init__(self, tree: Tree, declared: Callable[[str, str], tuple[Workspace, ...]]) -> None:
        """Look for members in ``tree``; nothing is read yet."""
        self._tree = tree
        self._declared = declared
        self._known: dict[tuple[str, Workspace], tuple[str, ...]] = {}

    def around(self, directory: str, root: str) -> Iterator[Membership]:
        """Yield the workspaces that the project in ``directory`` is a member or the root of.

        For each tool those of the nearest directory count that declares any, from ``directory`` up to ``root``, the
        root of the repository.
        """
        tools: set[str] = set()
        for base in upward(directory, root):
            declared = [one for one in self._declared(base, root) if one.tool not in tools]
            for one in declared:
                members = self._members(base, one, root)
                if directory == base or directory in members:
                    yield Membership(one.tool, (base, *members))
            tools.update(one.tool for one in declared)

    def _members(self, base: str, workspace: Workspace, root: str) -> tuple[str, ...]:
        key = base, workspace
        if key not in self._known:
            patterns = (_ANY_DEPTH,) if workspace.members is None else workspace.members
            # Rye alone takes all projects below for members where the table names none.
            patterns = () if workspace.members is None and workspace.tool != "rye" else patterns
            excluded = [_matcher(pattern.strip("/").removeprefix("./")) for pattern in workspace.excludes]
            found: dict[str, None] = {}
            for pattern in patterns:
                for directory in _directories(self._tree, base, pattern, root):
                    relative = os.path.relpath(directory, base).replace(os.sep, "/")
                    if not any(re.match(matcher, relative) for matcher in excluded):
                        found[directory] = None
            paths = [os.path.join(one, PYPROJECT_TOML) for one in found]
            self._tree.prepare(paths)
            there = [os.path.dirname(path) for path in paths if self._tree.is_file(path)]
            self._known[key] = tuple(one for one in there if one != base)[:MAX_MEMBERS]
        return self._known[key]


def _directories(tree: Tree, base: str, pattern: str, root: str) -> Iterator[str]:
    """Yield the directories inside ``root`` that ``pattern`` leads to, from the directory ``base`` on.

    Each directory is looked at once for each step of the pattern that may begin there.
    """
    whole = os.path.normpath(os.path.join(base, pattern))
    if not is_inside(whole, root):
        return
    steps = tuple(step for step in os.path.relpath(whole, root).split(os.sep) if step != os.curdir)
    waiting = [(root, 0)]
    seen = set(waiting)
    while waiting and len(seen) <= MAX_STEPS:
        directory, number = waiting.pop()
        if number == len(steps):
            yield directory
            continue
        after = [(directory, number + 1)] if steps[number] == _ANY_DEPTH else []
        after += ((os.path.join(directory, name), way) for name, way in _ways_on(tree, directory, steps, number))
        for state in after:
            if state not in seen:
                seen.add(state)
                waiting.append(state)


def _ways_on(tree: Tree, directory: str, steps: tuple[str, ...], number: int) -> Iterator[tuple[str, int]]:
    """Yield the directories in ``directory`` that the step leads to, and the number of the step that comes then."""
    step = steps[number]
    if step != _ANY_DEPTH and re.search(_MAGIC, step) is None:
        yield step, number + 1
        return
    names = sorted(name for name in tree.directories_in(directory) if name not in _SKIPPED and name[0] != ".")
    if step == _ANY_DEPTH:
        yield from ((name, number) for name in names)
    else:
        matcher = _matcher(step)
        yield from ((name, number + 1) for name in names if re.match(matcher, name))


def _matcher(pattern: str) -> str:
    import fnmatch  # noqa: PLC0415 - only where a workspace has patterns

    return fnmatch.translate(pattern)
