"""``python -m mothball``."""

from mothball.cli import entry_point

entry_point()
