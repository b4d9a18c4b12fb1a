"""Read values of configuration keys: from TOML values to typed values. No I/O.

A reader takes a value and the path of its key, and raises ConfigError with that path for an invalid value.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any

from mothball.config.project import KeyPath
from mothball.config.user_settings import MAX_TIMEOUT, MIN_TIMEOUT, KeyringProvider, UserIndexUrl, user_config_file
from mothball.model.document import normalize_name
from mothball.model.errors import ConfigError, closest, suggest
from mothball.model.results import IGNORABLE_RULES, Rule, Severity
from mothball.model.sanitize import one_line, strip_credentials

Reader = Callable[[object, KeyPath], Any]

SEVERITY_SCOPES = ("added", "transitive")

_UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
# Patterns are compiled on first use, because most configurations need few of them.
_DURATION = r"([0-9]{1,6})([smhdw])"
_WEB_URL = r"(?i)https?://[^\s/?#\\]+[^\s\\]*"
_NAME_PATTERN = r"[A-Za-z0-9*?._-]+"
MAX_PATTERNS = 1000
# The names of indexes that uv accepts; they become parts of the names of variables.
INDEX_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*"
HOST_AND_PORT = r"([A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?"
_USER_INFORMATION = r"(?i)(https?://)([^/?#]*)@"
_ISO_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"


def read_table(table: object, keys: Mapping[str, Reader], at: KeyPath) -> dict[str, Any]:
    """Return the values of ``table``, each read by the reader of its key. Raise ConfigError for unknown keys."""
    values = {}
    for key, value in read_mapping(table, at).items():
        if key == "tool" and not at:
            help_text = "in mothball.toml, leave `tool.mothball.` out: [ignore] in place of [tool.mothball.ignore]"
            raise ConfigError("unknown key `tool`", key=(key,), help_text=help_text)
        if key not in keys:
            raise ConfigError(
                f"unknown key `{one_line(str(key), 60)}`", key=(*at, key), help_text=suggest(str(key), tuple(keys))
            )
        values[key] = keys[key](value, (*at, key))
    return values


def invalid_value(at: KeyPath, value: object, expected: str) -> ConfigError:
    """Return the error for a value that is not ``expected``."""
    name = at[-1] if at else "configuration"
    return ConfigError(f"`{one_line(name, 60)}` must be {expected}, not {_describe(value)}", key=at)


def read_choice(value: object, at: KeyPath, choices: tuple[str, ...]) -> str:
    """Return ``value`` if it is one of ``choices``; the error suggests the closest one."""
    if isinstance(value, str) and value in choices:
        return value
    match = closest(value, choices) if isinstance(value, str) else ""
    quoted = [f'"{choice}"' for choice in choices]
    error = invalid_value(at, value, " or ".join(quoted) if len(quoted) == 2 else f"one of {', '.join(quoted)}")
    error.help = f'did you mean "{match}"?' if match else ""
    raise error


def read_mapping(value: object, at: KeyPath, example: str = "") -> Mapping[str, object]:
    """Return ``value`` if it is a table; the error shows ``example``."""
    if not isinstance(value, Mapping):
        raise invalid_value(at, value, f"a table such as {example}" if example else "a table")
    return value


def _invalid_item(at: KeyPath, item: object, expected: str) -> ConfigError:
    """Return the error for an item of an array that is not one of ``expected``."""
    return ConfigError(f"`{one_line(at[-1], 60)}` must contain only {expected}, not {_describe(item)}", key=at)


def _describe(value: object) -> str:
    match value:
        case None | bool():
            return "null" if value is None else str(value).lower()
        case str():
            return f'"{one_line(value, 60)}"'
        case int() if value.bit_length() > 64:
            # Python refuses to convert integers of thousands of digits.
            return "a huge number"
        case Mapping():
            return "a table"
        case list():
            return "an array"
        case _:
            return one_line(str(value), 60)


def read_boolean(value: object, at: KeyPath) -> bool:
    """Return ``value`` if it is a boolean."""
    if not isinstance(value, bool):
        raise invalid_value(at, value, "true or false")
    return value


def read_string(value: object, at: KeyPath) -> str:
    """Return ``value`` if it is a non-empty string."""
    if not isinstance(value, str) or not value:
        raise invalid_value(at, value, "a non-empty string")
    return value


def read_strings(value: object, at: KeyPath) -> tuple[str, ...]:
    """Return the non-empty strings of an array."""
    if not isinstance(value, list):
        raise invalid_value(at, value, "an array of strings")
    for item in value:
        if not isinstance(item, str) or not item:
            raise _invalid_item(at, item, "non-empty strings")
    return tuple(value)


def read_globs(value: object, at: KeyPath) -> tuple[str, ...]:
    """Return an array of file patterns; see ``config_lookup.matches_any`` for their meaning."""
    patterns = read_strings(value, at)
    for pattern in patterns:
        _reject_expensive_pattern(pattern, at)
    return patterns


def _reject_expensive_pattern(pattern: str, at: KeyPath) -> None:
    # Matching time grows exponentially with the number of `*`, and the pattern may be hostile.
    if len(pattern) > 200 or pattern.count("*") > 8:
        raise _invalid_item(at, pattern, "patterns of at most 200 characters with at most 8 `*`")


def read_name_patterns(value: object, at: KeyPath) -> tuple[str, ...]:
    """Return an array of patterns of project names, normalized (PEP 503); ``*`` matches any characters."""
    patterns = read_strings(value, at)
    for pattern in patterns:
        if not re.fullmatch(_NAME_PATTERN, pattern):
            raise _invalid_item(at, pattern, 'project names with optional `*`, such as "acme-*"')
        _reject_expensive_pattern(pattern, at)
    if len(patterns) > MAX_PATTERNS:
        # Every name is matched against every pattern.
        raise invalid_value(at, f"{len(patterns)} patterns", f"an array of at most {MAX_PATTERNS} patterns")
    return tuple(normalize_name(pattern) for pattern in patterns)


def read_severities(value: object, at: KeyPath) -> Mapping[str, Severity]:
    """Return a table of severities by rule or rule and scope: ``archived``, ``archived.transitive``."""
    severities: dict[str, Severity] = {}
    for key, entry in read_mapping(value, at).items():
        # In TOML, the bare key archived.transitive is a nested table; quoted, it is one key.
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
            f"unknown scope `{one_line(scope, 60)}` of rule `{rule}`", key=at, help_text=suggest(scope, SEVERITY_SCOPES)
        )
    return key


def _severity(value: object, at: KeyPath) -> Severity:
    return Severity(read_choice(value, at, tuple(Severity)))


def read_duration(value: object, at: KeyPath, expected: str = 'a duration such as "30m", "1h" or "7d"') -> float:
    """Return the seconds of a duration such as ``"90s"``, ``"30m"``, ``"1h"``, ``"7d"``, ``"2w"``."""
    match = re.fullmatch(_DURATION, value) if isinstance(value, str) else None
    if match is None:
        raise invalid_value(at, value, expected)
    return float(int(match[1]) * _UNIT_SECONDS[match[2]])


def read_index_url(value: object, at: KeyPath) -> str:
    """Return ``value`` if it is an index URL as allowed in configuration files."""
    # Messages end up in logs and must not contain passwords.
    shown = strip_credentials(value) if isinstance(value, str) else value
    if not isinstance(value, str) or not re.fullmatch(_WEB_URL, value) or one_line(str(shown), len(value)) != shown:
        raise invalid_value(at, shown, 'an index URL such as "https://index.example/simple/"')
    if "$" in value:
        raise ConfigError(
            f"`{at[-1]}` contains a variable, and variables are not expanded",
            key=at,
            help_text="write the full URL, or pass it with --index-url",
        )
    if strip_credentials(value) != value:
        raise ConfigError(
            f"`{at[-1]}` must not contain credentials, a query or a fragment",
            key=at,
            help_text=f"remove them; put credentials in {user_config_file()} or netrc",
        )
    return value


def is_ignorable_error_code(status: int) -> bool:
    """Return True for an HTTP status that may mean that an index does not have a project.

    4xx except 407, 408 and 429, which are about the proxy, the connection and the rate of requests.
    """
    return 400 <= status < 500 and status not in (407, 408, 429)


def read_error_codes(value: object, at: KeyPath) -> tuple[int, ...]:
    """Return an array of HTTP statuses that may mean that an index does not have a project."""
    if not isinstance(value, list):
        raise invalid_value(at, value, "an array of HTTP status codes such as [403]")
    for item in value:
        if not isinstance(item, int) or not is_ignorable_error_code(item):
            raise _invalid_item(at, item, "HTTP status codes from 400 to 499 except 407, 408 and 429")
    return tuple(dict.fromkeys(value))


def read_rules(value: object, at: KeyPath) -> tuple[Rule, ...]:
    """Return the rules of an ignore entry."""
    names = read_strings(value, at)
    for name in names:
        if name not in IGNORABLE_RULES:
            if name in tuple(Rule):
                help_text = f"remove it; an ignore can have the rules {', '.join(IGNORABLE_RULES)}"
                raise ConfigError(f"`{name}` cannot be ignored", key=at, help_text=help_text)
            message = f"unknown rule `{one_line(name, 60)}`"
            raise ConfigError(message, key=at, help_text=suggest(name, IGNORABLE_RULES))
    return tuple(Rule(name) for name in names)


def read_until(value: object, at: KeyPath) -> str:
    """Return a date, of TOML or as a string, as an ISO string."""
    # A date with a time does not match: ignores expire by day.
    iso_date = value.isoformat() if hasattr(value, "isoformat") else value
    if isinstance(iso_date, str) and re.fullmatch(_ISO_DATE, iso_date):
        from datetime import date  # noqa: PLC0415 - for ignores with an end only

        with suppress(ValueError):
            return date.fromisoformat(iso_date).isoformat()
    raise invalid_value(at, value, "a date such as 2027-03-01")


# --- keys of the user configuration -----------------------------------------------------------------------------------


def read_user_index_url(value: object, at: KeyPath) -> str:
    """Return ``value`` if it is an index URL as allowed in user settings, possibly with user and password."""
    if isinstance(value, str):
        user_information = re.match(_USER_INFORMATION, value)
        if user_information is not None and "${" not in user_information[2]:
            # Without the user information it must be a valid index URL.
            read_index_url(user_information[1] + value[user_information.end() :], at)
            return value
        if strip_credentials(value).endswith("…/") and "…" not in value:
            raise ConfigError(
                f"the password in `{at[-1]}` contains an unencoded delimiter",
                key=at,
                help_text="encode `/` as %2F, `?` as %3F and `#` as %23",
            )
    return read_index_url(value, at)


def read_user_index_urls(value: object, at: KeyPath) -> tuple[UserIndexUrl, ...]:
    """Return the index URLs in a table whose keys are the names of the indexes."""
    index_urls = []
    for name, url in read_mapping(value, at, '{ internal = "https://index.example/simple/" }').items():
        if not re.fullmatch(INDEX_NAME, name):
            message = f"`{one_line(name, 60)}` is not an index name"
            raise ConfigError(message, key=(*at, name), help_text="use letters, digits, `.`, `_` and `-` only")
        index_urls.append(UserIndexUrl(read_user_index_url(url, (*at, name)), name))
    return tuple(index_urls)


def read_keyring_provider(value: object, at: KeyPath) -> KeyringProvider:
    """Return the keyring provider that ``value`` names."""
    return KeyringProvider(read_choice(value, at, tuple(KeyringProvider)))


def read_user_path(value: object, at: KeyPath) -> str:
    """Return an absolute path, with ``~`` expanded: a relative one would depend on the current directory."""
    path = os.path.expanduser(read_string(value, at))
    if not os.path.isabs(path):
        raise invalid_value(at, value, "an absolute path or a path that starts with `~`")
    return path


def read_hosts(value: object, at: KeyPath) -> tuple[str, ...]:
    """Return the hosts of an array, each ``HOST`` or ``HOST:PORT``; an IPv6 address is in brackets."""
    hosts = read_strings(value, at)
    for host in hosts:
        if not re.fullmatch(HOST_AND_PORT, host):
            raise _invalid_item(at, strip_credentials(host), 'hosts such as "index.example" or "index.example:8443"')
    return hosts


def read_timeout(value: object, at: KeyPath) -> float:
    """Return the seconds of a duration between one second and ten minutes."""
    expected = 'a duration from "1s" to "10m"'
    seconds = read_duration(value, at, expected)
    if not MIN_TIMEOUT <= seconds <= MAX_TIMEOUT:
        raise invalid_value(at, value, expected)
    return seconds
