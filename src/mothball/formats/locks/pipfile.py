"""Parse Pipfile.lock: JSON with a section for each package category, and the indexes of the packages.

The format has no comments and does not record which packages require which. Values are decoded by the ``json`` module,
which reports no positions: ``members`` finds those of an object's members in a valid document, ``load`` that of the
first error of an invalid one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from json import JSONDecodeError, JSONDecoder

from mothball.formats.broken import CONFLICT
from mothball.formats.locks.packages import (
    MAX_SHOWN,
    NAME,
    REGISTRY,
    VERSION_CONTROL,
    PackageSource,
    archive_source,
    index_source,
    local_source,
    unknown_version,
)
from mothball.formats.requirements.strings import collect
from mothball.model.document import Dependency, DependencyKind, Document, ParseProblem, SkipReason, Span, normalize_name
from mothball.model.records import NamedTuple
from mothball.model.sanitize import one_line

_META = "_meta"
_HELP = "regenerate the file with `pipenv lock`"
# The newest known version of the format, written as ``pipfile-spec``.
_NEWEST_SPEC = 6


def parse(text: str) -> Document:
    """Parse a Pipfile.lock without byte-order mark. Never raises; invalid JSON is one problem and no dependencies.

    The section of a package is its category: ``default``, ``develop`` or a custom one.
    """
    try:
        return collect("pipfile-lock", _read(text, load(text)))
    except JsonError as error:
        return Document("pipfile-lock", problems=error.args, is_broken=True)


def _read(text: str, lock: object) -> Iterator[Dependency | ParseProblem]:
    if not isinstance(lock, dict):
        yield ParseProblem(Span(0, 1), "a Pipfile.lock must be a JSON object", _HELP)
        return
    indexes = _indexes(lock.get(_META))
    for category in members(text, text.index("{")):
        fields = list(members(text, category.value_span.start)) if isinstance(category.value, dict) else None
        if category.key == _META:
            yield from _version_problems(text, fields or ())
        elif fields is not None:
            yield from (_read_package(text, package, category.key, indexes) for package in fields)
        else:
            shown = one_line(category.key, MAX_SHOWN)
            yield ParseProblem(category.key_span, f"`{shown}` is not a package category", _HELP)


def _version_problems(text: str, fields: Iterable[JsonMember]) -> Iterator[ParseProblem]:
    """Yield the problem of a ``pipfile-spec`` in ``_meta`` that is not known."""
    for field in fields:
        is_known = isinstance(field.value, int | float) and field.value <= _NEWEST_SPEC
        if field.key == "pipfile-spec" and not is_known:
            yield unknown_version(field.value_span.slice(text), field.value_span, _HELP)


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
    shown = one_line(member.key, MAX_SHOWN)
    if NAME.fullmatch(member.key) is None:
        return ParseProblem(member.key_span, f"`{shown}` is not a valid project name", _HELP)
    if isinstance(fields, str):
        # Pipenv also accepts the version instead of a table.
        fields, versions = {}, [member]
    elif isinstance(fields, dict):
        versions = [field for field in members(text, member.value_span.start) if field.key == "version"]
    else:
        return ParseProblem(member.key_span, f"the value of `{shown}` is not a package", _HELP)
    version = versions[-1] if versions and isinstance(versions[-1].value, str) else None
    specifier = str(version.value) if version else ""
    source = _source(fields, indexes)
    extras, marker = fields.get("extras"), fields.get("markers")
    return Dependency(
        name=normalize_name(member.key),
        name_span=member.key_span,
        entry_span=Span(member.key_span.start - 1, member.value_span.end),
        specifier_span=Span(version.value_span.start + 1, version.value_span.end - 1) if version else None,
        specifier=specifier,
        extras=tuple(extra for extra in extras if isinstance(extra, str)) if isinstance(extras, list) else (),
        marker=marker if isinstance(marker, str) else "",
        kind=DependencyKind.LOCKED,
        section=section,
        version=specifier.removeprefix("==").strip() if specifier.startswith("==") else None,
        index_url=source.index_url,
        skip_reason=source.skip_reason,
    )


def _source(fields: Mapping[str, object], indexes: Mapping[str, str]) -> PackageSource:
    if any(kind in fields for kind in VERSION_CONTROL):
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


# --- JSON (RFC 8259) with positions -----------------------------------------------------------------------------------

# Integers are decoded as floats: `int` rejects more than 4,300 digits with an error that has no position.
_DECODER = JSONDecoder(parse_int=float)
_BLANKS = " \t\r\n"
# Between the keys and values of an object.
_BETWEEN = re.compile(r"[ \t\r\n]*+[:,]?+[ \t\r\n]*+")
_STRING = r'"(?>(?:[^"\\\r\n]++|\\[^\r\n])*)'
_TOKEN = rf'{_STRING}(?P<closing>"?)|[^\s,:{{}}\[\]"]++|.'
_CONFLICT_MARKER = r"(?<![^\r\n])(?:<{7}|\|{7}|={7}|>{7})(?![^ \r\n])"
# The maximum number of code points of a token in a message.
_MAX_TOKEN = 20


class JsonError(ValueError):
    """A document is invalid; its argument is the problem of the first syntax error."""


class JsonMember(NamedTuple):
    """A key and its value as ``json.loads`` returns them, with integers as floats.

    ``key_span`` excludes the quotes of the key, ``value_span`` includes those of a string value.
    """

    key: str
    key_span: Span
    value: object
    value_span: Span


def load(text: str) -> object:
    """Return the value of a document without byte-order mark. Raises JsonError if it is invalid."""
    try:
        return _DECODER.decode(text)
    except JSONDecodeError as error:
        raise JsonError(_problem_at(error.pos, text)) from error
    except RecursionError as error:
        raise JsonError(ParseProblem(Span(0, 1), "invalid JSON: nested too deeply", _HELP)) from error


def members(text: str, start: int) -> Iterator[JsonMember]:
    """Yield all members of the object at ``start``, including duplicate keys, in a document that ``load`` accepts."""
    position = _next(text, start + 1)
    while text[position] != "}":
        key, after_key = _DECODER.raw_decode(text, position)
        begin = _next(text, after_key)
        value, end = _DECODER.raw_decode(text, begin)
        yield JsonMember(key, Span(position + 1, after_key - 1), value, Span(begin, end))
        position = _next(text, end)


def _next(text: str, position: int) -> int:
    return _BETWEEN.match(text, position).end()  # type: ignore[union-attr]  # matches anywhere


def _problem_at(position: int, text: str) -> ParseProblem:
    """Describe the error at ``position``; messages of the ``json`` module differ between Python versions."""
    if marker := re.search(_CONFLICT_MARKER, text):
        return ParseProblem(Span(*marker.span()), CONFLICT, _HELP)
    end = len(text.rstrip(_BLANKS))
    if position >= end:
        return ParseProblem(Span(max(end - 1, 0), end), "invalid JSON: unexpected end of file", _HELP)
    if text[position] in "\r\n":
        # A string ended by a line break: report all of it from its opening quote.
        opening = re.search(rf"(?<!\\){_STRING}\Z", text[:position])
        position = opening.start() if opening else position
    elif text[position] in "]}" and text[:position].rstrip(_BLANKS).endswith(","):
        # Python 3.13 reports a trailing comma, older versions the bracket after it.
        position = text.rindex(",", 0, position)
    token = re.compile(_TOKEN, re.DOTALL).match(text, position)
    if token is None or token["closing"] == "":
        return ParseProblem(Span(position, token.end() if token else end), "invalid JSON: unclosed string", _HELP)
    hint = ": a comma or colon may be missing before it" if token[0][0] in '"{[' else ""
    message = f"invalid JSON: unexpected `{one_line(token[0], _MAX_TOKEN)}`{hint}"
    return ParseProblem(Span(*token.span()), message, _HELP)
