"""Parse requirements files with pip's own parser, for comparison."""

from __future__ import annotations

import contextlib
import io
import warnings
from typing import TYPE_CHECKING, Literal, NamedTuple

from pip._internal.exceptions import PipError
from pip._internal.req.constructors import parse_req_from_line
from pip._internal.req.req_file import OptionParsingError, get_line_parser, ignore_comments, join_lines

if TYPE_CHECKING:
    from optparse import Values

    from pip._vendor.packaging.requirements import Requirement


class PipEntry(NamedTuple):
    """An entry: rejected, a URL or path, or a requirement."""

    text: str
    refused: bool
    from_elsewhere: bool = False
    requirement: Requirement | None = None
    has_marker: bool = False


class PipLine(NamedTuple):
    """One logical line; ``entry`` is None if it has only options."""

    text: str
    options_refused: bool = False
    entry: PipEntry | None = None
    editable: str | None = None
    include: tuple[Literal["requirement", "constraint"], str] | None = None
    index_options: tuple[tuple[str, str], ...] = ()


def read_with_pip(text: str) -> list[PipLine]:
    """Parse a decoded requirements file as pip does if no variable is set and no path exists."""
    parse_line = get_line_parser(None)
    lines = []
    # The steps of pip's preprocess() except the last, which expands variables.
    for _, line in ignore_comments(join_lines(enumerate(text.splitlines(), start=1))):
        try:
            # optparse prints every error.
            with contextlib.redirect_stderr(io.StringIO()):
                arguments, options = parse_line(line)
        except OptionParsingError:
            lines.append(PipLine(line, options_refused=True))
            continue
        lines.append(_pip_line(line, arguments, options))
    return lines


def _pip_line(line: str, arguments: str, options: Values) -> PipLine:
    if arguments:
        return PipLine(line, entry=_pip_entry(arguments))
    if options.editables:
        return PipLine(line, editable=options.editables[0])
    if options.requirements:
        return PipLine(line, include=("requirement", options.requirements[0]))
    if options.constraints:
        return PipLine(line, include=("constraint", options.constraints[0]))
    chosen: list[tuple[str, str]] = []
    if options.index_url:
        chosen.append(("index-url", options.index_url))
    chosen += [("extra-index-url", url) for url in options.extra_index_urls or ()]
    chosen += [("find-links", place) for place in options.find_links or ()]
    if options.no_index:
        chosen.append(("no-index", ""))
    return PipLine(line, index_options=tuple(sorted(chosen)))


def _pip_entry(text: str) -> PipEntry:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parts = parse_req_from_line(text, None)
    except (PipError, ValueError, SyntaxError, RecursionError):
        return PipEntry(text, refused=True)
    return PipEntry(
        text,
        refused=False,
        from_elsewhere=parts.link is not None,
        requirement=parts.requirement,
        has_marker=parts.markers is not None
        or (parts.requirement is not None and parts.requirement.marker is not None),
    )
