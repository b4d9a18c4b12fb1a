"""One requirement, the PEP 508 "dependency specifier", with the place of each of its parts.

``packaging`` decides what is a requirement and what it means, but importing it costs three times a bare interpreter
start. So a requirement in one of the plain forms is read here by regular expressions that accept a subset of what
``packaging`` accepts and never backtrack; everything else is put before ``packaging``, which is imported then.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from mothball.formats.ignores import COMMENT_FORM
from mothball.model.document import Dependency, DependencyKind, SkipReason, Span, new_dependency, normalize_name
from mothball.model.records import NamedTuple, make
from mothball.model.sanitize import one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from packaging.requirements import Requirement

# No honest requirement comes near it; it bounds what hostile text costs in ``packaging``, which recurses.
MAX_LENGTH = 4096
# An editor has the same entries read again with every keystroke: so many of them are remembered, unless they are longer
# than this number of code points.
MAX_CACHED = 16_384
MAX_CACHED_LENGTH = 200


class ParsedRequirement(NamedTuple):
    """A valid requirement; every span counts code points into the text that was read.

    ``name``, ``extras``, ``specifier``, ``marker`` and ``url`` are as written, without the white space around them;
    parentheses around a specifier belong to neither it nor its span. ``specifier_span`` is None where there is no
    specifier, ``url`` empty where the requirement is no direct reference. ``entry_span`` is the trimmed whole, and
    ``project`` the normalised name.
    """

    name: str
    name_span: Span
    extras: tuple[str, ...]
    specifier: str
    specifier_span: Span | None
    marker: str
    url: str
    entry_span: Span
    project: str

    def to_dependency_at(
        self, offset: int, kind: DependencyKind, section: str = "", skip_reason: SkipReason | None = None
    ) -> Dependency:
        """Return the dependency that this is in a file in which the text that was read begins at ``offset``."""
        _, (name, name_end), extras, specifier, place, marker, _, (start, end), project = self
        name_span = make(Span, (offset + name, offset + name_end))
        entry_span = make(Span, (offset + start, offset + end))
        at = make(Span, (offset + place[0], offset + place[1])) if place else None
        return new_dependency(
            name=project,
            name_span=name_span,
            entry_span=entry_span,
            specifier_span=at,
            specifier=specifier,
            extras=extras,
            marker=marker,
            kind=kind,
            section=section,
            skip_reason=skip_reason,
        )

    def to_dependency(
        self,
        where: Callable[[int, int], Span],
        kind: DependencyKind,
        section: str = "",
        skip_reason: SkipReason | None = None,
    ) -> Dependency:
        """Return the same for a text whose parts stand in the file where ``where`` says."""
        place = where(*self.specifier_span) if self.specifier_span else None
        return new_dependency(
            name=self.project,
            name_span=where(*self.name_span),
            entry_span=where(*self.entry_span),
            specifier_span=place,
            specifier=self.specifier,
            extras=self.extras,
            marker=self.marker,
            kind=kind,
            section=section,
            skip_reason=skip_reason,
        )


class RequirementError(NamedTuple):
    """Text that is no requirement: where it stops being one, why, and what to write."""

    span: Span
    message: str
    help: str


# --- the plain forms --------------------------------------------------------------------------------------------------
# Possessive quantifiers throughout: a match is found or given up in one pass. A repeated group is made atomic instead,
# (?>(?:...)*), as Python before 3.11.5 keeps half of a possessive group's last round. The patterns are small because
# they are compiled at every start.

# A name that also ends in "_", which packaging lets pass, is no plain form.
NAME_PATTERN = r"[A-Z0-9]++(?>(?:[-._]++[A-Z0-9]++)*)"

_PLAIN = re.compile(
    rf"[ \t]*+({NAME_PATTERN})[ \t]*+(?:\[([ \tA-Z0-9,._-]*+)\][ \t]*+)?"
    r"(?:(\()?[ \t]*+([=<>!~][=<>!~A-Z0-9.*+_, \t-]*+)?(\))?[ \t]*+(?:;(.*))?|@[ \t]*+([!-~]++)(?:[ \t]++(?:;(.*))?)?)",
    re.IGNORECASE | re.ASCII,
)
_NAME = re.compile(NAME_PATTERN, re.IGNORECASE | re.ASCII)
# One clause: its operator, its release, what may follow a release, and what only "==" and "!=" allow.
_CLAUSE = re.compile(
    r"([=!]=|[<>]=?+|~=)[ \t]*+(v?+(?:[0-9]++!)?[0-9]++(?>(?:\.[0-9]++)*))"
    r"((?:[-_.]?+(?:alpha|beta|preview|pre|a|b|c|rc)[-_.]?+[0-9]*+)?"
    r"(?:-[0-9]++|[-_.]?+(?:post|rev|r)[-_.]?+[0-9]*+)?(?:[-_.]?+dev[-_.]?+[0-9]*+)?)"
    r"(\.\*|\+[a-z0-9]++(?>(?:[-_.][a-z0-9]++)*))?",
    re.IGNORECASE | re.ASCII,
)
# "===" takes any text up to white space, commas included: plain only where it stands alone.
_ARBITRARY = re.compile(r"===[A-Z0-9.+_-]++", re.IGNORECASE | re.ASCII)

_VARIABLE = (
    "(?:python_(?:full_)?version|os_name|sys_platform|platform_(?:release|system|version|machine|python_implementation)"
    r"|implementation_(?:name|version)|extra)\b"
)
# Printable ASCII without a backslash: Python's escapes are for packaging to judge.
_STRING = r"""(?:"[ !#-\[\]-~]*+"|'[ -&(-\[\]-~]*+')"""
_OPERAND = rf"(?:({_VARIABLE})|{_STRING})"
_COMPARE = r"(?:[ \t]*+(?:===?|[~!]=|[<>]=?)[ \t]*+|[ \t]++(?:not[ \t]++)?in[ \t]++)"
# Opening parentheses, one comparison, closing parentheses, and whether another follows.
_MARKER_TERM = re.compile(rf"([( \t]*+){_OPERAND}{_COMPARE}{_OPERAND}([) \t]*+)((?:and|or)\b|\Z)")
_MAX_PLAIN_NESTING = 20


def parse_requirement(text: str) -> ParsedRequirement | RequirementError:
    """Read one requirement (PEP 508, version specifiers as in PEP 440) and say where its parts stand.

    Accepts and rejects exactly what ``packaging.requirements.Requirement`` does, up to ``MAX_LENGTH`` code points.
    Raises nothing.
    """
    return _cached_entry(text) if len(text) <= MAX_CACHED_LENGTH else parse_requirement_uncached(text)


def parse_requirement_uncached(text: str) -> ParsedRequirement | RequirementError:
    """Do the same for a caller that remembers what it read."""
    if len(text) > MAX_LENGTH:
        return RequirementError(
            _whole(text),
            f"a requirement of {len(text)} characters; at most {MAX_LENGTH} are read",
            "split it, or check that a quote or a bracket is not left open",
        )
    return _read_plain(text) or _read_any(text)


_cached_entry = lru_cache(MAX_CACHED)(parse_requirement_uncached)


def name_only_requirement(text: str, name: Span) -> ParsedRequirement:
    """Return the entry ``text`` of which only the name can be told, which stands at ``name``."""
    written = name.slice(text)
    return ParsedRequirement(written, name, (), "", None, "", "", Span(0, len(text)), normalize_name(written))


def find_leading_name(text: str) -> Span | None:
    """Return the place of the project name in text that ``parse_requirement`` rejected, where one can be told.

    A name can be told where it opens the text, an opening quote left aside, and ends at the text's end or at
    something that follows names: ``requests=``, ``requests[``, ``"req``. It may be half typed.
    """
    # re keeps what it compiled: only text that is wrong pays for this pattern.
    pattern = rf"""\s*+["']?+\s*+({NAME_PATTERN})(?=\s*+(?:[\[(<>=!~^;@,"']|\Z))"""
    seen = re.match(pattern, text[:MAX_LENGTH], re.IGNORECASE | re.ASCII)
    return Span(*seen.span(1)) if seen else None


def _whole(text: str) -> Span:
    """Return the span of ``text`` without the white space around it."""
    stripped = text.strip()
    start = text.find(stripped) if len(stripped) < len(text) else 0
    return Span(start, start + len(stripped))


def _read_plain(text: str) -> ParsedRequirement | None:
    found = _PLAIN.fullmatch(text)
    if found is None:
        return None
    name, extras_text, opening, specifier, closing, marker, url, url_marker = found.groups()
    if url is not None:
        marker = url_marker
    if (opening is None) != (closing is None) or (marker is not None and not _is_plain_marker(marker)):
        return None
    extras = _split_extras(extras_text) if extras_text else ()
    specifier_span = None
    if specifier is not None:
        specifier = specifier.rstrip()
        specifier_span = make(Span, (found.start(4), found.start(4) + len(specifier)))
    if extras is None or (specifier is not None and not _is_plain_specifier(specifier)):
        return None
    marker = marker.strip() if marker else ""
    name_span, entry_span, project = make(Span, found.span(1)), _whole(text), normalize_name(name)
    parts = (name, name_span, extras, specifier or "", specifier_span, marker, url or "", entry_span, project)
    return make(ParsedRequirement, parts)


def _split_extras(text: str) -> tuple[str, ...] | None:
    """Return the extras between the brackets, or None where they are no plain list."""
    extras = tuple(part.strip() for part in text.split(","))
    if extras == ("",):
        return ()
    return extras if all(map(_NAME.fullmatch, extras)) else None


def _is_plain_specifier(specifier: str) -> bool:
    if specifier.startswith("==="):
        return _ARBITRARY.fullmatch(specifier) is not None
    return all(map(_is_plain_clause, specifier.split(",")))


def _is_plain_clause(text: str) -> bool:
    clause = _CLAUSE.fullmatch(text.strip())
    if clause is None:
        return False
    operator, release, suffix, tail = clause.groups()
    if tail and (operator not in {"==", "!="} or (suffix and tail == ".*")):
        return False
    return operator != "~=" or "." in release


def _is_plain_marker(marker: str) -> bool:
    position = depth = 0
    while term := _MARKER_TERM.match(marker, position):
        opening, left, right, closing, joiner = term.groups()
        depth += opening.count("(")
        # packaging compares two variables, or two strings, too; that is not usual.
        if (left is None) == (right is None) or depth > _MAX_PLAIN_NESTING:
            return False
        depth -= closing.count(")")
        if depth < 0:
            return False
        if not joiner:
            return depth == 0
        position = term.end()
    return False


# --- everything else --------------------------------------------------------------------------------------------------


def _read_any(text: str) -> ParsedRequirement | RequirementError:
    """Let ``packaging`` decide."""
    import warnings  # noqa: PLC0415 - off the warm path

    from packaging.requirements import Requirement  # noqa: PLC0415 - three times a bare start

    try:
        # Python warns of strange escapes in a marker's strings; nobody asked for that on a terminal.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            requirement = Requirement(text)
    except (ValueError, SyntaxError, RecursionError) as error:
        return _explain(text, error)
    return _locate(text, requirement)


def _locate(text: str, requirement: Requirement) -> ParsedRequirement:
    """Find the parts of an accepted requirement; the grammar leaves no choice where each begins and ends."""
    name_start = _skip_space(text, 0)
    position = name_end = name_start + len(requirement.name)
    position = _skip_space(text, position)
    extras: tuple[str, ...] = ()
    if text.startswith("[", position):
        closing = text.index("]", position)
        extras = tuple(extra for part in text[position + 1 : closing].split(",") if (extra := part.strip()))
        position = _skip_space(text, closing + 1)
    specifier_span = None
    if requirement.url is None:
        specifier_span, position = _locate_specifier(text, position)
    else:
        position = _skip_space(text, position + 1) + len(requirement.url)
    _, _, marker = text[position:].partition(";")
    return ParsedRequirement(
        requirement.name,
        Span(name_start, name_end),
        extras,
        specifier_span.slice(text) if specifier_span else "",
        specifier_span,
        marker.strip(),
        requirement.url or "",
        _whole(text),
        normalize_name(requirement.name),
    )


def _locate_specifier(text: str, position: int) -> tuple[Span | None, int]:
    """Return the specifier's span and where to look for the marker; no specifier holds ``;`` or ``)``."""
    if text.startswith("(", position):
        position += 1
        end = text.index(")", position)
    else:
        end = text.find(";", position)
        end = len(text) if end < 0 else end
    inner = _whole(text[position:end])
    if inner.start == inner.end:
        return None, end
    return Span(position + inner.start, position + inner.end), end


def _skip_space(text: str, position: int) -> int:
    while text[position : position + 1] in {" ", "\t"}:
        position += 1
    return position


# --- why not ----------------------------------------------------------------------------------------------------------

_USUAL_FORM = "write NAME[EXTRA] SPECIFIER ; MARKER, such as `name[extra]>=1.2 ; python_version >= '3.11'`"
# The first pattern that matches gives the help; its group, if any, the start of the error. Compiled on the first error.
_HINTS = (
    (r"(?is).*?[#;]\s*+mothball\s*+:", COMMENT_FORM),
    (r"\s*+()[\"']", "take the quotes away, or close them"),
    (r"[^\[;@]*+()\[[^\]]*+\Z", "close the extras with `]`"),
    (r"[^(;@]*+()\([^)]*+\Z", "close the parenthesis"),
    (r"[^=<>!~;@]*+()=(?!=)", "one `=` compares nothing: write `==` for exactly this version"),
    (r"[^=<>!~;@]*+()[=<>!~]++\s*+(?:[,;)]|\Z)", "write a version after the operator"),
    (r"[^;@]*?()~=\s*+v?+[0-9]++(?![0-9.!])", "`~=` takes at least two numbers, such as `~=1.2`"),
    (r"[^=<>!~^;@]*+()[=<>!~]*+\s*+\^", "`^` belongs to Poetry: write a range such as `>=1.2,<2`"),
    (r"[^;@]*?()(?:[<>]=?+|~=)[^,;@<>=!~]*?(?:\.\*|\+)", "only `==` and `!=` take `.*` or a local version"),
    (r"\s*+[\w.-]++\s++()v?+[0-9]", "put an operator before the version, such as `name==1.2`"),
    (r"[^;@]*+@[ \t]*+\S++\s++()[^\s;]", "only a marker may follow a URL: put ` ;` before it"),
    (r"[^;]*+();[^(]*+(?>(?:\([^(]*+){100})", "remove the unneeded parentheses of the marker"),
    (r"[^;]*+();\s*+\Z", "write a marker after `;`, or take `;` away"),
    (r"[^;]*+;", "compare a variable with a quoted string after `;`, such as `python_version >= '3.11'`"),
    (r"\s*+[\w.-]++\s++()\w", _USUAL_FORM),
)


def _explain(text: str, error: Exception) -> RequirementError:
    """Return the error in mothball's own words: the messages of ``packaging`` change with its releases."""
    whole = _whole(text)
    found, help_text = None, _USUAL_FORM
    for pattern, hint in _HINTS:
        if found := re.match(pattern, text):
            help_text = hint
            break
    # Errors of packaging have a span since 26.4; its end is where the parser stopped.
    stopped = getattr(error, "span", None) or (whole.start,)
    places = (found.start(1),) if found and found.re.groups else reversed(stopped)
    start = next((at for at in places if text[at : whole.end].strip() and at >= whole.start), whole.start)
    return RequirementError(Span(start, whole.end), f"`{one_line(text, 60)}` is not a valid requirement", help_text)
