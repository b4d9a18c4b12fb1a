from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mothball.edits.hook_entry import (
    HookSource,
    add_hook,
    extended_hook_files,
    hook_entry,
    hook_entry_toml,
    hook_files,
    unmatched,
)
from mothball.model.errors import ConfigError

LOCAL = HookSource()
REMOTE = HookSource("https://index.example/a repository", "v1.0")
SOURCES = [LOCAL, REMOTE]
CONFIGURATIONS = {
    "an empty file": "",
    "comments only": "# a comment",
    "no repositories": "repos: []\n",
    "no repositories, with a comment": "repos: []  # none yet\nci: {}\n",
    "other settings only": "fail_fast: true",
    "a comment before the next key": (
        "repos:\n- repo: a\n  rev: b\n  hooks:\n  - id: c  # why\n\n# about CI\nci:\n  skip: [c]\n"
    ),
    "indented items": "repos:\n    -   repo: a\n        rev: b\n        hooks:\n        -   id: c\n# the end\n",
    "CR LF": "repos:\r\n- repo: a\r\n  hooks:\r\n  - id: c\r\ndefault_stages: [pre-commit]\r\n",
    "no line end": "repos:\n- repo: a\n  hooks: [{id: c}]",
    "aliases": "repos:\n- &a {repo: a}\n- *a\nci: {}\n",
    "a key named repos elsewhere": "ci: {repos: [x]}\nrepos:\n- repo: a\nx: {repos: 1}\n",
    "a document start": "---\nrepos:\n- repo: a\n",
    "characters outside ASCII": "# Überprüfung\nrepos:\n- repo: ä\n  hooks:\n  - id: 😀\n",
}


def entry_of(text: str) -> dict[str, Any]:
    hook: dict[str, Any] = yaml.safe_load(text)["repos"][-1]
    return hook


