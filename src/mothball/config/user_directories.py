"""Where the user's cache and configuration live.

platformdirs knows every platform, and costs 0.6 of a bare interpreter start, which every run of the hook would pay. On
Linux and the BSDs its answer is two lines of the XDG Base Directory specification, so there it is not imported; a test
holds the two equal.
"""

from __future__ import annotations

import os
import sys

_APPLICATION = "mothball"


def cache_directory() -> str:
    """Return the directory for cached answers: ``MOTHBALL_CACHE_DIR``, else the platform's own place."""
    chosen = os.environ.get("MOTHBALL_CACHE_DIR", "")
    if chosen:
        return os.path.abspath(chosen)
    if _follows_xdg():
        return _xdg("XDG_CACHE_HOME", ".cache")
    from platformdirs import user_cache_dir  # noqa: PLC0415 - dear, see above

    return user_cache_dir(_APPLICATION, appauthor=False)


def user_config_file() -> str:
    """Return the path of the user-level configuration, ``mothball/config.toml`` in the platform's folder for it."""
    if _follows_xdg():
        return os.path.join(_xdg("XDG_CONFIG_HOME", ".config"), "config.toml")
    from platformdirs import user_config_dir  # noqa: PLC0415 - dear, see above

    return os.path.join(user_config_dir(_APPLICATION, appauthor=False), "config.toml")


def _follows_xdg() -> bool:
    # Android is a Linux whose directories are elsewhere, and platformdirs knows how to tell.
    return sys.platform.startswith(("linux", "freebsd", "openbsd", "netbsd")) and "ANDROID_ROOT" not in os.environ


def _xdg(variable: str, default: str) -> str:
    # The specification: a value that is empty or relative counts as not set.
    base = os.environ.get(variable, "")
    if not os.path.isabs(base):
        base = os.path.join(_home(), default)
    return os.path.join(base, _APPLICATION)


def _home() -> str:
    # An empty or relative HOME would put the cache at the root, or wherever the user happens to stand.
    home = os.environ.get("HOME", "")
    if os.path.isabs(home):
        return home
    import pwd  # noqa: PLC0415 - Unix only, and hardly ever needed

    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        # A container may run as a user without an account: at the root nothing is found, and nothing may be written.
        return "/"
