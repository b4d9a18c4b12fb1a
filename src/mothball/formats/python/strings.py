"""Map the value of Python string literals to source positions (language reference, "String and Bytes literals").

``ast`` gives the value and span of a literal, but not the positions of its characters; these are reconstructed here.
"""

from __future__ import annotations

import re

from mothball.formats.source_map import SourceMap, SourcePart, source_map
from mothball.model.document import Span

# Between literals that are concatenated or added; includes parentheses.
_GAP = re.compile(r"(?>(?:[ \t\f+()]++|\\?\r\n|\\?[\r\n]|#[^\r\n]*+)*)")
_OPENING = re.compile(r"""([fFrRuU]{0,2})('''|\"""|'|")""")
_ESCAPE = r"""\\(?:\r\n|[0-7]{1,3}|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|N\{[^}]*\}|(?s:.))|\r\n?"""
_LINE_END = r"\r\n?"
# Decoded short escapes by the character after the backslash; an escaped line end is removed.
_SHORT_ESCAPES = dict(zip("\\'\"abfnrtv", "\\'\"\a\b\f\n\r\t\v", strict=True)) | {"\r": "", "\n": ""}
_OCTAL = frozenset("01234567")
_CODE_POINTS = 0x110000
_END = {
    # Everything up to and including the closing quote.
    quote: re.compile(rf"(?>(?:[^\\{quote[0]}]++|(?s:\\.)|(?!{quote}){quote[0]})*){quote}")
    for quote in ('"""', "'''", '"', "'")
}


def decode_literal(text: str, span: Span) -> SourceMap | None:
    """Decode the string literals in ``span``, concatenated implicitly or with ``+``, with their source positions.

    Return None if the source is no string literal of a supported form.
    """
    parts: list[SourcePart] = []
    position = span.start
    while position < span.end:
        opening = _OPENING.match(text, position)
        closing = _END[opening[2]].match(text, opening.end(), span.end) if opening else None
        if opening is None or closing is None:
            return None
        inner = Span(opening.end(), closing.end() - len(opening[2]))
        parts += _decoded(text, inner, is_raw="r" in opening[1].lower())
        gap = _GAP.match(text, closing.end(), span.end)
        position = gap.end() if gap else closing.end()
    return source_map(parts)


def _decoded(text: str, inner: Span, *, is_raw: bool) -> list[SourcePart]:
    parts: list[SourcePart] = []
    position = inner.start
    for escape in re.compile(_LINE_END if is_raw else _ESCAPE).finditer(text, *inner):
        parts.append(SourcePart(text[position : escape.start()], position, escape.start()))
        parts.append(SourcePart(_decode_escape(escape[0]), *escape.span()))
        position = escape.end()
    parts.append(SourcePart(text[position : inner.end], position, inner.end))
    return parts


def _decode_escape(escape: str) -> str:
    kind = escape[1:2]
    if escape[0] == "\r":
        return "\n"
    if kind in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[kind]
    if escape.startswith("\\N{"):
        return _named_character(escape[3:-1])
    digits = escape[1:] if kind in _OCTAL else escape[2:]
    if not digits:
        return escape
    code_point = int(digits, 8 if kind in _OCTAL else 16)
    return chr(code_point) if code_point < _CODE_POINTS else "\ufffd"


def _named_character(name: str) -> str:
    import unicodedata  # noqa: PLC0415 - rarely needed

    try:
        return unicodedata.lookup(name)
    except KeyError:
        return "\ufffd"
