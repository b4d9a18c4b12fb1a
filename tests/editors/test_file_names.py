"""File name patterns of all editors and the hook match those of mothball."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from mothball.formats.names import INCLUDE_SUFFIXES, PATTERNS
from tests.editors.names import SPELLED, STRANGERS, known, reads, samples
from tests.editors.workbench import EDITORS, ROOT
from tests.tables.formats import limited


def between(path: str, before: str, after: str) -> list[str]:
    """Return the quoted names in the list between two texts of the file ``editors/PATH``."""
    text = (EDITORS / path).read_text("utf-8")
    assert text.count(before) == 1
    return re.findall(r"""["']([^"']+)["']""", text.partition(before)[2].partition(after)[0])


def neovim() -> list[str]:
    return between("neovim/lsp/mothball.lua", "local file_names = {", "\n}")


def emacs() -> list[str]:
    return between("emacs/mothball.el", "(defconst mothball-file-names\n  '(", ")\n")


def vim() -> list[str]:
    return between("vim/autoload/mothball.vim", "let s:file_names = [", "\\]")


def vscode() -> list[str]:
    manifest = json.loads((EDITORS / "vscode" / "package.json").read_text("utf-8"))
    events = [event.partition(":") for event in manifest["activationEvents"]]
    return [pattern.removeprefix("**/") for kind, _, pattern in events if kind == "workspaceContains"]


@pytest.mark.parametrize("names", [neovim, emacs, vim, vscode])
def test_editor_file_names_match_the_table(names: Callable[[], list[str]]) -> None:
    if not (EDITORS / names.__name__).exists():
        pytest.skip(f"there is no editors/{names.__name__} yet")

    assert names() == list(SPELLED)


def test_vs_code_document_selector_matches_the_table() -> None:
    selectors = EDITORS / "vscode" / "src" / "generated.ts"
    if not selectors.exists():
        pytest.skip("there is no editors/vscode yet")

    found = re.findall(r'"\*\*/([^"]+)"', selectors.read_text("utf-8"))
    assert [name for name in (*samples(), *STRANGERS) if reads(found, name) != known(name)] == []
    # VS Code distinguishes case, and nested braces are not possible.
    assert [pattern for pattern in found if re.search(r"\{|[a-z](?![A-Z]\])|[A-Z](?!\])", pattern)] == []


def test_jetbrains_maps_every_name_that_needs_no_directory() -> None:
    mappings = template()["fileTypeMappings"]
    patterns = [pattern for mapping in mappings for pattern in mapping["fileType"]["patterns"]]

    assert len(patterns) == len(set(patterns))
    assert set(patterns) == {name for pattern in PATTERNS if not pattern.below for name in pattern.names}


def test_helix_covers_file_names_without_other_servers() -> None:
    languages = {language["name"]: language for language in tomllib.loads(_text("helix/languages.toml"))["language"]}
    file_types = (*languages["pip-requirements"]["file-types"], *languages["pipfile"]["file-types"])
    globs = [file_type["glob"] for file_type in file_types]
    # Patterns of TOML and INI files in Helix.
    globs += ["*.toml", "uv.lock", "poetry.lock", "pdm.lock", "*.ini", "*.cfg"]
    assert {"toml", "ini"} <= set(languages)
    assert [file_type["glob"] for file_type in languages["pip-requirements"]["file-types"]] == of_requirements()
    assert {name for name in STRANGERS if reads(globs, name)} == {"Cargo.toml", "my-pyproject.toml"}
    assert all("mothball" in language["language-servers"] for language in languages.values())

    assert {name for name in samples() if not reads(globs, name)} == {
        name for name in samples() if reads(limited("Helix"), name)
    }


def test_zed_file_types_of_readme_cover_all_names_but_ini_files() -> None:
    suffixes = tomllib.loads(_text("zed/languages/requirements/config.toml"))["path_suffixes"]
    (settings,) = re.findall(r"```json\n(\{\n  \"file_types\".*?)```", _text("zed/README.md"), re.DOTALL)
    file_types: dict[str, list[str]] = json.loads(settings)["file_types"]
    globs = [glob.removeprefix("**/") for of_language in file_types.values() for glob in of_language]
    languages = tomllib.loads(_text("zed/extension.toml"))["language_servers"]["mothball"]["languages"]

    assert set(file_types) <= set(languages)
    assert [glob.removeprefix("**/") for glob in file_types["Requirements"]] == of_requirements()
    assert set(globs) <= set(SPELLED)
    # Zed recognizes the other files by extension.
    reached = [*globs, "*.toml", "*.py", "*.yml", "*.yaml"]
    assert {name for name in samples() if not reads(reached, name)} == limited("Zed")
    assert all(map(known, suffixes))


def test_hook_files_pattern_matches_all_names_and_listed_others() -> None:
    manifest = ROOT / ".pre-commit-hooks.yaml"
    if not manifest.exists():
        pytest.skip("there is no .pre-commit-hooks.yaml yet")
    hooks = [hook for hook in yaml.safe_load(manifest.read_text("utf-8")) if "files" in hook]
    assert hooks
    for hook in hooks:
        expression = re.compile(hook["files"])
        assert [name for name in samples() if not expression.search(name)] == []
        assert [name for name in samples() if not expression.search(f"deep/below/{name}")] == []
        # Only the names in this set match in addition, for files that `-r` and `-c` refer to.
        wider = {name for name in STRANGERS if expression.search(name)}
        assert wider == {name for name in STRANGERS if name.endswith(INCLUDE_SUFFIXES) and "." in name}


def test_samples_are_dependency_files_and_strangers_are_not() -> None:
    assert all(map(known, samples()))
    assert not any(map(known, STRANGERS))
    assert [name for name in (*samples(), *STRANGERS) if reads(SPELLED, name) != known(name)] == []


def template() -> Any:
    """Return the template of LSP4IJ."""
    return json.loads(_text("jetbrains/mothball/template.json"))


def _text(path: str) -> str:
    return (EDITORS / path).read_text("utf-8")


def of_requirements() -> list[str]:
    """Return the names of requirements and constraints files."""
    return [pattern.glob for pattern in PATTERNS if pattern.format == "requirements"]
