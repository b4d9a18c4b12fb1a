"""Parse one requirement (a PEP 508 "dependency specifier") with the span of each part.

``packaging`` is the reference, but importing it takes three times as long as starting the interpreter. Requirements in
common forms are therefore parsed by regular expressions that accept a subset of what ``packaging`` accepts and never
backtrack; all others are passed to ``packaging``, which is imported on demand.
"""

from __future__ import annotations

import re
from functools import lru_cache

from mothball.formats.ignores import COMMENT_FORM
from mothball.model.document import (
    Dependency,
    DependencyKind,
    ParseProblem,
    SkipReason,
    Span,
    new_dependency,
    normalize_name,
)
from mothball.model.records import make
from mothball.model.sanitize import one_line

# Longer requirements are rejected: they are not realistic, and ``packaging`` parses recursively.
MAX_LENGTH = 4096
# An editor parses the same entries on every keystroke, so results are cached: at most MAX_CACHED, of entries with
# at most MAX_CACHED_LENGTH code points.
MAX_CACHED = 8_192
MAX_CACHED_LENGTH = 200


def dependency_at(
    requirement: Dependency, offset: int, kind: DependencyKind, section: str = "", skip_reason: SkipReason | None = None
) -> Dependency:
    """Return a parsed requirement as a dependency in a file that contains the parsed text unchanged at ``offset``."""
    name, (name_start, name_end), (start, end), span, specifier, extras, marker = requirement[:7]
    return new_dependency(
        name=name,
        name_span=make(Span, (offset + name_start, offset + name_end)),
        entry_span=make(Span, (offset + start, offset + end)),
        specifier_span=make(Span, (offset + span[0], offset + span[1])) if span else None,
        specifier=specifier,
        extras=extras,
        marker=marker,
        kind=kind,
        section=section,
        skip_reason=skip_reason,
    )


# --- common forms -----------------------------------------------------------------------------------------------------
# Quantifiers are possessive, so that matching never backtracks. A repeated group is atomic instead, (?>(?:...)*):
# before Python 3.11.5, a possessive group keeps part of a failed last repetition. The patterns are small because they
# are compiled at every start.

# packaging also accepts names that end in "_"; these are not a common form.
NAME_PATTERN = r"[A-Z0-9]++(?>(?:[-._]++[A-Z0-9]++)*)"

_COMMON_FORM = re.compile(
    rf"[ \t]*+({NAME_PATTERN})[ \t]*+(?:\[([ \tA-Z0-9,._-]*+)\][ \t]*+)?"
    r"(?:(\()?[ \t]*+([=<>!~][=<>!~A-Z0-9.*+_, \t-]*+)?(?(3)\))|@[ \t]*+([!-~]++)(?![^ \t]))[ \t]*+(?:;(.*))?",
    re.IGNORECASE | re.ASCII,
)
_NAME = re.compile(NAME_PATTERN, re.IGNORECASE | re.ASCII)
# One clause: operator, release, pre/post/dev suffix, and what is only valid with "==" and "!=".
_CLAUSE = re.compile(
    r"([=!]=|[<>]=?+|~=)[ \t]*+(v?+(?:[0-9]++!)?[0-9]++(?>(?:\.[0-9]++)*))"
    r"((?:[-_.]?+(?:alpha|beta|preview|pre|a|b|c|rc)[-_.]?+[0-9]*+)?"
    r"(?:-[0-9]++|[-_.]?+(?:post|rev|r)[-_.]?+[0-9]*+)?(?:[-_.]?+dev[-_.]?+[0-9]*+)?)"
    r"(\.\*|\+[a-z0-9]++(?>(?:[-_.][a-z0-9]++)*))?",
    re.IGNORECASE | re.ASCII,
)
# "===" accepts any text up to white space, including commas, so it is only parsed here as the single clause.
_ARBITRARY = re.compile(r"===[A-Z0-9.+_-]++", re.IGNORECASE | re.ASCII)

