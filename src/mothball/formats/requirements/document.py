"""Parse requirements and constraints files by the rules of pip.

Parsing is pure: includes are returned but not followed, ``${VARIABLE}`` is not expanded, and paths, for which pip
checks the disk, are recognized by their spelling alone. Whatever pip rejects is reported as a problem with its span;
the other lines are parsed as usual.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from mothball.formats.broken import over_limit_problem, too_many_errors_problem
from mothball.formats.ignores import may_hold_ignore_comment, read_comment
from mothball.formats.pep508 import (
    MAX_CACHED,
    MAX_CACHED_LENGTH,
    NAME_PATTERN,
    dependency_at,
    find_leading_name,
    is_url,
    name_only_requirement,
    parse_requirement_uncached,
    skip_reason_for_url,
)
from mothball.formats.requirements.lines import (
    Comment,
    LogicalLine,
    PipOption,
    ShellWord,
    find_options_start,
    has_only_hashes,
    logical_lines,
    read_options,
)
from mothball.model.document import (
    MAX_ENTRIES,
    MAX_OPTIONS,
    MAX_PROBLEMS,
    Dependency,
    DependencyGraph,
    DependencyKind,
    Document,
    FileKind,
    IgnoreComment,
    Include,
    IndexOption,
    ParseProblem,
    SkipReason,
    Span,
    UnnamedEntry,
    relocated,
    variable_skip_reason,
)
from mothball.model.errors import TooManyEntriesError
from mothball.model.records import NamedTuple
from mothball.model.sanitize import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence


# Maximum length of quoted text in a message, in code points.
_MAX_SHOWN = 40

# An error on a line that matches this may hide an index option.
_MAY_SET_INDEX = r"(?i)\s-i|^-i|index|pypi"

# Characters that end a line for pip (str.splitlines) but not for editors and uv.
_BREAKS = r"\x0b\x0c\x1c-\x1e\x85\u2028\u2029"
_BREAK = re.compile(f"[{_BREAKS}]")
# The text after such a character, if it is not a comment and the line has text before the character.
_AFTER_BREAK = rf"(?<=\S)[^\S\r\n{_BREAKS}]*+[{_BREAKS}][^\S\r\n]*+([^\s#]\S*+)"

# The header of each list of installed packages that is pasted into requirements files, and the command that prints it.
_LISTINGS = (
    (r"(?m)^Package[ \t]++Version(?=[ \t\r\n]|\Z)[^\r\n]*+", "pip list"),
    (r"(?m)^#[ \t]++Name[ \t]++Version[ \t]++Build\b[^\r\n]*+", "conda list"),
    (r"(?m)^# \$ conda create --name <env> --file <this file>[^\r\n]*+", "conda list --export"),
)
_LISTING_HELP = "write the output of `python -m pip freeze` instead"

# The text on the lines that the backslash at the end of a comment joins to it.
_AFTER_COMMENT = r"(?>(?:[^\S\r\n]*+\\++(?:\r\n|\r|\n))+)[^\S\r\n]*+([^\s#][^\r\n]*+)"


class ClassifiedEntry(NamedTuple):
    """The part of a line before its options, or the value of ``-e``. Spans are offsets into it.

    ``error`` is set if pip rejects it; ``entry`` is then None if no name is recognizable.
    """

    entry: Dependency | UnnamedEntry | None
    error: ParseProblem | None = None


class _Contents(NamedTuple):
    """The kind of all entries, and the fields of the document with the contents of the lines parsed so far."""

    kind: DependencyKind
    dependencies: list[Dependency]
    problems: list[ParseProblem]
    ignores: list[IgnoreComment]
    includes: list[Include]
    index_options: list[IndexOption]
    unnamed: list[UnnamedEntry]
    unresolvable: list[ParseProblem]


def parse(text: str, *, kind: DependencyKind = DependencyKind.REQUIREMENT) -> Document:
    """Parse a decoded requirements file without byte-order mark; ``kind`` is the kind of its entries.

    Spans of entries with line continuations include the backslash and the line ending. Raises TooManyEntriesError, also
    for a part of a file, so that nothing of the file is read. Specification: pip, "Requirements File Format"; PEP 508;
    PEP 440.
    """
    contents = _Contents(kind, [], [], [], [], [], [], [])
    comments: list[Comment] = []
    conflict_markers: list[Span] = []
    for line in logical_lines(text, comments, conflict_markers):
        classified = _classify_line(line.text)
        entry = classified.entry if classified is not None and classified.error is None else None
        offset = line.offset(entry.entry_span.end) if isinstance(entry, Dependency) else None
        if isinstance(entry, Dependency) and offset is not None:  # fast path
            contents.dependencies.append(dependency_at(entry, offset, kind, "", entry.skip_reason))
            is_over_limit = len(contents.dependencies) > MAX_ENTRIES
        else:
            _read_line(line, classified, contents)
            is_over_limit = (
                max(len(contents.dependencies), len(contents.unnamed)) > MAX_ENTRIES
                or max(len(contents.problems), len(contents.unresolvable)) > MAX_PROBLEMS
                or max(len(contents.includes), len(contents.index_options)) > MAX_OPTIONS
            )
        if is_over_limit:
            raise TooManyEntriesError(listing_problem(text) or _limit_problem(contents))
    _add_problems_of_the_file(text, conflict_markers, contents)
    contents.unresolvable.extend(_text_joined_to_comments(text, comments))
    if len(contents.unresolvable) > MAX_PROBLEMS:
        raise TooManyEntriesError(_limit_problem(contents))
    if comments and may_hold_ignore_comment(text):
        _read_comments(text, comments, contents)
    contents.problems.extend(_hidden_line(text, contents.problems) if has_hidden_lines(text) else ())
    contents.problems.sort()
    graph: DependencyGraph | None = None
    if "generated by" in text[:2000]:
        from mothball.formats.requirements.compiled import as_lock  # noqa: PLC0415 - only needed for compiled files

        contents.dependencies[:], graph = as_lock(contents.dependencies, text, comments)
    fields: dict[str, Any] = {name: tuple(items) for name, items in contents._asdict().items() if name != "kind"}
    return Document("requirements", graph=graph, **fields)


def _text_joined_to_comments(text: str, comments: Iterable[Comment]) -> Iterator[ParseProblem]:
    """Yield a problem for each comment after an entry that ends with a backslash, at the text on the next line."""
    for comment in comments:
        # A comment on a line of its own includes its backslash: neither pip nor uv joins the next line to it.
        if text[comment.span.end : comment.span.end + 1] == "\\" and (
            joined := re.compile(_AFTER_COMMENT).match(text, comment.span.end)
        ):
            message = f"pip ignores `{one_line(joined[1], _MAX_SHOWN)}` after a comment with a backslash, uv reads it"
            yield ParseProblem(Span(*joined.span(1)), message, "remove the backslash at the end of the comment")


def _add_problems_of_the_file(text: str, conflict_markers: list[Span], contents: _Contents) -> None:
    """Add the merge conflicts, and one problem in place of those in a list of installed packages."""
    if contents.problems:
        listing = listing_problem(text)
        if listing is not None:
            contents.problems[:] = [problem for problem in contents.problems if problem.span < listing.span]
            contents.problems.append(listing)
    if conflict_markers:
        from mothball.formats.broken import conflict_problems  # noqa: PLC0415 - rarely needed

        contents.problems.extend(conflict_problems(text, conflict_markers))


def _read_comments(text: str, comments: list[Comment], contents: _Contents) -> None:
    """Add the ignore comments among ``comments``, and the problems of invalid ones."""
    for comment in comments:
        result = read_comment(text, comment.span, applies_from=comment.line_start)
        if isinstance(result, IgnoreComment):
            contents.ignores.append(result)
        elif result is not None:
            contents.problems.append(result)
    if contents.ignores and "via" in text:
        from mothball.formats.requirements.compiled import extend_annotation_ignores  # noqa: PLC0415 - only needed for compiled files

        starts = [line.source(0) for line in logical_lines(text, [], [])]
        contents.ignores[:] = extend_annotation_ignores(contents.ignores, text, starts, contents.dependencies)


def _classify_line(line: str) -> ClassifiedEntry | None:
    """Classify the entry on ``line``; return None if there is no entry, or if it has options other than hashes."""
    return _classify_line_cached(line) if len(line) <= MAX_CACHED_LENGTH else _classify_line_uncached(line)


def _classify_line_uncached(line: str) -> ClassifiedEntry | None:
    options_at = find_options_start(line)
    if not options_at or (options_at < len(line) and not has_only_hashes(line, options_at)):
        return None
    text = line[:options_at].rstrip()
    # Lines with hashes are long, but their entries are short.
    return _classify_entry(text) if text == line else _classify_line(text)


# An editor parses the same lines on every keystroke.
_classify_line_cached = lru_cache(MAX_CACHED)(_classify_line_uncached)


def has_hidden_lines(text: str) -> bool:
    """Return True if ``text`` has a character at which only pip breaks lines."""
    return _BREAK.search(text) is not None


def _hidden_line(text: str, problems: list[ParseProblem]) -> Iterator[ParseProblem]:
    """Yield a problem for the first entry after a character that only pip treats as a line break.

    Editors show such an entry as part of a comment or path. An entry inside one of ``problems`` is not reported again.
    """
    hidden = re.search(_AFTER_BREAK, text)
    if hidden is not None and not any(problem.span.start <= hidden.start(1) < problem.span.end for problem in problems):
        message = "hidden entry: pip treats the control character before it as a line break"
        yield ParseProblem(
            Span(*hidden.span(1)), message, "remove the control character, or write the entry on its own line"
        )


def _read_line(line: LogicalLine, classified: ClassifiedEntry | None, contents: _Contents) -> None:
    """Parse one line and add its contents to ``contents``; ``classified`` is the result of ``_classify_line``."""
    options_at = find_options_start(line.text)
    if classified is not None:
        _add_entry(classified, line.span, contents)
        return
    options: Sequence[PipOption] = ()
    if options_at < len(line.text):
        options, error, ignored = read_options(line.text, options_at)
        _add_ignored(line, ignored, options, contents)
        if error is not None:
            contents.problems.append(ParseProblem(_word_span(line, error.word), error.message, error.help))
            # An invalid option may be a misspelled index option: the help then suggests that option.
            if re.search(_MAY_SET_INDEX, f"{error.word.value if options else line.text[options_at:]} {error.help}"):
                contents.index_options.append(IndexOption(_word_span(line, error.word), "unknown", ""))
    if options_at:
        _add_entry(_classify_entry(line.text[:options_at].rstrip()), line.span, contents)
        return
    values: dict[str, ShellWord] = {}
    for option in options:
        values.setdefault(option.name, option.value)
    # pip evaluates one kind of option per line, in this order: editable, first include, index options.
    if "--editable" in values:
        editable = values["--editable"]
        classified = _classify_editable(editable.value)
        _add_entry(classified, lambda start, end: _word_span(line, editable, start, end), contents)
    elif "--requirement" in values:
        _add_include(line, values["--requirement"], DependencyKind.REQUIREMENT, contents)
    elif "--constraint" in values:
        _add_include(line, values["--constraint"], DependencyKind.CONSTRAINT, contents)
    else:
        contents.index_options.extend(_index_options(line, options))


def _add_entry(classified: ClassifiedEntry, locate: Callable[[int, int], Span], contents: _Contents) -> None:
    """Add an entry to ``contents``; ``locate`` maps a range of it to the file."""
    entry, error = classified
    if isinstance(entry, Dependency):
        dependency = dependency_at(entry, 0, contents.kind, "", entry.skip_reason)
        contents.dependencies.append(relocated(dependency, locate))
    elif entry is not None:
        contents.unnamed.append(relocated(entry, locate))
    if error is not None:
        contents.problems.append(relocated(error, locate))


# --- options ----------------------------------------------------------------------------------------------------------


def _word_span(line: LogicalLine, word: ShellWord, start: int = 0, end: int | None = None) -> Span:
    """Return the file range of ``word.value[start:end]``."""
    origins = word.origins[start:end] or word.origins
    return line.span(origins[0], origins[-1] + 1)


def _add_include(line: LogicalLine, target: ShellWord, kind: FileKind, contents: _Contents) -> None:
    """Add an include; what follows it on the line is unresolvable, since pip and uv read different files."""
    contents.includes.append(Include(_word_span(line, target), target.value, kind))
    rest = line.text[target.origins[-1] + 1 :].lstrip("\"'").strip(" \t")
    if rest:
        end = len(line.text.rstrip(" \t"))
        message = f"pip ignores `{one_line(rest, _MAX_SHOWN)}` after an include, uv reads it as part of the file name"
        span = line.span(end - len(rest), end)
        contents.unresolvable.append(ParseProblem(span, message, "write each option on its own line"))


def _add_ignored(line: LogicalLine, word: ShellWord | None, options: Sequence[PipOption], contents: _Contents) -> None:
    """Report the text from ``word`` on, which pip ignores: it may be meant as a requirement, and uv may read it as one.

    What follows an include is reported with the include.
    """
    text = line.text[word.origins[0] :].rstrip() if word else ""
    if text.strip("- \t") and not any(option.name in {"--requirement", "--constraint"} for option in options):
        message = f"pip ignores `{one_line(text, _MAX_SHOWN)}`, so it was not checked"
        help_text = "write each requirement on a line of its own, without an option before it"
        start = word.origins[0] if word else 0
        contents.unresolvable.append(ParseProblem(line.span(start, start + len(text)), message, help_text))


# The options that change the indexes of pip, and the setting of each.
_INDEX_OPTIONS: Mapping[str, Literal["index-url", "extra-index-url", "no-index", "find-links"]] = {
    "--index-url": "index-url",
    "--pypi-url": "index-url",
    "--extra-index-url": "extra-index-url",
    "--find-links": "find-links",
    "--no-index": "no-index",
}


def _index_options(line: LogicalLine, options: Iterable[PipOption]) -> Iterator[IndexOption]:
    for name, value in options:
        if name in _INDEX_OPTIONS:
            setting = _INDEX_OPTIONS[name]
            yield IndexOption(_word_span(line, value), setting, "" if setting == "no-index" else value.value)


def _limit_problem(contents: _Contents) -> ParseProblem:
    """Return the problem for the limit that ``contents`` exceed."""
    for errors in (contents.problems, contents.unresolvable):
        if len(errors) > MAX_PROBLEMS:
            return too_many_errors_problem(errors[0])
    if max(len(contents.dependencies), len(contents.unnamed)) > MAX_ENTRIES:
        return over_limit_problem(f"{MAX_ENTRIES:,} entries")
    return over_limit_problem(f"{MAX_OPTIONS:,} includes or index options")


def listing_problem(text: str) -> ParseProblem | None:
    """Return a problem at the header of a list of installed packages in ``text``, or None if there is none."""
    for header, command in _LISTINGS:
        found = re.search(header, text)
        if found is not None:
            message = f"the lines below are the output of `{command}`, which is no requirements file"
            return ParseProblem(Span(*found.span()), message, _LISTING_HELP)
    return None


# --- entries ----------------------------------------------------------------------------------------------------------

# The only syntax that pip expands as an environment variable.
_VARIABLE = r"\$\{[A-Z0-9_]++\}"
_EGG = rf"(?ai)[#&]egg=({NAME_PATTERN})(?=[&#\[=<>!~;,\s]|\Z)"
_PATH = r"[./\\~]|[A-Za-z]:[/\\]|[\w.-]++[/\\]"
_ARCHIVES = (
    *(".zip", ".whl", ".tar", ".tgz", ".tbz", ".txz", ".tlz"),
    *(".tar.gz", ".tar.bz2", ".tar.xz", ".tar.lz", ".tar.lzma"),
)


def _classify_entry(text: str) -> ClassifiedEntry:
    """Classify the trimmed, non-empty ``text`` before the options of a line. Raises nothing."""
    if "${" in text and re.search(_VARIABLE, text):
        return _classify_with_variable(text)
    if ":" in text and is_url(text):
        return _classify_reference(text, "; ", skip_reason_for_url(text))
    head = text.partition(";")[0].rstrip()
    if _is_archive(head) and not _is_named(head):
        return _classify_reference(text, ";", SkipReason.PATH)
    return _classify_requirement(text, head)


def _classify_editable(text: str) -> ClassifiedEntry:
    """Classify the value of ``-e``; its name is known for ``name @ url`` and ``#egg=name`` only."""
    result = parse_requirement_uncached(text)
    if isinstance(result, Dependency) and result.skip_reason is not None:
        return ClassifiedEntry(dependency_at(result, 0, result.kind, "", SkipReason.EDITABLE))
    return ClassifiedEntry(_named_by_egg(text, text, SkipReason.EDITABLE))


