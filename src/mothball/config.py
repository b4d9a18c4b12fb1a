"""Configuration: from a mapping to values that mean something, or a ``ConfigError`` that names the key.

Pure: no disk, no environment. Whoever reads the file gives the mapping and turns ``ConfigError.key`` into a line.
Every key is described once, in ``PROJECT_KEYS`` and ``USER_KEYS``; reading, suggestions and the schema follow from it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from mothball.errors import ConfigError
from mothball.hygiene import one_line, without_credentials
from mothball.model import Rule, Severity, normalise
from mothball.records import NamedTuple

# The one place that names the default index's address. Whoever wants another one sets `index-url`.
DEFAULT_INDEX = "https://pypi.org/simple/"

DEFAULT_MAX_AGE = 3600.0
SEVERITY_SCOPES = ("added", "transitive")

_UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
# Patterns are texts here: re compiles those that a configuration needs, when it needs them, and keeps them.
_DURATION = r"([0-9]{1,6})([smhdw])"
_WEB_URL = r"(?i)https?://[^\s/?#\\]+[^\s\\]*"
_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_NAME_PATTERN = r"[A-Za-z0-9*?._-]+"
_ISO_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"


class Ignore(NamedTuple):
    """One entry of ``[tool.mothball.ignore]``.

    ``key`` is the project name as the file spells it, ``name`` its normalised form. ``until`` is an ISO date, the last
    day on which the ignore works; None is forever.
    """

    key: str
    name: str
    rules: tuple[Rule, ...]
    reason: str = ""
    until: str | None = None


class Config(NamedTuple):
    """What a project's configuration says. ``max_age`` is in seconds, None where the project has no opinion.

    ``severities`` is keyed by rule name, optionally with a scope: ``archived``, ``archived.transitive``,
    ``unverified.added``. ``snapshot`` is a path as written, relative to the configuration file.
    """

    index_url: str | None = None
    status_index: str | None = None
    private: tuple[str, ...] = ()
    snapshot: str | None = None
    offline: bool | None = None
    max_age: float | None = None
    exclude: tuple[str, ...] = ()
    severities: Mapping[str, Severity] = MappingProxyType({})
    ignores: tuple[Ignore, ...] = ()


class UserConfig(NamedTuple):
    """What the user's own configuration says: the network keys, and which hosts the user trusts."""

    index_url: str | None = None
    trusted_hosts: tuple[str, ...] = ()
    private: tuple[str, ...] = ()
    offline: bool | None = None
    max_age: float | None = None
    allow_local_indexes: bool = False


class Overrides(NamedTuple):
    """What the command line and the environment say for one run; None and False leave the files' word standing.

    ``online`` passes over a project's own ``offline``, for the command whose purpose is to ask.
    """

    index_url: str | None = None
    offline: bool = False
    online: bool = False
    unverified: Severity | None = None


class Network(NamedTuple):
    """Whom to ask, and how old an answer may be: project, user and command line brought together.

    ``index_url`` answers for what names no index of its own. ``max_age`` is in seconds.
    """

    index_url: str = DEFAULT_INDEX
    status_index: str | None = None
    private: tuple[str, ...] = ()
    offline: bool = False
    max_age: float = DEFAULT_MAX_AGE


def network_of(config: Config, user: UserConfig, overrides: Overrides) -> Network:
    """Return the network settings in force. The command line beats the project, the project beats the user.

    Two keys only ever add caution, whoever sets them: ``offline`` and ``private``.
    """
    return Network(
        index_url=overrides.index_url or config.index_url or user.index_url or DEFAULT_INDEX,
        status_index=config.status_index,
        private=config.private + user.private,
        offline=overrides.offline or bool(user.offline) or (bool(config.offline) and not overrides.online),
        max_age=next((age for age in (config.max_age, user.max_age) if age is not None), DEFAULT_MAX_AGE),
    )


Path = tuple[str, ...]
Reader = Callable[[object, Path], Any]


