"""What uv is told outside of projects: its ``UV_...`` variables, the user's uv.toml and the system's."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence

from mothball.config.installers import UserIndex, UvSettings
from mothball.discovery.installer_files import is_on, is_user_setting, uv_files
from mothball.model.document import ToolIndex
from mothball.model.errors import UnreadableFileError
from mothball.repository.files import read_utf8

# What the table of an index makes of it; all else is a setting by itself.
_TABLES = ("index", "default", "explicit", "flat")


def read_uv(environment: Mapping[str, str], platform: str) -> UvSettings:
    """Return uv's settings. Raises UnreadableFileError on a file that uv would not read either."""
    by_role: dict[str, list[UserIndex]] = {}
    for path in uv_files(environment, platform):
        users = is_user_setting(path, environment)
        for index, place in _read_file(path):
            set_by = f"`{index.role}` in {place}" if index.role not in _TABLES else f"[[index]] {index.name} in {place}"
            by_role.setdefault(index.role, []).append(UserIndex(index.url, set_by, index.name, users))
    defaults = [*by_role.get("default", ()), *by_role.get("index-url", ())]
    env_default = next(
        (one for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL") for one in _variable(environment, name)), None
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
    for word in environment.get(variable, "").split():
        name, equals, url = word.partition("=")
        is_named = bool(equals) and "/" not in name and ":" not in name
        yield UserIndex(url, variable, name) if is_named else UserIndex(word, variable)


def _read_file(path: str) -> Iterator[tuple[ToolIndex, str]]:
    """Yield the indexes of a uv.toml, with the file and the line of each."""
    if not os.path.exists(path):
        return
    from mothball.formats.manifests.tool_uv import read_uv_toml  # noqa: PLC0415 - most users have no such file
    from mothball.model.line_index import LineIndex  # noqa: PLC0415

    text = read_utf8(path)
    indexes, problem = read_uv_toml(text)
    lines = LineIndex(text)
    if problem is not None:
        place = lines.position(problem.span.start).line
        cause = f"uv's configuration cannot be used: line {place}: {problem.message}"
        raise UnreadableFileError(path, cause, help_text=problem.help)
    for index in indexes:
        yield index, f"{path}:{lines.position(index.span.start).line}"