_VARIABLE = (
    "(?:python_(?:full_)?version|os_name|sys_platform|platform_(?:release|system|version|machine|python_implementation)"
    r"|implementation_(?:name|version)|extra)\b"
)
# Printable ASCII without backslashes: packaging handles escapes.
_STRING = r"""(?:"[ !#-\[\]-~]*+"|'[ -&(-\[\]-~]*+')"""
_OPERAND = rf"(?:({_VARIABLE})|{_STRING})"
_COMPARE = r"(?:[ \t]*+(?:===?|[~!]=|[<>]=?)[ \t]*+|[ \t]++(?:not[ \t]++)?in[ \t]++)"
# Opening parentheses, one comparison, closing parentheses, and the operator that joins the next comparison.
_MARKER_TERM = re.compile(rf"([( \t]*+){_OPERAND}{_COMPARE}{_OPERAND}([) \t]*+)((?:and|or)\b|\Z)")
_MAX_PLAIN_NESTING = 20


def parse_requirement(text: str) -> Dependency | ParseProblem:
    """Parse one requirement (PEP 508, with version specifiers as in PEP 440); spans are offsets into ``text``.

    The specifier excludes parentheses, ``entry_span`` covers the trimmed text, and a direct reference has a
    ``skip_reason``. Accepts exactly what ``packaging.requirements.Requirement`` accepts, up to ``MAX_LENGTH`` code
    points. Raises nothing.
    """
    return _parse_requirement_cached(text) if len(text) <= MAX_CACHED_LENGTH else parse_requirement_uncached(text)


def parse_requirement_uncached(text: str) -> Dependency | ParseProblem:
    """Parse one requirement like ``parse_requirement``, for callers with a cache of their own."""
    if len(text) > MAX_LENGTH:
        return ParseProblem(
            _trimmed_span(text),
            f"requirement too long: {len(text)} characters (limit {MAX_LENGTH})",
            "split it, or check for an unclosed quote or bracket",
        )
    return _parse_common_form(text) or _parse_with_packaging(text)


_parse_requirement_cached = lru_cache(MAX_CACHED)(parse_requirement_uncached)


def name_only_requirement(  # noqa: PLR0913 - what is known
    text: str,
    name: Span,
    *,
    skip_reason: SkipReason | None,
    specifier: Span | None = None,
    marker: str = "",
    entry: Span | None = None,
) -> Dependency:
    """Return a requirement for ``text`` of which only the name, at the span ``name``, and the arguments are known.

    ``specifier`` and ``entry`` are spans; the entry is the whole text by default.
    """
    return new_dependency(
        name=normalize_name(name.slice(text)),
        name_span=name,
        entry_span=entry or Span(0, len(text)),
        specifier_span=specifier,
        specifier=specifier.slice(text) if specifier else "",
        marker=marker,
        skip_reason=skip_reason,
    )


def find_leading_name(text: str) -> Span | None:
    """Return the span of the project name in text that ``parse_requirement`` rejected, or None.

    The name must be at the beginning, after an optional quote, and be followed by the end of the text or by a character
    that may follow a name: ``requests=``, ``requests[``, ``"req``. The name may be incomplete.
    """
    # Not compiled at import: only invalid text needs this pattern, and `re` caches it.
    pattern = rf"""\s*+["']?+\s*+({NAME_PATTERN})(?=\s*+(?:[\[(<>=!~^;@,"']|\Z))"""
    match = re.match(pattern, text[:MAX_LENGTH], re.IGNORECASE | re.ASCII)
    return Span(*match.span(1)) if match else None


def _trimmed_span(text: str) -> Span:
    stripped = text.strip()
    start = text.find(stripped) if len(stripped) < len(text) else 0
    return Span(start, start + len(stripped))


