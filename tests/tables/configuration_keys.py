"""The default of each configuration key, as TOML; "" if the key has none: the facts in docs/configuration.md."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

DEFAULTS: Mapping[str, str] = MappingProxyType(
    {
        "index-url": "",
        "status-index": "",
        "private": "[]",
        "snapshot": "",
        "offline": "false",
        "max-age": '"1h"',
        "exclude": "[]",
        "files": "{}",
        "severity": "{}",
        "ignore": "{}",
        "successors": "{}",
        "indexes": "{}",
        "keyring-provider": '"auto"',
        "client-cert": "",
        "timeout": "",
        "trusted-hosts": "[]",
        "insecure-hosts": "[]",
        "allow-local-indexes": "false",
    }
)
