"""Read ``[tool.tox]`` and tox.toml: requirements of environments, tox plugins, and a tox.ini embedded in a string."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mothball.formats.manifests.documents import parse_with
from mothball.formats.manifests.requirement_arrays import read_arrays, read_items, read_pip_lines, relocate
from mothball.formats.manifests.tables import ANY, TableMatcher, section_name
from mothball.formats.requirements.strings import Section
from mothball.formats.toml.api import Array, InlineTable, String, source_span
from mothball.model.document import DependencyKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mothball.formats.manifests.documents import ManifestItem
    from mothball.formats.manifests.requirement_arrays import ArrayItem
    from mothball.formats.manifests.tables import Tables
    from mothball.model.document import Document

_PLUGINS = (("requires",),)
_INI = (("legacy_tox_ini",),)
_DEPS = (("env_run_base", "deps"), ("env_pkg_base", "deps"), ("env_base", ANY, "deps"), ("env", ANY, "deps"))
_CONSTRAINTS = tuple((*parent, "constraints") for *parent, _ in _DEPS)


def parse(text: str) -> Document:
    """Parse a tox.toml, complete or incomplete, without byte-order mark. Never raises."""
    return parse_with(read, "tox-toml", text)


def read(tables: Tables) -> Iterator[ManifestItem]:
    """Yield the requirements, constraints and includes of tox."""
    yield from read_arrays(tables, _PLUGINS, allow_single=True)
    yield from read_arrays(tables, _DEPS, string=read_pip_lines, table=_read_replacement, allow_single=True)
    yield from read_arrays(
        tables,
        _CONSTRAINTS,
        DependencyKind.CONSTRAINT,
        string=read_pip_lines,
        table=_read_replacement,
        allow_single=True,
    )
    yield from _read_ini(tables)


def _read_ini(tables: Tables) -> Iterator[ManifestItem]:
    """Yield the items of the tox.ini in ``legacy_tox_ini``."""
    for setting, depth in TableMatcher(tables, _INI).settings():
        if len(setting.path) == depth and isinstance(setting.value, String):
            from mothball.formats.ini import tox_ini  # noqa: PLC0415 - rarely needed

            document = tox_ini.parse(setting.value.value)
            yield from _relocate_all(document, setting.value, section_name(setting.path), tables.own_name)


def _relocate_all(document: Document, string: String, parent: str, own_name: str) -> Iterator[ManifestItem]:
    """Yield the items of ``document`` with spans converted from offsets in ``string`` to offsets in the file."""
    for dependency in document.dependencies:
        yield relocate(dependency, string, Section(f"{parent}.{dependency.section}", project_name=own_name))
    for comment in document.ignores:
        span, applies_to = source_span(string, *comment.span), source_span(string, *comment.applies_to)
        yield comment._replace(span=span, applies_to=applies_to)
    for unnamed in document.unnamed:
        yield unnamed._replace(span=source_span(string, *unnamed.span))
    if string.closed:
        for problem in document.problems:
            yield problem._replace(span=source_span(string, *problem.span))
        for include in document.includes:
            yield include._replace(span=source_span(string, *include.span))


def _read_replacement(table: InlineTable, section: Section) -> Iterator[ArrayItem]:
    """Read ``{replace = "if", then = ["numpy"], else = []}``; other replacements refer to other settings."""
    for entry in table.entries:
        if entry.path[0] in {"then", "else", "default"} and isinstance(entry.value, Array | String):
            items = entry.value.items if isinstance(entry.value, Array) else (entry.value,)
            yield from read_items(items, section, read_pip_lines, _read_replacement)
