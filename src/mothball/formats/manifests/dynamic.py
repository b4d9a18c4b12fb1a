"""Find dependencies that a build backend adds in a way that mothball does not read: ``dynamic`` in ``[project]``.

Specification: PyPA, "Declaring project metadata", dynamic. Backends that mothball knows read these dependencies from
tables and files that are read as well, or do not support them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mothball.formats.manifests.requirement_arrays import MAX_SHOWN
from mothball.formats.toml.api import Array, String
from mothball.model.document import ParseProblem
from mothball.model.sanitize import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mothball.formats.toml.api import Path, TomlEntry

_FIELDS = ("dependencies", "optional-dependencies")
# Top-level modules of build backends; without a backend it is setuptools.
_KNOWN_BACKENDS = frozenset(
    {
        "flit", "flit_core", "hatchling", "maturin", "mesonpy", "pbr", "poetry", "poetry_dynamic_versioning",
        "setuptools", "uv_build",
    }
)  # fmt: skip
_HOOKS = ("tool", "hatch", "metadata", "hooks")
_DIRECTIVES = ("tool", "setuptools", "dynamic")
# Metadata hooks of Hatch whose dependencies are read, or that add none.
_KNOWN_HOOKS = frozenset({"fancy-pypi-readme", "requirements_txt", "uv-dynamic-versioning", "vcs"})
_HELP = (
    "list the dependencies in [project], or accept it with the comment "
    "`# mothball: ignore[unresolvable] REASON` on this line"
)


def unread_dynamic(entries: Sequence[TomlEntry], paths: Iterable[Path]) -> Iterator[ParseProblem]:
    """Yield a problem for each dynamic field with dependencies that no table known to mothball declares.

    ``entries`` are those of a pyproject.toml, ``paths`` all paths of its entries and headers.
    """
    values = {entry.path: entry.value for entry in entries}
    dynamic = values.get(("project", "dynamic"))
    fields = [
        item
        for item in (dynamic.items if isinstance(dynamic, Array) else ())
        if isinstance(item, String) and item.value in _FIELDS
    ]
    if not fields:
        return
    backend = values.get(("build-system", "build-backend"))
    name = backend.value if isinstance(backend, String) else "setuptools"
    hooks = sorted({str(path[4]) for path in paths if path[:4] == _HOOKS and len(path) > 4} - _KNOWN_HOOKS)
    if name.partition(".")[0].partition(":")[0] not in _KNOWN_BACKENDS:
        source = f"the build backend {one_line(name, MAX_SHOWN)}"
    elif name.startswith("hatchling") and hooks:
        source = f"the metadata hook {one_line(hooks[0], MAX_SHOWN)} of Hatch"
    elif name.startswith("setuptools"):
        source = "a directive of [tool.setuptools.dynamic] other than `file`"
        fields = [field for field in fields if _has_other_directive(values, field.value)]
    else:
        return
    for field in fields:
        yield ParseProblem(field.inner, f"{field.value} are added by {source}; they were not checked", _HELP)


def _has_other_directive(paths: Iterable[Path], field: str) -> bool:
    """Return True if setuptools takes the field, or one of its extras, from anything but files."""
    directive = (*_DIRECTIVES, field)
    return any(path[: len(directive)] == directive and "file" not in path[len(directive) :] for path in paths)
