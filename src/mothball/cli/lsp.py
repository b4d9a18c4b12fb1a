"""The command ``mothball lsp``, the language server on standard input and output."""

from __future__ import annotations

import argparse
import gc

from mothball.cli.common import read_overrides

_GC_THRESHOLD = 5000


def run(arguments: argparse.Namespace) -> int:
    """Serve until the client disconnects, and return the exit code. Raises UsageError for invalid variables."""
    # Importing the protocol creates 10 MB of cyclic garbage if it is collected as rarely as in the hook.
    gc.set_threshold(_GC_THRESHOLD)
    environment = read_overrides(arguments)
    from mothball.lsp.main import serve  # noqa: PLC0415 - slow imports
    from mothball.lsp.settings import Environment  # noqa: PLC0415 - slow imports

    return serve(Environment(*environment))
