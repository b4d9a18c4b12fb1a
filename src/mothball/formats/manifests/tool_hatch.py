"""[tool.hatch] and hatch.toml: what environments, build targets and build hooks install, and hatch's own plugins.

Hatch replaces ``{fields}`` in these before it reads them, as in ``lib @ {root:uri}/lib``. The ``sources`` of an
environment lead names elsewhere; those at the top are for the default one, from which all others take theirs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mothball.formats.manifests.declared_indexes import read_workspaces
from mothball.formats.manifests.documents import parse_with
from mothball.formats.manifests.named_tables import NamedEntry, find_named_entries, skip_reason_of_source
from mothball.formats.manifests.requirement_arrays import read_arrays, read_template
from mothball.formats.manifests.source_overrides import SourceOverride
from mothball.formats.manifests.tables import ANY
from mothball.formats.requirements.strings import Section
from mothball.formats.toml.api import InlineTable, Scalar, String
from mothball.model.document import ParseProblem, SkipReason, normalize_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mothball.formats.manifests.documents import ManifestItem
    from mothball.formats.manifests.requirement_arrays import ArrayItem
    from mothball.formats.manifests.tables import Tables
    from mothball.model.document import Document

_ENVS = "envs"
_SOURCES = "sources"
_DEFAULT = "default"
_LISTS = ("dependencies", "extra-dependencies")
# What an environment installs of the standard tables.
_INSTALLED = ("project.", "dependency-groups.")
_PLACES = (
    ("env", "requires"),
    ("envs", ANY, "dependencies"),
    ("envs", ANY, "extra-dependencies"),
    ("build", "dependencies"),
    ("build", "hooks", ANY, "dependencies"),
    ("build", "targets", ANY, "dependencies"),
    ("build", "targets", ANY, "hooks", ANY, "dependencies"),
)
# ``overrides.platform.windows.set-dependencies``: by source of the condition, by the condition's value.
_OVERRIDES = tuple(
    ("envs", ANY, "overrides", ANY, ANY, option)
    for option in ("dependencies", "extra-dependencies", "set-dependencies", "set-extra-dependencies")
)


def parse(text: str) -> Document:
    """Read a hatch.toml, whole or half typed, without byte-order mark; raises nothing."""
    return parse_with(read, "hatch-toml", text)


def read(tables: Tables) -> Iterator[ManifestItem]:
    """Yield what the tables of Hatch hold."""
    yield from read_arrays(tables, _PLACES, string=read_template)
    yield from read_arrays(tables, _OVERRIDES, string=read_template, table=_read_override)
    yield from read_workspaces(tables, "hatch", ("envs", ANY, "workspace"))
    for source in find_named_entries(tables, (("sources",), ("envs", ANY, "sources"))):
        if isinstance(source, ParseProblem):
            yield source
        else:
            yield from _overrides_of(source, _sections(source, tables))


def _overrides_of(source: NamedEntry, sections: Iterable[str]) -> Iterator[SourceOverride]:
    """Yield what a source says in each of ``sections``. A string is a path; an index is asked besides the others."""
    members = source.alternatives[0] if source.alternatives else {}
    index = members.get("index")
    url = index.value if isinstance(index, String) and index.closed and "://" in index.value else None
    skip_reason = SkipReason.PATH if "version" in members else skip_reason_of_source(members)
    if skip_reason is None and not source.complete:
        skip_reason = SkipReason.INCOMPLETE
    elif skip_reason is None and url is None:
        skip_reason = SkipReason.NO_INDEX
    for section in sections:
        yield SourceOverride(
            normalize_name(source.key.name), section, skip_reason, index_url=None if skip_reason else url
        )


def _sections(source: NamedEntry, tables: Tables) -> set[str]:
    """Return the sections for which a source holds: those of its environment, or all that any environment installs."""
    envs = ".".join((*tables.prefix, _ENVS))
    own = source.section.removesuffix(f".{_SOURCES}")
    # Those at the top are another way to write those of the default environment, from which the others take theirs.
    if own.startswith(f"{envs}.") and own != f"{envs}.{_DEFAULT}":
        return {f"{own}.{name}" for name in _LISTS}
    depth = len(tables.prefix)
    paths = [one.path[depth:] for one in tables.settings] + [one.path[depth:] for one in tables.headers]
    names = {path[1] for path in paths if path[:1] == (_ENVS,) and path[1:]} - set(_inheriting_nothing(tables))
    found = {f"{envs}.{env}.{name}" for env in names for name in _LISTS}
    return found.union(one.section for one in tables.standard if one.section.startswith(_INSTALLED))


def _inheriting_nothing(tables: Tables) -> Iterator[str | int]:
    """Yield the environments that take nothing from the default one: detached ones, and those of their own template."""
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
            yield from read_template(entry.value, section)
