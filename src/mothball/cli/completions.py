"""The command ``mothball completions SHELL``, which prints a completion script.

The scripts are generated from the parser by ``python -m tests.regenerate``.
"""

from __future__ import annotations

import argparse
import sys
from importlib.resources import files


def run(arguments: argparse.Namespace) -> int:
    """Print the completion script of a shell and return 0."""
    script = files("mothball.cli") / "completion_scripts" / f"mothball.{arguments.shell}"
    sys.stdout.write(script.read_text("utf-8"))
    return 0
