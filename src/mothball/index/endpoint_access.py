"""Which certificates, proxy, timeout and retries a connection to an endpoint uses. No network.

The settings of an installer apply to all endpoints except those that only settings of another installer name. Client
certificates identify the user, so they are only used for endpoints that a setting of the user names.
"""

from __future__ import annotations

import os
import ssl
import sys
from collections.abc import Mapping
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]  # documented, not in the stubs

import requests
import requests.utils

from mothball.config.user_settings import CredentialSettings, InstallerSetting
from mothball.index.urls import Endpoint, endpoint_of, is_loopback, is_named
from mothball.model.errors import ConfigError
from mothball.model.records import NamedTuple

# Variables of requests and pip.
_BUNDLE_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


class Authorities(NamedTuple):
    """Certificate authorities that replace those of the system; without ``set_by``, those of the system.

    ``bundle`` is a PEM file or a directory, ``directories`` are separated by ``os.pathsep``. The files of a directory
    have the names that OpenSSL looks for (``openssl rehash``).
    """

    bundle: str = ""
    set_by: str = ""
    directories: str = ""


class TlsProfile(NamedTuple):
    """The TLS settings of an endpoint.

    ``certificate`` is the path of a PEM file with a client certificate and its key. Without ``verified``, the server is
    not authenticated.
    """

    authorities: Authorities = Authorities()
    certificate: InstallerSetting | None = None
    verified: bool = True


_DEFAULT = TlsProfile()


class EndpointAccess:
    """The connection settings of the user, by endpoint."""

    def __init__(self, settings: CredentialSettings, environment: Mapping[str, str] = os.environ) -> None:
        """Read nothing yet; ``environment`` contains the variables for certificates."""
        self._settings = settings
        self._environment = environment
        own = settings.client_certificate
        self._own_certificate = InstallerSetting(own, "`client-cert`") if own else None
        self._installers: dict[Endpoint, set[str]] = {}
        for index in settings.index_urls:
            endpoint = endpoint_of(index.url)
            if endpoint is not None:
                self._installers.setdefault(endpoint, set()).add(index.installer)

    def tls_profiles(self) -> set[TlsProfile]:
        """Return the profiles of all endpoints: those that the user's settings name, the others, and insecure ones."""
        profiles = {self._profile(None), *map(self._profile, self._installers)}
        if self._settings.insecure_hosts:
            profiles.add(TlsProfile(verified=False))
        if self._own_certificate:  # an unusable file is an error, even if no index needs it today
            profiles.add(TlsProfile(self._authorities(None), self._own_certificate))
        return profiles

    def tls_profile(self, endpoint: Endpoint) -> TlsProfile:
        """Return the TLS settings for ``endpoint``."""
        if is_named(endpoint, self._settings.insecure_hosts):
            return TlsProfile(verified=False)
        return self._profile(endpoint if endpoint in self._installers else None)

    def proxy(self, endpoint: Endpoint) -> InstallerSetting | None:
        """Return the proxy for ``endpoint``, None for loopback or without one. Its URL may contain a password.

        The proxy of pip replaces the variables, as in pip. Those of a uv.toml apply where no variable is set, as in uv.
        """
        if is_loopback(endpoint):
            return None
        pip, uv = self._settings.pip, self._settings.uv
        if pip.proxy is not None and self._applies("pip", endpoint):
            return pip.proxy
        request = requests.Request("GET", f"{endpoint.scheme}://{endpoint.display()}/").prepare()
        from_environment = requests.utils.resolve_proxies(request, {}).get(endpoint.scheme)
        if from_environment:
            return InstallerSetting(from_environment, _variable_of(from_environment, endpoint.scheme))
        configured = {"http": uv.http_proxy, "https": uv.https_proxy}[endpoint.scheme]
        if configured is None or not self._applies("uv", endpoint):
            return None
        no_proxy = {"no": uv.no_proxy.text} if uv.no_proxy is not None else {}
        bypasses = proxy_bypass_environment(endpoint.host, no_proxy)
        # NO_PROXY applies as well.
        bypasses = bypasses or requests.utils.should_bypass_proxies(request.url or "", no_proxy=None)
        return None if bypasses else configured

    def timeout(self, endpoint: Endpoint) -> float | None:
        """Return the timeout in seconds for connecting and for each read, None for the default."""
        own = self._settings.timeout
        return own if own is not None or not self._applies("pip", endpoint) else self._settings.pip.timeout_seconds

    def retries(self, endpoint: Endpoint) -> int | None:
        """Return the number of retries, None for the default."""
        return self._settings.pip.retry_count if self._applies("pip", endpoint) else None

    def _profile(self, endpoint: Endpoint | None) -> TlsProfile:
        """Return the verified profile of ``endpoint``, None for one that no setting of the user names."""
        return TlsProfile(self._authorities(endpoint), self._client_certificate(endpoint) if endpoint else None)

    def _authorities(self, endpoint: Endpoint | None) -> Authorities:
        """Return the certificate authorities: those of pip, of requests, of OpenSSL and uv, else of the system."""
        if self._settings.pip.cert is not None and self._applies("pip", endpoint):
            return Authorities(*self._settings.pip.cert)
        # uv does not read the variables of requests.
        uses_system = self._settings.uv.system_certs is not None and not self._applies("pip", endpoint)
        for variable in () if uses_system else _BUNDLE_VARIABLES:
            if self._environment.get(variable):
                return Authorities(self._environment[variable], variable)
        file, directories = self._environment.get("SSL_CERT_FILE", ""), self._environment.get("SSL_CERT_DIR", "")
        if file or directories:
            set_by = " and ".join(name for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if self._environment.get(name))
            return Authorities(file, set_by, directories)
        return Authorities()

    def _client_certificate(self, endpoint: Endpoint) -> InstallerSetting | None:
        if self._own_certificate:
            return self._own_certificate
        pip, uv = self._settings.pip.client_cert, self._settings.uv.client_cert
        certificates = (("pip", pip), ("uv", uv))
        return next((found for installer, found in certificates if found and self._applies(installer, endpoint)), None)

    def _applies(self, installer: str, endpoint: Endpoint | None) -> bool:
        """Return True unless only settings of other installers name ``endpoint``."""
        named_by = self._installers.get(endpoint, set()) if endpoint is not None else set()
        return not named_by or not named_by.isdisjoint({installer, ""})


