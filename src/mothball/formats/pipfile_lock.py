"""Pipfile.lock: JSON, a section for each category of packages, and the indexes that they come from.

It has no comments, and records no requirements between packages.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mothball.formats.json_scanner import scan
from mothball.formats.json_values import JsonMember, JsonObject, JsonScan, JsonValue, to_plain
from mothball.formats.lock_sources import REGISTRY, PackageSource, archive_source, local_source, web_index
from mothball.formats.pep508 import NAME_PATTERN
from mothball.hygiene import one_line
from mothball.model import Dependency, Document, Kind, ParseProblem, Span, WithheldReason, normalise

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_META = "_meta"
_VERSION_CONTROL = ("git", "hg", "svn", "bzr")
_NAME = re.compile(NAME_PATTERN, re.IGNORECASE | re.ASCII)
_LOCK_AGAIN = "write it anew with `pipenv lock`"
# One missing bracket can spoil many lines; beyond this, nobody reads on.
_MAX_PROBLEMS = 20
# How much of a name a message repeats.
_SHOWN = 60


def parse(text: str) -> Document:
    """Read a Pipfile.lock, whole or half typed, without byte-order mark; raises nothing.

    The section of a package is its category: ``default``, ``develop`` or one of the project's own.
    """
    document = scan(text)
    found = list(_read(text, document))
    problems = [
        ParseProblem(error.span, f"invalid JSON: {error.message}", error.help)
        for error in document.errors[:_MAX_PROBLEMS]
    ]
    problems += [one for one in found if isinstance(one, ParseProblem)]
    dependencies = tuple(one for one in found if isinstance(one, Dependency))
    return Document("pipfile-lock", dependencies, tuple(sorted(problems)))


def _read(text: str, document: JsonScan) -> Iterator[Dependency | ParseProblem]:
    if not isinstance(document.value, JsonObject):
        if not document.errors:
            yield ParseProblem(Span(0, 1), "a Pipfile.lock is an object", _LOCK_AGAIN)
        return
    indexes = _indexes(document.value)
    for category in document.value.members:
        if category.key == _META:
            continue
        if isinstance(category.value, JsonObject):
            for package in category.value.members:
                yield from _read_package(text, package, category.key, indexes)
        elif category.whole:
            shown = one_line(category.key, _SHOWN)
            yield ParseProblem(category.key_span, f"`{shown}` is no category of packages", _LOCK_AGAIN)


def _indexes(lock: JsonObject) -> dict[str, str]:
    """Return the URLs of the indexes by their names, the default one first."""
    meta = next((_fields(member.value) for member in lock.members if member.key == _META), {})
    sources = meta.get("sources")
    found: dict[str, str] = {}
    for source in sources if isinstance(sources, list) else ():
        if isinstance(source, dict) and isinstance(source.get("url"), str):
            found.setdefault(str(source.get("name")), source["url"])
    return found


def _fields(value: JsonValue) -> dict[str, object]:
    plain = to_plain(value)
    return plain if isinstance(plain, dict) else {}


def _read_package(
    text: str, member: JsonMember, section: str, indexes: Mapping[str, str]
) -> Iterator[Dependency | ParseProblem]:
    name = _NAME.match(member.key)
    shown = one_line(member.key, _SHOWN)
    if name is None or (name.end() < len(member.key) and member.whole):
        if member.whole:
            yield ParseProblem(member.key_span, f"`{shown}` is no project name", _LOCK_AGAIN)
        return
    if member.whole and not isinstance(member.value, JsonObject):
        yield ParseProblem(member.key_span, f"what `{shown}` holds is no package", _LOCK_AGAIN)
        return
    fields = _fields(member.value)
    version = _version(member.value)
    source = _source(fields, indexes)
    extras, marker = fields.get("extras"), fields.get("markers")
    is_seen_whole = name.end() == len(member.key)
    yield Dependency(
        normalise(name[0]),
        member.key_span if is_seen_whole else Span(member.key_span.start, member.key_span.start + name.end()),
        Span(member.span.start, member.span.start + len(member.span.of(text).rstrip())),
        version.value_span if version else None,
        str(version.value) if version else "",
        tuple(extra for extra in extras if isinstance(extra, str)) if isinstance(extras, list) else (),
        marker if isinstance(marker, str) else "",
        Kind.LOCKED,
        section,
        _exact(str(version.value)) if version else None,
        source.index_url,
        source.withheld if member.whole else WithheldReason.INCOMPLETE,
    )


def _version(package: JsonValue) -> JsonMember | None:
    members = package.members if isinstance(package, JsonObject) else ()
    versions = [one for one in members if one.key == "version" and isinstance(one.value, str) and one.whole]
    return versions[-1] if versions else None


def _exact(specifier: str) -> str | None:
    return specifier.removeprefix("==").strip() if specifier.startswith("==") else None


def _source(fields: Mapping[str, object], indexes: Mapping[str, str]) -> PackageSource:
    if any(kind in fields for kind in _VERSION_CONTROL):
        return PackageSource(WithheldReason.VCS)
    if "path" in fields:
        return local_source(str(fields["path"]), is_editable=fields.get("editable") is True)
    for kind in ("file", "url"):
        if kind in fields:
            return archive_source(str(fields[kind]))
    if "index" in fields:
        # An index that the lock does not know is still not the default one.
        address = indexes.get(str(fields["index"]))
        return web_index(address) if address else PackageSource(WithheldReason.NO_INDEX)
    default = next(iter(indexes.values()), None)
    return web_index(default) if default else REGISTRY
