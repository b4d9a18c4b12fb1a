"""The manifest of the VS Code extension: file names, scopes of settings, pinned packages."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from editors.vscode import generate
from mothball.formats.names import PATTERNS
from mothball.lsp.convert import _OTHER_OUTAGE, _OUTAGES
from mothball.lsp.settings import SETTINGS

_EXTENSION = Path(generate.__file__).parent
_PACKAGE: dict[str, Any] = json.loads((_EXTENSION / "package.json").read_text("utf-8"))
_LOCK: dict[str, Any] = json.loads((_EXTENSION / "package-lock.json").read_text("utf-8"))


def test_every_file_name_activates_the_extension() -> None:
    contained = [event.partition(":")[2] for event in _PACKAGE["activationEvents"] if event.startswith("workspaceC")]
    assert contained == [f"**/{pattern.glob}" for pattern in PATTERNS]


def test_requirements_files_have_the_language_that_is_colored() -> None:
    (language,) = _PACKAGE["contributes"]["languages"]
    (grammar,) = _PACKAGE["contributes"]["grammars"]
    assert language["id"] == grammar["language"] == "pip-requirements"
    requirements = [f"**/{pattern.glob}" for pattern in PATTERNS if pattern.format == "requirements"]
    assert language["filenamePatterns"] == requirements
    for path in (language["configuration"], grammar["path"]):
        assert json.loads((_EXTENSION / path).read_text("utf-8")), path
    scope = json.loads((_EXTENSION / grammar["path"]).read_text("utf-8"))["scopeName"]
    assert scope == grammar["scopeName"]


def test_status_bar_recognizes_every_outage() -> None:
    source = (_EXTENSION / "src" / "counting.ts").read_text("utf-8")
    match = re.search("const OUTAGE = /(.*)/;", source)
    assert match is not None
    for words in (*_OUTAGES.values(), _OTHER_OUTAGE):
        found = re.match(match[1], f"{words} (cause): 8 dependencies not checked")
        assert found is not None, words
        assert found[1] == words


def test_the_walkthrough_has_existing_media_and_commands() -> None:
    (walkthrough,) = _PACKAGE["contributes"]["walkthroughs"]
    own = {command["command"] for command in _PACKAGE["contributes"]["commands"]}
    commands = set()
    for step in walkthrough["steps"]:
        media = step["media"].get("image") or step["media"]["markdown"]
        assert (_EXTENSION / media).is_file(), media
        commands |= set(re.findall(r"\(command:([\w.]+)\)", step["description"]))
    assert {"mothball.install", "mothball.checkWorkspace"} <= commands
    assert {command for command in commands if command.startswith("mothball.")} <= own


def test_a_repository_can_set_nothing_that_decides_whom_to_ask_or_what_to_run() -> None:
    properties = _PACKAGE["contributes"]["configuration"]["properties"]
    scopes = {key.removeprefix("mothball."): value["scope"] for key, value in properties.items()}
    assert {scopes["path"], scopes["uvx"]} == {"machine"}
    users = {setting.key for setting in SETTINGS if setting.scope == "user"}
    assert {key for key in users if scopes[key] not in ("machine", "application")} == set()
    assert {key for key in users if scopes[key] == "application"} == {"private", "offline", "maxAge"}
    assert {scopes[setting.key] for setting in SETTINGS if setting.scope == "workspace"} == {"window"}
    assert set(scopes) == {setting.key for setting in SETTINGS} | {"path", "uvx", "trace.server"}


def test_every_setting_has_a_default_of_its_type_and_a_description() -> None:
    types = {"string": str, "boolean": bool, "array": list}
    for key, value in _PACKAGE["contributes"]["configuration"]["properties"].items():
        assert isinstance(value["default"], types[value["type"]]), key
        assert value["markdownDescription"].endswith("."), key


def test_the_lock_file_names_versions_and_hashes_but_no_addresses() -> None:
    packages = {name: entry for name, entry in _LOCK["packages"].items() if name}
    assert packages
    for name, entry in packages.items():
        assert "resolved" not in entry, name
        assert entry["integrity"].startswith("sha512-"), name


def test_direct_dependencies_are_pinned() -> None:
    pins = {**_PACKAGE["dependencies"], **_PACKAGE["devDependencies"]}
    for name, version in pins.items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version), name
        assert _LOCK["packages"][f"node_modules/{name}"]["version"] == version


def test_the_pictures_of_the_readme_are_there() -> None:
    readme = (_EXTENSION / "README.md").read_text("utf-8")
    pictures = re.findall(r"\]\((images/[^)]+)\)", readme)
    assert pictures
    for picture in pictures:
        assert (_EXTENSION / picture).read_bytes().startswith(b"\x89PNG"), picture
    assert {path.name for path in (_EXTENSION / "images").iterdir()} == {Path(picture).name for picture in pictures}