def read_config(table: object, at: Path = ()) -> Config:
    """Return the ``Config`` that ``table`` holds.

    ``table`` is the content of ``[tool.mothball]`` as a TOML reader gives it, ``at`` the path where it stands in its
    file, for errors. Raises ConfigError on an unknown key and on a value that its key cannot have.
    """
    values = _read_table(table, PROJECT_KEYS, at)
    return Config(**{_FIELDS.get(key, key.replace("-", "_")): value for key, value in values.items()})


def read_user_config(table: object) -> UserConfig:
    """Return the ``UserConfig`` that ``table``, a whole user-level file, holds. Raises ConfigError as above."""
    values = _read_table(table, USER_KEYS, ())
    return UserConfig(**{key.replace("-", "_"): value for key, value in values.items()})


def suggest(word: str, known: tuple[str, ...]) -> str:
    """Return a sentence that leads from a misspelt ``word`` to what is ``known``."""
    from difflib import get_close_matches  # noqa: PLC0415 - only ever needed on the way to an error

    # No word of ours is half as long, and comparing grows with the length.
    close = get_close_matches(word[:60], known, n=1)
    return f"did you mean `{close[0]}`?" if close else f"known are {', '.join(known)}"


def read_duration(value: object, at: Path) -> float:
    """Return the seconds of a duration such as ``"90s"``, ``"30m"``, ``"1h"``, ``"7d"``, ``"2w"``."""
    match = re.fullmatch(_DURATION, value) if isinstance(value, str) else None
    if match is None:
        raise _wrong(at, value, 'a duration such as "30m", "1h" or "7d"')
    return float(int(match[1]) * _UNIT_SECONDS[match[2]])


def read_index_url(value: object, at: Path) -> str:
    """Return ``value`` when it is an index URL that a configuration file may name."""
    if not isinstance(value, str) or not re.fullmatch(_WEB_URL, value) or one_line(value, len(value)) != value:
        # Echoed in a message, a password would end up in somebody's log.
        shown = without_credentials(value) if isinstance(value, str) else value
        raise _wrong(at, shown, 'an index URL such as "https://index.example/simple/"')
    if "$" in value:
        raise ConfigError(
            f"`{at[-1]}` holds a variable, and variables are never expanded here",
            key=at,
            help_text="write the address itself, or give it with --index-url",
        )
    if without_credentials(value) != value:
        raise ConfigError(
            f"`{at[-1]}` holds credentials, a query or a fragment, and none of them may stand here",
            key=at,
            help_text="write the address alone: scheme, host and path",
        )
    return value


def _read_table(table: object, keys: Mapping[str, Reader], at: Path) -> dict[str, Any]:
    if not isinstance(table, Mapping):
        raise _wrong(at, table, "a table")
    values = {}
    for key, value in table.items():
        if key not in keys:
            raise ConfigError(
                f"unknown key `{one_line(str(key), 60)}`", key=(*at, key), help_text=suggest(str(key), tuple(keys))
            )
        values[key] = keys[key](value, (*at, key))
    return values


def _wrong(at: Path, value: object, wanted: str) -> ConfigError:
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


def _boolean(value: object, at: Path) -> bool:
    if not isinstance(value, bool):
        raise _wrong(at, value, "true or false")
    return value


def _text(value: object, at: Path) -> str:
    if not isinstance(value, str) or not value:
        raise _wrong(at, value, "a string that is not empty")
    return value


def _texts(value: object, at: Path) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise _wrong(at, value, "an array of strings")
    for item in value:
        if not isinstance(item, str) or not item:
            raise _wrong(at, item, "made of strings that are not empty")
    return tuple(value)


def _globs(value: object, at: Path) -> tuple[str, ...]:
    patterns = _texts(value, at)
    for pattern in patterns:
        # Matching time grows with a power of the wildcards, and the pattern may be an attacker's.
        if len(pattern) > 200 or pattern.count("*") > 8:
            raise _wrong(at, pattern, "made of shorter patterns, each with at most 8 `*`")
    return patterns