def _variable_of(proxy: str, scheme: str) -> str:
    """Return the variable that names ``proxy``; elsewhere than in one, Windows and macOS have it in their settings."""
    for name in (f"{scheme}_proxy", "all_proxy"):
        for variable, value in os.environ.items():
            if variable.lower() == name and value == proxy:
                return variable
    return "the system"


# --- TLS contexts -----------------------------------------------------------------------------------------------------


def tls_context(profile: TlsProfile = _DEFAULT) -> ssl.SSLContext:
    """Return a context for ``profile``, with everything loaded. Raises ConfigError if a file is unusable."""
    if not profile.verified:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    context = _context_for(profile.authorities) if profile.authorities.set_by else _system_context()
    if profile.certificate is not None:
        path, set_by = profile.certificate
        try:
            # Without a password argument, OpenSSL prompts for one.
            context.load_cert_chain(path, password="")
        except OSError as error:
            raise ConfigError(
                f"cannot load the client certificate {path}, set by {set_by}: {error.strerror or error}",
                help_text="use a PEM file with a certificate and its key, without a password",
            ) from error
    return context


def _system_context() -> ssl.SSLContext:
    if sys.platform in ("win32", "darwin") or not _openssl_finds_system_authorities():
        import truststore  # noqa: PLC0415 - not needed on most Linux systems

        return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return _lenient(ssl.create_default_context())


def _context_for(authorities: Authorities) -> ssl.SSLContext:
    """Return a context that trusts only ``authorities``."""
    bundle, set_by, directories = authorities
    context: ssl.SSLContext | None = None
    for path in filter(None, (bundle, *directories.split(os.pathsep))):
        is_directory = os.path.isdir(path)
        file, directory = (None, path) if is_directory else (path, None)
        try:
            if context is None:
                # Without a path it would load the authorities of the system.
                context = ssl.create_default_context(cafile=file, capath=directory)
            else:
                context.load_verify_locations(file, directory)
        except OSError as error:
            raise ConfigError(
                f"cannot load the CA bundle {path}, set by {set_by}: {error.strerror or error}",
                help_text=f"set {set_by} to a PEM file with certificates, or unset it",
            ) from error
    return _system_context() if context is None else _lenient(context)


def _lenient(context: ssl.SSLContext) -> ssl.SSLContext:
    """Disable the strict check of certificate extensions, which Python 3.13 enables.

    Authorities of many companies lack an extension, and pip accepts them. Signatures, dates and names are verified.
    """
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def _openssl_finds_system_authorities() -> bool:
    """Return True if OpenSSL, as built into this Python, finds the certificate authorities of the system.

    It does on nearly every Linux. truststore would use the same files, but load them for each connection (16 ms) and
    serialize the handshakes.
    """
    paths = ssl.get_default_verify_paths()
    if paths.cafile is not None:
        return True
    return paths.capath is not None and any(name.endswith(".0") for name in os.listdir(paths.capath))
