"""The JSON Schema (draft 2020-12) of the configuration, made of the keys that ``config`` reads.

What a key may hold is said by its reader; here stands what each reader takes, in the words of JSON Schema. TOML has
dates and JSON has none: as for all tools that check TOML by such a schema, a date counts as the string that it prints.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from mothball.config.credential_settings import (
    KeyringProvider,
    read_keyring_provider,
    read_timeout,
    read_user_index_url,
    read_user_index_urls,
    read_user_path,
)
from mothball.config.project import IGNORE_KEYS, PROJECT_KEYS, USER_KEYS, read_ignores
from mothball.config.values import (
    MAX_PATTERNS,
    SEVERITY_SCOPES,
    Reader,
    read_boolean,
    read_duration,
    read_globs,
    read_index_url,
    read_name_patterns,
    read_rules,
    read_severities,
    read_string,
    read_strings,
    read_until,
)
from mothball.model.findings import IGNORABLE_RULES, Rule, Severity
from mothball.model.project_urls import PROJECT_URL

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
# No query or fragment, and no variable; user information only where the user alone speaks.
_SCHEME = "[Hh][Tt][Tt][Pp][Ss]?://"
# An at sign may stand in a path behind what is plainly a host.
_PLACE = (
    r"(?:[^\s/?#\\@$]+(?:/[^\s?#\\@$]*)?"
    r"|(?:\[[^\]\s/?#\\@$]*\]|[^:\s/?#\\@$]+)(?::[0-9]+)?/[^\s?#\\$]*)"
)
_USER_INFORMATION = r"(?:(?!\$\{)[^/?#])*@"
_INDEX_NAME = "^[A-Za-z0-9][A-Za-z0-9._-]*$"
_PROJECT_NAME = "^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$"

# What each key is for, by its name; those of an entry of `ignore` among them.
_DESCRIPTIONS: Mapping[str, str] = MappingProxyType(
    {
        "index-url": "The index to ask about what names none of its own (PEP 503, PEP 691).",
        "status-index": "An index that is asked for statuses where the other one states none.",
        "private": "Names that never reach the default index or status-index; * stands for any part.",
        "snapshot": "A file of known statuses, relative to this one; it speaks where the index does not.",
        "offline": "Whether to ask nobody: the cache and the snapshot are all there is.",
        "max-age": "How old a cached answer may be, such as 30m, 1h or 7d.",
        "exclude": "Files not to check, as patterns from this file's directory on; ** spans directories.",
        "severity": "What a rule weighs, by its name; RULE.added and RULE.transitive are more particular.",
        "ignore": "Findings that are kept knowingly, by project name.",
        "indexes": "The other indexes that you have access to, by name; credentials may stand in an address.",
        "keyring-provider": "Whether to run the keyring program for credentials; all values but `disabled` do.",
        "client-cert": "A PEM file with a certificate and its key, for the indexes named here.",
        "timeout": "How long an index may take to connect, and to go on answering: from 1s to 10m.",
        "trusted-hosts": "Hosts that may be asked over plain http.",
        "allow-local-indexes": "Whether an index on this machine or in this network may be asked that only a file of a "
        "repository names.",
        "rules": "The rules that are ignored; quarantined only where it is named.",
        "reason": "Why it is kept.",
        "until": "The last day on which this works: a date without quotes.",
    }
)


def render_schema(*, user: bool = False) -> str:
    """Return the schema of a project's configuration, or of the user's own, as indented JSON."""
    return json.dumps(schema(user=user), indent=2) + "\n"


def schema(*, user: bool = False) -> dict[str, Any]:
    """Return the schema of ``[tool.mothball]`` and mothball.toml, or with ``user`` of the user-level config.toml."""
    name, title = (
        ("mothball-user", "mothball/config.toml, user level")
        if user
        else ("mothball", "[tool.mothball] in pyproject.toml, or mothball.toml")
    )
    return {
        "$schema": _DIALECT,
        "$id": f"{PROJECT_URL}{name}.schema.json",
        "title": title,
        **_table(USER_KEYS if user else PROJECT_KEYS),
    }


def _table(keys: Mapping[str, Reader]) -> dict[str, Any]:
    properties = {key: {"description": _DESCRIPTIONS[key], **_fragment(reader)} for key, reader in keys.items()}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _fragment(reader: Reader) -> dict[str, Any]:
    """Return what ``reader`` takes. Raises KeyError for one that is not known here, which a test would find."""
    if reader is read_severities:
        return _severities()
    if reader is read_ignores:
        return {
            "type": "object",
            "propertyNames": {"pattern": _PROJECT_NAME},
            "additionalProperties": {**_table(IGNORE_KEYS), "required": ["rules"]},
        }
    if reader is read_user_index_urls:
        address = _PLAIN[read_user_index_url]
        return {"type": "object", "propertyNames": {"pattern": _INDEX_NAME}, "additionalProperties": address}
    return _PLAIN[reader]


def _severities() -> dict[str, Any]:
    """Return a table that is keyed by rule, or by rule and scope: with a dot in quotes, or as a table in a table."""
    level = {"enum": [*map(str, Severity)]}
    scoped = {"type": "object", "properties": dict.fromkeys(SEVERITY_SCOPES, level), "additionalProperties": False}
    properties: dict[str, Any] = {}
    for rule in Rule:
        properties[rule] = {"anyOf": [level, scoped]}
        properties |= {f"{rule}.{scope}": level for scope in SEVERITY_SCOPES}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _array(**of_each: object) -> dict[str, Any]:
    return {"type": "array", "items": {"type": "string", **of_each}}


_DURATION = {"type": "string", "pattern": "^[0-9]{1,6}[smhdw]$", "examples": ["30m", "1h", "7d"]}
# With user and password, or without.
_USER_ADDRESS = {"type": "string", "pattern": r"^[Hh][Tt][Tt][Pp][Ss]?://[^\s/?#\\]+(?:/[^\s?#\\$]*)?$"}
_PLAIN: Mapping[Reader, dict[str, Any]] = MappingProxyType(
    {
        read_boolean: {"type": "boolean"},
        read_string: {"type": "string", "minLength": 1},
        read_strings: _array(minLength=1),
        # At most eight of the signs that make matching dear.
        read_globs: _array(minLength=1, maxLength=200, pattern=r"^(?:[^*]*\*){0,8}[^*]*$"),
        read_name_patterns: {
            **_array(minLength=1, maxLength=200, pattern=r"^(?:[A-Za-z0-9?._-]*\*){0,8}[A-Za-z0-9?._-]*$"),
            "maxItems": MAX_PATTERNS,
        },
        read_index_url: {
            "type": "string",
            "pattern": f"^{_SCHEME}{_PLACE}$",
            "examples": ["https://index.example/simple/"],
        },
        read_user_index_url: {"type": "string", "pattern": f"^{_SCHEME}(?:{_USER_INFORMATION})?{_PLACE}$"},
        read_keyring_provider: {"enum": [*map(str, KeyringProvider)]},
        read_user_path: {"type": "string", "pattern": r"^(?:[~/]|[A-Za-z]:[\\/]|\\\\)"},
        read_timeout: {
            "type": "string",
            "pattern": "^(?=[0-9]{1,6}[sm]$)0*(?:(?:[1-9][0-9]?|[1-5][0-9]{2}|600)s|(?:[1-9]|10)m)$",
            "examples": ["20s", "2m"],
        },
        read_duration: {"type": "string", "pattern": "^[0-9]{1,6}[smhdw]$", "examples": ["30m", "1h", "7d"]},
        read_rules: {"type": "array", "items": {"enum": [*map(str, IGNORABLE_RULES)]}, "minItems": 1},
        read_until: {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
    }
)
