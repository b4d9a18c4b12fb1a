"""Certificate authorities for tests and the certificates they sign: of servers and clients, also expired ones."""

from __future__ import annotations

import os
import ssl
from datetime import UTC, datetime, timedelta

import trustme

from tests.support.loopback import Certificate


class Authority:
    """A certificate authority for tests; ``path`` is its certificate."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._authority = trustme.CA()
        self._count = 0
        self.path = os.path.join(directory, "authority.pem")
        self._authority.cert_pem.write_to_path(self.path)

    def certify(self, *names: str, days: int = 1) -> Certificate:
        """Return a server certificate for ``names``, valid for ``days`` from now; a negative number means expired."""
        end = datetime.now(UTC) + timedelta(days=days)
        signed = self._authority.issue_cert(*names, not_before=end - timedelta(days=2), not_after=end)
        certificate, key = self._path("certificate"), self._path("key")
        signed.cert_chain_pems[0].write_to_path(certificate)
        signed.private_key_pem.write_to_path(key)
        return Certificate(self.path, certificate, key)

    def certify_client(self, name: str) -> str:
        """Return the path of a PEM file with a client's certificate and its key."""
        path = self._path("client")
        self._authority.issue_cert(common_name=name).private_key_and_cert_chain_pem.write_to_path(path)
        return path

    def _path(self, kind: str) -> str:
        self._count += 1
        return os.path.join(self._directory, f"{kind}-{self._count}.pem")


def demanding_context(certificate: Certificate, authority: str, *, required: bool = True) -> ssl.SSLContext:
    """Return the TLS context of a server that requires client certificates signed by ``authority``."""
    context = certificate.server_context()
    context.load_verify_locations(authority)
    context.verify_mode = ssl.CERT_REQUIRED if required else ssl.CERT_OPTIONAL
    return context
