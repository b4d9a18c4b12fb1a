"""What one entry of a requirements file is: a project of an index, something fetched from elsewhere, or nothing at all.

An entry is the part of a logical line before its options, or what ``-e`` is given. pip asks the disk whether a path is
one; this asks only how it is written.
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
from mothball.model.document import SkipReason, Span
from mothball.model.records import NamedTuple


class ClassifiedEntry(NamedTuple):
    """What an entry turned out to be; spans count into its text.

    ``entry`` is None where no name can be told. ``skip_reason`` is set where no index answers for it, named or not, and
    ``error`` where pip refuses it.
    """

    entry: ParsedRequirement | None = None
    skip_reason: SkipReason | None = None
    error: RequirementError | None = None


# Patterns are texts here: re compiles those that a file needs, when it needs them, and keeps them.
# pip expands these from the environment; nothing else looks like a variable to it.
_VARIABLE = r"\$\{[A-Z0-9_]++\}"
# One letter before the colon is a drive on Windows.
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
    """Say what the trimmed, non-empty ``text`` before a line's options is; raises nothing."""
    if "${" in text and re.search(_VARIABLE, text):
        return _judge_with_variable(text)
    if ":" in text and _is_url(text):
        return _judge_reference(text, "; ", skip_reason_for_url(text))
    head = text.partition(";")[0].rstrip()
    if _is_archive(head) and not _is_named(head):
        return _judge_reference(text, ";", SkipReason.PATH)
    return _judge_requirement(text, head)


def classify_editable(text: str) -> ClassifiedEntry:
    """Say what the value of ``-e`` is: its name where one is written (``name @ url``, ``#egg=name``), else nothing."""
    outcome = parse_requirement_uncached(text)
    if isinstance(outcome, ParsedRequirement) and outcome.url:
        return ClassifiedEntry(outcome, SkipReason.EDITABLE)
    egg = re.search(_EGG, text)
    return (
        ClassifiedEntry(name_only_requirement(text, Span(*egg.span(1))), SkipReason.EDITABLE)
        if egg
        else ClassifiedEntry(None, SkipReason.EDITABLE)
    )


def skip_reason_for_url(url: str) -> SkipReason:
    """Return why a project that comes from ``url`` is asked of no index."""
    if re.match(_VCS, url):
        return SkipReason.VCS
    if url[:5].lower() == "file:" or not _is_url(url):
        return SkipReason.PATH
    return SkipReason.URL


def _judge_requirement(text: str, head: str) -> ClassifiedEntry:
    outcome = _read_pip_entry(text, head)
    if isinstance(outcome, ParsedRequirement):
        return ClassifiedEntry(outcome, skip_reason_for_url(outcome.url) if outcome.url else None)
    if re.match(_PATH, text):
        return _judge_reference(text, ";", SkipReason.PATH)
    name = find_leading_name(text)
    if name is None:
        return ClassifiedEntry(error=outcome)
    return ClassifiedEntry(name_only_requirement(text, name), SkipReason.INCOMPLETE, outcome)


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
    """Return whether this is ``name @ place`` rather than a path with an ``@`` in it."""
    name, at, _ = archive.partition("@")
    return bool(at) and "/" not in name and re.match(_PATH, name) is None


def _read_pip_entry(text: str, head: str) -> ParsedRequirement | RequirementError:
    """Read a requirement as pip does, which splits it at the first ``;`` even where that belongs to a URL."""
    if len(head) == len(text):
        return parse_requirement_uncached(text)
    marker = text.partition(";")[2].strip()
    if marker and "@" not in head:
        return parse_requirement_uncached(text)
    entry = parse_requirement_uncached(head)
    if isinstance(entry, RequirementError):
        return entry
    return _marker_error(text, marker) or entry._replace(marker=marker, entry_span=Span(0, len(text)))


def _marker_error(text: str, marker: str) -> RequirementError | None:
    """Return what is wrong with the marker at the end of ``text``; an empty one is nothing to pip."""
    if not marker:
        return None
    outcome = parse_requirement_uncached(f"x;{marker}")
    if isinstance(outcome, ParsedRequirement):
        return None
    span = Span(len(text) - len(marker), len(text))
    return RequirementError(
        span, outcome.message.replace("`x;", "`", 1).replace("requirement", "marker", 1), outcome.help
    )


def _judge_reference(text: str, separator: str, skip_reason: SkipReason) -> ClassifiedEntry:
    """Judge a URL or a path, whose name stands in its fragment or nowhere."""
    reference, _, marker = text.partition(separator)
    error = _marker_error(text, marker.strip())
    egg = re.search(_EGG, reference)
    if egg is None:
        return ClassifiedEntry(None, skip_reason, error)
    entry = name_only_requirement(text, Span(*egg.span(1)))._replace(marker=marker.strip(), url=reference.strip())
    return ClassifiedEntry(entry, skip_reason, error)


def _judge_with_variable(text: str) -> ClassifiedEntry:
    """Tell the name of an entry that depends on the environment, where no variable is part of it.

    A variable in the version, an extra or the marker changes nothing about where the project comes from.
    """
    verdict = classify_entry(re.sub(_VARIABLE, lambda variable: "1" * len(variable[0]), text))
    stand_in = verdict.entry
    if stand_in is not None:
        name = stand_in.name_span
    else:
        before = text[: text.index("${")]
        seen = find_leading_name(before)
        if seen is None or seen.end == len(before):
            return ClassifiedEntry(None, SkipReason.VARIABLE)
        name = seen
    if "$" in name.slice(text):
        return ClassifiedEntry(None, SkipReason.VARIABLE)
    entry = name_only_requirement(text, name)
    if stand_in is not None and stand_in.specifier_span is not None:
        span = stand_in.specifier_span
        entry = entry._replace(specifier=span.slice(text), specifier_span=span)
    return ClassifiedEntry(entry, SkipReason.VARIABLE if verdict.skip_reason or stand_in is None else None)
