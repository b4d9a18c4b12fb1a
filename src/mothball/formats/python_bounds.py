"""Decide whether an environment marker is false for every Python version that a project supports.

Specification: "Dependency specifiers" (PEP 508), "Environment Markers"; "Version specifiers" (PEP 440).
``packaging`` evaluates a marker for one environment, not for a range of versions, and is not imported on a warm run. A
marker is called false only if that is certain: other variables, unusual versions and operators may be true.
"""

from __future__ import annotations

import re

# A release number as a tuple: ``3.9`` is ``(3, 9)``.
Release = tuple[int, ...]

_MAX_LENGTH = 4096
_RELEASE = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})*")
_CLAUSE = re.compile(r"\s*(>=|>|~=|==)\s*([0-9]{1,9}(?:\.[0-9]{1,9})*)(\.\*)?\s*")
_VALUE = r"""('[^']*+'|"[^"]*+"|[A-Za-z_][\w.]*+)"""
# A parenthesis, an operator between comparisons, or a comparison.
_TOKEN = re.compile(rf"\s*(?:([()])|(and|or)\b(?!\.)|{_VALUE}\s*(===|[<>=!~]=|[<>]|in\b|not\s+in\b)\s*{_VALUE})\s*")
_VARIABLES = ("python_version", "python_full_version")
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "=="}


def lower_bound(requires_python: str) -> Release | None:
    """Return the lowest release that ``requires_python`` (PEP 440 clauses) may admit, None if that is not certain."""
    matches = map(_CLAUSE.fullmatch, requires_python[:_MAX_LENGTH].split(","))
    # The other clauses (`<`, `!=`) and unusual ones only exclude more.
    return max((_release(match[2]) for match in matches if match), default=None)


def lower_bound_of_poetry(constraint: str) -> Release | None:
    """Return the same for a version constraint of Poetry, such as ``^3.9 || ~2.7`` (its documentation, "Versions")."""
    bounds = []
    for alternative in constraint[:_MAX_LENGTH].split("||"):
        clauses = re.sub(r"\s*,\s*|(?<=[\w*])\s+(?=[<>=!~^])", ",", alternative.strip()).split(",")
        bound = lower_bound(",".join(re.sub(r"^(?:[~^](?!=)|(?=[0-9]))\s*", ">=", clause) for clause in clauses))
        if bound is None:
            return None
        bounds.append(bound)
    return min(bounds)


def is_never_true(marker: str, bound: Release) -> bool:
    """Return True if ``marker`` is false in every environment with Python ``bound`` or newer."""
    if "python" not in marker or len(marker) > _MAX_LENGTH:
        return False
    # For each open parenthesis, and the whole: are all alternatives before the last `or` false, and is the last one?
    groups = [[True, False]]
    position, follows_operand = 0, False
    while position < len(marker):
        match = _TOKEN.match(marker, position)
        if match is None or follows_operand != (match[1] == ")" or match[2] is not None):
            return False
        position = match.end()
        parenthesis, joiner, left, operator, right = match.groups()
        follows_operand = joiner is None and parenthesis != "("
        if parenthesis == "(":
            groups.append([True, False])
        elif joiner == "or":
            groups[-1] = [all(groups[-1]), False]
        elif left is not None:
            groups[-1][1] |= _is_false(left, operator, right, bound)
        elif parenthesis == ")":
            is_false = all(groups.pop())
            if not groups:
                return False
            groups[-1][1] |= is_false
    return follows_operand and len(groups) == 1 and all(groups[0])


def _is_false(left: str, operator: str, right: str, bound: Release) -> bool:
    """Return True if a comparison is false for all versions from ``bound`` on."""
    if right in _VARIABLES:
        if "*" in left:
            return False
        left, operator, right = right, _FLIPPED.get(operator, ""), left
    if left not in _VARIABLES or right[:1] not in ("'", '"'):
        return False
    bound = bound[:2] if left == "python_version" else bound
    text = right[1:-1].strip()
    if operator == "in":
        return not _contains_version(text, bound)
    is_prefix = operator == "==" and text.endswith(".*")
    text = text.removesuffix(".*") if is_prefix else text
    return _RELEASE.fullmatch(text) is not None and _is_below(operator, _release(text), bound, is_prefix=is_prefix)


def _is_below(operator: str, release: Release, bound: Release, *, is_prefix: bool) -> bool:
    """Return True if the versions that ``operator`` and ``release`` admit are all lower than ``bound``."""
    if is_prefix or operator == "~=":
        prefix = release if is_prefix else release[:-1]
        return bool(prefix) and prefix < _padded(bound, len(prefix))[: len(prefix)]
    length = max(len(release), len(bound))
    low, high = _padded(bound, length), _padded(release, length)
    return low >= high if operator == "<" else operator in ("<=", "==") and low > high


def _contains_version(text: str, bound: Release) -> bool:
    """Return True if ``text`` may contain a version from ``bound`` on: ``in`` compares strings, not versions."""
    low = _padded(bound, 2)[:2]
    # A part of the digits on both sides of a dot is a version as well.
    for match in re.finditer(r"(?=([0-9]+)\.([0-9]+))", text):
        major, minors = match[1], (match[2][:end] for end in range(1, len(match[2]) + 1))
        if any((int(major[-9:]), int(minor[-9:])) >= low for minor in minors) or max(map(len, match.groups())) > 9:
            return True
    return False


def _release(text: str) -> Release:
    return tuple(map(int, text.split(".")))


def _padded(release: Release, length: int) -> Release:
    return release + (0,) * (length - len(release))
