"""``python -m mothball``."""

from mothball.start import entry_point

entry_point()
