"""``mothball lsp``: the language server over standard input and output."""

from __future__ import annotations

import argparse

from mothball.commands.common import overrides_of


def run(arguments: argparse.Namespace) -> int:
    """Serve until the client leaves. Raises UsageError where the environment says what cannot be meant."""
    overrides = overrides_of(arguments)
    from mothball.lsp.main import serve  # noqa: PLC0415 - pygls costs as much as forty bare interpreters

    return serve(overrides)
