"""Read uv's index settings from its ``UV_...`` variables and the uv.toml of the user and the system."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence

from mothball.config.installers import UserIndex, UvSettings
from mothball.discovery.installer_files import is_on, is_user_setting, uv_files
from mothball.model.document import ToolIndex
from mothball.model.errors import UnreadableFileError
from mothball.repository.files import read_utf8

# Roles of indexes from [[index]] tables; other roles are names of settings.
_TABLE_ROLES = ("index", "default", "explicit", "flat")


def read_uv(environment: Mapping[str, str], platform: str) -> UvSettings:
    """Return uv's settings. Raises UnreadableFileError for a file that uv would reject too."""
    by_role: dict[str, list[UserIndex]] = {}
    for path in uv_files(environment, platform):
        is_user = is_user_setting(path, environment)
        for index, location in _read_file(path):
            set_by = (
                f"`{index.role}` in {location}"
                if index.role not in _TABLE_ROLES
                else f"[[index]] {index.name} in {location}"
            )
            by_role.setdefault(index.role, []).append(UserIndex(index.url, set_by, index.name, is_user))
    defaults = [*by_role.get("default", ()), *by_role.get("index-url", ())]
    env_default = next(
        (index for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL") for index in _variable(environment, name)), None
    )
    return UvSettings(
        env_default,
        tuple(_variable(environment, "UV_INDEX")),
        tuple(_variable(environment, "UV_EXTRA_INDEX_URL")),
        defaults[0] if defaults else None,
        tuple(by_role.get("index", ())),
        tuple(by_role.get("extra-index-url", ())),
        tuple(by_role.get("explicit", ())),
        "UV_NO_INDEX" if is_on(environment.get("UV_NO_INDEX", "")) else _first(by_role.get("no-index", ())),
    )


def _first(indexes: Sequence[UserIndex]) -> str:
    return indexes[0].set_by if indexes else ""


def _variable(environment: Mapping[str, str], variable: str) -> Iterator[UserIndex]:
    """Yield the indexes of a variable, which may be named: ``acme=https://index.example/simple/``."""
    for value in environment.get(variable, "").split():
        name, equals, url = value.partition("=")
        is_named = bool(equals) and "/" not in name and ":" not in name
        yield UserIndex(url, variable, name) if is_named else UserIndex(value, variable)


def _read_file(path: str) -> Iterator[tuple[ToolIndex, str]]:
    """Yield the indexes of a uv.toml, each with its location as ``PATH:LINE``."""
    if not os.path.exists(path):
        return
    from mothball.formats.manifests.tool_uv import read_uv_toml  # noqa: PLC0415 - most users have no such file
    from mothball.model.line_index import LineIndex  # noqa: PLC0415

    text = read_utf8(path)
    indexes, problem = read_uv_toml(text)
    lines = LineIndex(text)
    if problem is not None:
        location = lines.position(problem.span.start).line
        cause = f"uv configuration cannot be used: line {location}: {problem.message}"
        raise UnreadableFileError(path, cause, help_text=problem.help)
    for index in indexes:
        yield index, f"{path}:{lines.position(index.span.start).line}"
