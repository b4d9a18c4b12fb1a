"""``python -m mothball``."""

import os
import sys

# With -m, Python looks for modules in the working directory first, and that is as a rule somebody's repository: a
# `requests.py` in it would be run as a part of us. Before anything else is imported that is not frozen into Python.
if not sys.flags.safe_path:
    try:
        if sys.path[:1] in ([""], [os.getcwd()]):
            del sys.path[0]
    except FileNotFoundError:  # a working directory that is gone holds no module
        pass

from mothball.cli.start import entry_point

entry_point()
