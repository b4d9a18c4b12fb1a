"""The user's settings for indexes and connections, of mothball, pip, uv and Pipenv; the user's directories. No I/O.

URLs with credentials, keyring, certificates, proxies and timeouts come from the user (user configuration, command line,
environment, user-level files of pip and uv), never from a file in a repository. Index settings in pip's and uv's files
of a repository select indexes, but grant no trust.

platformdirs knows the directories of all platforms, but importing it takes 0.6 times as long as starting a bare
interpreter, in every run of the hook. On Linux and the BSDs its result is simple (XDG Base Directory specification), so
it is not imported there; a test compares the results.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType

from mothball.model.errors import ConfigError
from mothball.model.records import NamedTuple
from mothball.model.sanitize import strip_credentials

# Bounds of a timeout in seconds. Values of installers beyond them are reduced or raised to them.
MIN_TIMEOUT, MAX_TIMEOUT = 1.0, 600.0
_MAX_RETRIES = 10
# Seconds for all lookups together, unless the user sets a long timeout.
TOTAL_SECONDS = 60.0
_APPLICATION = "mothball"


class InstallerSetting(NamedTuple):
    """The text of a setting, possibly with a password, and the variable, or key with file and line, that sets it."""

    text: str
    set_by: str

    def __repr__(self) -> str:
        """Return a representation without credentials, for logs."""
        return f"InstallerSetting({strip_credentials(self.text)!r}, {self.set_by!r})"


class PipConnection(NamedTuple):
    """The connection settings of pip; None if not set.

    ``cert`` and ``client_cert`` are absolute paths, of CA certificates and of a PEM file with a certificate and its
    key. ``proxy`` is used for all URLs. ``trusted_hosts`` are separated by white space. ``ignored`` are settings that
    are not used, each with the reason as its text.
    """

    cert: InstallerSetting | None = None
    client_cert: InstallerSetting | None = None
    proxy: InstallerSetting | None = None
    trusted_host: InstallerSetting | None = None
    timeout: InstallerSetting | None = None
    retries: InstallerSetting | None = None
    ignored: tuple[InstallerSetting, ...] = ()

    @property
    def trusted_hosts(self) -> tuple[str, ...]:
        """The hosts that may be queried over plain HTTP, as ``HOST`` or ``HOST:PORT``."""
        return tuple(self.trusted_host.text.split()) if self.trusted_host else ()

    def settings(self) -> Iterator[tuple[str, InstallerSetting]]:
        """Yield the keys and settings that are set."""
        return _set_fields(self)

    @property
    def timeout_seconds(self) -> float | None:
        """The timeout for connecting and for each read. Raises ConfigError if it is not a number.

        In pip, 0 means no timeout; here the default applies then, as lookups always end.
        """
        seconds = 0.0 if self.timeout is None else _number(self.timeout)
        return min(max(seconds, MIN_TIMEOUT), MAX_TIMEOUT) if seconds else None

    @property
    def retry_count(self) -> int | None:
        """The number of retries. Raises ConfigError if it is not a number."""
        return None if self.retries is None else int(min(max(_number(self.retries), 0), _MAX_RETRIES))

    def check_numbers(self) -> None:
        """Raise ConfigError if pip would reject the timeout or the number of retries."""
        _ = self.timeout_seconds, self.retry_count


class UvConnection(NamedTuple):
    """The connection settings of uv; None if not set.

    ``insecure_hosts`` are the hosts that uv does not authenticate: mothball may query them over plain HTTP, but
    verifies TLS. ``system_certs`` is set if uv uses the certificate authorities of the system. ``client_cert`` is the
    absolute path of a PEM file. ``no_proxy`` is a list separated by commas. ``ignored`` as in ``PipConnection``.
    """

    insecure_hosts: tuple[InstallerSetting, ...] = ()
    system_certs: InstallerSetting | None = None
    client_cert: InstallerSetting | None = None
    http_proxy: InstallerSetting | None = None
    https_proxy: InstallerSetting | None = None
    no_proxy: InstallerSetting | None = None
    ignored: tuple[InstallerSetting, ...] = ()

    @property
    def trusted_hosts(self) -> tuple[str, ...]:
        """The hosts that may be queried over plain HTTP, as ``HOST`` or ``HOST:PORT``."""
        return tuple(host for setting in self.insecure_hosts for host in _plain_http_hosts(setting.text))

    def settings(self) -> Iterator[tuple[str, InstallerSetting]]:
        """Yield the keys and settings that are set."""
        yield from (("allow-insecure-host", setting) for setting in self.insecure_hosts)
        yield from _set_fields(self)


def _set_fields(connection: PipConnection | UvConnection) -> Iterator[tuple[str, InstallerSetting]]:
    """Yield the keys and values of the fields that hold one setting."""
    for field, value in zip(connection._fields, connection, strict=True):
        if isinstance(value, InstallerSetting):
            yield field.replace("_", "-"), value


def _plain_http_hosts(text: str) -> Iterator[str]:
    """Yield the hosts in a value of ``UV_INSECURE_HOST``: host names, hosts with port, or URLs.

    A URL with the scheme https only concerns the verification of TLS, which stays on.
    """
    for entry in text.split():
        scheme, separator, rest = entry.rpartition("://")
        if not separator or scheme.lower() == "http":
            yield rest.partition("/")[0]


def _number(setting: InstallerSetting) -> float:
    try:
        number = float(setting.text)
    except ValueError:
        number = math.nan
    if math.isnan(number):
        raise ConfigError(f"{setting.set_by} must be a number", help_text="correct or remove it: pip rejects it too")
    return number


class UserIndexUrl(NamedTuple):
    """The base URL of an index that the user configured, possibly with ``user:password@``.

    ``name`` is the name of the index in uv, for ``UV_INDEX_<NAME>_USERNAME`` and ``_PASSWORD``. Credentials that are
    known only by host, as in netrc, are sent only to these URLs. ``set_by`` is the setting that names the URL,
    ``installer`` the installer that the setting belongs to, empty for mothball's own.
    """

    url: str
    name: str = ""
    set_by: str = ""
    installer: str = ""

    def __repr__(self) -> str:
        """Return a representation without credentials, for logs."""
        return f"UserIndexUrl(url={strip_credentials(self.url)!r}, name={self.name!r})"


class KeyringProvider(StrEnum):
    """The values of pip for how ``keyring`` is run; all but ``DISABLED`` have the same effect here."""

    AUTO = "auto"
    IMPORT = "import"
    SUBPROCESS = "subprocess"
    DISABLED = "disabled"


class CredentialSettings(NamedTuple):
    """Settings for authentication, certificates, proxies and timeouts.

    ``client_certificate`` is the absolute path of a PEM file with a certificate and its key, used only for the indexes
    in ``index_urls``; empty if not set. ``timeout`` is mothball's own setting, in seconds, for connecting and for each
    read. TLS is not verified for ``insecure_hosts`` (``HOST`` or ``HOST:PORT``). ``pip`` and ``uv`` are the settings of
    these installers.
    """

    index_urls: tuple[UserIndexUrl, ...] = ()
    keyring: KeyringProvider = KeyringProvider.AUTO
    client_certificate: str = ""
    timeout: float | None = None
    insecure_hosts: tuple[str, ...] = ()
    pip: PipConnection = PipConnection()
    uv: UvConnection = UvConnection()

    @property
    def total_seconds(self) -> float:
        """The seconds for all lookups: a longer timeout for a request needs a longer time for all."""
        return max(TOTAL_SECONDS, 4 * (self.timeout or self.pip.timeout_seconds or 0.0))


class UserIndex(NamedTuple):
    """An index in the settings of an installer. ``url`` may contain credentials and must not be shown.

    ``set_by`` is the setting: a variable, or a key with file and line. ``name`` is the name of the index in uv, empty
    if it has none. ``is_user_setting`` is false if the setting is in a file of a repository: no credentials are sent to
    the index and no trust is granted because of it. ``ignore_error_codes`` is uv's key of that name.
    """

    url: str
    set_by: str
    name: str = ""
    is_user_setting: bool = True
    ignore_error_codes: tuple[int, ...] = ()

    def __repr__(self) -> str:
        """Return a representation without credentials, for logs."""
        return f"UserIndex(url={strip_credentials(self.url)!r}, set_by={self.set_by!r}, name={self.name!r})"


class PipSettings(NamedTuple):
    """Settings of pip outside of requirements files.

    ``default`` replaces PyPI. ``no_index`` is the setting that disables all indexes, empty if there is none, and
    ``find_links`` the setting that names further sources of files. ``connection`` is used for the indexes that pip
    would query.
    """

    default: UserIndex | None = None
    extra: tuple[UserIndex, ...] = ()
    no_index: str = ""
    connection: PipConnection = PipConnection()
    find_links: str = ""


class UvSettings(NamedTuple):
    """Settings of uv outside of projects.

    Variables take precedence over the project; ``file_…`` are settings in the uv.toml of the user and the system, over
    which the project takes precedence. ``explicit`` indexes are only used for packages that are pinned to them by name.
    ``pip_default`` replaces ``file_default`` in requirements files.
    """

    default: UserIndex | None = None
    indexes: tuple[UserIndex, ...] = ()
    extra: tuple[UserIndex, ...] = ()
    file_default: UserIndex | None = None
    file_indexes: tuple[UserIndex, ...] = ()
    file_extra: tuple[UserIndex, ...] = ()
    explicit: tuple[UserIndex, ...] = ()
    no_index: str = ""
    connection: UvConnection = UvConnection()
    find_links: str = ""
    pip_default: UserIndex | None = None


class InstallerSettings(NamedTuple):
    """Settings of all installers. ``pipenv_mirror`` replaces the default index in Pipenv.

    ``variables`` is the environment, for URLs that contain variables.
    """

    pip: PipSettings = PipSettings()
    uv: UvSettings = UvSettings()
    pipenv_mirror: UserIndex | None = None
    variables: Mapping[str, str] = MappingProxyType({})

    @property
    def index_urls(self) -> tuple[UserIndexUrl, ...]:
        """The distinct index URLs that the user configured. Credentials in them are sent to these indexes only."""
        return tuple(
            dict.fromkeys(
                UserIndexUrl(index.url, index.name, index.set_by, installer)
                for installer, index in self.indexes()
                if index.is_user_setting
            )
        )

    def indexes(self) -> Iterator[tuple[str, UserIndex]]:
        """Yield all indexes that the settings name, each with its installer."""
        pip, uv = self.pip, self.uv
        by_installer = {
            "pip": (pip.default, *pip.extra),
            "uv": (
                *(uv.default, uv.file_default, uv.pip_default),
                *(*uv.indexes, *uv.extra, *uv.file_indexes, *uv.file_extra, *uv.explicit),
            ),
            "pipenv": (self.pipenv_mirror,),
        }
        for installer, indexes in by_installer.items():
            yield from ((installer, index) for index in indexes if index is not None)


NO_SETTINGS = InstallerSettings()


# --- directories ------------------------------------------------------------------------------------------------------


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
