"""The commands ``mothball cache info`` and ``mothball cache clear``."""

from __future__ import annotations

import argparse
import sys
from contextlib import closing

from mothball.config.user_settings import cache_directory
from mothball.index.cache import CLEAR_HELP, StatusCache, discard
from mothball.model.errors import CacheError
from mothball.model.sanitize import one_line


def run(arguments: argparse.Namespace) -> int:
    """Show or clear the cache and return 0. Raises CacheError if the cache cannot be used."""
    directory = cache_directory()
    sys.stdout.write(_clear(directory) if arguments.action == "clear" else _info(directory))
    return 0


def _info(directory: str) -> str:
    with closing(StatusCache.open(directory)) as cache:
        info = cache.info()
    return f"directory: {one_line(info.directory)}\nentries: {info.entries}\nsize: {info.size_bytes // 1024} KiB\n"


def _clear(directory: str) -> str:
    """Remove all entries; delete the files of a damaged cache."""
    try:
        with closing(StatusCache.open(directory)) as cache:
            info = cache.info()
            cache.clear()
    except CacheError as error:
        # Do not delete a cache that another process has locked, or a directory that is not a mothball cache.
        if error.help != CLEAR_HELP:
            raise
        discard(directory)
        return f"damaged cache removed from {one_line(directory)}\n"
    entries = "1 entry" if info.entries == 1 else f"{info.entries} entries"
    return f"{entries} removed from {one_line(info.directory)}\n"
