"""Which certificates, proxy, timeout and retries a connection to an endpoint uses. No network.

The settings of an installer apply to all endpoints except those that only settings of another installer name. Client
certificates identify the user, so they are only used for endpoints that a setting of the user names.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]  # documented, not in the stubs

import requests
import requests.utils

from mothball.config.connection_settings import CredentialSettings, InstallerSetting
from mothball.index.tls import Authorities, TlsProfile
from mothball.index.urls import Endpoint, endpoint_of, is_loopback, is_named

# Variables of requests and pip.
_BUNDLE_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


class EndpointAccess:
    """The connection settings of the user, by endpoint."""

    def __init__(self, settings: CredentialSettings, environment: Mapping[str, str] = os.environ) -> None:
        """Read nothing yet; ``environment`` contains the variables for certificates."""
        self._settings = settings
        self._environment = environment
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
        if self._settings.client_certificate:  # an unusable file is an error, even if no index needs it today
            profiles.add(self._profile(None)._replace(certificate=self._own_certificate()))
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
            return InstallerSetting(from_environment, "the environment")
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
        settings = self._settings
        if settings.client_certificate:
            return self._own_certificate()
        certificates: Iterable[tuple[str, InstallerSetting | None]] = (
            ("pip", settings.pip.client_cert),
            ("uv", settings.uv.client_cert),
        )
        return next((found for installer, found in certificates if found and self._applies(installer, endpoint)), None)

    def _own_certificate(self) -> InstallerSetting:
        return InstallerSetting(self._settings.client_certificate, "`client-cert`")

    def _applies(self, installer: str, endpoint: Endpoint | None) -> bool:
        """Return True unless only settings of other installers name ``endpoint``."""
        named_by = self._installers.get(endpoint, set()) if endpoint is not None else set()
        return not named_by or not named_by.isdisjoint({installer, ""})
