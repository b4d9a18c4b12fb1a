"""Classify entries of requirements files: index requirement, URL, path or invalid.

An entry is the part of a logical line before its options, or the value of ``-e``. pip checks the disk to recognize
paths; this module decides by the spelling alone.
"""

from __future__ import annotations

import re

from mothball.formats.pep508 import (
    NAME_PATTERN,
    ParsedRequirement,
    RequirementError,
    find_leading_name,
    name_only_requirement,
    parse_requirement_uncached,
)
from mothball.model.document import SkipReason, Span, variable_skip_reason
from mothball.model.records import NamedTuple


class ClassifiedEntry(NamedTuple):
    """The classification of an entry; spans are offsets into its text.

    ``requirement`` is None for an entry without a recognizable name. ``skip_reason`` is set if the entry does
    not come from an index, with or without a name, and ``error`` if pip rejects the entry.
    """

    requirement: ParsedRequirement | None = None
    skip_reason: SkipReason | None = None
    error: RequirementError | None = None


# These patterns are not compiled at import: `re` compiles them when needed and caches them.
# The only syntax that pip expands as an environment variable.
_VARIABLE = r"\$\{[A-Z0-9_]++\}"
# At least two letters: one letter before the colon is a Windows drive.
_SCHEME = r"(?ai)([A-Z][A-Z0-9+.-]++):(//)?"
_SCHEMES_WITHOUT_SLASHES = frozenset({"file", "ftp", "http", "https"})
_VCS = r"(?i)(?:bzr|git|hg|svn)(?:\+|:)"
_EGG = rf"(?ai)[#&]egg=({NAME_PATTERN})(?=[&#\[=<>!~;,\s]|\Z)"
_PATH = r"[./\\~]|[A-Za-z]:[/\\]|[\w.-]++[/\\]"
_ARCHIVES = (
    *(".zip", ".whl", ".tar", ".tgz", ".tbz", ".txz", ".tlz"),
    *(".tar.gz", ".tar.bz2", ".tar.xz", ".tar.lz", ".tar.lzma"),
)


def classify_entry(text: str) -> ClassifiedEntry:
    """Classify the trimmed, non-empty ``text`` before the options of a line. Raises nothing."""
    if "${" in text and re.search(_VARIABLE, text):
        return _classify_with_variable(text)
    if ":" in text and _is_url(text):
        return _classify_reference(text, "; ", skip_reason_for_url(text))
    head = text.partition(";")[0].rstrip()
    if _is_archive(head) and not _is_named(head):
        return _classify_reference(text, ";", SkipReason.PATH)
    return _classify_requirement(text, head)


def classify_editable(text: str) -> ClassifiedEntry:
    """Classify the value of ``-e``; its name is known for ``name @ url`` and ``#egg=name`` only."""
    result = parse_requirement_uncached(text)
    if isinstance(result, ParsedRequirement) and result.url:
        return ClassifiedEntry(result, SkipReason.EDITABLE)
    egg = re.search(_EGG, text)
    return (
        ClassifiedEntry(name_only_requirement(text, Span(*egg.span(1))), SkipReason.EDITABLE)
        if egg
        else ClassifiedEntry(None, SkipReason.EDITABLE)
    )


def skip_reason_for_url(url: str) -> SkipReason:
    """Return the reason to skip a project that is installed from ``url``."""
    if re.match(_VCS, url):
        return SkipReason.VCS
    if url[:5].lower() == "file:" or not _is_url(url):
        return SkipReason.PATH
    return SkipReason.URL


def _classify_requirement(text: str, head: str) -> ClassifiedEntry:
    result = _parse_pip_requirement(text, head)
    if isinstance(result, ParsedRequirement):
        return ClassifiedEntry(result, skip_reason_for_url(result.url) if result.url else None)
    if re.match(_PATH, text):
        return _classify_reference(text, ";", SkipReason.PATH)
    name = find_leading_name(text)
    if name is None:
        return ClassifiedEntry(error=result)
    return ClassifiedEntry(name_only_requirement(text, name), SkipReason.INCOMPLETE, result)


def _is_url(text: str) -> bool:
    scheme = re.match(_SCHEME, text)
    return scheme is not None and (
        scheme[2] is not None or scheme[1].lower() in _SCHEMES_WITHOUT_SLASHES or re.match(_VCS, text) is not None
    )


def _is_archive(path: str) -> bool:
    if path.endswith("]"):
        path = path.rpartition("[")[0].rstrip()
    return path[-9:].lower().endswith(_ARCHIVES)


def _is_named(archive: str) -> bool:
    """Return True for ``name @ location``, False for a path that contains ``@``."""
    name, at, _ = archive.partition("@")
    return bool(at) and "/" not in name and re.match(_PATH, name) is None


def _parse_pip_requirement(text: str, head: str) -> ParsedRequirement | RequirementError:
    """Parse a requirement like pip, which splits it at the first ``;``, even inside a URL."""
    if len(head) == len(text):
        return parse_requirement_uncached(text)
    marker = text.partition(";")[2].strip()
    if marker and "@" not in head:
        return parse_requirement_uncached(text)
    requirement = parse_requirement_uncached(head)
    if isinstance(requirement, RequirementError):
        return requirement
    return _marker_error(text, marker) or requirement._replace(marker=marker, entry_span=Span(0, len(text)))


def _marker_error(text: str, marker: str) -> RequirementError | None:
    """Return the error in the marker at the end of ``text``; pip ignores an empty marker."""
    if not marker:
        return None
    result = parse_requirement_uncached(f"x;{marker}")
    if isinstance(result, ParsedRequirement):
        return None
    span = Span(len(text) - len(marker), len(text))
    return RequirementError(
        span, result.message.replace("`x;", "`", 1).replace("requirement", "marker", 1), result.help
    )


def _classify_reference(text: str, separator: str, skip_reason: SkipReason) -> ClassifiedEntry:
    """Classify a URL or a path, whose name is in its ``#egg=`` fragment, if at all."""
    reference, _, marker = text.partition(separator)
    error = _marker_error(text, marker.strip())
    egg = re.search(_EGG, reference)
    if egg is None:
        return ClassifiedEntry(None, skip_reason, error)
    requirement = name_only_requirement(text, Span(*egg.span(1)), marker=marker.strip(), url=reference.strip())
    return ClassifiedEntry(requirement, skip_reason, error)


def _classify_with_variable(text: str) -> ClassifiedEntry:
    """Classify an entry with environment variables.

    The name is known unless it contains a variable. A variable in the version, an extra or the marker does not affect
    where the project comes from.
    """
    classified = classify_entry(re.sub(_VARIABLE, lambda variable: "1" * len(variable[0]), text))
    substituted = classified.requirement
    if substituted is not None:
        name = substituted.name_span
    else:
        before = text[: text.index("${")]
        leading_name = find_leading_name(before)
        if leading_name is None or leading_name.end == len(before):
            return ClassifiedEntry(None, variable_skip_reason(text))
        name = leading_name
    if "$" in name.slice(text):
        return ClassifiedEntry(None, variable_skip_reason(text))
    requirement = name_only_requirement(text, name, specifier=substituted.specifier_span if substituted else None)
    is_skipped = classified.skip_reason is not None or substituted is None
    return ClassifiedEntry(requirement, variable_skip_reason(text) if is_skipped else None)
