"""What pip is told outside of requirements files: its configuration files and its ``PIP_...`` variables.

Files are read in pip's order, the section ``[install]`` beats ``[global]`` in whatever file it stands, and a variable
beats both (pip, "Configuration": precedence).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from mothball.config.installers import PipSettings, UserIndex
from mothball.discovery.installer_files import is_on, is_user_setting, pip_files
from mothball.model.errors import UnreadableFileError
from mothball.model.line_index import LineIndex
from mothball.model.records import NamedTuple
from mothball.repository.files import read_utf8

if TYPE_CHECKING:
    from mothball.formats.ini.scanner import IniScan

# pip's names for one option.
_ALIASES = {"pypi-url": "index-url"}
_SECTIONS = ("global", "install")
_VARIABLE = "PIP_"


class _Value(NamedTuple):
    """What is said, and where."""

    text: str
    set_by: str
    is_user_setting: bool = True


def read_pip(environment: Mapping[str, str], platform: str) -> PipSettings:
    """Return pip's settings. Raises UnreadableFileError on a file that pip would not read either."""
    values: dict[str, dict[str, _Value]] = {section: {} for section in _SECTIONS}
    for path in pip_files(environment, platform):
        if os.path.exists(path):
            for section, key, value in _read_file(path):
                values[section][key] = value._replace(is_user_setting=is_user_setting(path, environment))
    # An empty value takes back what a file before it said, within its section. Of two names for one option, pip uses
    # the value that comes last.
    in_order = [item for section in _SECTIONS for item in values[section].items() if item[1].text]
    said = {_ALIASES.get(key, key): value for key, value in (*in_order, *_variables(environment))}
    main = said.get("index-url")
    extra = said.get("extra-index-url", _Value("", ""))
    off = said.get("no-index", _Value("", ""))
    return PipSettings(
        UserIndex(main.text.strip(), main.set_by, is_user_setting=main.is_user_setting) if main else None,
        tuple(UserIndex(url, extra.set_by, is_user_setting=extra.is_user_setting) for url in extra.text.split()),
        off.set_by if is_on(off.text) else "",
    )


def _variables(environment: Mapping[str, str]) -> Iterator[tuple[str, _Value]]:
    """Yield what variables say, keyed as in files, in the order of the environment."""
    for variable, value in environment.items():
        key = variable.removeprefix(_VARIABLE).lower().replace("_", "-")
        if value and variable == _VARIABLE + key.upper().replace("-", "_"):
            yield key, _Value(value, variable)


def _read_file(path: str) -> Iterator[tuple[str, str, _Value]]:
    """Yield section, key and value of every setting in a file."""
    try:
        text = read_utf8(path)
    except UnreadableFileError as error:
        if isinstance(error.__cause__, PermissionError):
            return  # pip passes over what it may not open
        raise
    from mothball.formats.ini.scanner import scan  # noqa: PLC0415 - only a user with such a file pays for it

    found = scan(text)
    lines = LineIndex(text)
    _refuse_broken(path, found, lines)
    for section in found.sections:
        for option in section.options if section.name in _SECTIONS else ():
            key = option.name.lower().replace("_", "-").removeprefix("--")
            value = "\n".join(line.slice(text) for line in option.lines)
            line = lines.position(option.span.start).line
            yield section.name, key, _Value(value, f"`{key}` in {path}:{line}")


def _refuse_broken(path: str, found: IniScan, lines: LineIndex) -> None:
    """Raise on what pip refuses: nobody knows then where names may go."""
    if found.problems:
        first = min(found.problems)
        place = lines.position(first.span.start).line
        cause = f"pip's configuration cannot be used: line {place}: {first.message}"
        raise UnreadableFileError(path, cause, help_text=first.help)