def _named_by_egg(text: str, reference: str, skip_reason: SkipReason, marker: str = "") -> Dependency | UnnamedEntry:
    """Return the entry ``text`` with the name in the ``#egg=`` fragment of the ``reference`` at its start, if any."""
    egg = re.search(_EGG, reference)
    if egg is None:
        return UnnamedEntry(Span(0, len(text)), skip_reason)
    return name_only_requirement(text, Span(*egg.span(1)), skip_reason=skip_reason, marker=marker)


def _classify_requirement(text: str, head: str) -> ClassifiedEntry:
    result = _parse_pip_requirement(text, head)
    if isinstance(result, Dependency):
        return ClassifiedEntry(result)
    if re.match(_PATH, text):
        return _classify_reference(text, ";", SkipReason.PATH)
    name = find_leading_name(text)
    if name is None:
        return ClassifiedEntry(None, result)
    return ClassifiedEntry(name_only_requirement(text, name, skip_reason=SkipReason.INCOMPLETE), result)


def _is_archive(path: str) -> bool:
    if path.endswith("]"):
        path = path.rpartition("[")[0].rstrip()
    return path[-9:].lower().endswith(_ARCHIVES)


def _is_named(archive: str) -> bool:
    """Return True for ``name @ location``, False for a path that contains ``@``."""
    name, at, _ = archive.partition("@")
    return bool(at) and "/" not in name and re.match(_PATH, name) is None


