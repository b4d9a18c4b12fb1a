"""Each configuration file is valid, and its command starts the server."""

from __future__ import annotations

import functools
import json
import re
import shlex
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tree_sitter
import tree_sitter_rust

import mothball
from mothball.lsp.features.commands import CHECK_AGAIN, CHECK_WORKSPACE, COMMANDS
from tests.editors.handshake import greet
from tests.editors.instructions import follow
from tests.editors.workbench import EDITORS, Session
from tests.support.installed import clean_environment, script


def neovim() -> list[str]:
    return _quoted("neovim/lsp/mothball.lua", r"\n  cmd = \{(.+?)\}")


def emacs() -> list[str]:
    return _quoted("emacs/mothball.el", r"defcustom mothball-command '\((.+?)\)")


def vim() -> list[str]:
    program = _quoted("vim/plugin/mothball.vim", r"get\(g:, 'mothball_executable', (.+?)\)")
    assert _found("vim/plugin/mothball.vim", r"'command': '%e (.+?)'") == "lsp"
    assert _found("vim/plugin/mothball.vim", r"\[g:mothball_executable, '(.+?)'\]") == "lsp"
    return [*program, "lsp"]


def helix() -> list[str]:
    server = _toml("helix/languages.toml")["language-server"]["mothball"]
    return [server["command"], *server["args"]]


def kate() -> list[str]:
    command: list[str] = _json("kate/settings.json")["servers"]["mothball"]["command"]
    return command


def sublime() -> list[str]:
    command: list[str] = _json("sublime/LSP.sublime-settings")["clients"]["mothball"]["command"]
    return command


def zed() -> list[str]:
    program = _quoted("zed/src/lib.rs", r"worktree\.which\((.+?)\)")
    return [*program, *_quoted("zed/src/lib.rs", r"vec!\[(.+?)\]")]


def jetbrains() -> list[str]:
    return shlex.split(_json("jetbrains/mothball/template.json")["programArgs"]["default"])


@pytest.fixture(scope="module")
def greeted(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[Any, int, list[str]]]:
    """Start a server by its command line, once for each, and open the example; return what ``greet`` returns."""
    root = tmp_path_factory.mktemp("workspace") / "shop"
    shutil.copytree(EDITORS.parent / "examples/shop", root)

    @functools.cache
    def start(program: str, *arguments: str) -> tuple[Any, int, list[str]]:
        return greet([script(program), *arguments], root, clean_environment(str(root)), {}, "pyproject.toml")

    return start


@pytest.mark.parametrize("command", [neovim, emacs, vim, helix, kate, sublime, zed, jetbrains])
def test_the_command_of_a_configuration_starts_a_server_that_underlines_the_example(
    command: Callable[[], list[str]], greeted: Callable[..., tuple[Any, int, list[str]]]
) -> None:
    assert command()[0] == "mothball"

    result, code, underlined = greeted(*command())

    assert result["serverInfo"]["name"] == "mothball"
    assert result["capabilities"]["hoverProvider"]
    assert sorted(result["capabilities"]["executeCommandProvider"]["commands"]) == sorted(COMMANDS)
    assert code == 0
    assert "quill-templates" in underlined


@pytest.mark.parametrize(
    "options",
    [
        lambda: _json("kate/settings.json")["servers"]["mothball"]["initializationOptions"],
        lambda: _json("sublime/LSP.sublime-settings")["clients"]["mothball"]["initializationOptions"],
    ],
)
def test_configuration_files_contain_no_settings(options: Callable[[], object]) -> None:
    assert options() == {}


def test_install_commands_of_helix_place_its_configuration(tmp_path: Path) -> None:
    session = Session(tmp_path, Path(script("mothball")))
    follow(session, "helix")
    placed = session.home / ".config/helix/languages.toml"
    assert placed.read_text("utf-8") == (EDITORS / "helix/languages.toml").read_text("utf-8")


def test_kate_mode_pattern_matches_only_modes_of_dependency_files() -> None:
    modes = re.compile(_json("kate/settings.json")["servers"]["mothball"]["highlightingModeRegex"])

    assert all(map(modes.search, ("TOML", "INI Files", "None", "Normal")))
    assert not any(map(modes.search, ("Python", "YAML", "JSON", "Markdown", "C++")))


def test_the_commands_of_neovim_are_those_of_the_server() -> None:
    text = _text("neovim/lsp/mothball.lua")

    assert re.findall(r"command\('\w+', '(mothball\.\w+)'", text) == [CHECK_AGAIN, CHECK_WORKSPACE]


def test_jetbrains_template_is_valid() -> None:
    template = _json("jetbrains/mothball/template.json")

    assert set(template) == {"id", "name", "programArgs", "fileTypeMappings"}
    assert set(template["programArgs"]) == {"default", "windows"}
    assert all(set(mapping) == {"fileType", "languageId"} for mapping in template["fileTypeMappings"])


def test_zed_manifests_are_valid() -> None:
    extension, cargo = _toml("zed/extension.toml"), _toml("zed/Cargo.toml")

    assert extension["schema_version"] == 1
    assert extension["version"] == cargo["package"]["version"] == mothball.__version__
    assert cargo["lib"]["crate-type"] == ["cdylib"]
    server = extension["language_servers"]["mothball"]
    assert set(server["language_ids"]) == set(server["languages"])
    assert _toml("zed/languages/requirements/config.toml")["name"] in server["languages"]


def test_zed_source_is_valid_rust() -> None:
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_rust.language()))

    assert not parser.parse((EDITORS / "zed/src/lib.rs").read_bytes()).root_node.has_error
    # The parser detects invalid Rust.
    assert parser.parse(b"fn main() { let x = ; }").root_node.has_error


def _text(path: str) -> str:
    return (EDITORS / path).read_text("utf-8")


def _json(path: str) -> Any:
    return json.loads(_text(path))


def _toml(path: str) -> dict[str, Any]:
    return tomllib.loads(_text(path))


def _found(path: str, pattern: str) -> str:
    (found,) = re.findall(pattern, _text(path))
    return str(found)


def _quoted(path: str, pattern: str) -> list[str]:
    return re.findall(r"""["']([^"']+)["']""", _found(path, pattern))
