"""From what was given to what is read: which files, as what, with which includes, and what is told of the rest."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mothball.check.inputs import RunSettings
from mothball.config.project import ConfigOverrides, UserConfig
from mothball.discovery.config_lookup import ConfigResolver, ConfigResolverSettings
from mothball.discovery.discover import DiscoveryRequest, DiscoveryResult, discover
from mothball.model.document import DependencyKind, IndexOption, ParseProblem
from mothball.model.findings import CheckMode, Rule, Severity
from mothball.repository.files import MAX_FILE_SIZE
from tests.support.trees import repository, write_tree

TODAY = "2026-11-22"
SETTINGS = RunSettings(TODAY, 1_795_000_000.0)


def found(*paths: str, settings: RunSettings = SETTINGS, **governing: Any) -> DiscoveryResult:
    return discovered(DiscoveryRequest(paths), settings, **governing)


def discovered(given: DiscoveryRequest, settings: RunSettings = SETTINGS, **governing: Any) -> DiscoveryResult:
    return discover(given, ConfigResolver(ConfigResolverSettings(TODAY)._replace(**governing), UserConfig()), settings)


def read(*paths: str) -> DiscoveryResult:
    """Discover where nothing goes wrong."""
    result = found(*paths)
    assert (result.unreadable, result.problems) == ((), ())
    assert [problem for file in result.files for problem in file.document.problems] == []
    return result


def paths_of(result: DiscoveryResult) -> list[str]:
    return [file.path for file in result.files]


def names_of(result: DiscoveryResult) -> dict[str, list[str]]:
    return {file.path: [one.name for one in file.document.dependencies] for file in result.files}


def kinds_of(result: DiscoveryResult) -> dict[str, set[DependencyKind]]:
    return {file.path: {one.kind for one in file.document.dependencies} for file in result.files}


def options_of(result: DiscoveryResult) -> dict[str, list[str]]:
    return {file.path: [option.value for option in file.index_options] for file in result.files}


def unreadable(result: DiscoveryResult) -> list[str]:
    return [f"{finding.path}: {finding.message}" for finding in result.unreadable]


def problems(result: DiscoveryResult) -> list[str]:
    return [problem.message for problem in result.problems]


def refused_include(repo: Path, target: str) -> ParseProblem:
    """Return what is told of ``target``, the one include of a file that is read all the same."""
    write_tree(repo, {"requirements.txt": f"flask\n-r {target}\nrich\n"})
    result = found("requirements.txt")
    assert (result.unreadable, result.problems) == ((), ())
    assert names_of(result) == {"requirements.txt": ["flask", "rich"]}
    (file,) = result.files
    (problem,) = file.document.problems
    assert problem.span.slice(file.text) == target
    return problem


# --- what is given ----------------------------------------------------------------------------------------------------


def test_a_file_is_read_by_its_name(repo: Path) -> None:
    write_tree(repo, {"requirements.txt": "flask==1.0\n", "sub/constraints.txt": "rich\n"})
    result = read("requirements.txt", str(repo / "sub" / "constraints.txt"))
    assert names_of(result) == {"requirements.txt": ["flask"], "sub/constraints.txt": ["rich"]}
    assert kinds_of(result) == {
        "requirements.txt": {DependencyKind.REQUIREMENT},
        "sub/constraints.txt": {DependencyKind.CONSTRAINT},
    }
    assert result.files[0].text == "flask==1.0\n"


def test_a_directory_is_read_with_all_below_it(repo: Path) -> None:
    tree = {"requirements.txt": "a\n", "sub/requirements/dev.txt": "b\n", "sub/pyproject.toml": "", "notes.txt": "c\n"}
    write_tree(repo, tree)
    assert paths_of(read(".")) == ["requirements.txt", "sub/pyproject.toml", "sub/requirements/dev.txt"]
    assert paths_of(read("sub")) == ["sub/pyproject.toml", "sub/requirements/dev.txt"]


def test_a_pyproject_is_read_as_one(repo: Path) -> None:
    write_tree(repo, {"pyproject.toml": '[project]\nname = "x"\ndependencies = ["flask>=3"]\n'})
    result = read("pyproject.toml")
    assert names_of(result) == {"pyproject.toml": ["flask"]}
    assert result.files[0].document.format == "pyproject"


def test_the_directory_counts_for_a_file_that_is_named_inside_it(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(write_tree(repo, {"requirements/base.txt": "flask\n"}) / "requirements")
    assert paths_of(read("base.txt")) == ["base.txt"]
    assert paths_of(read(".")) == ["base.txt"]


def test_standard_input_stands_for_the_file_that_it_names(repo: Path) -> None:
    write_tree(repo, {"requirements.txt": "flask\n", "base.txt": "rich\n"})
    result = discovered(DiscoveryRequest(("-",), stdin=("requirements.txt", b"django\n-r base.txt\n")))
    assert names_of(result) == {"requirements.txt": ["django"], "base.txt": ["rich"]}


def test_standard_input_may_bear_the_name_of_a_file_that_is_not_there(repo: Path) -> None:
    result = discovered(DiscoveryRequest(("-",), stdin=("new/requirements.txt", b"django\n")))
    assert names_of(result) == {"new/requirements.txt": ["django"]}
    assert result.problems == ()


def test_a_dash_without_standard_input_is_a_path_like_any_other(repo: Path) -> None:
    assert unreadable(found("-")) == ["-: no such file"]


def test_a_format_that_is_given_overrules_the_name(repo: Path) -> None:
    write_tree(repo, {"deps.list": "flask\n", "requirements.txt": '[project]\ndependencies = ["rich"]\n'})
    assert names_of(discovered(DiscoveryRequest(("deps.list",), "requirements"))) == {"deps.list": ["flask"]}
    assert names_of(discovered(DiscoveryRequest(("requirements.txt",), "pyproject"))) == {"requirements.txt": ["rich"]}
    assert names_of(discovered(DiscoveryRequest(("-",), "requirements", ("stdin", b"rich\n")))) == {"stdin": ["rich"]}


def test_a_name_that_says_nothing_is_told_with_the_way_out(repo: Path) -> None:
    write_tree(repo, {"deps.list": "flask\n", "requirements.txt": "rich\n"})
    result = found("deps.list", "requirements.txt")
    (problem,) = result.problems
    assert (problem.severity, problem.message) == (Severity.ERROR, "deps.list: no dependency file by its name")
    assert problem.help.startswith("say what it is: --as FORMAT, one of pyproject, requirements, ")
    assert paths_of(result) == ["requirements.txt"]


def test_a_missing_path_is_told_and_the_others_are_read(repo: Path) -> None:
    write_tree(repo, {"requirements.txt": "rich\n"})
    result = found("gone/requirements.txt", "gone", "", "requirements.txt")
    cause = "no such file"
    assert unreadable(result) == [f"gone/requirements.txt: {cause}", f"gone: {cause}", f'"": {cause}']
    assert {(finding.rule, finding.severity) for finding in result.unreadable} == {(Rule.UNREADABLE, Severity.ERROR)}
    assert paths_of(result) == ["requirements.txt"]


def test_a_directory_without_any_dependency_file_is_told_what_was_looked_for(repo: Path) -> None:
    write_tree(repo, {"empty/README.md": "", "requirements.txt": "rich\n"})
    result = found("empty", "requirements.txt")
    (problem,) = result.problems
    assert (problem.severity, problem.message) == (Severity.ERROR, "empty: no dependency file found")
    assert "pyproject.toml" in problem.help
    assert "requirements and constraints files" in problem.help
    assert paths_of(result) == ["requirements.txt"]


def test_a_hostile_name_is_told_in_one_harmless_line(repo: Path) -> None:
    write_tree(repo, {"evil\n::error::\x1b[31m.list": ""})
    (message,) = problems(found("evil\n::error::\x1b[31m.list"))
    assert message == "evil ::error:: [31m.list: no dependency file by its name"


def test_each_file_is_read_once_however_it_is_reached(repo: Path) -> None:
    write_tree(repo, {"requirements.txt": "-r sub/base-requirements.txt\n", "sub/base-requirements.txt": "flask\n"})
    (repo / "z-requirements.txt").symlink_to("requirements.txt")
    for paths in (
        ("requirements.txt", "./requirements.txt", str(repo / "requirements.txt")),
        (".", "sub", "requirements.txt"),
        ("requirements.txt", "z-requirements.txt"),
    ):
        assert sorted(paths_of(read(*paths))) == ["requirements.txt", "sub/base-requirements.txt"]


def test_a_file_that_cannot_be_read_is_told_once_however_it_is_reached(repo: Path) -> None:
    write_tree(repo, {"requirements.txt": "flask\n-r base.txt\n", "base.txt": b"\xff", "x.txt": "-c base.txt\n"})
    result = discovered(DiscoveryRequest(("base.txt", "requirements.txt", "x.txt", "base.txt"), "requirements"))
    assert unreadable(result) == ["base.txt: not valid UTF-8 (line 1, byte 0)"]
    assert paths_of(result) == ["requirements.txt", "x.txt"]


# --- what cannot be read ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"flask\nsch\xf6n\n", "not valid UTF-8 (line 2, byte 9)"),
        (b"# coding: ascii\nsch\xc3\xb6n\n", "it is not ASCII (line 2, byte 19)"),
        (b"# coding: no-such\nflask\n", "its coding line is of no use: "),
        (b"\xff\xfef\x00l\x00a", "it is not UTF-16-LE (line 1, byte "),
        (b"#" * (MAX_FILE_SIZE + 1), "larger than 32 MiB"),
    ],
)
def test_a_requirements_file_that_is_no_text_is_told_and_the_others_are_read(
    repo: Path, content: bytes, cause: str
) -> None:
    write_tree(repo, {"requirements.txt": content, "requirements-dev.txt": "rich\n"})
    result = found("requirements.txt", "requirements-dev.txt")
    (finding,) = result.unreadable
    assert (finding.rule, finding.severity, finding.path) == (Rule.UNREADABLE, Severity.ERROR, "requirements.txt")
    assert finding.message.startswith(cause)
    assert finding.help
    assert paths_of(result) == ["requirements-dev.txt"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"\xef\xbb\xbfflask\r\nrich\r\n", ["flask", "rich"]),
        ("flask\n".encode("utf-16"), ["flask"]),
        ("# coding: latin-1\n# schön\nflask\n".encode("latin-1"), ["flask"]),
    ],
)
def test_the_encodings_that_pip_reads_are_read(repo: Path, content: bytes, expected: list[str]) -> None:
    write_tree(repo, {"requirements.txt": content})
    assert names_of(read("requirements.txt")) == {"requirements.txt": expected}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_named_pipe_among_the_files_is_told(repo: Path) -> None:
    os.mkfifo(repo / "requirements.txt")
    write_tree(repo, {"requirements-dev.txt": "-r requirements.txt\n"})
    result = found(".")
    assert unreadable(result) == ["requirements.txt: not a regular file"]
    assert result.unreadable[0].help == "if it is no dependency file, leave it out with `exclude`"
    (problem,) = result.files[0].document.problems
    assert problem.message == "requirements.txt cannot be read: no such file in the repository"


def test_a_directory_that_cannot_be_listed_is_told(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tree(repo, {"locked/requirements.txt": "a\n", "requirements.txt": "b\n"})
    scandir = os.scandir

    def refuse(path: str) -> object:
        if os.path.basename(path) == "locked":
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    result = found(".")
    assert unreadable(result) == ["locked: permission denied"]
    assert paths_of(result) == ["requirements.txt"]


def test_what_unreadable_weighs_is_the_configurations_word(repo: Path) -> None:
    tree = {"mothball.toml": '[severity]\nunreadable = "warning"\n"unreadable.added" = "note"\n'}
    write_tree(repo, {**tree, "requirements.txt": b"\xff"})
    for run, expected in (
        (SETTINGS, Severity.WARNING),
        (SETTINGS._replace(strict=True), Severity.ERROR),
        (SETTINGS._replace(mode=CheckMode.ADDED), Severity.NOTE),
    ):
        (finding,) = found("requirements.txt", settings=run).unreadable
        assert finding.severity is expected


# --- links and other attacks ------------------------------------------------------------------------------------------


def secret(repo: Path) -> Path:
    return write_tree(repo.parent, {"secret/requirements.txt": "tell-nobody\n"}) / "secret"


@pytest.mark.parametrize("given", [".", "requirements.txt"])
def test_a_link_out_of_the_repository_is_told_and_not_read(repo: Path, given: str) -> None:
    (repo / "requirements.txt").symlink_to(secret(repo) / "requirements.txt")
    write_tree(repo, {"requirements-dev.txt": "rich\n"})
    result = found(given, "requirements-dev.txt")
    assert unreadable(result) == ["requirements.txt: symbolic link is broken or leads outside the repository"]
    assert "by its own path" in result.unreadable[0].help
    assert names_of(result) == {"requirements-dev.txt": ["rich"]}


def test_the_way_out_of_a_refused_link_works(repo: Path) -> None:
    outside = secret(repo)
    assert list(names_of(read(str(outside / "requirements.txt"))).values()) == [["tell-nobody"]]
    assert list(names_of(read("../secret")).values()) == [["tell-nobody"]]


def test_a_directory_that_is_named_may_be_a_link(repo: Path) -> None:
    (repo / "linked").symlink_to(secret(repo))
    assert names_of(read("linked")) == {"linked/requirements.txt": ["tell-nobody"]}


@pytest.mark.parametrize("given", [".", "requirements.txt"])
def test_a_link_to_what_is_no_dependency_file_is_told_and_not_read(repo: Path, given: str) -> None:
    write_tree(repo, {".env": "PASSWORD=hunter2\n"})
    (repo / "requirements.txt").symlink_to(".env")
    result = found(given)
    assert unreadable(result) == ["requirements.txt: it is a link to what is no dependency file by its name"]
    assert result.files == ()


def test_a_link_is_read_as_what_the_user_says_it_is(repo: Path) -> None:
    write_tree(repo, {"deps.list": "flask\n"})
    (repo / "requirements.txt").symlink_to("deps.list")
    assert names_of(discovered(DiscoveryRequest(("requirements.txt",), "requirements"))) == {
        "requirements.txt": ["flask"]
    }


def test_a_link_between_dependency_files_is_read(repo: Path) -> None:
    write_tree(repo, {"a/base.txt": "flask\n"})
    (repo / "requirements.txt").symlink_to("a/base.txt")
    assert names_of(read(".")) == {"requirements.txt": ["flask"]}


def test_exclude_speaks_of_the_files_that_its_configuration_rules_over(repo: Path) -> None:
    """What lies below another configuration is for that one to leave out, and told where it is broken."""
    tree = {
        "mothball.toml": 'exclude = ["parts/**"]\n',
        "parts/requirements.txt": "a\n",
        "parts/own/mothball.toml": "offline = true\n",
        "parts/own/requirements.txt": "b\n",
        "parts/broken/mothball.toml": "offline = \n",
        "parts/broken/requirements.txt": "c\n",
    }
    write_tree(repo, tree)
    result = found(".")

    assert paths_of(result) == ["parts/own/requirements.txt"]
    assert [problem.path for problem in result.problems] == ["parts/broken/mothball.toml"]


def test_an_excluded_link_is_not_told(repo: Path) -> None:
    (repo / "requirements.txt").symlink_to(secret(repo) / "requirements.txt")
    write_tree(repo, {"mothball.toml": 'exclude = ["requirements.txt"]\n', "requirements-dev.txt": "rich\n"})
    assert paths_of(read(".")) == ["requirements-dev.txt"]


def test_links_that_lead_nowhere_are_told(repo: Path) -> None:
    (repo / "requirements.txt").symlink_to("gone.txt")
    (repo / "requirements-a.txt").symlink_to("requirements-b.txt")
    (repo / "requirements-b.txt").symlink_to("requirements-a.txt")
    for number in range(1200):
        (repo / f"requirements{number}.in").symlink_to(f"requirements{number + 1}.in")
    messages = {finding.path: finding.message for finding in found(".").unreadable}
    assert len(messages) == 1203
    assert set(messages.values()) == {"symbolic link is broken or leads outside the repository"}


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("../secret/requirements.txt", "it lies outside the repository"),
        ("sub/../../secret/requirements.txt", "it lies outside the repository"),
        ("{outside}/requirements.txt", "it lies outside the repository"),
        ("/etc/passwd", "it lies outside the repository"),
        ("//host/share/requirements.txt", "it lies outside the repository"),
        ("https://index.example/requirements.txt", "it is a URL"),
        ("file:///etc/passwd", "it is a URL"),
        ("${HOME}/requirements.txt", "it holds a variable"),
        ("$HOME.txt", "it holds a variable"),
        (".env", "no requirements file by its name"),
        ("env.txt", "no requirements file by its name"),
        ("pyproject.toml", "no requirements file by its name"),
    ],
)
def test_an_include_that_must_not_be_followed_is_told_in_its_place(repo: Path, target: str, message: str) -> None:
    outside = secret(repo)
    write_tree(repo, {".env": "PASSWORD=hunter2\n", "pyproject.toml": "", "sub/x": ""})
    (repo / "env.txt").symlink_to(".env")
    target = target.format(outside=outside, HOME="{HOME}")
    problem = refused_include(repo, target)
    assert problem.message.endswith(f" is not followed: {message}")
    assert problem.help


@pytest.mark.parametrize(
    "target",
    [
        "gone.txt",
        "no\0name.txt",
        "d/" * 4000 + "x.txt",
        "dir.txt",
        "link.txt",
        "nowhere.txt",
        "linked/requirements.txt",
    ],
)
def test_an_include_that_is_not_there_and_one_through_a_link_to_outside_are_told_alike(repo: Path, target: str) -> None:
    outside = secret(repo)
    (repo / "dir.txt").mkdir()
    (repo / "link.txt").symlink_to(outside / "requirements.txt")
    (repo / "nowhere.txt").symlink_to(outside / "gone.txt")
    (repo / "linked").symlink_to(outside)
    problem = refused_include(repo, target)
    assert problem.message.endswith(" cannot be read: no such file in the repository")
    assert problem.help == "mend the path, or take the line away"
    assert len(problem.message) < 200


def test_an_include_in_the_encoding_of_a_half_character_is_told(repo: Path) -> None:
    # UTF-7 can spell lone surrogates, which no file system takes.
    write_tree(repo, {"requirements.txt": b"# coding: utf-7\nflask\n-r a+2AA-b.txt\n"})
    result = found("requirements.txt")
    assert names_of(result) == {"requirements.txt": ["flask"]}
    (problem,) = result.files[0].document.problems
    assert problem.message == "a b.txt cannot be read: no such file in the repository"


def test_outside_a_repository_includes_stay_below_the_directory_of_the_file(repo: Path) -> None:
    outside = write_tree(repo.parent, {"other/a/requirements.txt": "-r ../base.txt\n-r b.txt\n", "other/base.txt": ""})
    write_tree(outside, {"other/a/b.txt": "rich\n", "other/a/.git/x": ""})
    result = found("../other/a/requirements.txt")
    assert [file.text for file in result.files] == ["-r ../base.txt\n-r b.txt\n", "rich\n"]
    (problem,) = result.files[0].document.problems
    assert problem.message == "../base.txt is not followed: it lies outside the repository"
    assert str(outside / "other" / "a").replace(os.sep, "/") in problem.help


def test_files_beside_an_attack_are_read(repo: Path) -> None:
    write_tree(
        repo, {"a/requirements.txt": "-r \0\n-r ../../../x.txt\n-r " + "x/" * 9000 + "\n", "z/requirements.txt": "z"}
    )
    result = found(".")
    assert names_of(result) == {"a/requirements.txt": [], "z/requirements.txt": ["z"]}
    assert len(result.files[0].document.problems) == 3


FRAGMENTS = st.sampled_from(
    [
        b"-r ", b"-c ", b"base.txt", b"../x.txt", b"requirements.txt", b"sub/", b"/", b"\n", b"\r", b"\0", b"\xff",
        b"$", b"{", b"}", b"[", b"]", b'"', b"'", b"=", b"# coding: utf-7\n", b"+2AA-", b"\\", b"flask==1\n",
        b"-i https://index.example/\n", b"[tool.mothball]\n", b"[tool.mothball.ignore]\n", b"snapshot = 's.json'\n",
        b"exclude = ['**']\n", b"offline = true\n", b'{"mothball-snapshot": 1', b', "projects": ',
        b"[project]\nname = 'x'\n", b"\xef\xbb\xbf", b"\xff\xfe", b"old = 1\n",
    ]
)  # fmt: skip
CONTENT = st.lists(FRAGMENTS, max_size=15).map(b"".join)
NAMES = ["requirements.txt", "base.txt", "mothball.toml", "pyproject.toml", "s.json", "sub/requirements.txt", ".env"]
# What stands at a name: a text, a link to another name or to what lies outside, a directory.
THINGS = CONTENT | st.sampled_from([*NAMES, "..", "../outside.txt", "sub"]) | st.none()


@given(st.dictionaries(st.sampled_from(NAMES), THINGS), st.sampled_from([*NAMES, ".", "sub", "gone"]))
def test_whatever_a_repository_holds_it_is_read_or_told_and_nothing_outside_is_shown(
    things: dict[str, bytes | str | None], given_path: str
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        root = repository(Path(directory) / "repo", {"sub/x": ""})
        write_tree(root.parent, {"outside.txt": "tell-nobody\n"})
        for name, thing in things.items():
            if thing is None:
                (root / name).mkdir()
            elif isinstance(thing, str):
                (root / name).symlink_to(thing)
            else:
                write_tree(root, {name: thing})
        assert "tell-nobody" not in repr(found(str(root / given_path)))


# --- includes ---------------------------------------------------------------------------------------------------------


def test_includes_are_followed_from_where_they_stand(repo: Path) -> None:
    write_tree(
        repo,
        {
            "requirements.txt": "-r sub/dev.txt\na\n",
            "sub/dev.txt": "b\n--requirement=../base.reqs\n-c limits/pins.lock\n",
            "base.reqs": "c\n",
            "sub/limits/pins.lock": "d\n",
        },
    )
    result = read("requirements.txt")
    assert names_of(result) == {
        "requirements.txt": ["a"],
        "sub/dev.txt": ["b"],
        "base.reqs": ["c"],
        "sub/limits/pins.lock": ["d"],
    }
    assert {kind for kinds in kinds_of(result).values() for kind in kinds} == {
        DependencyKind.REQUIREMENT,
        DependencyKind.CONSTRAINT,
    }
    assert kinds_of(result)["sub/limits/pins.lock"] == {DependencyKind.CONSTRAINT}


def test_an_absolute_include_inside_the_repository_is_followed(repo: Path) -> None:
    write_tree(repo, {"requirements.txt": f"-r {repo / 'base.txt'}\n", "base.txt": "flask\n"})
    assert paths_of(read("requirements.txt")) == ["requirements.txt", "base.txt"]


def test_includes_in_a_circle_are_read_once(repo: Path) -> None:
    write_tree(repo, {"requirements.txt": "-r b.txt\na\n", "b.txt": "-r requirements.txt\n-r b.txt\nb\n"})
    assert names_of(read("requirements.txt")) == {"requirements.txt": ["a"], "b.txt": ["b"]}


@pytest.mark.parametrize("order", [("r.txt", "c.txt"), ("c.txt", "r.txt")])
def test_a_file_that_one_installs_and_another_is_limited_by_is_installed(repo: Path, order: tuple[str, str]) -> None:
    write_tree(
        repo,
        {"r.txt": "-r both.txt\n", "c.txt": "-c both.txt\n", "both.txt": "b\n-r deep.txt\n", "deep.txt": "d\n"},
    )
    result = discovered(DiscoveryRequest(order, "requirements"))
    assert kinds_of(result)["both.txt"] == {DependencyKind.REQUIREMENT}
    assert kinds_of(result)["deep.txt"] == {DependencyKind.REQUIREMENT}
    assert sorted(paths_of(result)) == ["both.txt", "c.txt", "deep.txt", "r.txt"]


def test_what_a_constraints_file_includes_is_what_its_option_says_as_pip_has_it(repo: Path) -> None:
    tree = {"constraints.txt": "a\n-r base.txt\n-c more.txt\n", "base.txt": "b\n", "more.txt": "c\n"}
    write_tree(repo, tree)
    assert kinds_of(read("constraints.txt")) == {
        "constraints.txt": {DependencyKind.CONSTRAINT},
        "base.txt": {DependencyKind.REQUIREMENT},
        "more.txt": {DependencyKind.CONSTRAINT},
    }


def test_a_constraints_file_that_is_installed_is_none(repo: Path) -> None:
    write_tree(repo, {"requirements.txt": "-r constraints.txt\n", "constraints.txt": "a\n"})
    assert kinds_of(read(".")) == {"constraints.txt": {DependencyKind.REQUIREMENT}, "requirements.txt": set()}


def test_thousands_of_files_that_include_one_another_in_a_row_are_read(repo: Path) -> None:
    count = 2000
    tree = {
        f"r{number}.txt": f"-r r{number + 1}.txt\n-i https://{number}.example/\np{number}\n" for number in range(count)
    }
    write_tree(repo, {**tree, f"r{count}.txt": "last\n"})
    result = discovered(DiscoveryRequest(("r0.txt",), "requirements"))
    assert len(result.files) == count + 1
    assert {len(file.index_options) for file in result.files} == {count}


def test_a_file_of_nothing_but_includes_is_read_in_time(repo: Path) -> None:
    # Taking from the front of a list would cost the square of this.
    write_tree(repo, {"requirements.txt": "-r base.txt\n" * 30_000, "base.txt": "flask\n"})
    assert paths_of(read("requirements.txt")) == ["requirements.txt", "base.txt"]


# --- index options ----------------------------------------------------------------------------------------------------


def urls(*names: str) -> list[str]:
    return [f"https://{name}.example/" for name in names]


def option(name: str) -> str:
    return f"--extra-index-url https://{name}.example/\n"


def test_the_options_of_a_tree_reach_each_of_its_files(repo: Path) -> None:
    write_tree(
        repo,
        {
            "requirements.txt": f"{option('parent')}-r a.txt\n-r b.txt\n",
            "a.txt": f"a\n{option('a')}-r deep/c.txt\n",
            "b.txt": "b\n",
            "deep/c.txt": f"{option('c')}c\n",
        },
    )
    result = read("requirements.txt")
    assert options_of(result) == dict.fromkeys(
        ["requirements.txt", "a.txt", "b.txt", "deep/c.txt"], urls("parent", "a", "c")
    )


def test_options_come_in_the_order_in_which_an_installer_meets_them(repo: Path) -> None:
    # The last index-url is the one in force: here that of the parent, which stands behind the include.
    write_tree(
        repo,
        {
            "requirements.txt": "-r a.txt\n-i https://parent.example/\n",
            "a.txt": "-i https://first.example/\n-r b.txt\n-i https://last.example/\n",
            "b.txt": "-i https://middle.example/\n",
        },
    )
    assert options_of(read("requirements.txt"))["b.txt"] == urls("first", "middle", "last", "parent")


def test_a_file_that_is_included_twice_speaks_where_it_stands_last(repo: Path) -> None:
    write_tree(
        repo,
        {
            "requirements.txt": "-r a.txt\n-i https://parent.example/\n-r a.txt\n",
            "a.txt": "-i https://a.example/\n",
        },
    )
    assert options_of(read("requirements.txt"))["a.txt"] == urls("parent", "a")


def test_two_trees_over_one_file_both_reach_it_and_not_one_another(repo: Path) -> None:
    write_tree(
        repo,
        {
            "web-requirements.txt": f"{option('web')}-r base.txt\n",
            "job-requirements.txt": f"{option('job')}-r base.txt\n",
            "base.txt": f"{option('base')}flask\n",
            "other-requirements.txt": "rich\n",
        },
    )
    result = options_of(read("."))
    assert result == {
        "job-requirements.txt": urls("job", "base"),
        "web-requirements.txt": urls("web", "base"),
        "other-requirements.txt": [],
        "base.txt": urls("job", "base", "web"),
    }


@pytest.mark.parametrize("first", ["a.txt", "b.txt", "c.txt", "d.txt"])
def test_the_options_of_a_circle_reach_all_that_hangs_on_it(repo: Path, first: str) -> None:
    names = ["a.txt", "b.txt", "c.txt", "d.txt"]
    tree = {
        "a.txt": f"-r b.txt\n{option('a')}",
        "b.txt": f"-r a.txt\n{option('b')}-r c.txt\n",
        "c.txt": f"-r d.txt\n{option('c')}",
        "d.txt": f"-r c.txt\n{option('d')}",
    }
    write_tree(repo, tree)
    order = (first, *(name for name in names if name != first))
    result = options_of(discovered(DiscoveryRequest(order, "requirements")))
    assert {name: set(options) for name, options in result.items()} == {
        "a.txt": set(urls("a", "b", "c", "d")),
        "b.txt": set(urls("a", "b", "c", "d")),
        "c.txt": set(urls("a", "b", "c", "d")),
        "d.txt": set(urls("a", "b", "c", "d")),
    }


def test_an_include_that_could_not_be_read_brings_no_options(repo: Path) -> None:
    write_tree(repo, {"requirements.txt": f"{option('a')}-r base.txt\n", "base.txt": b"\xff"})
    ours, unknown = found("requirements.txt").files[0].index_options
    assert ours.value == urls("a")[0]
    assert (unknown.name, unknown.declared_at) == ("unknown", "requirements.txt:2")


def test_options_keep_their_kind(repo: Path) -> None:
    write_tree(repo, {"requirements.txt": "--no-index\n-r base.txt\n", "base.txt": "-f links\n"})
    result = read("requirements.txt")
    assert [(one.name, one.value) for one in result.files[1].index_options] == [
        ("no-index", ""),
        ("find-links", "links"),
    ]
    assert all(isinstance(one, IndexOption) for one in result.files[1].index_options)


# --- configuration ----------------------------------------------------------------------------------------------------


def test_each_file_is_ruled_by_its_own_configuration(repo: Path) -> None:
    def own(name: str) -> str:
        return f'index-url = "https://{name}.example/"\n'

    write_tree(
        repo,
        {
            "mothball.toml": own("top"),
            "requirements.txt": "-r a/base.txt\n",
            "a/mothball.toml": own("a"),
            "a/base.txt": "flask\n",
        },
    )
    result = read("requirements.txt")
    assert {file.path: file.resolved_config.network.index_url for file in result.files} == {
        "requirements.txt": "https://top.example/",
        "a/base.txt": "https://a.example/",
    }


def test_what_a_broken_configuration_rules_over_is_not_read_and_all_else_is(repo: Path) -> None:
    tree = {
        "requirements.txt": "-r broken/base.txt\na\n",
        "broken/mothball.toml": "=\n",
        "broken/requirements.txt": "b\n",
        "broken/base.txt": "c\n",
        "sub/requirements.txt": "d\n",
    }
    write_tree(repo, tree)
    result = found(".", "broken/requirements.txt")
    assert names_of(result) == {"requirements.txt": ["a"], "sub/requirements.txt": ["d"]}
    assert [problem.path for problem in result.problems] == ["broken/mothball.toml"]
    assert result.unreadable == ()


def test_exclude_leaves_out_what_is_found_and_not_what_is_given_or_included(repo: Path) -> None:
    tree = {
        "sub/mothball.toml": 'exclude = ["data/**", "requirements.txt"]\n',
        "sub/requirements.txt": "a\n",
        "sub/data/deep/requirements.txt": "b\n",
        "sub/requirements-dev.txt": "-r data/c.txt\n",
        "sub/data/c.txt": "c\n",
        "requirements.txt": "d\n",
    }
    write_tree(repo, tree)
    kept = ["requirements.txt", "sub/requirements-dev.txt", "sub/data/c.txt"]
    assert paths_of(read(".")) == kept
    assert paths_of(read("sub")) == kept[1:]
    nothing = found("sub/data/deep")
    assert paths_of(nothing) == []
    assert [(problem.severity, problem.message) for problem in nothing.problems] == [
        (Severity.NOTE, "sub/data/deep: all dependency files found here are excluded (1)")
    ]
    assert paths_of(read("sub/requirements.txt")) == ["sub/requirements.txt"]


def test_the_patterns_of_a_chosen_configuration_count_from_the_repository(repo: Path) -> None:
    write_tree(repo.parent, {"ci/policy.toml": 'exclude = ["tests/**"]\n'})
    write_tree(repo, {"tests/data/requirements.txt": "a\n", "requirements.txt": "b\n"})
    assert paths_of(found(".", config_path="../ci/policy.toml")) == ["requirements.txt"]


def test_the_problems_of_the_configurations_come_with_the_files(repo: Path) -> None:
    write_tree(repo, {"mothball.toml": 'snapshot = "gone.json"\n', "requirements.txt": "a\n"})
    result = found("requirements.txt", "gone.list", overrides=ConfigOverrides(offline=True))
    assert paths_of(result) == ["requirements.txt"]
    assert problems(result) == ["the snapshot cannot be used: no such file in the repository"]
    assert result.files[0].resolved_config.network.offline


# --- what --as says ---------------------------------------------------------------------------------------------------


def test_a_directory_is_not_read_as_a_format(repo: Path) -> None:
    write_tree(repo, {"requirements.txt": "a\n"})

    result = discovered(DiscoveryRequest((".",), format="script"))

    assert result.files == ()
    assert problems(result) == [".: --as says what files are, and this is a directory"]


@pytest.mark.parametrize(("name", "file_format"), [("requirements.txt", "pre-commit"), ("pyproject.toml", "uv-lock")])
def test_a_file_that_holds_nothing_of_what_it_is_called_is_told_and_nothing_else_is(
    repo: Path, name: str, file_format: str
) -> None:
    write_tree(repo, {name: "[project]\ndependencies = [\n  'a',  # mothball: ignore[archived] x\n]\n"})

    result = discovered(DiscoveryRequest((name,), format=file_format))

    assert problems(result)[0] == f"{name}: read as {file_format}, and nothing in it is of that format"
    assert [file.document.ignores for file in result.files] == [()]


def test_a_syntax_error_is_the_only_problem_of_its_file(repo: Path) -> None:
    write_tree(repo, {"notes.txt": "install_requires=[\n"})

    result = discovered(DiscoveryRequest(("notes.txt",), format="setup-py"))

    assert problems(result) == []
    assert [[one.message for one in file.document.problems] for file in result.files] == [["invalid Python"]]


@pytest.mark.parametrize(
    ("name", "file_format", "text"),
    [
        ("deps.list", "requirements", "a\n"),
        ("deps.list", "requirements", "# nothing yet\n"),
        ("deps.list", "requirements", "-e .\n"),
        ("other.toml", "pyproject", '[project]\nname = "a"\n'),
        ("uv.lock", "uv-lock", "version = 1\n"),
        ("tool.py", "script", "print()\n"),
    ],
)
def test_a_file_that_is_what_it_is_called_or_may_be_empty_is_no_problem(
    repo: Path, name: str, file_format: str, text: str
) -> None:
    write_tree(repo, {name: text})

    assert discovered(DiscoveryRequest((name,), format=file_format)).problems == ()
