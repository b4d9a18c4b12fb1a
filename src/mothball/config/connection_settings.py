"""Settings of pip and uv for connections: certificates, proxies, trusted hosts, timeouts. No I/O.

All of them come from the user (environment, user-level files), never from a file in a repository.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from mothball.model.errors import ConfigError
from mothball.model.records import NamedTuple
from mothball.model.sanitize import strip_credentials

# Bounds of a timeout in seconds. Values of installers beyond them are reduced or raised to them.
MIN_TIMEOUT, MAX_TIMEOUT = 1.0, 600.0
_MAX_RETRIES = 10


class InstallerSetting(NamedTuple):
    """The text of a setting, and the variable, or key with file and line, that sets it.

    The text may contain a password (of a proxy).
    """

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
        names = ("cert", "client-cert", "proxy", "trusted-host", "timeout", "retries")
        values = (self.cert, self.client_cert, self.proxy, self.trusted_host, self.timeout, self.retries)
        yield from ((name, value) for name, value in zip(names, values, strict=True) if value is not None)

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
        names = ("system-certs", "client-cert", "http-proxy", "https-proxy", "no-proxy")
        values = (self.system_certs, self.client_cert, self.http_proxy, self.https_proxy, self.no_proxy)
        yield from ((name, value) for name, value in zip(names, values, strict=True) if value is not None)


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
