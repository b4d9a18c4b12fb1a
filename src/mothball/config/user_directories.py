"""The user cache and configuration directories.

platformdirs supports all platforms, but importing it takes 0.6 times as long as starting a bare interpreter, in every
run of the hook. On Linux and the BSDs its result is simple (XDG Base Directory specification), so it is not imported
there; a test compares the results.
"""

from __future__ import annotations

import os
import sys

_APPLICATION = "mothball"


def cache_directory() -> str:
    """Return the cache directory: ``MOTHBALL_CACHE_DIR``, else the default of the platform."""
    configured = os.environ.get("MOTHBALL_CACHE_DIR", "")
    if configured:
        return os.path.abspath(configured)
    if _follows_xdg():
        return _xdg("XDG_CACHE_HOME", ".cache")
    from platformdirs import user_cache_dir  # noqa: PLC0415 - slow, see above

    return user_cache_dir(_APPLICATION, appauthor=False)


def user_config_file() -> str:
    """Return the path of the user configuration, ``mothball/config.toml`` in the user configuration directory."""
    if _follows_xdg():
        return os.path.join(_xdg("XDG_CONFIG_HOME", ".config"), "config.toml")
    from platformdirs import user_config_dir  # noqa: PLC0415 - slow, see above

    return os.path.join(user_config_dir(_APPLICATION, appauthor=False), "config.toml")


def _follows_xdg() -> bool:
    # Android is a Linux with other directories, which platformdirs supports.
    return sys.platform.startswith(("linux", "freebsd", "openbsd", "netbsd")) and "ANDROID_ROOT" not in os.environ


def _xdg(variable: str, default: str) -> str:
    # XDG: empty and relative values are ignored.
    base = os.environ.get(variable, "")
    if not os.path.isabs(base):
        base = os.path.join(_home(), default)
    return os.path.join(base, _APPLICATION)


def _home() -> str:
    # An empty or relative HOME would put the cache in the root or the current directory.
    home = os.environ.get("HOME", "")
    if os.path.isabs(home):
        return home
    import pwd  # noqa: PLC0415 - Unix only, rarely needed

    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        # Containers may run as a user without an account; nothing is readable or writable in the root directory.
        return "/"
