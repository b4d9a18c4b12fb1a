"""The JSON Schema (draft 2020-12) of the configuration, generated from the tables of keys in ``config.keys``.

Each reader has a matching schema fragment here. TOML has dates and JSON has none: as in other tools that validate TOML
with JSON Schema, a date is validated as the string that it prints.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from mothball import PROJECT_URL
from mothball.config import keys, project, user_settings, values
from mothball.model.file_names import FORMATS
from mothball.model.results import IGNORABLE_RULES, Rule, Severity

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
# URLs without query, fragment and variables; user information is only allowed in the user configuration.
_SCHEME = "[Hh][Tt][Tt][Pp][Ss]?://"
# A path may contain "@" after a complete host.
_HOST_AND_PATH = (
    r"(?:[^\s/?#\\@$]+(?:/[^\s?#\\@$]*)?"
    r"|(?:\[[^\]\s/?#\\@$]*\]|[^:\s/?#\\@$]+)(?::[0-9]+)?/[^\s?#\\$]*)"
)
_USER_INFORMATION = r"(?:(?!\$\{)[^/?#])*@"
_PROJECT_NAME = {"pattern": "^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$"}

# Descriptions by key, including the keys of an ignore entry.
_DESCRIPTIONS: Mapping[str, str] = MappingProxyType(
    {
        "index-url": "The default index, for packages without an index of their own (PEP 503, PEP 691).",
        "status-index": "An index that is queried for statuses if the index of a package states none.",
        "private": "Names that are never sent to PyPI, to a public index or to status-index; * matches any characters.",
        "snapshot": "A snapshot file, relative to this file; used if an index states no status or is not available.",
        "offline": "Whether to use only the cache and the snapshot.",
        "max-age": "The maximum age of a cached result, such as 30m, 1h or 7d.",
        "exclude": "Files to skip, as patterns relative to this file's directory; ** matches any directories.",
        "files": "Files to read besides those known by name: patterns as in `exclude`, with the format of the files.",
        "severity": "The severity of each rule; RULE.added and RULE.transitive take precedence over RULE.",
        "ignore": "Ignored findings, by project name.",
        "successors": "The projects that replace others, by project name; shown with findings and offered by editors.",
        "indexes": "Settings of indexes, by URL; in the user configuration also further indexes, by name.",
        "public": "True for an index that receives no private names, such as a mirror of PyPI.",
        "immutable": "True for an index that never replaces published files and never reassigns a project name.",
        "ignore-error-codes": "HTTP status codes that mean that the index does not have a package, such as 403.",
        "statuses": "Whether the index publishes project statuses; none accepts that they are unknown.",
        "keyring-provider": "Whether to run keyring for credentials; all values except `disabled` do.",
        "client-cert": "A PEM file with a client certificate and its key, for the indexes configured here.",
        "timeout": "The timeout for connecting and for each read, from 1s to 10m.",
        "trusted-hosts": "Hosts that may be queried over plain HTTP.",
        "insecure-hosts": "Hosts whose TLS certificate is not verified; they get no credentials and are not cached.",
        "allow-local-indexes": "Whether to query indexes on this machine or in private networks that only a repository "
        "configures.",
        "rules": "The ignored rules.",
        "reason": "Why the finding is ignored.",
        "versions": "The pinned versions that the rules yanked, unlisted and re-registered are ignored for.",
        "until": "The last day on which the ignore applies: a date, with or without quotes.",
    }
)


def render_schema(*, user: bool = False) -> str:
    """Return the schema of the project configuration, or of the user configuration, as indented JSON."""
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
        **_table(keys.USER_KEYS if user else keys.PROJECT_KEYS),
    }


def _table(readers: Mapping[str, values.Reader]) -> dict[str, Any]:
    properties = {key: {"description": _DESCRIPTIONS[key], **_FRAGMENTS[reader]} for key, reader in readers.items()}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _severities() -> dict[str, Any]:
    """Return the schema of a table keyed by rule, or by rule and scope (as quoted dotted key or nested table)."""
    level = {"enum": [*map(str, Severity)]}
    scoped = {
        "type": "object",
        "properties": dict.fromkeys(values.SEVERITY_SCOPES, level),
        "additionalProperties": False,
    }
    properties: dict[str, Any] = {}
    for rule in Rule:
        properties[rule] = {"anyOf": [level, scoped]}
        properties |= {f"{rule}.{scope}": level for scope in values.SEVERITY_SCOPES}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _by_name(names: dict[str, Any], entries: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "propertyNames": names, "additionalProperties": entries}


def _by_pattern(entries: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "patternProperties": entries, "additionalProperties": False}


def _array(**item_schema: object) -> dict[str, Any]:
    return {"type": "array", "items": {"type": "string", **item_schema}}


_FRAGMENTS: dict[values.Reader, dict[str, Any]] = {
    values.read_boolean: {"type": "boolean"},
    values.read_string: {"type": "string", "minLength": 1},
    values.read_strings: _array(minLength=1),
    # At most eight `*`, like the reader.
    values.read_globs: _array(minLength=1, maxLength=200, pattern=r"^(?:[^*]*\*){0,8}[^*]*$"),
    values.read_name_patterns: {
        **_array(minLength=1, maxLength=200, pattern=r"^(?:[A-Za-z0-9?._-]*\*){0,8}[A-Za-z0-9?._-]*$"),
        "maxItems": values.MAX_PATTERNS,
    },
    values.read_index_url: {
        "type": "string",
        "pattern": f"^{_SCHEME}{_HOST_AND_PATH}$",
        "examples": ["https://index.example/simple/"],
    },
    values.read_user_index_url: {
        "type": "string",
        "pattern": f"^{_SCHEME}(?:{_USER_INFORMATION})?{_HOST_AND_PATH}$",
    },
    keys.read_index_statuses: {"enum": [*map(str, project.IndexStatuses)]},
    values.read_error_codes: {
        "type": "array",
        "items": {"type": "integer", "minimum": 400, "maximum": 499, "not": {"enum": [407, 408, 429]}},
        "examples": [[403]],
    },
    values.read_keyring_provider: {"enum": [*map(str, user_settings.KeyringProvider)]},
    values.read_user_path: {"type": "string", "pattern": r"^(?:[~/]|[A-Za-z]:[\\/]|\\\\)"},
    values.read_hosts: _array(pattern=f"^{values.HOST_AND_PORT}$"),
    values.read_timeout: {
        "type": "string",
        "pattern": "^(?=[0-9]{1,6}[sm]$)0*(?:(?:[1-9][0-9]?|[1-5][0-9]{2}|600)s|(?:[1-9]|10)m)$",
        "examples": ["20s", "2m"],
    },
    values.read_duration: {"type": "string", "pattern": "^[0-9]{1,6}[smhdw]$", "examples": ["30m", "1h", "7d"]},
    values.read_rules: {"type": "array", "items": {"enum": [*map(str, IGNORABLE_RULES)]}, "minItems": 1},
    values.read_until: {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
}
# The schemas of tables that contain others.
_INDEXES = {_FRAGMENTS[values.read_index_url]["pattern"]: _table(keys.INDEX_KEYS)}
_FRAGMENTS |= {
    values.read_severities: _severities(),
    keys.read_files: _by_name(_FRAGMENTS[values.read_globs]["items"], {"enum": [*FORMATS]}),
    keys.read_ignores: _by_name(_PROJECT_NAME, {**_table(keys.IGNORE_KEYS), "required": ["rules"]}),
    keys.read_successors: _by_name(_PROJECT_NAME, {"type": "string", **_PROJECT_NAME}),
    keys.read_index_settings: _by_pattern(_INDEXES),
    keys.read_user_indexes: _by_pattern({**_INDEXES, f"^{values.INDEX_NAME}$": _FRAGMENTS[values.read_user_index_url]}),
}
