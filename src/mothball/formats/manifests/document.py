"""Build a ``Document`` from a TOML scan and the items that the table readers yield.

``[tool.uv.sources]``, and Poetry's tables that supplement ``[project]``, override where dependencies come from: a
requirement that looks like one from an index is then from a repository, a path or an explicit index.
Table readers also use ``mark_never_installed``, for markers that are false for every Python version of the project.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from operator import attrgetter

from mothball.formats.ignores import read_comments
from mothball.formats.manifests.tables import Tables
from mothball.formats.requirements.strings import Item, collect
from mothball.formats.toml.scanner import scan, syntax_problems
from mothball.formats.toml.values import TomlScan
from mothball.model.document import Dependency, Document, IgnoreComment, IndexOption, SkipReason, Span, normalize_name
from mothball.model.records import NamedTuple


class SourceOverride(NamedTuple):
    """An entry that sets where the requirements of one name come from.

    ``scope`` is the section that the override applies to, ``project.optional-dependencies`` for all extras, or empty
    for all sections. ``skip_reason`` is the reason not to look them up, None if they come from an index.
    ``is_partial`` is set if the override has a marker and so does not apply in all environments. ``index_urls``
    are the only indexes to query; ``index_name`` is the name of an index that the file does not declare. ``local_path``
    is the path of a local project.
    """

    name: str
    scope: str
    skip_reason: SkipReason | None
    is_partial: bool = False
    index_urls: tuple[str, ...] = ()
    index_name: str = ""
    local_path: str = ""


# The items that a table reader may yield.
ManifestItem = Item | SourceOverride
ToolReader = Callable[[Tables], Iterable[ManifestItem]]

_EXTRAS = "project.optional-dependencies"
# Substrings of the table names and keys that configure indexes.
_INDEX_KEYS = r"(?i)index|source|pypi-options"
# Code points before and after an error that are searched for ``_INDEX_KEYS``.
_MAX_LINE = 500


def parse_with(reader: ToolReader, format_name: str, text: str, **fields: object) -> Document:
    """Parse a TOML file of one tool, complete or incomplete, without byte-order mark. Never raises."""
    document = scan(text)
    items = reader(Tables(text, (), document.entries, document.headers))
    return build_document(format_name, text, document, items, **fields)


def build_document(
    format_name: str, text: str, document: TomlScan, items: Iterable[ManifestItem], **fields: object
) -> Document:
    """Build the document of ``text`` from its scan, the items of its tables and its ignore comments.

    The source overrides are applied to the dependencies. ``fields`` are other fields of the document.
    """
    dependencies: list[Dependency] = []
    overrides: list[SourceOverride] = []
    ignores: list[IgnoreComment] = []
    others: list[Item] = [*syntax_problems(document)]
    for item in chain(items, read_comments(text, document.comments)):
        match item:
            case Dependency():
                dependencies.append(item)
            case SourceOverride():
                overrides.append(item)
            case IgnoreComment():
                ignores.append(item)
            case _:
                others.append(item)
    if overrides:
        dependencies = list(apply_source_overrides(dependencies, overrides))
    # The scanner may yield an unterminated value twice, whole and as its remainder: keep the first of equal position.
    by_position = {dependency.name_span: dependency for dependency in reversed(dependencies)}
    unknown = (IndexOption(error.span, "unknown", "") for error in document.errors if _may_hide_index(text, error.span))
    others += islice(unknown, 1)
    contents = chain(by_position.values(), _covering_strings(text, document, ignores), others)
    return collect(format_name, contents, is_broken=document.is_truncated, **fields)


def _may_hide_index(text: str, error: Span) -> bool:
    """Return True if the line with the syntax error may configure an index."""
    start = max(text.rfind("\n", 0, error.start), text.rfind("\r", 0, error.start)) + 1
    start = max(start, error.start - _MAX_LINE)
    line = text[start : error.start + _MAX_LINE].split("\n", 1)[0] if error.start >= start else ""
    return re.search(_INDEX_KEYS, line) is not None


def _covering_strings(text: str, document: TomlScan, ignores: list[IgnoreComment]) -> Iterator[IgnoreComment]:
    """Extend ignore comments after a multi-line string to all its lines, as a string cannot contain comments."""
    strings = document.multi_line_strings
    for comment in ignores:
        before = bisect_right(strings, comment.span.start, key=attrgetter("end"))
        string = strings[before - 1] if before else None
        between = text[string.end : comment.span.start] if string else "\n"
        if string and "\n" not in between and "\r" not in between:
            yield comment._replace(applies_to=Span(string.start, comment.applies_to.end))
        else:
            yield comment


def apply_source_overrides(
    dependencies: Iterable[Dependency], overrides: Iterable[SourceOverride]
) -> Iterator[Dependency]:
    """Apply ``overrides`` to ``dependencies``: skip those that come from no index, pin those with an explicit one.

    Overrides are matched by normalized name. A single partial override leaves the other environments to the index, as
    documented for uv sources. Several overrides are assumed to cover all environments: their markers are not evaluated,
    and a name that may not be on an index must not be sent there. If several name an index, the dependency may come
    from any of these.
    """
    by_name: dict[str, dict[str, list[SourceOverride]]] = {}
    for override in overrides:
        by_scope = by_name.setdefault(override.name, {})
        by_scope.setdefault(normalize_name(override.scope), []).append(override)
    combined = {name: {scope: _combined(by_scope[scope]) for scope in by_scope} for name, by_scope in by_name.items()}
    for dependency in dependencies:
        scopes = combined.get(dependency.name)
        applicable = [scopes[scope] for scope in _scopes(dependency) if scope in scopes] if scopes else ()
        if dependency.skip_reason is not None or not applicable:
            yield dependency
            continue
        source = _combined(applicable)
        skip_reason, urls = None if source.is_partial else source.skip_reason, source.index_urls
        yield dependency._replace(
            skip_reason=skip_reason,
            index_url=urls[0] if urls else dependency.index_url,
            alternative_indexes=urls[1:] if urls else dependency.alternative_indexes,
            index_name=source.index_name or dependency.index_name,
            local_path=source.local_path if skip_reason else "",
        )


def _combined(overrides: Sequence[SourceOverride]) -> SourceOverride:
    """Return one override in place of several of one name: it comes from an index if one of them does."""
    first = overrides[0]
    if len(overrides) == 1:
        return first
    uses_index = any(override.skip_reason is None for override in overrides)
    return SourceOverride(
        first.name,
        first.scope,
        None if uses_index else first.skip_reason,
        index_urls=tuple(dict.fromkeys(chain.from_iterable(override.index_urls for override in overrides))),
        index_name=next((override.index_name for override in overrides if override.index_name), ""),
        local_path=first.local_path,
    )


def _scopes(dependency: Dependency) -> Iterator[str]:
    yield ""
    yield normalize_name(dependency.section)
    if dependency.section.startswith(_EXTRAS):
        yield normalize_name(_EXTRAS)


def mark_never_installed(dependency: Dependency, requires_python: str = "", poetry_python: str = "") -> Dependency:
    """Mark ``dependency`` if its marker is false for every Python version that the project supports.

    The versions are given as clauses of PEP 440, or as a constraint of Poetry.
    """
    if "python" not in dependency.marker:
        return dependency
    from mothball.formats import python_bounds  # noqa: PLC0415 - most dependencies have no such marker

    if poetry_python:
        bound = python_bounds.lower_bound_of_poetry(poetry_python)
    else:
        bound = python_bounds.lower_bound(requires_python)
    if bound is None or not python_bounds.is_never_true(dependency.marker, bound):
        return dependency
    return dependency._replace(is_never_installed=True)
