"""Read ``[tool.hatch]`` and hatch.toml: requirements of environments, build targets, build hooks and Hatch plugins.

Two metadata hooks declare the dependencies of the project: uv-dynamic-versioning as templates (``{{ version }}``), and
hatch-requirements-txt in requirements files. Hatch substitutes ``{fields}`` in these before parsing, as in ``lib @
{root:uri}/lib``. The ``sources`` of an environment override where its dependencies come from; top-level ``sources``
belong to the default environment, from which other environments inherit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mothball.formats.manifests.declarations import (
    NamedEntry,
    local_path_of,
    read_named_entries,
    read_workspaces,
    skip_reason_of_source,
)
from mothball.formats.manifests.document import ManifestItem, SourceOverride, parse_with
from mothball.formats.manifests.tables import (
    ANY,
    MAX_SHOWN,
    ArrayItem,
    Tables,
    read_arrays,
    read_files,
    read_requirement,
)
from mothball.formats.requirements.strings import Section
from mothball.formats.toml.scanner import scan_cached
from mothball.formats.toml.values import InlineTable, Scalar, String, flatten_inline_tables
from mothball.model.document import Document, ParseProblem, SkipReason, normalize_name
from mothball.model.sanitize import one_line

_ENVS = "envs"
_SOURCES = "sources"
_DEFAULT = "default"
_LISTS = ("dependencies", "extra-dependencies")
# Prefixes of the standard tables whose dependencies an environment installs.
_INSTALLED = ("project.", "dependency-groups.")
_HOOKS = ("metadata", "hooks")
_REQUIREMENTS = (
    (*_HOOKS, "uv-dynamic-versioning", "dependencies"),
    (*_HOOKS, "uv-dynamic-versioning", "optional-dependencies", ANY),
    ("env", "requires"),
    ("envs", ANY, "dependencies"),
    ("envs", ANY, "extra-dependencies"),
    ("build", "dependencies"),
    ("build", "hooks", ANY, "dependencies"),
    ("build", "targets", ANY, "dependencies"),
    ("build", "targets", ANY, "hooks", ANY, "dependencies"),
)
# The hook of hatch-requirements-txt.
_FILES = tuple(
    (*_HOOKS, "requirements_txt", *name) for name in (("files",), ("filename",), ("optional-dependencies", ANY))
)
# For example ``overrides.platform.windows.set-dependencies``: condition type, then condition value.
_OVERRIDES = tuple(
    ("envs", ANY, "overrides", ANY, ANY, option)
    for option in ("dependencies", "extra-dependencies", "set-dependencies", "set-extra-dependencies")
)


def parse(text: str) -> Document:
    """Parse a hatch.toml, complete or incomplete, without byte-order mark. Never raises.

    Unknown metadata hooks are unresolvable: whether dependencies are dynamic is stated in pyproject.toml.
    """
    unresolvable = tuple(_unread_hooks(text)) if _HOOKS[1] in text else ()
    return parse_with(read, "hatch-toml", text, unresolvable=unresolvable)


def _unread_hooks(text: str) -> Iterator[ParseProblem]:
    from mothball.formats.manifests.dynamic import UNREAD_HELP, unknown_hooks  # noqa: PLC0415 - rarely needed

    document = scan_cached(text)
    places = {header.path: header.span for header in document.headers}
    for entry in flatten_inline_tables(document.entries):
        places.setdefault(entry.path, entry.keys[-1].span)
    hooks = {path: span for path, span in places.items() if path[:2] == _HOOKS}
    for name in unknown_hooks(path[2:] for path in hooks):
        span = next(span for path, span in hooks.items() if path[2:3] == (name,))
        message = f"the metadata hook {one_line(name, MAX_SHOWN)} of Hatch may add dependencies; they were not checked"
        yield ParseProblem(span, message, UNREAD_HELP)


def read(tables: Tables) -> Iterator[ManifestItem]:
    """Yield the requirements, workspaces and source overrides of Hatch."""
    yield from read_arrays(tables, _REQUIREMENTS, string=_read_string)
    yield from read_arrays(tables, _OVERRIDES, string=_read_string, table=_read_override)
    yield from read_files(tables, _FILES)
    yield from read_workspaces(tables, "hatch", ("envs", ANY, "workspace"))
    sources = (("sources",), ("envs", ANY, "sources"))
    yield from read_named_entries(tables, sources, lambda source: _overrides_of(source, _sections(source, tables)))


def _overrides_of(source: NamedEntry, sections: Iterable[str]) -> Iterator[SourceOverride]:
    """Yield the override of a source for each of ``sections``; a plain string is a path."""
    members = source.alternatives[0] if source.alternatives else {}
    index = members.get("index")
    url = index.value if isinstance(index, String) and index.closed and "://" in index.value else None
    skip_reason = SkipReason.PATH if "version" in members else skip_reason_of_source(members)
    if skip_reason is None and not source.complete:
        skip_reason = SkipReason.INCOMPLETE
    elif skip_reason is None and url is None:
        skip_reason = SkipReason.NO_INDEX
    version = members.get("version")
    path = version.value if isinstance(version, String) else local_path_of(members)
    name, urls = normalize_name(source.key.name), (url,) if url and not skip_reason else ()
    for section in sections:
        yield SourceOverride(name, section, skip_reason, index_urls=urls, local_path=path.removeprefix("{root}/"))


def _sections(source: NamedEntry, tables: Tables) -> set[str]:
    """Return the sections that a source applies to: those of its environment, or of all inheriting environments."""
    envs = ".".join((*tables.prefix, _ENVS))
    parent = source.section.removesuffix(f".{_SOURCES}")
    # Top-level sources are those of the default environment, which the others inherit.
    if parent.startswith(f"{envs}.") and parent != f"{envs}.{_DEFAULT}":
        return {f"{parent}.{name}" for name in _LISTS}
    depth = len(tables.prefix)
    paths = [setting.path[depth:] for setting in tables.settings] + [header.path[depth:] for header in tables.headers]
    names = {path[1] for path in paths if path[:1] == (_ENVS,) and path[1:]} - set(_standalone_environments(tables))
    sections = {f"{envs}.{env}.{name}" for env in names for name in _LISTS}
    return sections.union(
        dependency.section for dependency in tables.standard if dependency.section.startswith(_INSTALLED)
    )


def _standalone_environments(tables: Tables) -> Iterator[str | int]:
    """Yield the environments that do not inherit from the default one: detached, or their own template."""
    depth = len(tables.prefix)
    for setting in tables.settings:
        match setting.path[depth:], setting.value:
            case (("envs", env, "detached"), Scalar(value=True)):
                yield env
            case (("envs", env, "template"), String(value=template)) if template == env != _DEFAULT:
                yield env
            case _:
                pass


def _read_override(table: InlineTable, section: Section) -> Iterator[ArrayItem]:
    """Read ``{value = "numpy", if = ["3.12"]}``."""
    for entry in table.entries:
        if entry.path == ("value",) and isinstance(entry.value, String):
            yield from _read_string(entry.value, section)


def _read_string(string: String, section: Section) -> Iterable[ArrayItem]:
    """Read a requirement in which Hatch may substitute fields."""
    if "{" not in string.value:
        return read_requirement(string, section)
    from mothball.formats.manifests.templates import read_template  # noqa: PLC0415 - rarely needed

    return read_template(string, section)
