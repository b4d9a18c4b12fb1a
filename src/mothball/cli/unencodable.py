"""Replace characters that the encoding of the terminal lacks, instead of aborting the report."""

from __future__ import annotations

import codecs

# Characters of mothball's own texts. On Windows, a pipe has a code page without the arrow.
_REPLACEMENTS = {"→": "->", "…": "..."}
ERROR_HANDLER = "mothball.replace"


def register() -> None:
    """Register the error handler, so that streams can use it as ``errors``."""
    codecs.register_error(ERROR_HANDLER, _replace)


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    characters = error.object[error.start : error.end]
    return "".join(_REPLACEMENTS.get(character, "?") for character in characters), error.end
