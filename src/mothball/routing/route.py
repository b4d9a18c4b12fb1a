"""Which indexes answer for a dependency, or why none may be asked. Pure.

A name goes only to indexes that its installer would ask: the index that the entry pins, else the options of its
requirements file, else the default index of the configuration.
"""

from __future__ import annotations

import re

from mothball.config import DEFAULT_INDEX_HOSTS, Network
from mothball.hygiene import without_credentials
from mothball.model import Dependency, IndexOption, Withheld, WithheldReason
from mothball.records import NamedTuple

# Up to the end of the host: a name, or an IPv6 address in brackets.
_WEB_URL = r"(?i)https?://(\[[^/\]]*\]|[^/:]+)"


class Ask(NamedTuple):
    """The indexes to ask, in order: base URLs without credentials, each ending in one slash. Never empty.

    ``status_index`` is asked when these state nothing; None for names that must not go there.
    """

    indexes: tuple[str, ...]
    status_index: str | None = None


Route = Ask | Withheld


def route(dependency: Dependency, options: tuple[IndexOption, ...], network: Network) -> Route:
    """Return whom to ask about ``dependency``, which stands in a file with these index ``options``.

    Extra indexes go first, as a private name must not be looked for in public before at home.
    """
    if dependency.withheld is not None:
        return Withheld(dependency.withheld)
    addresses = (dependency.index_url,) if dependency.index_url else _from_options(options, network.index_url)
    if any("$" in address for address in addresses):
        return Withheld(WithheldReason.VARIABLE)
    bases = dict.fromkeys(base_url(address) for address in addresses)
    indexes = tuple(base for base in bases if re.match(_WEB_URL, base))
    # The last one is the installer's main index: where that cannot be asked, the others cannot speak for it.
    if not indexes or indexes[-1] != base_url(addresses[-1]):
        return Withheld(WithheldReason.NO_INDEX)
    if not _is_private(dependency.name, network.private):
        return Ask(indexes, base_url(network.status_index) if network.status_index else None)
    indexes = tuple(index for index in indexes if not _is_default(index))
    return Ask(indexes) if indexes else Withheld(WithheldReason.PRIVATE)


def base_url(address: str) -> str:
    """Return an index URL as it is asked, shown and stored: without credentials, ending in exactly one slash."""
    return without_credentials(address).rstrip("/") + "/"


def _from_options(options: tuple[IndexOption, ...], default: str) -> tuple[str, ...]:
    """Return the addresses that pip would ask: the extra ones, then the last ``--index-url``."""
    # An option with an empty value changes nothing for pip: it must not hide the default index from us.
    extra = [option.value for option in options if option.name == "extra-index-url" and option.value]
    primary = [option.value for option in options if option.name == "index-url" and option.value]
    if any(option.name == "no-index" for option in options):
        return ()
    return (*extra, primary[-1] if primary else default)


def _is_private(name: str, patterns: tuple[str, ...]) -> bool:
    if not patterns:
        return False
    from fnmatch import fnmatchcase  # noqa: PLC0415 - most projects have no private names

    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _is_default(base: str) -> bool:
    """Return whether the base URL ``base`` leads to the host of the default index or below it, however it is spelt."""
    return f".{_host(base)}".endswith(tuple(f".{host}" for host in DEFAULT_INDEX_HOSTS))


def _host(base: str) -> str:
    match = re.match(_WEB_URL, base)
    return match[1].rstrip(".").lower() if match else ""
