"""Recognize dependency files by their content, and texts that are no dependency files in spite of their names."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from mothball.formats.broken import is_over_limit
from mothball.formats.ignores import may_hold_ignore_comment
from mothball.formats.names import has_generator_header
from mothball.model.document import UNRESOLVABLE_REASONS
from mothball.model.errors import TooManyEntriesError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mothball.model.document import Document, ParseProblem

SCRIPT_MARK = "# /// script"
_SCRIPT_BLOCK = rf"(?m)^{SCRIPT_MARK}[ \t]*\r?$"
# What no line of prose has: an option, a variable, a URL, an operator.
_INSTALLS = r"(?:^|\s)--?[A-Za-z]|\$|://|[=~!<>]=|[<>@]|\w=\w"
# A line of one word is a requirement, possibly with a slip at its end; a heading ends with a colon.
_SOLE_WORD = r"\S*[^\s:]"
_CONFLICT = r"(?m)^(?:<<<<<<<|>>>>>>>)(?:\s|$)"
_TEMPLATE_DIRECTORY = r"(?i)\{[{%]|template|cookiecutter"
# Directories of test data: `fixtures`, `testdata`, and directories such as `data` below `tests`.
_TEST_DATA = r"(?i)(?:^|/)(?:fixtures?|test[-_]?data|tests?/(?:.*/)?(?:data|assets|files|resources|samples))/"
_TEMPLATE_MARK = r"\{\{|\{%|\{#|<%|\$\{"
# Longer texts are not prose, and only this much of them is parsed to recognize requirements.
MAX_RECOGNIZED = 100_000
_TOML = frozenset(
    {"pyproject", "pipfile", "hatch-toml", "pixi-toml", "tox-toml", "uv-lock", "poetry-lock", "pdm-lock", "pylock"}
)
_HASHES = r"(?:^|\s)--hash[= ]"


def recognized_format(text: str) -> str | None:
    """Return the format of a text that has the header of a generator or a script block (PEP 723), None otherwise."""
    if has_generator_header(text):
        return "requirements"
    return "script" if SCRIPT_MARK in text and re.search(_SCRIPT_BLOCK, text) else None


def parses_as_requirements(document: Document) -> bool:
    """Return True if a text parsed as requirements has entries or includes, and no problems."""
    return not document.problems and bool(document.dependencies or document.unnamed or document.includes)


def looks_like_requirements(text: str) -> bool:
    """Return True if most lines of ``text`` have version operators or hashes, or are includes of requirements.

    Bare words do not count: such a text may contain anything. Only its beginning is read.
    """
    from mothball.formats.requirements.document import parse  # noqa: PLC0415 - not needed for known files
    from mothball.formats.requirements.lines import find_options_start  # noqa: PLC0415

    text = text[:MAX_RECOGNIZED]
    try:
        document = parse(text)
    except TooManyEntriesError:
        # More than 200 errors: installers reject such a text.
        return False
    versioned = sum(1 for dependency in document.dependencies if dependency.specifier)
    hashed = sum(1 for line in _lines(text) if re.search(_HASHES, line[find_options_start(line) :]))
    return 2 * max(versioned + len(document.includes), hashed) > sum(1 for _ in _lines(text))


def why_passed_over(document: Document, text: str, path: str) -> str:
    """Return why the file at ``path``, relative to the repository, is no dependency file in spite of its name.

    ``path`` has forward slashes. Returns an empty string for a dependency file, and for every text from which an
    installer could install anything: installers reject a requirements file with one invalid line.
    """
    if document.format == "conda-env" and "dependencies" not in text and not document.has_entries:
        return "no `dependencies`"
    sample = _kind_of_sample(text, path) if document.problems else ""
    if sample and not is_over_limit(document) and (_is_invalid(document, text) or not document.has_entries):
        return f"{sample} that does not parse"
    # The entries of a file with too many errors are not known: only its lines count.
    has_entries = document.has_entries and not document.is_broken
    if document.format == "requirements" and document.problems and not has_entries:
        return _why_not_requirements(text, os.path.basename(path).lower())
    return ""


def readable_part(document: Document, text: str, path: str) -> Document:
    """Return ``document`` without the errors of a template or of test data, and without the entries that are in doubt.

    An installer may accept the other entries. ``text`` and ``path`` are as in ``why_passed_over``. Any other document,
    and one that exceeds a limit, is returned as it is.
    """
    unread = tuple(problem for problem in document.problems if not _is_about_a_comment(problem, text))
    if not unread or not _kind_of_sample(text, path) or is_over_limit(document):
        return document
    return document._replace(
        dependencies=tuple(each for each in document.dependencies if each.skip_reason not in UNRESOLVABLE_REASONS),
        problems=tuple(problem for problem in document.problems if problem not in unread),
        includes=tuple(each for each in document.includes if not re.search(_TEMPLATE_MARK, each.target)),
        unnamed=tuple(each for each in document.unnamed if each.reason not in UNRESOLVABLE_REASONS),
    )


def _kind_of_sample(text: str, path: str) -> str:
    """Return "template" or "test data" if the directory of ``path`` is one for such files, else an empty string."""
    if re.search(_TEMPLATE_DIRECTORY, path) and re.search(_TEMPLATE_MARK, text):
        return "template"
    return "test data" if re.search(_TEST_DATA, path) else ""


def _is_invalid(document: Document, text: str) -> bool:
    """Return True if no tool reads any entry of ``document``, which has problems: it has a syntax error.

    One invalid line makes installers reject a requirements file. In other formats, they may never read an entry that
    mothball reports.
    """
    if document.format == "requirements":
        return not all(_is_about_a_comment(problem, text) for problem in document.problems)
    if document.format in _TOML:
        import tomllib  # noqa: PLC0415 - for test data and templates with errors only

        try:
            tomllib.loads(text)
        except (ValueError, RecursionError):
            return True
        return False
    return document.is_broken


def _is_about_a_comment(problem: ParseProblem, text: str) -> bool:
    """Return True if ``problem`` is that of an ignore comment, which installers do not read."""
    return text[problem.span.start : problem.span.start + 1] in {"#", ";"} and may_hold_ignore_comment(
        problem.span.slice(text)
    )


def _why_not_requirements(text: str, name: str) -> str:
    from mothball.formats.requirements import document as requirements  # noqa: PLC0415 - invalid files are rare

    if len(text) > MAX_RECOGNIZED or requirements.has_hidden_lines(text) or re.search(_CONFLICT, text):
        return ""
    if name.endswith(".lock"):
        return "not a lock file of a known tool"
    if name == "requirements.txt" or requirements.listing_problem(text) is not None:
        return ""
    words = (line for line in _lines(text) if re.search(r"\w", line))  # no underlines
    return "" if any(re.search(_INSTALLS, line) or re.fullmatch(_SOLE_WORD, line) for line in words) else "prose"


def _lines(text: str) -> Iterator[str]:
    from mothball.formats.requirements.lines import logical_lines  # noqa: PLC0415 - not needed for valid files

    return (stripped for line in logical_lines(text, [], []) if (stripped := line.text.strip()))
