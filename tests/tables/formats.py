"""The formats in docs/editors.md, "Which files": which editors do not recognize a format."""

from __future__ import annotations

from collections.abc import Mapping

from mothball.formats.names import PATTERNS

_OTHER_SERVERS = ("Emacs with Eglot", "Vim with ALE", "Helix", "Kate")

LIMITS: Mapping[str, tuple[str, ...]] = {
    "setup-py": _OTHER_SERVERS,
    "conda-env": _OTHER_SERVERS,
    "pre-commit": _OTHER_SERVERS,
    "pipfile-lock": ("Emacs with Eglot", "Vim with ALE"),
    "pixi-lock": _OTHER_SERVERS,
    "conda-lock": _OTHER_SERVERS,
    "setup-cfg": ("Zed",),
    "tox-ini": ("Zed",),
    "requirements": ("JetBrains (names that depend on the directory)",),
}


def limited(editor: str) -> set[str]:
    """Return the file names that ``editor`` does not recognize."""
    return {pattern.glob for pattern in PATTERNS if editor in LIMITS.get(pattern.format, ())}
