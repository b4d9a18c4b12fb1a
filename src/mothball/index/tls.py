"""The TLS context for all connections, with the trusted certificate authorities."""

from __future__ import annotations

import os
import ssl
import sys

from mothball.model.errors import ConfigError


def tls_context(bundle: str = "", certificate: str = "") -> ssl.SSLContext:
    """Return a context with the certificate authorities loaded.

    They are those of ``bundle``, else of ``REQUESTS_CA_BUNDLE`` or ``CURL_CA_BUNDLE`` (a file or a directory each), as
    for requests and pip, else those of the system. ``certificate`` is a PEM file with a client certificate and its key.
    Raises ConfigError if one of them is unusable.
    """
    context = _context_for_bundle("the configuration", bundle) if bundle else _default_context()
    if certificate:
        try:
            # Without a password argument, OpenSSL prompts for one.
            context.load_cert_chain(certificate, password="")
        except OSError as error:
            raise ConfigError(
                f"cannot load the client certificate {certificate}: {error.strerror or error}",
                help_text="use a PEM file with a certificate and its key, without a password",
            ) from error
    return context


def _default_context() -> ssl.SSLContext:
    """Return the context without a configured bundle."""
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        bundle = os.environ.get(variable)
        if bundle:
            return _context_for_bundle(variable, bundle)
    if sys.platform in ("win32", "darwin") or not _openssl_finds_system_authorities():
        import truststore  # noqa: PLC0415 - not needed on most Linux systems

        return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return _lenient(ssl.create_default_context())


def _context_for_bundle(source: str, bundle: str) -> ssl.SSLContext:
    """Return a context that trusts only ``bundle``; ``source`` is the setting that names it."""
    is_directory = os.path.isdir(bundle)
    try:
        context = ssl.create_default_context(
            cafile=None if is_directory else bundle, capath=bundle if is_directory else None
        )
    except OSError as error:
        raise ConfigError(
            f"cannot load the CA bundle {bundle}, set by {source}: {error.strerror or error}",
            help_text=f"set {source} to a PEM file with certificates, or unset it",
        ) from error
    return _lenient(context)


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
