"""Which configuration rules over a file, what follows from it, and what is told when it cannot be used."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from mothball.check.inputs import ResolvedConfig
from mothball.config.credential_settings import UserIndexUrl
from mothball.config.project import DEFAULT_INDEX, ConfigOverrides, NetworkSettings, ProjectConfig, UserConfig
from mothball.discovery.config_lookup import (
    SNAPSHOT_AGE_LIMIT_DAYS,
    ConfigResolver,
    ConfigResolverSettings,
    read_user_config_file,
)
from mothball.formats.table import parse
from mothball.formats.toml import api as toml
from mothball.model.document import Position
from mothball.model.errors import ConfigError, UnreadableFileError
from mothball.model.findings import Severity
from mothball.model.lookup import KnownStatus, ProjectStatus
from tests.support.trees import repository, write_tree

TODAY = "2026-11-22"
LEADS_OUTSIDE = "it is a link that leads outside the repository, or nowhere"
NOT_CHECKED = "; the files that this configuration rules over were not checked"


def config_resolver(user: UserConfig | None = None, **settings: Any) -> ConfigResolver:
    return ConfigResolver(ConfigResolverSettings(TODAY)._replace(**settings), user or UserConfig())


def resolved_config(one: ConfigResolver, path: Path, root: Path) -> ResolvedConfig:
    found = one.resolve(str(path), str(root))
    assert found is not None
    assert one.problems == []
    return found


def index_of(path: Path, root: Path) -> str:
    """Return the index in the configuration that rules over ``path``: a mark by which it is told from others."""
    return (
        resolved_config(config_resolver(), path, root)
        .network.index_url.removeprefix("https://")
        .removesuffix(".example/")
    )


def own(mark: str) -> str:
    return f'index-url = "https://{mark}.example/"\n'


def shared(mark: str) -> str:
    return f'[project]\nname = "mothball-user"\n\n[tool.mothball]\n{own(mark)}'


def snapshot(generated: str = "2026-11-20", version: int = 1) -> str:
    projects = {"old-lib": {"status": "archived", "reason": "put away"}}
    content = {"generated": generated, "index": "https://index.example/", "projects": projects}
    return json.dumps({"mothball-snapshot": version, **content})


def told(one: ConfigResolver) -> list[str]:
    return [f"{problem.path}: {problem.message}" for problem in one.problems]


# --- the search -------------------------------------------------------------------------------------------------------


def test_without_any_configuration_the_defaults_rule(repo: Path) -> None:
    found = resolved_config(config_resolver(), repo / "sub" / "requirements.txt", repo)
    assert found == ResolvedConfig("", str(repo), ProjectConfig(), NetworkSettings())
    assert found.network.index_url == DEFAULT_INDEX


def test_the_nearest_configuration_rules(repo: Path) -> None:
    write_tree(repo, {"mothball.toml": own("top"), "a/mothball.toml": own("a"), "a/b/x": ""})
    assert index_of(repo / "requirements.txt", repo) == "top"
    assert index_of(repo / "other" / "requirements.txt", repo) == "top"
    assert index_of(repo / "a" / "b" / "requirements.txt", repo) == "a"


def test_a_configuration_rules_in_no_directory_beside_its_own(repo: Path) -> None:
    write_tree(repo, {"a/mothball.toml": own("a"), "b/x": ""})
    one = config_resolver()
    assert resolved_config(one, repo / "a" / "requirements.txt", repo).network.index_url == "https://a.example/"
    assert resolved_config(one, repo / "b" / "requirements.txt", repo).network.index_url == DEFAULT_INDEX


def test_mothball_toml_wins_over_the_pyproject_beside_it(repo: Path) -> None:
    write_tree(repo, {"mothball.toml": own("own"), "pyproject.toml": shared("shared")})
    assert index_of(repo / "pyproject.toml", repo) == "own"


@pytest.mark.parametrize(
    "content",
    [
        '[project]\nname = "x"\n',
        '[project]\nname = "mothball"\n',
        "[tool.other]\nmothball = 1\n",
        "[[tool]]\n[tool.mothball]\n",
        "",
    ],
)
def test_a_pyproject_without_the_table_does_not_end_the_search(repo: Path, content: str) -> None:
    write_tree(repo, {"pyproject.toml": shared("top"), "a/pyproject.toml": content})
    assert index_of(repo / "a" / "requirements.txt", repo) == "top"


@pytest.mark.parametrize("table", ["[tool.mothball]\n", "[tool]\nmothball = {}\n", "[tool.mothball.ignore]\n"])
def test_a_table_ends_the_search_however_it_is_written(repo: Path, table: str) -> None:
    write_tree(repo, {"pyproject.toml": shared("top"), "a/pyproject.toml": table})
    found = resolved_config(config_resolver(), repo / "a" / "requirements.txt", repo)
    assert (found.path, found.directory, found.config) == ("a/pyproject.toml", str(repo / "a"), ProjectConfig())


def test_the_search_ends_at_the_root_of_the_repository(repo: Path) -> None:
    write_tree(repo.parent, {"mothball.toml": own("above")})
    assert resolved_config(config_resolver(), repo / "a" / "requirements.txt", repo).path == ""


def test_a_repository_in_a_repository_keeps_its_own_end_of_the_search(repo: Path) -> None:
    inner = repository(repo / "inner", {})
    write_tree(repo, {"mothball.toml": own("outer")})
    for order in ((inner, repo), (repo, inner)):
        one = config_resolver()
        paths = [resolved_config(one, inner / "requirements.txt", root).path for root in order]
        assert paths == ["" if root == inner else "mothball.toml" for root in order]


def test_a_very_deep_file_finds_its_configuration(repo: Path) -> None:
    write_tree(repo, {"mothball.toml": own("top")})
    deep = os.path.join(str(repo), *["d"] * 1500, "requirements.txt")
    assert resolved_config(config_resolver(), Path(deep), repo).path == "mothball.toml"


def test_each_configuration_is_read_once(repo: Path) -> None:
    write_tree(repo, {"mothball.toml": own("top")})
    one = config_resolver()
    first = resolved_config(one, repo / "requirements.txt", repo)
    write_tree(repo, {"mothball.toml": own("changed")})
    assert resolved_config(one, repo / "a" / "requirements.txt", repo) is first


# --- a chosen configuration -------------------------------------------------------------------------------------------


def test_a_chosen_configuration_replaces_every_other(repo: Path) -> None:
    write_tree(repo, {"mothball.toml": "broken", "a/mothball.toml": own("a")})
    write_tree(repo.parent, {"ci/policy.toml": own("ci")})
    one = config_resolver(config_path="../ci/policy.toml")
    for name in ("requirements.txt", "a/requirements.txt"):
        assert resolved_config(one, repo / name, repo).network.index_url == "https://ci.example/"


def test_the_patterns_of_a_chosen_configuration_start_at_the_repository(repo: Path) -> None:
    write_tree(repo.parent, {"ci/policy.toml": own("ci"), "other/.git": "gitdir: x\n"})
    one = config_resolver(config_path=str(repo.parent / "ci" / "policy.toml"))
    other = repo.parent / "other"
    assert resolved_config(one, repo / "a" / "requirements.txt", repo).directory == str(repo)
    assert resolved_config(one, other / "requirements.txt", other).directory == str(other)


def test_a_chosen_pyproject_is_read_for_its_table(repo: Path) -> None:
    write_tree(repo, {"ci/pyproject.toml": shared("ci")})
    one = config_resolver(config_path="ci/pyproject.toml")
    assert resolved_config(one, repo / "requirements.txt", repo).network.index_url == "https://ci.example/"


def test_a_broken_chosen_configuration_is_told_once_for_several_repositories(repo: Path) -> None:
    write_tree(repo.parent, {"policy.toml": "indexurl = 1\n"})
    one = config_resolver(config_path="../policy.toml")
    assert one.resolve(str(repo / "requirements.txt"), str(repo)) is None
    assert one.resolve(str(repo.parent / "other" / "requirements.txt"), str(repo.parent / "other")) is None
    assert len(one.problems) == 1


# --- what cannot be used ----------------------------------------------------------------------------------------------


def test_broken_toml_is_told_once_with_its_place_and_nothing_is_ruled_by_it(repo: Path) -> None:
    write_tree(repo, {"a/mothball.toml": 'offline = true\nmax-age = "1h\n'})
    one = config_resolver()
    assert one.resolve(str(repo / "a" / "requirements.txt"), str(repo)) is None
    assert one.resolve(str(repo / "a" / "b" / "requirements.txt"), str(repo)) is None
    (problem,) = one.problems
    assert (problem.severity, problem.path, problem.position) == (Severity.ERROR, "a/mothball.toml", Position(2, 11))
    assert problem.message == f"invalid TOML: a string is not closed{NOT_CHECKED}"
    assert problem.help == 'close it with " on the same line'
    assert one.resolve(str(repo / "b" / "requirements.txt"), str(repo)) is not None


@pytest.mark.parametrize(
    ("content", "position", "message", "help_text"),
    [
        ("[tool.mothball]\nindexurl = 1\n", (2, 1), "unknown key `indexurl`", "did you mean `index-url`?"),
        ("[tool]\nmothball = { offlin = true }\n", (2, 14), "unknown key `offlin`", "did you mean `offline`?"),
        ("[tool]\nmothball = 1\n", (2, 1), "`mothball` must be a table, not 1", ""),
        ("[[tool.mothball]]\n", (1, 8), "`mothball` must be a table, not an array", ""),
        (
            "[tool.mothball.ignore]\nok = { rules = ['archived'] }\nold-lib = { rules = ['archive'] }\n",
            (3, 13),
            "unknown rule `archive`",
            "did you mean `archived`?",
        ),
    ],
)
def test_what_a_key_cannot_be_is_told_at_the_key(
    repo: Path, content: str, position: tuple[int, int], message: str, help_text: str
) -> None:
    write_tree(repo, {"pyproject.toml": content})
    one = config_resolver()
    assert one.resolve(str(repo / "requirements.txt"), str(repo)) is None
    (problem,) = one.problems
    assert problem.position == Position(*position)
    assert problem.message == message + NOT_CHECKED
    assert problem.help == help_text


def test_a_configuration_that_is_no_readable_text_is_told(repo: Path) -> None:
    write_tree(repo, {"a/mothball.toml": b"\xff", "b/pyproject.toml": b"[tool.mothball]\n\xff"})
    (repo / "c" / "mothball.toml").mkdir(parents=True)
    one = config_resolver()
    assert [one.resolve(str(repo / name / "requirements.txt"), str(repo)) for name in "abc"] == [None] * 3
    assert told(one) == [
        f"a/mothball.toml: not valid UTF-8 (line 1, byte 0){NOT_CHECKED}",
        f"b/pyproject.toml: not valid UTF-8 (line 2, byte 16){NOT_CHECKED}",
        f"c/mothball.toml: it is a directory{NOT_CHECKED}",
    ]


def test_a_pyproject_that_does_not_mention_us_rules_over_nothing_however_broken(repo: Path) -> None:
    write_tree(repo, {"a/pyproject.toml": b"[project]\n\xff", "b/pyproject.toml": "[project]\nx = [\n"})
    one = config_resolver()
    for name in "ab":
        assert resolved_config(one, repo / name / "requirements.txt", repo).path == ""
    assert one.problems == []


@pytest.mark.parametrize(
    ("content", "is_used"),
    [
        ("[project]\ndependencies = [\n[tool.mothball]\noffline = true\n", True),
        ("[tool.mothball]\noffline = true\n[project]\nname = \n", True),
        ("[tool.mothball]\noffline = true\n[tool.mothball.ignore]\n[x]\n'\n", True),
        ("[tool.mothball]\noffline = true\nmax-age = \n[project]\n", False),
        ("[tool.mothball]\noffline = true\n[tool.mothball.ignore]\nx\n[project]\n", False),
        ("[tool.mothball]\noffline = true\n[tool.mothball]\n", False),
        ("x = \ntool.mothball = { offline = true }\n", False),
        ("'\n" * 200 + "[tool.mothball]\noffline = true\n", False),
    ],
)
def test_errors_elsewhere_leave_the_table_in_force(repo: Path, content: str, is_used: bool) -> None:  # noqa: FBT001
    write_tree(repo, {"pyproject.toml": content})
    one = config_resolver()
    found = one.resolve(str(repo / "requirements.txt"), str(repo))
    assert (found is not None) == is_used
    assert bool(one.problems) != is_used
    if found is not None:
        assert found.config.offline


def test_a_broken_link_is_a_configuration_that_cannot_be_read(repo: Path) -> None:
    (repo / "mothball.toml").symlink_to("gone.toml")
    one = config_resolver()
    assert one.resolve(str(repo / "requirements.txt"), str(repo)) is None
    assert told(one) == [f"mothball.toml: {LEADS_OUTSIDE}{NOT_CHECKED}"]


@pytest.mark.parametrize("name", ["mothball.toml", "pyproject.toml"])
def test_a_configuration_that_leads_outside_the_repository_is_not_read(repo: Path, name: str) -> None:
    write_tree(repo.parent, {"secret.toml": 'token = "tell nobody"\n[tool.mothball]\n'})
    (repo / name).symlink_to(repo.parent / "secret.toml")
    one = config_resolver()
    assert one.resolve(str(repo / "requirements.txt"), str(repo)) is None
    assert told(one) == [f"{name}: {LEADS_OUTSIDE}{NOT_CHECKED}"]
    assert "--config" in one.problems[0].help


def test_a_configuration_may_be_a_link_inside_the_repository(repo: Path) -> None:
    write_tree(repo, {"shared.toml": own("shared"), "a/x": ""})
    (repo / "a" / "mothball.toml").symlink_to("../shared.toml")
    assert index_of(repo / "a" / "requirements.txt", repo) == "shared"


def test_a_chosen_configuration_may_be_a_link_to_anywhere(repo: Path) -> None:
    write_tree(repo.parent, {"policy.toml": own("ci")})
    (repo / "ci.toml").symlink_to(repo.parent / "policy.toml")
    one = config_resolver(config_path="ci.toml")
    assert resolved_config(one, repo / "requirements.txt", repo).network.index_url == "https://ci.example/"


# --- what follows -----------------------------------------------------------------------------------------------------


def test_an_ignore_is_found_where_its_key_stands(repo: Path) -> None:
    ignores = 'old_Lib = { rules = ["archived"] }\n[tool.mothball.ignore.other]\nrules = ["archived"]\n'
    write_tree(repo, {"pyproject.toml": f"[tool.mothball.ignore]\n{ignores}"})
    locations = resolved_config(config_resolver(), repo / "requirements.txt", repo).ignore_locations
    assert {name: (place.path, place.start, place.end) for name, place in locations.items()} == {
        "old-lib": ("pyproject.toml", Position(2, 1), Position(2, 8)),
        "other": ("pyproject.toml", Position(3, 23), Position(3, 28)),
    }
    assert locations["old-lib"].line_text == 'old_Lib = { rules = ["archived"] }'


def test_the_scope_is_whole_when_the_run_reads_all_below_the_configuration(repo: Path) -> None:
    write_tree(repo, {"a/mothball.toml": own("a"), "a/b/x": ""})
    path = repo / "a" / "b" / "requirements.txt"
    for scope, expected in (("", True), ("a", True), ("a/b", False), ("ab", False)):
        one = config_resolver(scopes=(str(repo / "elsewhere"), os.path.normpath(repo / scope)))
        assert resolved_config(one, path, repo).whole_scope is expected
    assert resolved_config(config_resolver(), path, repo).whole_scope is False


def test_the_scope_of_a_chosen_configuration_is_the_repository(repo: Path) -> None:
    write_tree(repo, {"ci/policy.toml": own("ci"), "a/x": ""})
    for scope, expected in ((repo, True), (repo / "ci", False)):
        one = config_resolver(config_path="ci/policy.toml", scopes=(str(scope),))
        assert resolved_config(one, repo / "a" / "requirements.txt", repo).whole_scope is expected


def test_project_user_and_command_line_come_together(repo: Path) -> None:
    write_tree(repo, {"mothball.toml": 'index-url = "https://project.example/"\nprivate = ["acme-*"]\n'})
    user = UserConfig(index_url="https://user.example/", private=("mine-*",), max_age=60.0)
    path = repo / "requirements.txt"
    network = resolved_config(config_resolver(user), path, repo).network
    assert network == NetworkSettings(
        "https://project.example/",
        None,
        ("acme-*", "mine-*"),
        offline=False,
        max_age=60.0,
        index_set_by="`index-url` in mothball.toml:1",
        user_indexes=("https://user.example/",),
    )
    overruled = config_resolver(user, overrides=ConfigOverrides("https://line.example/", offline=True))
    network = resolved_config(overruled, path, repo).network
    assert (network.index_url, network.offline) == ("https://line.example/", True)
    assert (network.index_set_by, network.is_user_index) == ("--index-url", True)


def test_the_environments_word_on_unverified_beats_the_configurations_in_every_scope(repo: Path) -> None:
    severity = (
        'unverified = "error"\n"unverified.added" = "error"\n"unverified.transitive" = "error"\nmissing = "off"\n'
    )
    write_tree(repo, {"mothball.toml": f"[severity]\n{severity}"})
    one = config_resolver(overrides=ConfigOverrides(unverified=Severity.NOTE))
    assert resolved_config(one, repo / "requirements.txt", repo).config.severities == {
        "unverified": "note",
        "unverified.added": "note",
        "unverified.transitive": "note",
        "missing": "off",
    }


# --- snapshots --------------------------------------------------------------------------------------------------------


def test_a_snapshot_is_found_from_its_configuration_and_read_once(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = 'snapshot = "../statuses.json"\n'
    write_tree(repo, {"a/mothball.toml": config, "b/mothball.toml": config, "statuses.json": snapshot()})
    monkeypatch.chdir(repo.parent)
    one = config_resolver()
    first = resolved_config(one, repo / "a" / "requirements.txt", repo).snapshot
    assert first is not None
    looked_up = first.lookup("old-lib")
    assert isinstance(looked_up, KnownStatus)
    assert (looked_up.status, looked_up.reason) == (ProjectStatus.ARCHIVED, "put away")
    assert resolved_config(one, repo / "b" / "requirements.txt", repo).snapshot is first


@pytest.mark.parametrize(
    "written",
    [
        "../out.json",
        "{outside}",
        "a/../../out.json",
        "link.json",
        "linked/out.json",
        "gone.json",
        "no\\u0000name",
        "{long}",
    ],
)
def test_a_snapshot_outside_the_repository_is_told_like_a_missing_one(repo: Path, written: str) -> None:
    outside = repo.parent / "out.json"
    write_tree(repo.parent, {"out.json": snapshot()})
    (repo / "link.json").symlink_to(outside)
    (repo / "linked").symlink_to(repo.parent)
    written = written.format(outside=outside, long="a/" * 5000)
    write_tree(repo, {"mothball.toml": f'snapshot = "{written}"\n'})
    one = config_resolver()
    found = one.resolve(str(repo / "requirements.txt"), str(repo))
    assert found is not None
    assert found.snapshot is None
    (problem,) = one.problems
    assert problem.severity is Severity.ERROR
    assert problem.message == "the snapshot cannot be used: there is no such file inside the repository"
    assert problem.help == "mend `snapshot` in mothball.toml, or write a new one with `mothball snapshot -o FILE`"


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"\xff", "not valid UTF-8 (line 1, byte 0)"),
        ("[]", "it is no snapshot: a JSON object with the key 'mothball-snapshot' is expected"),
        (snapshot(version=2), "it is of version 2; this mothball reads version 1"),
    ],
)
def test_a_snapshot_that_cannot_be_used_is_told_with_who_names_it(repo: Path, content: str | bytes, cause: str) -> None:
    write_tree(
        repo, {"mothball.toml": 'snapshot = "statuses.json"\n', "a/mothball.toml": "snapshot='../statuses.json'"}
    )
    write_tree(repo, {"statuses.json": content})
    one = config_resolver()
    for directory in (repo, repo / "a"):
        found = one.resolve(str(directory / "requirements.txt"), str(repo))
        assert found is not None
        assert found.snapshot is None
    (problem,) = one.problems
    assert (problem.severity, problem.path) == (Severity.ERROR, "statuses.json")
    assert problem.message == f"the snapshot cannot be used: {cause}"
    assert problem.help == ("`snapshot` in mothball.toml names it; write a new one with `mothball snapshot -o FILE`")


@pytest.mark.parametrize(
    ("generated", "age"), [("2026-10-23", 30), ("2026-10-22", 31), ("2025-11-22", 365), ("2027-01-01", -40)]
)
def test_a_snapshot_warns_when_it_is_older_than_a_month_and_speaks_all_the_same(
    repo: Path, generated: str, age: int
) -> None:
    write_tree(repo, {"mothball.toml": 'snapshot = "s.json"\n', "s.json": snapshot(generated)})
    one = config_resolver()
    found = one.resolve(str(repo / "requirements.txt"), str(repo))
    assert found is not None
    assert found.snapshot is not None
    expected = [f"the snapshot is {age} days old, and statuses change"] if age > SNAPSHOT_AGE_LIMIT_DAYS else []
    expected += ["the snapshot is dated in the future"] if age < -1 else []
    assert [(problem.severity, problem.message) for problem in one.problems] == [
        (Severity.WARNING, message) for message in expected
    ]


def test_a_snapshot_of_the_command_line_wins_and_may_lie_anywhere(repo: Path) -> None:
    write_tree(repo, {"mothball.toml": 'snapshot = "gone.json"\n', "a/x": ""})
    write_tree(repo.parent, {"out.json": snapshot()})
    one = config_resolver(snapshot_path="../out.json")
    assert resolved_config(one, repo / "requirements.txt", repo).snapshot is not None


def test_a_missing_snapshot_of_the_command_line_is_told_without_naming_a_configuration(repo: Path) -> None:
    one = config_resolver(snapshot_path="gone.json")
    assert one.resolve(str(repo / "requirements.txt"), str(repo)) is not None
    assert [(problem.path, problem.help) for problem in one.problems] == [
        ("gone.json", "write a new one with `mothball snapshot -o FILE`")
    ]


def test_the_snapshot_of_a_chosen_configuration_may_lie_beside_it(repo: Path) -> None:
    config = 'snapshot = "statuses.json"\n'
    write_tree(repo.parent, {"ci/policy.toml": config, "ci/statuses.json": snapshot(), "out.json": snapshot()})
    one = config_resolver(config_path="../ci/policy.toml")
    assert resolved_config(one, repo / "requirements.txt", repo).snapshot is not None
    write_tree(repo.parent, {"ci/policy.toml": 'snapshot = "../out.json"\n'})
    one = config_resolver(config_path="../ci/policy.toml")
    assert one.resolve(str(repo / "requirements.txt"), str(repo)) is not None
    assert len(one.problems) == 1


def test_a_run_for_the_indexes_own_word_reads_no_snapshot(repo: Path) -> None:
    write_tree(repo, {"mothball.toml": 'snapshot = "gone.json"\n'})
    one = config_resolver(use_snapshots=False, snapshot_path="gone-too.json")
    assert resolved_config(one, repo / "requirements.txt", repo).snapshot is None


# --- the user's own file ----------------------------------------------------------------------------------------------


def test_a_user_without_a_file_has_the_defaults(tmp_path: Path) -> None:
    assert read_user_config_file(str(tmp_path / "mothball" / "config.toml")) == UserConfig()


def test_the_users_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('index-url = "https://user.example/"\ntrusted-hosts = ["mirror.example"]\noffline = true\n')
    found = read_user_config_file(str(path))
    assert (found.index_url, found.trusted_hosts, found.offline) == ("https://user.example/", ("mirror.example",), True)
    assert found.credentials.index_urls == (UserIndexUrl("https://user.example/"),)


@pytest.mark.parametrize(
    ("content", "message", "help_text"),
    [
        ("offline = true\n\n= 1\n", "invalid TOML in line 3: ", ""),
        ("offline = true\nofline = true\n", "line 2: unknown key `ofline`", "did you mean `offline`?"),
        ("offline = 1\n", "line 1: `offline` must be true or false, not 1", ""),
        ("[ignore]\nold-lib = 1\n", "line 1: unknown key `ignore`", "expected one of: "),
    ],
)
def test_what_is_wrong_with_the_users_file_is_told_with_its_line(
    tmp_path: Path, content: str, message: str, help_text: str
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(content)
    with pytest.raises(ConfigError) as caught:
        read_user_config_file(str(path))
    assert str(caught.value).startswith(message)
    assert caught.value.help.startswith(help_text)


def test_a_users_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="it is a directory"):
        read_user_config_file(str(tmp_path))


def test_a_chosen_pyproject_without_the_table_is_no_configuration(repo: Path) -> None:
    write_tree(repo, {"gate.toml/pyproject.toml": "[project]\n"})
    one = config_resolver(config_path=str(repo / "gate.toml" / "pyproject.toml"))
    assert one.resolve(str(repo / "requirements.txt"), str(repo)) is None
    (problem,) = one.problems
    assert problem.message == "it has no table [tool.mothball]" + NOT_CHECKED
    assert problem.help


def test_a_pyproject_that_governs_is_scanned_once(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "[project]\ndependencies = ['flask']\n[tool.mothball]\noffline = true\n# scanned once\n"
    write_tree(repo, {"pyproject.toml": text})
    scanned: list[str] = []
    scan = toml.scan

    def watched(one: str) -> toml.TomlScan:
        scanned.append(one)
        return scan(one)

    monkeypatch.setattr(toml, "scan", watched)

    assert config_resolver().resolve(str(repo / "pyproject.toml"), str(repo)) is not None
    assert parse("pyproject", text).dependencies
    assert scanned == [text]