def _parse_common_form(text: str) -> Dependency | None:
    match = _COMMON_FORM.fullmatch(text)
    if match is None:
        return None
    name, extras_text, _, specifier, url, marker = match.groups()
    if marker is not None and not _is_common_marker(marker):
        return None
    extras = _split_extras(extras_text) if extras_text else ()
    specifier_span = None
    if specifier is not None:
        specifier = specifier.rstrip()
        specifier_span = make(Span, (match.start(4), match.start(4) + len(specifier)))
    if extras is None or (specifier is not None and not _is_common_specifier(specifier)):
        return None
    return new_dependency(
        name=normalize_name(name),
        name_span=make(Span, match.span(1)),
        entry_span=_trimmed_span(text),
        specifier_span=specifier_span,
        specifier=specifier or "",
        extras=extras,
        marker=marker.strip() if marker else "",
        skip_reason=skip_reason_for_url(url) if url else None,
    )


def _split_extras(text: str) -> tuple[str, ...] | None:
    """Return the extras in the text between the brackets, or None if the list is not in a common form."""
    extras = tuple(part.strip() for part in text.split(","))
    if extras == ("",):
        return ()
    return extras if all(map(_NAME.fullmatch, extras)) else None


def _is_common_specifier(specifier: str) -> bool:
    if specifier.startswith("==="):
        return _ARBITRARY.fullmatch(specifier) is not None
    return all(map(_is_common_clause, specifier.split(",")))


def _is_common_clause(text: str) -> bool:
    clause = _CLAUSE.fullmatch(text.strip())
    if clause is None:
        return False
    operator, release, suffix, tail = clause.groups()
    if tail and (operator not in {"==", "!="} or (suffix and tail == ".*")):
        return False
    return operator != "~=" or "." in release


def _is_common_marker(marker: str) -> bool:
    position = depth = 0
    while term := _MARKER_TERM.match(marker, position):
        opening, left, right, closing, joiner = term.groups()
        depth += opening.count("(")
        # packaging also accepts comparisons of two variables or two strings.
        if (left is None) == (right is None) or depth > _MAX_PLAIN_NESTING:
            return False
        depth -= closing.count(")")
        if depth < 0:
            return False
        if not joiner:
            return depth == 0
        position = term.end()
    return False


# --- other forms ------------------------------------------------------------------------------------------------------


# The parts of a requirement that packaging accepted: its specifiers contain neither ``;`` nor ``)``.
_PARTS = (
    r"[ \t]*+([A-Za-z0-9._-]++)[ \t]*+(?>(?:\[([^\]]*+)\][ \t]*+)?)"  # name and extras
    r"(?:@[ \t]*+([^ \t]++)|\(?+([^;)]*+)\)?+)[^;]*+;?+((?s:.*))"  # URL or specifier, and marker
)


def _parse_with_packaging(text: str) -> Dependency | ParseProblem:
    import warnings  # noqa: PLC0415 - off the warm path

    from packaging.requirements import Requirement  # noqa: PLC0415 - slow import

    try:
        # Invalid escapes in marker strings cause a SyntaxWarning, which is not for the user.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            Requirement(text)
    except (ValueError, SyntaxError, RecursionError) as error:
        return _explain(text, error)
    parts: re.Match[str] = re.fullmatch(_PARTS, text)  # type: ignore[assignment]  # matches any accepted text
    name, extras, url, specifier, marker = (part or "" for part in parts.groups())
    start, inner = parts.start(4), _trimmed_span(specifier)
    return new_dependency(
        name=normalize_name(name),
        name_span=Span(*parts.span(1)),
        entry_span=_trimmed_span(text),
        specifier_span=Span(start + inner.start, start + inner.end) if inner.start < inner.end else None,
        specifier=inner.slice(specifier),
        extras=tuple(extra for part in extras.split(",") if (extra := part.strip())),
        marker=marker.strip(),
        skip_reason=skip_reason_for_url(url) if url else None,
    )


# --- URLs -------------------------------------------------------------------------------------------------------------

