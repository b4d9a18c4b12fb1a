"""Whom we trust: one TLS context for all connections to all indexes."""

from __future__ import annotations

import os
import ssl
import sys

from mothball.model.errors import ConfigError


def tls_context(bundle: str = "", certificate: str = "") -> ssl.SSLContext:
    """Return the context for connections, with the authorities read.

    They are those of ``bundle``, else of ``REQUESTS_CA_BUNDLE`` or ``CURL_CA_BUNDLE`` where one is set (a file or a
    directory each), as for requests and pip; otherwise the system's. ``certificate`` is a PEM file with a certificate
    of ours and its key. Raises ConfigError where one of them cannot be used.
    """
    context = _context_of("the configuration", bundle) if bundle else _default_context()
    if certificate:
        try:
            # Without a password OpenSSL would prompt for one.
            context.load_cert_chain(certificate, password="")
        except OSError as error:
            raise ConfigError(
                f"the client certificate {certificate} cannot be used: {error.strerror or error}",
                help_text="it must be a file in PEM format that holds a certificate and its key, without a password",
            ) from error
    return context


def _default_context() -> ssl.SSLContext:
    """Return the context for whoever is not told otherwise."""
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        bundle = os.environ.get(variable)
        if bundle:
            return _context_of(variable, bundle)
    if sys.platform in ("win32", "darwin") or not _openssl_knows_the_system():
        import truststore  # noqa: PLC0415 - only where it is needed

        return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return _lenient(ssl.create_default_context())


def _context_of(variable: str, bundle: str) -> ssl.SSLContext:
    """Return a context that trusts ``bundle`` alone, which ``variable`` names."""
    is_directory = os.path.isdir(bundle)
    try:
        context = ssl.create_default_context(
            cafile=None if is_directory else bundle, capath=bundle if is_directory else None
        )
    except OSError as error:
        raise ConfigError(
            f"{variable} names {bundle}, which cannot be used: {error.strerror or error}",
            help_text=f"let {variable} name a file of certificates in PEM format, or unset it",
        ) from error
    return _lenient(context)


def _lenient(context: ssl.SSLContext) -> ssl.SSLContext:
    """Return ``context`` without the strictness of Python 3.13 about extensions of certificates.

    Many a company's authority lacks one of them, and pip accepts it; signatures, dates and names are verified as ever.
    """
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def _openssl_knows_the_system() -> bool:
    """Return whether OpenSSL, as this Python was built, finds the system's authorities by itself.

    Where it does (nearly every Linux), a plain context is right. truststore finds them in the same place, but reads
    them again for each connection (16 ms) and lets only one connection at a time shake hands.
    """
    paths = ssl.get_default_verify_paths()
    if paths.cafile is not None:
        return True
    return paths.capath is not None and any(name.endswith(".0") for name in os.listdir(paths.capath))