def _name_patterns(value: object, at: Path) -> tuple[str, ...]:
    patterns = _texts(value, at)
    for pattern in patterns:
        if not re.fullmatch(_NAME_PATTERN, pattern):
            raise _wrong(at, pattern, 'made of project names, with `*` for any part, such as "acme-*"')
    return tuple(normalise(pattern) for pattern in patterns)


def _severities(value: object, at: Path) -> Mapping[str, Severity]:
    if not isinstance(value, Mapping):
        raise _wrong(at, value, "a table")
    severities: dict[str, Severity] = {}
    for key, entry in value.items():
        # TOML reads the bare key archived.transitive as a table in a table; the quoted key arrives whole.
        if isinstance(entry, Mapping):
            for scope, level in entry.items():
                severities[_severity_key(f"{key}.{scope}", (*at, key, scope))] = _severity(level, (*at, key, scope))
        else:
            severities[_severity_key(key, (*at, key))] = _severity(entry, (*at, key))
    return MappingProxyType(severities)


def _severity_key(key: str, at: Path) -> str:
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


def _severity(value: object, at: Path) -> Severity:
    if not isinstance(value, str) or value not in tuple(Severity):
        raise _wrong(at, value, "one of " + ", ".join(f'"{severity}"' for severity in Severity))
    return Severity(value)


def _ignores(value: object, at: Path) -> tuple[Ignore, ...]:
    if not isinstance(value, Mapping):
        raise _wrong(at, value, "a table")
    ignores = tuple(_ignore(key, entry, (*at, key)) for key, entry in value.items())
    spelled: dict[str, str] = {}
    for ignore in ignores:
        if ignore.name in spelled:
            raise ConfigError(
                f"`{ignore.key}` and `{spelled[ignore.name]}` are the same project",
                key=(*at, ignore.key),
                help_text="names are compared in their normalised form; keep one of the two",
            )
        spelled[ignore.name] = ignore.key
    return ignores


def _ignore(key: str, value: object, at: Path) -> Ignore:
    if not re.fullmatch(_NAME, key):
        raise ConfigError(f"`{one_line(key, 60)}` is no project name", key=at, help_text="ignores are named one by one")
    fields = _read_table(value, _IGNORE_KEYS, at)
    if not fields.get("rules"):
        raise ConfigError(
            f"the ignore of `{key}` does not say which rules it ignores",
            key=at,
            help_text='add for example rules = ["archived"]',
        )
    return Ignore(key, normalise(key), fields["rules"], fields.get("reason", ""), fields.get("until"))


def _rules(value: object, at: Path) -> tuple[Rule, ...]:
    names = _texts(value, at)
    for name in names:
        if name not in tuple(Rule):
            raise ConfigError(f"unknown rule `{one_line(name, 60)}`", key=at, help_text=suggest(name, tuple(Rule)))
    return tuple(Rule(name) for name in names)


def _until(value: object, at: Path) -> str:
    # A TOML date prints as an ISO date; a date with a time does not match, and would suggest a precision we lack.
    written = value.isoformat() if hasattr(value, "isoformat") else ""
    if not re.fullmatch(_ISO_DATE, written):
        raise _wrong(at, value, "a date without quotes such as 2027-03-01")
    return str(written)


PROJECT_KEYS: Mapping[str, Reader] = MappingProxyType(
    {
        "index-url": read_index_url,
        "status-index": read_index_url,
        "private": _name_patterns,
        "snapshot": _text,
        "offline": _boolean,
        "max-age": read_duration,
        "exclude": _globs,
        "severity": _severities,
        "ignore": _ignores,
    }
)
USER_KEYS: Mapping[str, Reader] = MappingProxyType(
    {
        "index-url": read_index_url,
        "trusted-hosts": _texts,
        "private": _name_patterns,
        "offline": _boolean,
        "max-age": read_duration,
        "allow-local-indexes": _boolean,
    }
)
_IGNORE_KEYS: Mapping[str, Reader] = MappingProxyType({"rules": _rules, "reason": _text, "until": _until})
_FIELDS = {"severity": "severities", "ignore": "ignores"}
