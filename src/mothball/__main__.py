"""Run mothball with ``python -m mothball``."""

import os
import sys

# `python -m` searches the working directory first. It is usually a checked-out repository, whose modules (for example
# `requests.py`) must not be imported. This runs before any import of a module that is not built into Python.
if not sys.flags.safe_path:
    try:
        if sys.path[:1] in ([""], [os.getcwd()]):
            del sys.path[0]
    except FileNotFoundError:  # the working directory was deleted: no module can be imported from it
        pass

from mothball.cli.start import entry_point

entry_point()