@pytest.mark.parametrize("source", SOURCES, ids=["local", "remote"])
@pytest.mark.parametrize("text", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_entry_is_added_and_everything_else_kept(text: str, source: HookSource) -> None:
    edited = add_hook(text, source, [])
    before, after = yaml.safe_load(text) or {}, yaml.safe_load(edited)
    assert after == {**before, "repos": [*(before.get("repos") or []), yaml.safe_load(hook_entry(source, []))[0]]}
    lines = iter(edited.splitlines())
    assert all(line in lines for line in text.splitlines() if "repos: []" not in line), "in the same order"
    assert edited.count("\r\n") in (0, edited.count("\n"))


@pytest.mark.parametrize("source", SOURCES, ids=["local", "remote"])
@pytest.mark.parametrize("text", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_second_edit_changes_nothing_and_files_are_extended(text: str, source: HookSource) -> None:
    edited = add_hook(text, source, [])
    assert add_hook(edited, source, []) == edited
    assert add_hook(edited, LOCAL, []) == edited, "a hook is there"
    for paths in (["deps/base.list"], ["deps/base.list", "a b/#x"]):
        edited = add_hook(edited, source, paths)
        (hook,) = entry_of(edited)["hooks"]
        assert hook["files"] == hook_files(paths)
        assert add_hook(edited, source, paths) == edited
        assert edited.count("\r\n") in (0, edited.count("\n"))
    assert add_hook(edited, source, []) == edited


def test_remote_entry_has_files_only_for_unusual_names() -> None:
    assert yaml.safe_load(hook_entry(REMOTE, []))[0]["hooks"] == [{"id": "mothball"}]
    assert yaml.safe_load(hook_entry(REMOTE, ["x.list"]))[0]["hooks"][0]["files"] == hook_files(["x.list"])


@pytest.mark.parametrize(
    "repo", ["a: b", "#x", "- x", "null", "1.0", "a b 😀", 'a"b', "git@host.example:org/repo", "../mothball"]
)
def test_repository_and_revision_are_quoted_where_yaml_requires_it(repo: str) -> None:
    (entry,) = yaml.safe_load(hook_entry(HookSource(repo, repo), []))
    assert (entry["repo"], entry["rev"]) == (repo, repo)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [\n", "invalid YAML in line 1:"),
        ("- repo: a\n", "not a YAML mapping"),
        ("repos: []\n---\nrepos: []\n", "not one YAML document"),
        ("{repos: [{repo: a}]}\n", "`repos` cannot be extended"),
        ("repos: [{repo: a}]\n", "`repos` cannot be extended"),
        ("repos: null\n", "`repos` cannot be extended"),
        ("repos:\n- repo: a\n  entry: |\n    # text\n    # text\n", "`repos` cannot be extended"),
        ("x" * 200_001, "longer than 200,000 characters"),
        ("[" * 1000, "nested too deeply"),
    ],
)
def test_configuration_that_cannot_be_edited_is_an_error(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        add_hook(text, LOCAL, [])


@pytest.mark.parametrize(
    ("hook", "message"),
    [
        ("  - {id: mothball}\n", "one key a line"),
        ("  - name: x\n    id: mothball\n    files: {x: y}\n", "has its own `files`"),
        ("  - id: mothball\n    files: requirements\n", "which must match deps/base.list"),
    ],
)
def test_hook_that_cannot_be_extended_is_an_error(hook: str, message: str) -> None:
    text = f"repos:\n- repo: a\n  hooks:\n{hook}"
    assert add_hook(text, LOCAL, []) == text
    with pytest.raises(ConfigError, match=re.escape(message)):
        add_hook(text, LOCAL, ["deps/base.list"])


def test_hook_that_is_passed_no_files_needs_none() -> None:
    text = "repos:\n- repo: local\n  hooks:\n  - id: x\n    entry: mothball check --added\n    pass_filenames: false\n"
    assert add_hook(text, LOCAL, ["deps/base.list"]) == text


def test_nested_aliases_take_linear_time() -> None:
    aliases = "".join(f"a{number}: &a{number} [{f'*a{number - 1}, ' * 9 if number else 'x'}]\n" for number in range(30))
    edited = add_hook(f"{aliases}repos:\n- repo: a\n", LOCAL, [])
    assert edited.startswith(aliases)
    assert "- repo: local\n" in edited


def test_expression_of_an_earlier_version_gets_the_new_names() -> None:
    earlier = "(?xsi)^(?:.*/)?(?:\n  pyproject\\.toml|\n  deps/base\\.list\n)$"
    extended = extended_hook_files(earlier, ["x.list"])
    assert extended is not None
    assert set(extended.split("\n")) >= set(hook_files(["x.list"]).split("\n")[:-2])
    assert re.search(extended, "deps/base.list")
    assert extended_hook_files("requirements", ["x.list"]) is None
    assert extended_hook_files("", ["x.list"]) is None


@given(st.text(min_size=1, max_size=20).filter(lambda path: "/" not in path))
def test_expression_matches_every_path(path: str) -> None:
    expression = hook_files([path])
    assert re.search(expression, path)
    assert yaml.safe_load(hook_entry(LOCAL, [path]))[0]["hooks"][0]["files"] == expression


def test_paths_with_usual_names_need_no_expression() -> None:
    assert unmatched(["requirements.txt", "a/b.lock", "deps/base.list", "Pipfile"]) == ["deps/base.list"]


@pytest.mark.parametrize("paths", [[], ["a'b.list"], ["a'''b.list"], ["é 😀"]])
@pytest.mark.parametrize("source", [*SOURCES, HookSource("a 😀", "1.0")], ids=["local", "remote", "quoted"])
def test_toml_entry_is_equal_to_the_yaml_entry(source: HookSource, paths: list[str]) -> None:
    (entry,) = tomllib.loads(hook_entry_toml(source, paths))["repos"]
    assert entry == yaml.safe_load(hook_entry(source, paths))[0]
