"""Find dependencies that a build backend adds in a way that mothball does not read: ``dynamic`` in ``[project]``.

Specification: PyPA, "Declaring project metadata", dynamic. Backends that mothball knows read these dependencies from
tables and files that are read as well, or do not support them. Without ``[project]``, a backend takes everything from
tables of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from mothball.formats.manifests.tables import MAX_SHOWN
from mothball.formats.toml.values import Array, Path, String, TomlEntry, Value
from mothball.model.document import ParseProblem, normalize_name
from mothball.model.sanitize import one_line

_FIELDS = ("dependencies", "optional-dependencies")
# Top-level modules of build backends; without a backend it is setuptools.
_KNOWN_BACKENDS = frozenset(
    {
        "flit", "flit_core", "hatchling", "jupyter_packaging", "maturin", "mesonpy", "pbr", "poetry",
        "poetry_dynamic_versioning", "setuptools", "uv_build",
    }
)  # fmt: skip
_HOOKS = ("tool", "hatch", "metadata", "hooks")
_DIRECTIVES = ("tool", "setuptools", "dynamic")
# Metadata hooks of Hatch whose dependencies are read, or that add none.
_KNOWN_HOOKS = frozenset({"fancy-pypi-readme", "requirements_txt", "uv-dynamic-versioning", "vcs"})
UNREAD_HELP = (
    "list the dependencies in [project], or accept it with the comment "
    "`# mothball: ignore[unresolvable] REASON` on this line"
)


def unread_dynamic(entries: Sequence[TomlEntry], paths: Iterable[Path]) -> Iterator[ParseProblem]:
    """Yield a problem for each dynamic field with dependencies that no table known to mothball declares.

    ``entries`` are those of a pyproject.toml, ``paths`` all paths of its entries and headers.
    """
    paths = tuple(paths)
    values = {entry.path: entry.value for entry in entries}
    backend = values.get(("build-system", "build-backend"))
    name = backend.value if isinstance(backend, String) else "setuptools"
    is_known = name.partition(".")[0].partition(":")[0] in _KNOWN_BACKENDS
    tables = "" if is_known else ", ".join(_tables_of_backend(name, values, paths))
    if tables and isinstance(backend, String) and not any(path[0] == "project" for path in paths):
        message = f"the build backend may add dependencies from {tables}; they were not checked"
        yield ParseProblem(backend.inner, message, UNREAD_HELP)
    dynamic = values.get(("project", "dynamic"))
    fields = [
        item
        for item in (dynamic.items if isinstance(dynamic, Array) else ())
        if isinstance(item, String) and item.value in _FIELDS
    ]
    if not fields:
        return
    hooks = unknown_hooks(path[4:] for path in paths if path[:4] == _HOOKS)
    if not is_known:
        source = f"the build backend {one_line(name, MAX_SHOWN)}{f' from {tables}' if tables else ''}"
    elif name.startswith("hatchling") and hooks:
        source = f"the metadata hook {one_line(hooks[0], MAX_SHOWN)} of Hatch"
    elif name.startswith("setuptools"):
        source = "a directive of [tool.setuptools.dynamic] other than `file`"
        fields = [field for field in fields if _has_other_directive(values, field.value)]
    else:
        return
    for field in fields:
        yield ParseProblem(field.inner, f"{field.value} are added by {source}; they were not checked", UNREAD_HELP)


def unknown_hooks(paths: Iterable[Path]) -> list[str]:
    """Return the names of the metadata hooks of Hatch that may add dependencies in a way that is not read, sorted.

    ``paths`` are those below the table of all metadata hooks.
    """
    return sorted({str(path[0]) for path in paths if path} - _KNOWN_HOOKS)


def _tables_of_backend(name: str, values: Mapping[Path, Value], paths: Iterable[Path]) -> list[str]:
    """Return the tables ``[tool.NAME]`` whose name begins like the backend or a build requirement, or they like it."""
    requires = values.get(("build-system", "requires"))
    items = requires.items if isinstance(requires, Array) else ()
    words = [name, *(item.value for item in items if isinstance(item, String))]
    owners = [normalize_name(word[0]) for text in words if (word := re.match(r"\w[\w-]*", text))]
    tools = sorted({path[1] for path in paths if path[0] == "tool" and len(path) > 1 and isinstance(path[1], str)})
    return [
        f"[tool.{one_line(tool, MAX_SHOWN)}]"
        for tool in tools
        for table in (normalize_name(tool),)
        if table and any(owner.startswith(table) or table.startswith(owner) for owner in owners)
    ]


def _has_other_directive(paths: Iterable[Path], field: str) -> bool:
    """Return True if setuptools takes the field, or one of its extras, from anything but files."""
    directive = (*_DIRECTIVES, field)
    return any(path[: len(directive)] == directive and "file" not in path[len(directive) :] for path in paths)
