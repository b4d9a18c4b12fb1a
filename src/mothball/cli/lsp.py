"""The command ``mothball lsp``, the language server on standard input and output."""

from __future__ import annotations

import argparse

from mothball.cli.common import index_addresses, read_overrides


def run(arguments: argparse.Namespace) -> int:
    """Serve until the client disconnects, and return the exit code. Raises UsageError for invalid variables."""
    overrides, addresses = read_overrides(arguments), index_addresses(arguments)
    from mothball.lsp.effective_settings import Environment  # noqa: PLC0415 - slow imports
    from mothball.lsp.main import serve  # noqa: PLC0415 - slow imports

    return serve(Environment(overrides, addresses))
