"""The values that configuration keys can have: from what a TOML reader gives to what it means. Pure.

A reader takes a value and the path of its key, and raises a ConfigError that names the key where the value will not do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from mothball.model.document import normalize_name
from mothball.model.errors import ConfigError, suggest
from mothball.model.findings import IGNORABLE_RULES, Rule, Severity
from mothball.model.sanitize import one_line, strip_credentials

KeyPath = tuple[str, ...]
Reader = Callable[[object, KeyPath], Any]

SEVERITY_SCOPES = ("added", "transitive")

_UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
# Patterns are texts here: re compiles those that a configuration needs, when it needs them, and keeps them.
_DURATION = r"([0-9]{1,6})([smhdw])"
_WEB_URL = r"(?i)https?://[^\s/?#\\]+[^\s\\]*"
_NAME_PATTERN = r"[A-Za-z0-9*?._-]+"
MAX_PATTERNS = 1000
_ISO_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"


def read_table(table: object, keys: Mapping[str, Reader], at: KeyPath) -> dict[str, Any]:
    """Return the values of ``table``, each read by the reader of its key in ``keys``; unknown keys are refused."""
    if not isinstance(table, Mapping):
        raise invalid_value(at, table, "a table")
    values = {}
    for key, value in table.items():
        if key == "tool" and not at:
            help_text = "in a file of mothball's own, mothball.toml, the keys stand at the top level"
            raise ConfigError("unknown key `tool`", key=(key,), help_text=help_text)
        if key not in keys:
            raise ConfigError(
                f"unknown key `{one_line(str(key), 60)}`", key=(*at, key), help_text=suggest(str(key), tuple(keys))
            )
        values[key] = keys[key](value, (*at, key))
    return values


def invalid_value(at: KeyPath, value: object, wanted: str) -> ConfigError:
    """Return the error for a value that is not what its key wants."""
    name = at[-1] if at else "configuration"
    return ConfigError(f"`{one_line(name, 60)}` must be {wanted}, not {_described(value)}", key=at)


def _described(value: object) -> str:
    match value:
        case None | bool():
            return "null" if value is None else str(value).lower()
        case str():
            return f'"{one_line(value, 60)}"'
        case int() if value.bit_length() > 64:
            # Python refuses to print an integer of thousands of digits.
            return "a huge number"
        case Mapping():
            return "a table"
        case list():
            return "an array"
        case _:
            return one_line(str(value), 60)


def read_boolean(value: object, at: KeyPath) -> bool:
    """Return ``value`` when it is a boolean."""
    if not isinstance(value, bool):
        raise invalid_value(at, value, "true or false")
    return value


def read_string(value: object, at: KeyPath) -> str:
    """Return ``value`` when it is a string that is not empty."""
    if not isinstance(value, str) or not value:
        raise invalid_value(at, value, "a string that is not empty")
    return value


def read_strings(value: object, at: KeyPath) -> tuple[str, ...]:
    """Return the strings of an array, none of them empty."""
    if not isinstance(value, list):
        raise invalid_value(at, value, "an array of strings")
    for item in value:
        if not isinstance(item, str) or not item:
            raise invalid_value(at, item, "made of strings that are not empty")
    return tuple(value)


def read_globs(value: object, at: KeyPath) -> tuple[str, ...]:
    """Return the patterns of an array of paths (``walking.is_excluded`` says what they match)."""
    patterns = read_strings(value, at)
    for pattern in patterns:
        _refuse_dear(pattern, at)
    return patterns


def _refuse_dear(pattern: str, at: KeyPath) -> None:
    # Matching time grows with a power of the wildcards, and the pattern may be an attacker's.
    if len(pattern) > 200 or pattern.count("*") > 8:
        raise invalid_value(at, pattern, "made of shorter patterns, each with at most 8 `*`")


def read_name_patterns(value: object, at: KeyPath) -> tuple[str, ...]:
    """Return the patterns of an array of project names, normalised (PEP 503); ``*`` stands for any part."""
    patterns = read_strings(value, at)
    for pattern in patterns:
        if not re.fullmatch(_NAME_PATTERN, pattern):
            raise invalid_value(at, pattern, 'made of project names, with `*` for any part, such as "acme-*"')
        _refuse_dear(pattern, at)
    if len(patterns) > MAX_PATTERNS:
        # Every name is held against every pattern.
        raise invalid_value(at, f"{len(patterns)} patterns", f"made of at most {MAX_PATTERNS} patterns")
    return tuple(normalize_name(pattern) for pattern in patterns)


def read_severities(value: object, at: KeyPath) -> Mapping[str, Severity]:
    """Return a table of severities, keyed by rule and scope: ``archived``, ``archived.transitive``."""
    if not isinstance(value, Mapping):
        raise invalid_value(at, value, "a table")
    severities: dict[str, Severity] = {}
    for key, entry in value.items():
        # TOML reads the bare key archived.transitive as a table in a table; the quoted key arrives whole.
        if isinstance(entry, Mapping):
            _severity_key(key, (*at, key))
            for scope, level in entry.items():
                severities[_severity_key(f"{key}.{scope}", (*at, key, scope))] = _severity(level, (*at, key, scope))
        else:
            severities[_severity_key(key, (*at, key))] = _severity(entry, (*at, key))
    return MappingProxyType(severities)


def _severity_key(key: str, at: KeyPath) -> str:
    rule, dot, scope = key.partition(".")
    if rule not in tuple(Rule):
        raise ConfigError(f"unknown rule `{one_line(rule, 60)}`", key=at, help_text=suggest(rule, tuple(Rule)))
    if dot and scope not in SEVERITY_SCOPES:
        raise ConfigError(
            f"unknown scope `{one_line(scope, 60)}` of rule `{rule}`",
            key=at,
            help_text=suggest(scope, SEVERITY_SCOPES),
        )
    return key


def _severity(value: object, at: KeyPath) -> Severity:
    if not isinstance(value, str) or value not in tuple(Severity):
        raise invalid_value(at, value, "one of " + ", ".join(f'"{severity}"' for severity in Severity))
    return Severity(value)


def read_duration(value: object, at: KeyPath) -> float:
    """Return the seconds of a duration such as ``"90s"``, ``"30m"``, ``"1h"``, ``"7d"``, ``"2w"``."""
    match = re.fullmatch(_DURATION, value) if isinstance(value, str) else None
    if match is None:
        raise invalid_value(at, value, 'a duration such as "30m", "1h" or "7d"')
    return float(int(match[1]) * _UNIT_SECONDS[match[2]])


def read_index_url(value: object, at: KeyPath) -> str:
    """Return ``value`` when it is an index URL that a configuration file may name."""
    # Echoed in a message, a password would end up in somebody's log.
    shown = strip_credentials(value) if isinstance(value, str) else value
    if not isinstance(value, str) or not re.fullmatch(_WEB_URL, value) or one_line(str(shown), len(value)) != shown:
        raise invalid_value(at, shown, 'an index URL such as "https://index.example/simple/"')
    if "$" in value:
        raise ConfigError(
            f"`{at[-1]}` holds a variable, and variables are never expanded here",
            key=at,
            help_text="write the address itself, or give it with --index-url",
        )
    if strip_credentials(value) != value:
        raise ConfigError(
            f"`{at[-1]}` holds credentials, a query or a fragment, and none of them may stand here",
            key=at,
            help_text="write the address alone; credentials go into your own mothball/config.toml, or into netrc",
        )
    return value


def read_rules(value: object, at: KeyPath) -> tuple[Rule, ...]:
    """Return the rules that an ignore names."""
    names = read_strings(value, at)
    for name in names:
        if name not in IGNORABLE_RULES:
            shown = f"`{one_line(name, 60)}`"
            message = f"{shown} cannot be ignored" if name in tuple(Rule) else f"unknown rule {shown}"
            raise ConfigError(message, key=at, help_text=suggest(name, IGNORABLE_RULES))
    return tuple(Rule(name) for name in names)


def read_until(value: object, at: KeyPath) -> str:
    """Return a TOML date as ISO text."""
    # A TOML date prints as an ISO date; a date with a time does not match, and would suggest a precision we lack.
    written = value.isoformat() if hasattr(value, "isoformat") else ""
    if not re.fullmatch(_ISO_DATE, written):
        raise invalid_value(at, value, "a date without quotes such as 2027-03-01")
    return str(written)