def _parse_pip_requirement(text: str, head: str) -> Dependency | ParseProblem:
    """Parse a requirement like pip, which splits it at the first ``;``, even inside a URL."""
    if len(head) == len(text):
        return parse_requirement_uncached(text)
    marker = text.partition(";")[2].strip()
    if marker and "@" not in head:
        return parse_requirement_uncached(text)
    requirement = parse_requirement_uncached(head)
    if isinstance(requirement, ParseProblem):
        return requirement
    return _marker_error(text, marker) or requirement._replace(marker=marker, entry_span=Span(0, len(text)))


def _marker_error(text: str, marker: str) -> ParseProblem | None:
    """Return the error in the marker at the end of ``text``; pip ignores an empty marker."""
    if not marker:
        return None
    result = parse_requirement_uncached(f"x;{marker}")
    if isinstance(result, Dependency):
        return None
    span = Span(len(text) - len(marker), len(text))
    return ParseProblem(span, result.message.replace("`x;", "`", 1).replace("requirement", "marker", 1), result.help)


def _classify_reference(text: str, separator: str, skip_reason: SkipReason) -> ClassifiedEntry:
    """Classify a URL or a path, whose name is in its ``#egg=`` fragment, if at all."""
    reference, _, marker = text.partition(separator)
    marker = marker.strip()
    return ClassifiedEntry(_named_by_egg(text, reference, skip_reason, marker), _marker_error(text, marker))


def _classify_with_variable(text: str) -> ClassifiedEntry:
    """Classify an entry with environment variables.

    The name is known unless it contains a variable. A variable in the version, an extra or the marker does not affect
    where the project comes from.
    """
    classified = _classify_entry(re.sub(_VARIABLE, lambda variable: "1" * len(variable[0]), text))
    skip_reason: SkipReason | None = variable_skip_reason(text)
    specifier = None
    if isinstance(classified.entry, Dependency):
        _, name, _, specifier = classified.entry[:4]
        skip_reason = classified.entry.skip_reason and skip_reason
    else:
        before = text[: text.index("${")]
        leading_name = find_leading_name(before)
        if leading_name is None or leading_name.end == len(before):
            return ClassifiedEntry(UnnamedEntry(Span(0, len(text)), variable_skip_reason(text)))
        name = leading_name
    if "$" in name.slice(text):
        return ClassifiedEntry(UnnamedEntry(Span(0, len(text)), variable_skip_reason(text)))
    return ClassifiedEntry(name_only_requirement(text, name, skip_reason=skip_reason, specifier=specifier))
