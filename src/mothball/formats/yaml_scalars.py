"""What a YAML scalar says, with the way back to where each part of it is written (YAML 1.1, "Flow Scalar Styles").

PyYAML says what a scalar means; where the parts of that stand in the file is found out here.
"""

from __future__ import annotations

import re

from mothball.formats.excerpt import Excerpt, Part, excerpt
from mothball.model import Span

_ESCAPE = re.compile(r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[^\r\n])")
_QUOTE = re.compile("''")
# The characters behind a backslash, and what they stand for; any other stands for itself.
_SHORT_ESCAPES = dict(zip("0abt\tnvfreN_LP", "\0\a\b\t\t\n\v\f\r\x1b\x85\xa0\u2028\u2029", strict=True))
_WORD = re.compile(r"\S+")


def content_of(text: str, span: Span, value: str) -> Excerpt | None:
    """Return ``value``, the meaning of the scalar that ``span`` covers in ``text``, as an excerpt of ``text``.

    None where the two cannot be brought together, which takes escapes in a string that runs over several lines.
    """
    quote = text[span.start : span.start + 1]
    inner = Span(span.start + 1, span.end - 1) if quote in {'"', "'"} else span
    written = inner.of(text)
    if written == value:
        return excerpt([Part(value, *inner)])
    if quote in {'"', "'"}:
        decoded = _decoded(text, inner, quote)
        if decoded.text == value:
            return decoded
    return _folded(text, inner, value)


def _decoded(text: str, inner: Span, quote: str) -> Excerpt:
    """Return what stands between the quotes, with its escapes resolved."""
    parts: list[Part] = []
    position = inner.start
    for escape in (_ESCAPE if quote == '"' else _QUOTE).finditer(text, *inner):
        parts.append(Part(text[position : escape.start()], position, escape.start()))
        parts.append(Part(_meaning(escape[0]), *escape.span()))
        position = escape.end()
    parts.append(Part(text[position : inner.end], position, inner.end))
    return excerpt(parts)


def _meaning(escape: str) -> str:
    if escape == "''":
        return "'"
    if len(escape) == 2:
        return _SHORT_ESCAPES.get(escape[1], escape[1])
    code_point = int(f"0x{escape[2:]}", 0)
    return chr(code_point) if code_point < 0x110000 else "\ufffd"


def _folded(text: str, inner: Span, value: str) -> Excerpt | None:
    """Find the words of ``value`` one after the other: folding lines changes nothing but the white space."""
    parts: list[Part] = []
    position = inner.start
    offset = 0
    for word in _WORD.finditer(value):
        start = text.find(word[0], position, inner.end)
        if start < 0:
            return None
        parts.append(Part(value[offset : word.start()], position, start))
        position = start + len(word[0])
        parts.append(Part(word[0], start, position))
        offset = word.end()
    parts.append(Part(value[offset:], position, inner.end))
    return excerpt(parts)
