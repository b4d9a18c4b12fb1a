"""Recognize lists of installed packages that were pasted into a requirements file."""

from __future__ import annotations

import re

from mothball.model.document import ParseProblem, Span

_HELP = "write the output of `python -m pip freeze` instead"
# The header of each list, and the command that prints it.
_LISTINGS = (
    (r"(?m)^Package[ \t]++Version(?=[ \t\r\n]|\Z)[^\r\n]*+", "pip list"),
    (r"(?m)^#[ \t]++Name[ \t]++Version[ \t]++Build\b[^\r\n]*+", "conda list"),
    (r"(?m)^# \$ conda create --name <env> --file <this file>[^\r\n]*+", "conda list --export"),
)


def listing_problem(text: str) -> ParseProblem | None:
    """Return a problem at the header of a list of installed packages in ``text``, or None if there is none."""
    for header, command in _LISTINGS:
        found = re.search(header, text)
        if found is not None:
            message = f"the lines below are the output of `{command}`, which is no requirements file"
            return ParseProblem(Span(*found.span()), message, _HELP)
    return None
