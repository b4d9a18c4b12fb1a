"""Parse Pipfile.lock: JSON with a section for each package category, and the indexes of the packages.

The format has no comments and does not record which packages require which.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mothball.formats.json.scanner import JsonError, JsonMember, load, members
from mothball.formats.locks.stanzas import REGISTRY, PackageSource, archive_source, index_source, local_source
from mothball.formats.pep508 import NAME_PATTERN
from mothball.model.document import Dependency, DependencyKind, Document, ParseProblem, SkipReason, Span, normalize_name
from mothball.model.sanitize import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_META = "_meta"
_VERSION_CONTROL = ("git", "hg", "svn", "bzr")
_NAME = re.compile(NAME_PATTERN, re.IGNORECASE | re.ASCII)
_HELP = "regenerate the file with `pipenv lock`"
# The newest known version of the format, written as ``pipfile-spec``.
_NEWEST_SPEC = 6
# Maximum length of a name in a message, in code points.
_MAX_SHOWN = 60


def parse(text: str) -> Document:
    """Parse a Pipfile.lock without byte-order mark. Never raises; invalid JSON is one problem and no dependencies.

    The section of a package is its category: ``default``, ``develop`` or a custom one.
    """
    try:
        items = list(_read(text, load(text)))
    except JsonError as error:
        problem = ParseProblem(error.span, error.message, _HELP)
        return Document("pipfile-lock", problems=(problem,), is_broken=True)
    problems = sorted(item for item in items if isinstance(item, ParseProblem))
    dependencies = tuple(item for item in items if isinstance(item, Dependency))
    return Document("pipfile-lock", dependencies, tuple(problems))


def _read(text: str, lock: object) -> Iterator[Dependency | ParseProblem]:
    if not isinstance(lock, dict):
        yield ParseProblem(Span(0, 1), "a Pipfile.lock must be a JSON object", _HELP)
        return
    indexes = _indexes(lock.get(_META))
    yield from _version_problem(text)
    for category in members(text, text.index("{")):
        if category.key == _META:
            continue
        if isinstance(category.value, dict):
            for package in members(text, category.value_span.start):
                yield _read_package(text, package, category.key, indexes)
        else:
            shown = one_line(category.key, _MAX_SHOWN)
            yield ParseProblem(category.key_span, f"`{shown}` is not a package category", _HELP)


def _version_problem(text: str) -> Iterator[ParseProblem]:
    """Yield the problem of a ``pipfile-spec`` in ``_meta`` that is not known."""
    top = members(text, text.index("{"))
    for meta in (member for member in top if member.key == _META and isinstance(member.value, dict)):
        for field in members(text, meta.value_span.start):
            is_known = isinstance(field.value, int | float) and field.value <= _NEWEST_SPEC
            if field.key == "pipfile-spec" and not is_known:
                written = one_line(field.value_span.slice(text), _MAX_SHOWN)
                message = f"version {written} of this lock format is not known"
                yield ParseProblem(field.value_span, message, _HELP)


def _indexes(meta: object) -> dict[str, str]:
    """Return the index URLs by name, the default index first."""
    sources = meta.get("sources") if isinstance(meta, dict) else None
    urls: dict[str, str] = {}
    for source in sources if isinstance(sources, list) else ():
        if isinstance(source, dict) and isinstance(source.get("url"), str):
            urls.setdefault(str(source.get("name")), source["url"])
    return urls


def _read_package(text: str, member: JsonMember, section: str, indexes: Mapping[str, str]) -> Dependency | ParseProblem:
    fields = member.value
    shown = one_line(member.key, _MAX_SHOWN)
    if _NAME.fullmatch(member.key) is None:
        return ParseProblem(member.key_span, f"`{shown}` is not a valid project name", _HELP)
    if isinstance(fields, str):
        # Pipenv also accepts the version instead of a table.
        fields, versions = {}, [member]
    elif isinstance(fields, dict):
        versions = [field for field in members(text, member.value_span.start) if field.key == "version"]
    else:
        return ParseProblem(member.key_span, f"the value of `{shown}` is not a package", _HELP)
    version = versions[-1] if versions and isinstance(versions[-1].value, str) else None
    source = _source(fields, indexes)
    extras, marker = fields.get("extras"), fields.get("markers")
    return Dependency(
        name=normalize_name(member.key),
        name_span=member.key_span,
        entry_span=Span(member.key_span.start - 1, member.value_span.end),
        specifier_span=Span(version.value_span.start + 1, version.value_span.end - 1) if version else None,
        specifier=str(version.value) if version else "",
        extras=tuple(extra for extra in extras if isinstance(extra, str)) if isinstance(extras, list) else (),
        marker=marker if isinstance(marker, str) else "",
        kind=DependencyKind.LOCKED,
        section=section,
        version=_pinned_version(str(version.value)) if version else None,
        index_url=source.index_url,
        skip_reason=source.skip_reason,
    )


def _pinned_version(specifier: str) -> str | None:
    return specifier.removeprefix("==").strip() if specifier.startswith("==") else None


def _source(fields: Mapping[str, object], indexes: Mapping[str, str]) -> PackageSource:
    if any(kind in fields for kind in _VERSION_CONTROL):
        return PackageSource(SkipReason.VCS)
    if "path" in fields:
        return local_source(str(fields["path"]), is_editable=fields.get("editable") is True)
    for kind in ("file", "url"):
        if kind in fields:
            return archive_source(str(fields[kind]))
    if "index" in fields:
        # An index that the lock does not declare is not the default index.
        url = indexes.get(str(fields["index"]))
        return index_source(url) if url else PackageSource(SkipReason.NO_INDEX)
    default = next(iter(indexes.values()), None)
    return index_source(default) if default else REGISTRY
