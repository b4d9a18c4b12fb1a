"""TLS contexts: the trusted certificate authorities and the client certificate."""

from __future__ import annotations

import os
import ssl
import sys

from mothball.config.connection_settings import InstallerSetting
from mothball.model.errors import ConfigError
from mothball.model.records import NamedTuple


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
    """Return the context with the certificate authorities of the system."""
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