# At least two letters: one letter before the colon is a Windows drive.
_SCHEME = r"(?ai)([A-Z][A-Z0-9+.-]++):(//)?"
_SCHEMES_WITHOUT_SLASHES = frozenset({"file", "ftp", "http", "https"})
_VCS = r"(?i)(?:bzr|git|hg|svn)(?:\+|:)"


def is_url(text: str) -> bool:
    """Return True if ``text`` begins like a URL that pip installs from."""
    scheme = re.match(_SCHEME, text)
    return scheme is not None and (
        scheme[2] is not None or scheme[1].lower() in _SCHEMES_WITHOUT_SLASHES or re.match(_VCS, text) is not None
    )


def skip_reason_for_url(url: str) -> SkipReason:
    """Return the reason to skip a project that is installed from ``url``."""
    if re.match(_VCS, url):
        return SkipReason.VCS
    if url[:5].lower() == "file:" or not is_url(url):
        return SkipReason.PATH
    return SkipReason.URL


# --- error messages ---------------------------------------------------------------------------------------------------

_USUAL_FORM = "write NAME[EXTRA] SPECIFIER ; MARKER, such as `name[extra]>=1.2 ; python_version >= '3.11'`"
# The first pattern that matches determines the help; its group, if any, the start of the error. Compiled when needed.
_HINTS = (
    (r"(?is).*?[#;]\s*+mothball\s*+:", COMMENT_FORM),
    (r"\s*+()[\"']", "close the quotes, or remove them"),
    (r"[^\[;@]*+()\[[^\]]*+\Z", "close the extras with `]`"),
    (r"[^(;@]*+()\([^)]*+\Z", "close the parenthesis"),
    (r"[^=<>!~;@]*+()=(?!=)", "`=` is not an operator: write `==` for an exact version"),
    (r"[^=<>!~;@]*+()[=<>!~]++\s*+(?:[,;)]|\Z)", "write a version after the operator"),
    (r"[^;@]*?()~=\s*+v?+[0-9]++(?![0-9.!])", "`~=` needs at least two release segments, such as `~=1.2`"),
    (r"[^=<>!~^;@]*+()[=<>!~]*+\s*+\^", "`^` is only valid in Poetry's own tables: write a range such as `>=1.2,<2`"),
    (r"[^;@]*?()(?:[<>]=?+|~=)[^,;@<>=!~]*?(?:\.\*|\+)", "`.*` and local versions are only valid with `==` and `!=`"),
    (r"\s*+[\w.-]++\s++()v?+[0-9]", "write an operator before the version, such as `name==1.2`"),
    (r"[^;@]*+@[ \t]*+\S++\s++()[^\s;]", "only a marker may follow a URL: write ` ;` before it"),
    (r"[^;]*+();[^(]*+(?>(?:\([^(]*+){100})", "remove unnecessary parentheses from the marker"),
    (r"[^;]*+();\s*+\Z", "write a marker after `;`, or remove `;`"),
    (r"[^;]*+;", "compare a variable with a quoted string after `;`, such as `python_version >= '3.11'`"),
    (r"\s*+[\w.-]++\s++()\w", _USUAL_FORM),
)


def _explain(text: str, error: Exception) -> ParseProblem:
    """Describe the error independently of the messages of ``packaging``, which change between its releases."""
    whole = _trimmed_span(text)
    match, help_text = None, _USUAL_FORM
    for pattern, hint in _HINTS:
        if match := re.match(pattern, text):
            help_text = hint
            break
    # Errors of packaging have a span since 26.4; its end is where the parser stopped.
    error_span = getattr(error, "span", None) or (whole.start,)
    offsets = (match.start(1),) if match and match.re.groups else reversed(error_span)
    start = next(
        (offset for offset in offsets if text[offset : whole.end].strip() and offset >= whole.start), whole.start
    )
    return ParseProblem(Span(start, whole.end), f"`{one_line(text, 60)}` is not a valid requirement", help_text)
