"""``mothball lsp``: the language server over standard input and output."""

from __future__ import annotations

import argparse

from mothball.cli.common import addresses_of, overrides_of


def run(arguments: argparse.Namespace) -> int:
    """Serve until the client leaves. Raises UsageError where the environment says what cannot be meant."""
    overrides, addresses = overrides_of(arguments), addresses_of(arguments)
    from mothball.lsp.effective_settings import Environment  # noqa: PLC0415 - as above
    from mothball.lsp.main import serve  # noqa: PLC0415 - pygls costs as much as forty bare interpreters

    return serve(Environment(overrides, addresses))
