"""Discovery of dependency files: formats, includes, configurations, and reports on unreadable files."""

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
from mothball.model.document import MAX_OPTIONS, DependencyKind, IndexOption, ParseProblem
from mothball.model.results import CheckMode, Rule, Severity
from mothball.repository.files import MAX_FILE_SIZE
from tests.support.trees import repository, write_tree

TODAY = "2026-11-22"
SETTINGS = RunSettings(TODAY, 1_795_000_000.0)


def discover_paths(*paths: str, settings: RunSettings = SETTINGS, **resolver_settings: Any) -> DiscoveryResult:
    return discover_request(DiscoveryRequest(paths), settings, **resolver_settings)


def discover_request(
    request: DiscoveryRequest, settings: RunSettings = SETTINGS, **resolver_settings: Any
) -> DiscoveryResult:
    return discover(
        request, ConfigResolver(ConfigResolverSettings(TODAY)._replace(**resolver_settings), UserConfig()), settings
    )


def discover_without_problems(*paths: str) -> DiscoveryResult:
    """Discover files and assert that there are no problems."""
    result = discover_paths(*paths)
    assert (result.unreadable, result.problems) == ((), ())
    assert [problem for file in result.files for problem in file.problems] == []
    return result


def paths_of(result: DiscoveryResult) -> list[str]:
    return [file.path for file in result.files]


def names_of(result: DiscoveryResult) -> dict[str, list[str]]:
    return {file.path: [dependency.name for dependency in file.document.dependencies] for file in result.files}


def kinds_of(result: DiscoveryResult) -> dict[str, set[DependencyKind]]:
    return {file.path: {dependency.kind for dependency in file.document.dependencies} for file in result.files}


def options_of(result: DiscoveryResult) -> dict[str, list[str]]:
    return {file.path: [option.value for option in file.indexes.options] for file in result.files}


def unreadable(result: DiscoveryResult) -> list[str]:
    return [f"{finding.path}: {finding.message}" for finding in result.unreadable]


def problems(result: DiscoveryResult) -> list[str]:
    return [problem.message for problem in result.problems]


def refused_include(repo: Path, target: str) -> ParseProblem:
    """Return the problem reported for an include of ``target``; the rest of the file is read."""
    write_tree(repo, {"requirements.txt": f"flask\n-r {target}\nrich\n"})
    result = discover_paths("requirements.txt")
    assert (result.unreadable, result.problems) == ((), ())
    assert names_of(result) == {"requirements.txt": ["flask", "rich"]}
    (file,) = result.files
    (problem,) = file.problems
    assert problem.span.slice(file.text) == target
    return problem


# --- paths ------------------------------------------------------------------------------------------------------------


def test_file_format_is_decided_by_name(repo: Path) -> None:
    write_tree(repo, {"requirements.txt": "flask==1.0\n", "sub/constraints.txt": "rich\n"})
    result = discover_without_problems("requirements.txt", str(repo / "sub" / "constraints.txt"))
    assert names_of(result) == {"requirements.txt": ["flask"], "sub/constraints.txt": ["rich"]}
    assert kinds_of(result) == {
        "requirements.txt": {DependencyKind.REQUIREMENT},
        "sub/constraints.txt": {DependencyKind.CONSTRAINT},
    }
    assert result.files[0].text == "flask==1.0\n"


def test_directory_is_searched_recursively(repo: Path) -> None:
    tree = {"requirements.txt": "a\n", "sub/requirements/dev.txt": "b\n", "sub/pyproject.toml": "", "notes.txt": "c\n"}
    write_tree(repo, tree)
    assert paths_of(discover_without_problems(".")) == [
        "requirements.txt",
        "sub/pyproject.toml",
        "sub/requirements/dev.txt",
    ]
    assert paths_of(discover_without_problems("sub")) == ["sub/pyproject.toml", "sub/requirements/dev.txt"]


def test_pyproject_is_read(repo: Path) -> None:
    write_tree(repo, {"pyproject.toml": '[project]\nname = "x"\ndependencies = ["flask>=3"]\n'})
    result = discover_without_problems("pyproject.toml")
    assert names_of(result) == {"pyproject.toml": ["flask"]}
    assert result.files[0].document.format == "pyproject"


def test_parent_directory_decides_format_of_relative_path(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(write_tree(repo, {"requirements/base.txt": "flask\n"}) / "requirements")
    assert paths_of(discover_without_problems("base.txt")) == ["base.txt"]
    assert paths_of(discover_without_problems(".")) == ["base.txt"]


def test_stdin_replaces_the_named_file(repo: Path) -> None:
    write_tree(repo, {"requirements.txt": "flask\n", "base.txt": "rich\n"})
    result = discover_request(DiscoveryRequest(("-",), stdin=("requirements.txt", b"django\n-r base.txt\n")))
    assert names_of(result) == {"requirements.txt": ["django"], "base.txt": ["rich"]}


def test_stdin_may_name_missing_file(repo: Path) -> None:
    result = discover_request(DiscoveryRequest(("-",), stdin=("new/requirements.txt", b"django\n")))
    assert names_of(result) == {"new/requirements.txt": ["django"]}
    assert result.problems == ()


def test_dash_without_stdin_is_a_path(repo: Path) -> None:
    assert unreadable(discover_paths("-")) == ["-: no such file"]


def test_format_overrides_name(repo: Path) -> None:
    write_tree(repo, {"deps.list": "flask\n", "requirements.txt": '[project]\ndependencies = ["rich"]\n'})
    assert names_of(discover_request(DiscoveryRequest(("deps.list",), "requirements"))) == {"deps.list": ["flask"]}
    assert names_of(discover_request(DiscoveryRequest(("requirements.txt",), "pyproject"))) == {
        "requirements.txt": ["rich"]
    }
    assert names_of(discover_request(DiscoveryRequest(("-",), "requirements", ("stdin", b"rich\n")))) == {
        "stdin": ["rich"]
    }


def test_unknown_file_name_is_reported_with_remedy(repo: Path) -> None:
    write_tree(repo, {"deps.list": "flask and rich\n", "requirements.txt": "rich\n"})
    result = discover_paths("deps.list", "requirements.txt")
    (problem,) = result.problems
    assert (problem.severity, problem.message) == (
        Severity.ERROR,
        "deps.list is not a known dependency file; use --as FORMAT to check it anyway",
    )
    assert problem.help.startswith("FORMAT is one of pyproject, requirements, ")
    assert paths_of(result) == ["requirements.txt"]


def test_missing_path_is_reported_and_others_are_read(repo: Path) -> None:
    write_tree(repo, {"requirements.txt": "rich\n"})
    result = discover_paths("gone/requirements.txt", "gone", "", "requirements.txt")
    cause = "no such file"
    assert unreadable(result) == [f"gone/requirements.txt: {cause}", f"gone: {cause}", f'"": {cause}']
    assert {(finding.rule, finding.severity) for finding in result.unreadable} == {(Rule.UNREADABLE, Severity.ERROR)}
    assert paths_of(result) == ["requirements.txt"]


def test_directory_without_dependency_files_is_reported(repo: Path) -> None:
    write_tree(repo, {"empty/README.md": "", "requirements.txt": "rich\n"})
    result = discover_paths("empty", "requirements.txt")
    (problem,) = result.problems
    assert (problem.severity, problem.message) == (Severity.ERROR, "empty: no dependency files found")
    assert "pyproject.toml" in problem.help
    assert "requirements and constraints files" in problem.help
    assert paths_of(result) == ["requirements.txt"]


def test_hostile_name_is_sanitized(repo: Path) -> None:
    write_tree(repo, {"evil\n::error::\x1b[31m.list": ""})
    (message,) = problems(discover_paths("evil\n::error::\x1b[31m.list"))
    assert message == "evil ::error:: [31m.list is not a known dependency file; use --as FORMAT to check it anyway"


def test_each_file_is_read_once(repo: Path) -> None:
    write_tree(repo, {"requirements.txt": "-r sub/base-requirements.txt\n", "sub/base-requirements.txt": "flask\n"})
    (repo / "z-requirements.txt").symlink_to("requirements.txt")
    for paths in (
        ("requirements.txt", "./requirements.txt", str(repo / "requirements.txt")),
        (".", "sub", "requirements.txt"),
        ("requirements.txt", "z-requirements.txt"),
    ):
        assert sorted(paths_of(discover_without_problems(*paths))) == ["requirements.txt", "sub/base-requirements.txt"]


def test_unreadable_file_is_reported_once(repo: Path) -> None:
    write_tree(repo, {"requirements.txt": "flask\n-r base.txt\n", "base.txt": b"\xff", "x.txt": "-c base.txt\n"})
    result = discover_request(DiscoveryRequest(("base.txt", "requirements.txt", "x.txt", "base.txt"), "requirements"))
    assert unreadable(result) == ["base.txt: not valid UTF-8 (line 1, byte 0)"]
    assert paths_of(result) == ["requirements.txt", "x.txt"]


# --- unreadable files -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"flask\nsch\xf6n\n", "not valid UTF-8 (line 2, byte 9)"),
        (b"# coding: ascii\nsch\xc3\xb6n\n", "not valid ASCII (line 2, byte 19)"),
        (b"# coding: no-such\nflask\n", "unsupported encoding in its coding line: "),
        (b"\xff\xfef\x00l\x00a", "not valid UTF-16-LE (line 1, byte "),
        (b"#" * (MAX_FILE_SIZE + 1), "larger than 32 MiB"),
    ],
)
def test_undecodable_file_is_reported_and_others_are_read(repo: Path, content: bytes, cause: str) -> None:
    write_tree(repo, {"requirements.txt": content, "requirements-dev.txt": "rich\n"})
    result = discover_paths("requirements.txt", "requirements-dev.txt")
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
def test_encodings_that_pip_reads(repo: Path, content: bytes, expected: list[str]) -> None:
    write_tree(repo, {"requirements.txt": content})
    assert names_of(discover_without_problems("requirements.txt")) == {"requirements.txt": expected}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_named_pipe_is_reported(repo: Path) -> None:
    os.mkfifo(repo / "requirements.txt")
    write_tree(repo, {"requirements-dev.txt": "-r requirements.txt\n"})
    result = discover_paths(".")
    assert unreadable(result) == ["requirements.txt: not a regular file"]
    assert result.unreadable[0].help == "if it is not a dependency file, add it to `exclude`"
    (problem,) = result.files[0].problems
    assert problem.message == "requirements.txt cannot be read: no such file in the repository"


def test_unlistable_directory_is_reported(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tree(repo, {"locked/requirements.txt": "a\n", "requirements.txt": "b\n"})
    scandir = os.scandir

    def refuse(path: str) -> object:
        if os.path.basename(path) == "locked":
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    result = discover_paths(".")
    assert unreadable(result) == ["locked: permission denied"]
    assert paths_of(result) == ["requirements.txt"]


def test_severity_of_unreadable_is_configured(repo: Path) -> None:
    tree = {"mothball.toml": '[severity]\nunreadable = "warning"\n"unreadable.added" = "note"\n'}
    write_tree(repo, {**tree, "requirements.txt": b"\xff"})
    for run_settings, expected in (
        (SETTINGS, Severity.WARNING),
        (SETTINGS._replace(strict=True), Severity.ERROR),
        (SETTINGS._replace(mode=CheckMode.ADDED), Severity.NOTE),
    ):
        (finding,) = discover_paths("requirements.txt", settings=run_settings).unreadable
        assert finding.severity is expected


# --- links and attacks ------------------------------------------------------------------------------------------------


def outside_directory(repo: Path) -> Path:
    return write_tree(repo.parent, {"secret/requirements.txt": "secret-name\n"}) / "secret"


@pytest.mark.parametrize("path", [".", "requirements.txt"])
def test_link_out_of_repository_is_reported_and_not_read(repo: Path, path: str) -> None:
    (repo / "requirements.txt").symlink_to(outside_directory(repo) / "requirements.txt")
    write_tree(repo, {"requirements-dev.txt": "rich\n"})
    result = discover_paths(path, "requirements-dev.txt")
    assert unreadable(result) == ["requirements.txt: symbolic link is broken or leads outside the repository"]
    assert "by its own path" in result.unreadable[0].help
    assert names_of(result) == {"requirements-dev.txt": ["rich"]}


def test_target_of_rejected_link_can_be_checked_by_its_path(repo: Path) -> None:
    outside = outside_directory(repo)
    assert list(names_of(discover_without_problems(str(outside / "requirements.txt"))).values()) == [["secret-name"]]
    assert list(names_of(discover_without_problems("../secret")).values()) == [["secret-name"]]


def test_named_directory_may_be_a_link(repo: Path) -> None:
    (repo / "linked").symlink_to(outside_directory(repo))
    assert names_of(discover_without_problems("linked")) == {"linked/requirements.txt": ["secret-name"]}


@pytest.mark.parametrize("path", [".", "requirements.txt"])
def test_link_to_other_file_is_reported_and_not_read(repo: Path, path: str) -> None:
    write_tree(repo, {".env": "PASSWORD=hunter2\n"})
    (repo / "requirements.txt").symlink_to(".env")
    result = discover_paths(path)
    assert unreadable(result) == [
        "requirements.txt: symbolic link to a file that git does not track and that is not a known dependency file"
    ]
    assert result.files == ()


def test_link_with_given_format_is_read(repo: Path) -> None:
    write_tree(repo, {"deps.list": "flask\n"})
    (repo / "requirements.txt").symlink_to("deps.list")
    assert names_of(discover_request(DiscoveryRequest(("requirements.txt",), "requirements"))) == {
        "requirements.txt": ["flask"]
    }


def test_link_between_dependency_files_is_read(repo: Path) -> None:
    write_tree(repo, {"a/base.txt": "flask\n"})
    (repo / "requirements.txt").symlink_to("a/base.txt")
    assert names_of(discover_without_problems(".")) == {"requirements.txt": ["flask"]}


def test_exclude_applies_to_files_of_its_configuration_only(repo: Path) -> None:
    tree = {
        "mothball.toml": 'exclude = ["parts/**"]\n',
        "parts/requirements.txt": "a\n",
        "parts/own/mothball.toml": "offline = true\n",
        "parts/own/requirements.txt": "b\n",
        "parts/broken/mothball.toml": "offline = \n",
        "parts/broken/requirements.txt": "c\n",
    }
    write_tree(repo, tree)
    result = discover_paths(".")

    assert paths_of(result) == ["parts/own/requirements.txt"]
    assert [problem.path for problem in result.problems] == ["parts/broken/mothball.toml"]


def test_excluded_link_is_not_reported(repo: Path) -> None:
    (repo / "requirements.txt").symlink_to(outside_directory(repo) / "requirements.txt")
    write_tree(repo, {"mothball.toml": 'exclude = ["requirements.txt"]\n', "requirements-dev.txt": "rich\n"})
    assert paths_of(discover_without_problems(".")) == ["requirements-dev.txt"]


def test_broken_links_are_reported(repo: Path) -> None:
    (repo / "requirements.txt").symlink_to("gone.txt")
    (repo / "requirements-a.txt").symlink_to("requirements-b.txt")
    (repo / "requirements-b.txt").symlink_to("requirements-a.txt")
    for number in range(1200):
        (repo / f"requirements{number}.in").symlink_to(f"requirements{number + 1}.in")
    messages = {finding.path: finding.message for finding in discover_paths(".").unreadable}
    assert len(messages) == 1203
    assert set(messages.values()) == {"symbolic link is broken or leads outside the repository"}


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("../secret/requirements.txt", "it is outside the repository"),
        ("sub/../../secret/requirements.txt", "it is outside the repository"),
        ("{outside}/requirements.txt", "it is outside the repository"),
        ("/etc/passwd", "it is outside the repository"),
        ("//host/share/requirements.txt", "it is outside the repository"),
        ("https://index.example/requirements.txt", "it is a URL"),
        ("file:///etc/passwd", "it is a URL"),
        ("${HOME}/requirements.txt", "it contains a variable"),
        ("$HOME.txt", "it contains a variable"),
        (".env", "not the name of a requirements file, and not tracked by git"),
        ("env.txt", "not the name of a requirements file, and not tracked by git"),
        ("pyproject.toml", "its name is that of a file for other purposes"),
    ],
)
def test_rejected_include_is_reported_at_its_target(repo: Path, target: str, message: str) -> None:
    outside = outside_directory(repo)
    write_tree(repo, {".env": "PASSWORD=hunter2\n", "pyproject.toml": "", "sub/x": ""})
    (repo / "env.txt").symlink_to(".env")
    target = target.format(outside=outside, HOME="{HOME}")
    problem = refused_include(repo, target)
    assert problem.message.endswith(f" is not read: {message}")
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
def test_missing_include_and_include_outside_repository_have_the_same_message(repo: Path, target: str) -> None:
    outside = outside_directory(repo)
    (repo / "dir.txt").mkdir()
    (repo / "link.txt").symlink_to(outside / "requirements.txt")
    (repo / "nowhere.txt").symlink_to(outside / "gone.txt")
    (repo / "linked").symlink_to(outside)
    problem = refused_include(repo, target)
    assert problem.message.endswith(" cannot be read: no such file in the repository")
    assert problem.help == "correct the path, or remove the line"
    assert len(problem.message) < 200


def test_an_include_in_the_encoding_of_a_half_character_is_told(repo: Path) -> None:
    # UTF-7 can spell lone surrogates, which no file system takes.
    write_tree(repo, {"requirements.txt": b"# coding: utf-7\nflask\n-r a+2AA-b.txt\n"})
    result = discover_paths("requirements.txt")
    assert names_of(result) == {"requirements.txt": ["flask"]}
    (problem,) = result.files[0].problems
    assert problem.message == "a b.txt cannot be read: no such file in the repository"


def test_outside_a_repository_includes_stay_below_the_directory_of_the_file(repo: Path) -> None:
    outside = write_tree(repo.parent, {"other/a/requirements.txt": "-r ../base.txt\n-r b.txt\n", "other/base.txt": ""})
    write_tree(outside, {"other/a/b.txt": "rich\n", "other/a/.git/x": ""})
    result = discover_paths("../other/a/requirements.txt")
    assert [file.text for file in result.files] == ["-r ../base.txt\n-r b.txt\n", "rich\n"]
    (problem,) = result.files[0].problems
    assert problem.message == "../base.txt is not read: it is outside the repository"
    assert str(outside / "other" / "a").replace(os.sep, "/") in problem.help


def test_other_files_are_read_despite_invalid_includes(repo: Path) -> None:
    write_tree(
        repo, {"a/requirements.txt": "-r \0\n-r ../../../x.txt\n-r " + "x/" * 9000 + "\n", "z/requirements.txt": "z"}
    )
    result = discover_paths(".")
    assert names_of(result) == {"a/requirements.txt": [], "z/requirements.txt": ["z"]}
    assert len(result.files[0].problems) == 3


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
# A file with this content, a link to this target, or (None) a directory.
FILES = CONTENT | st.sampled_from([*NAMES, "..", "../outside.txt", "sub"]) | st.none()


@given(st.dictionaries(st.sampled_from(NAMES), FILES), st.sampled_from([*NAMES, ".", "sub", "gone"]))
def test_arbitrary_repository_never_raises_or_reveals_outside_files(
    files: dict[str, bytes | str | None], path: str
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        root = repository(Path(directory) / "repo", {"sub/x": ""})
        write_tree(root.parent, {"outside.txt": "secret-name\n"})
        for name, content in files.items():
            if content is None:
                (root / name).mkdir()
            elif isinstance(content, str):
                (root / name).symlink_to(content)
            else:
                write_tree(root, {name: content})
        assert "secret-name" not in repr(discover_paths(str(root / path)))


# --- includes ---------------------------------------------------------------------------------------------------------


def test_includes_are_relative_to_their_file(repo: Path) -> None:
    write_tree(
        repo,
        {
            "requirements.txt": "-r sub/dev.txt\na\n",
            "sub/dev.txt": "b\n--requirement=../base.reqs\n-c limits/pins.lock\n",
            "base.reqs": "c\n",
            "sub/limits/pins.lock": "d\n",
        },
    )
    result = discover_without_problems("requirements.txt")
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


def test_absolute_include_inside_repository_is_followed(repo: Path) -> None:
    write_tree(repo, {"requirements.txt": f"-r {repo / 'base.txt'}\n", "base.txt": "flask\n"})
    assert paths_of(discover_without_problems("requirements.txt")) == ["requirements.txt", "base.txt"]


def test_circular_includes_are_read_once(repo: Path) -> None:
    write_tree(repo, {"requirements.txt": "-r b.txt\na\n", "b.txt": "-r requirements.txt\n-r b.txt\nb\n"})
    assert names_of(discover_without_problems("requirements.txt")) == {"requirements.txt": ["a"], "b.txt": ["b"]}


@pytest.mark.parametrize("order", [("r.txt", "c.txt"), ("c.txt", "r.txt")])
def test_file_included_as_both_kinds_is_a_requirements_file(repo: Path, order: tuple[str, str]) -> None:
    write_tree(
        repo,
        {"r.txt": "-r both.txt\n", "c.txt": "-c both.txt\n", "both.txt": "b\n-r deep.txt\n", "deep.txt": "d\n"},
    )
    result = discover_request(DiscoveryRequest(order, "requirements"))
    assert kinds_of(result)["both.txt"] == {DependencyKind.REQUIREMENT}
    assert kinds_of(result)["deep.txt"] == {DependencyKind.REQUIREMENT}
    assert sorted(paths_of(result)) == ["both.txt", "c.txt", "deep.txt", "r.txt"]


def test_include_option_in_constraints_file_decides_kind(repo: Path) -> None:
    tree = {"constraints.txt": "a\n-r base.txt\n-c more.txt\n", "base.txt": "b\n", "more.txt": "c\n"}
    write_tree(repo, tree)
    assert kinds_of(discover_without_problems("constraints.txt")) == {
        "constraints.txt": {DependencyKind.CONSTRAINT},
        "base.txt": {DependencyKind.REQUIREMENT},
        "more.txt": {DependencyKind.CONSTRAINT},
    }


def test_constraints_file_included_as_requirements_is_a_requirements_file(repo: Path) -> None:
    write_tree(repo, {"requirements.txt": "-r constraints.txt\n", "constraints.txt": "a\n"})
    assert kinds_of(discover_without_problems(".")) == {
        "constraints.txt": {DependencyKind.REQUIREMENT},
        "requirements.txt": set(),
    }


def test_long_chain_of_includes_is_read(repo: Path) -> None:
    count = 2000
    tree = {
        f"r{number}.txt": f"-r r{number + 1}.txt\n-i https://{number}.example/\np{number}\n" for number in range(count)
    }
    write_tree(repo, {**tree, f"r{count}.txt": "last\n"})
    result = discover_request(DiscoveryRequest(("r0.txt",), "requirements"))
    assert len(result.files) == count + 1
    assert {len(file.indexes.options) for file in result.files} == {count}


def test_includes_are_followed_up_to_the_limit(repo: Path) -> None:
    write_tree(repo, {"requirements.txt": "-r base.txt\n" * MAX_OPTIONS, "base.txt": "flask\n"})
    assert paths_of(discover_without_problems("requirements.txt")) == ["requirements.txt", "base.txt"]
    write_tree(repo, {"requirements.txt": "-r base.txt\n" * (MAX_OPTIONS + 1)})
    result = discover_paths("requirements.txt")
    assert paths_of(result) == ["requirements.txt"]
    assert [bool(file.problems) for file in result.files] == [True]


# --- index options ----------------------------------------------------------------------------------------------------


def urls(*names: str) -> list[str]:
    return [f"https://{name}.example/" for name in names]


def option(name: str) -> str:
    return f"--extra-index-url https://{name}.example/\n"


def test_options_apply_to_all_files_installed_together(repo: Path) -> None:
    write_tree(
        repo,
        {
            "requirements.txt": f"{option('parent')}-r a.txt\n-r b.txt\n",
            "a.txt": f"a\n{option('a')}-r deep/c.txt\n",
            "b.txt": "b\n",
            "deep/c.txt": f"{option('c')}c\n",
        },
    )
    result = discover_without_problems("requirements.txt")
    assert options_of(result) == dict.fromkeys(
        ["requirements.txt", "a.txt", "b.txt", "deep/c.txt"], urls("parent", "a", "c")
    )


def test_options_are_in_installer_order(repo: Path) -> None:
    # The last index-url takes effect: here the one after the include.
    write_tree(
        repo,
        {
            "requirements.txt": "-r a.txt\n-i https://parent.example/\n",
            "a.txt": "-i https://first.example/\n-r b.txt\n-i https://last.example/\n",
            "b.txt": "-i https://middle.example/\n",
        },
    )
    assert options_of(discover_without_problems("requirements.txt"))["b.txt"] == urls(
        "first", "middle", "last", "parent"
    )


def test_options_of_file_included_twice_count_at_last_include(repo: Path) -> None:
    write_tree(
        repo,
        {
            "requirements.txt": "-r a.txt\n-i https://parent.example/\n-r a.txt\n",
            "a.txt": "-i https://a.example/\n",
        },
    )
    assert options_of(discover_without_problems("requirements.txt"))["a.txt"] == urls("parent", "a")


def test_options_of_two_including_files_apply_to_shared_file_only(repo: Path) -> None:
    write_tree(
        repo,
        {
            "web-requirements.txt": f"{option('web')}-r base.txt\n",
            "job-requirements.txt": f"{option('job')}-r base.txt\n",
            "base.txt": f"{option('base')}flask\n",
            "other-requirements.txt": "rich\n",
        },
    )
    result = options_of(discover_without_problems("."))
    assert result == {
        "job-requirements.txt": urls("job", "base"),
        "web-requirements.txt": urls("web", "base"),
        "other-requirements.txt": [],
        "base.txt": urls("job", "base", "web"),
    }


@pytest.mark.parametrize("first_file", ["a.txt", "b.txt", "c.txt", "d.txt"])
def test_options_in_circular_includes_apply_to_all_files(repo: Path, first_file: str) -> None:
    names = ["a.txt", "b.txt", "c.txt", "d.txt"]
    tree = {
        "a.txt": f"-r b.txt\n{option('a')}",
        "b.txt": f"-r a.txt\n{option('b')}-r c.txt\n",
        "c.txt": f"-r d.txt\n{option('c')}",
        "d.txt": f"-r c.txt\n{option('d')}",
    }
    write_tree(repo, tree)
    order = (first_file, *(name for name in names if name != first_file))
    result = options_of(discover_request(DiscoveryRequest(order, "requirements")))
    assert {name: set(options) for name, options in result.items()} == {
        "a.txt": set(urls("a", "b", "c", "d")),
        "b.txt": set(urls("a", "b", "c", "d")),
        "c.txt": set(urls("a", "b", "c", "d")),
        "d.txt": set(urls("a", "b", "c", "d")),
    }


def test_unreadable_include_is_an_unknown_index(repo: Path) -> None:
    write_tree(repo, {"requirements.txt": f"{option('a')}-r base.txt\n", "base.txt": b"\xff"})
    (file,) = discover_paths("requirements.txt").files
    assert [known.value for known in file.indexes.options] == [urls("a")[0]]
    assert file.facts.unknown_indexes == ("`-r base.txt` in requirements.txt:2",)


MISSING = "`-r local.txt` in requirements/dev.txt:1"


@pytest.mark.parametrize(
    ("files", "affected"),
    [
        # The file that has the include, and what is reached only through it.
        ({"dev.txt": "-r local.txt\n-r base.txt\n", "base.txt": "-r core.txt\n", "core.txt": ""}, "base core dev"),
        ({"dev.txt": "-r local.txt\n-r base.txt\n", "base.txt": "", "docs.txt": "-r base.txt\n"}, "dev"),
        ({"dev.txt": "-r local.txt\n-r a.txt\n", "a.txt": "-r b.txt\n", "b.txt": "", "c.txt": "-r b.txt\n"}, "a dev"),
        # Not the files that include it.
        ({"all.txt": "-r dev.txt\n-r base.txt\n", "dev.txt": "-r local.txt\n", "base.txt": ""}, "dev"),
        ({"all.txt": "-r dev.txt\n", "dev.txt": "-r local.txt\n-r base.txt\n", "base.txt": ""}, "base dev"),
        # Includes in a cycle.
        ({"dev.txt": "-r local.txt\n-r base.txt\n", "base.txt": "-r dev.txt\n"}, "dev"),
        ({"dev.txt": "-r local.txt\n-r dev.txt\n", "base.txt": ""}, "dev"),
    ],
)
def test_missing_include_affects_files_reached_only_through_it(
    repo: Path, files: dict[str, str], affected: str
) -> None:
    write_tree(repo, {f"requirements/{name}": text for name, text in files.items()})
    unknown = {file.path: file.facts.unknown_indexes for file in discover_paths(".").files}
    expected = {f"requirements/{name}.txt": (MISSING,) for name in affected.split()}
    assert unknown == {f"requirements/{name}": () for name in files} | expected


def test_own_missing_include_is_named(repo: Path) -> None:
    write_tree(repo, {"requirements.txt": "-r gone.txt\n-c base.txt\n", "base.txt": "\n-c local.txt\n"})
    unknown = [file.facts.unknown_indexes for file in discover_paths(".").files]
    assert unknown == [("`-r gone.txt` in requirements.txt:1",), ("`-c local.txt` in base.txt:2",)]


@pytest.mark.parametrize("include", ["-r https://x.example/r.txt", "-r ${X}/r.txt", "-r ../outer.txt", "-r bad.txt"])
def test_unread_include_affects_all_files_installed_together(repo: Path, include: str) -> None:
    # Unlike a missing file, it can be installed and name an index for the including file.
    write_tree(repo, {"requirements.txt": "-r base.txt\n", "base.txt": f"{include}\n", "bad.txt": b"\xff"})
    unknown = [file.facts.unknown_indexes for file in discover_paths(".").files]
    assert unknown == [(f"`{include}` in base.txt:1",)] * 2


def test_options_keep_name_and_value(repo: Path) -> None:
    write_tree(repo, {"requirements.txt": "--no-index\n-r base.txt\n", "base.txt": "-f links\n"})
    result = discover_without_problems("requirements.txt")
    assert [(option.name, option.value) for option in result.files[1].indexes.options] == [
        ("no-index", ""),
        ("find-links", "links"),
    ]
    assert all(isinstance(option, IndexOption) for option in result.files[1].indexes.options)


# --- configuration ----------------------------------------------------------------------------------------------------


def test_each_file_uses_its_nearest_configuration(repo: Path) -> None:
    def mothball_toml(name: str) -> str:
        return f'index-url = "https://{name}.example/"\n'

    write_tree(
        repo,
        {
            "mothball.toml": mothball_toml("top"),
            "requirements.txt": "-r a/base.txt\n",
            "a/mothball.toml": mothball_toml("a"),
            "a/base.txt": "flask\n",
        },
    )
    result = discover_without_problems("requirements.txt")
    assert {file.path: file.resolved_config.network.index_url for file in result.files} == {
        "requirements.txt": "https://top.example/",
        "a/base.txt": "https://a.example/",
    }


def test_files_with_invalid_configuration_are_not_read(repo: Path) -> None:
    tree = {
        "requirements.txt": "-r broken/base.txt\na\n",
        "broken/mothball.toml": "=\n",
        "broken/requirements.txt": "b\n",
        "broken/base.txt": "c\n",
        "sub/requirements.txt": "d\n",
    }
    write_tree(repo, tree)
    result = discover_paths(".", "broken/requirements.txt")
    assert names_of(result) == {"requirements.txt": ["a"], "sub/requirements.txt": ["d"]}
    assert [problem.path for problem in result.problems] == ["broken/mothball.toml"]
    assert result.unreadable == ()


def test_exclude_applies_to_search_but_not_to_named_or_included_files(repo: Path) -> None:
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
    assert paths_of(discover_without_problems(".")) == kept
    assert paths_of(discover_without_problems("sub")) == kept[1:]
    empty = discover_paths("sub/data/deep")
    assert paths_of(empty) == []
    assert [(problem.severity, problem.message) for problem in empty.problems] == [
        (Severity.NOTE, "sub/data/deep: all dependency files are excluded (1)")
    ]
    assert paths_of(discover_without_problems("sub/requirements.txt")) == ["sub/requirements.txt"]


def test_exclude_of_config_option_is_relative_to_repository(repo: Path) -> None:
    write_tree(repo.parent, {"ci/policy.toml": 'exclude = ["tests/**"]\n'})
    write_tree(repo, {"tests/data/requirements.txt": "a\n", "requirements.txt": "b\n"})
    assert paths_of(discover_paths(".", config_path="../ci/policy.toml")) == ["requirements.txt"]


def test_problems_of_configurations_are_returned(repo: Path) -> None:
    write_tree(repo, {"mothball.toml": 'snapshot = "gone.json"\n', "requirements.txt": "a\n"})
    result = discover_paths("requirements.txt", "gone.list", overrides=ConfigOverrides(offline=True))
    assert paths_of(result) == ["requirements.txt"]
    assert problems(result) == ["the snapshot cannot be used: no such file in the repository"]
    assert result.files[0].resolved_config.network.offline


# --- --as -------------------------------------------------------------------------------------------------------------


def test_format_for_directory_is_reported(repo: Path) -> None:
    write_tree(repo, {"requirements.txt": "a\n"})

    result = discover_request(DiscoveryRequest((".",), format="script"))

    assert result.files == ()
    assert problems(result) == [". is a directory, and --as only applies to files"]


@pytest.mark.parametrize(("name", "file_format"), [("requirements.txt", "setup-cfg"), ("pyproject.toml", "uv-lock")])
def test_file_without_entries_of_the_given_format_is_reported(repo: Path, name: str, file_format: str) -> None:
    write_tree(repo, {name: "[project]\ndependencies = [\n  'a',  # mothball: ignore[archived] x\n]\n"})

    result = discover_request(DiscoveryRequest((name,), format=file_format))

    assert problems(result)[0] == f"{name} has no entries of the format {file_format}"
    assert [file.document.ignores for file in result.files] == [()]


def test_syntax_error_is_the_only_problem_of_its_file(repo: Path) -> None:
    write_tree(repo, {"notes.txt": "install_requires=[\n"})

    result = discover_request(DiscoveryRequest(("notes.txt",), format="setup-py"))

    assert problems(result) == []
    assert [[problem.message for problem in file.problems] for file in result.files] == [["invalid Python"]]


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
def test_file_of_the_given_format_has_no_problem(repo: Path, name: str, file_format: str, text: str) -> None:
    write_tree(repo, {name: text})

    assert discover_request(DiscoveryRequest((name,), format=file_format)).problems == ()


# --- files that are passed over, and files recognized by content ------------------------------------------------------

PROSE = "System requirements\n- A compiler for C\n"


def passed_over(result: DiscoveryResult) -> list[tuple[str, str]]:
    return [(path, reason) for path, reason, _ in result.passed_over]


def test_prose_template_and_foreign_lock_are_passed_over_with_their_reasons(repo: Path) -> None:
    template = '[project]\nname = "{{ name }}"\n{% if x %}\n'
    files = {"system-requirements.txt": PROSE, "chart/requirements.lock": "digest: a b\n", "requirements.txt": "rich\n"}
    write_tree(repo, {**files, "templates/pyproject.toml": template, "env.yml": "services: {}\n"})
    result = discover_paths(".")
    assert paths_of(result) == ["requirements.txt"]
    (note,) = result.problems
    assert (note.severity, result.unreadable) == (Severity.NOTE, ())
    assert note.message == "chart/requirements.lock and 2 others passed over (not a lock file of a known tool)"
    assert passed_over(result) == [
        ("chart/requirements.lock", "not a lock file of a known tool"),
        ("env.yml", "no `dependencies`"),
        ("system-requirements.txt", "prose"),
        ("templates/pyproject.toml", "template that does not parse"),
    ]


def test_prose_in_another_encoding_is_passed_over(repo: Path) -> None:
    write_tree(repo, {"system-requirements.txt": "Pr\xe9requis du syst\xe8me\n".encode("latin-1")})
    result = discover_paths(".")
    assert (result.files, result.unreadable) == ((), ())
    assert passed_over(result) == [("system-requirements.txt", "prose")]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_environment_in_an_encoding_of_wide_characters_is_an_error(repo: Path, encoding: str) -> None:
    # In such an encoding, the word `dependencies` is not readable.
    write_tree(repo, {"environment.yml": "dependencies:\n- pip:\n  - old-lib\n# \u20ac\n".encode(encoding)})
    result = discover_paths(".")
    assert (len(result.unreadable), passed_over(result)) == (1, [])


@pytest.mark.parametrize("name", ["a-requirements.txt", "z-requirements.txt"])
def test_included_prose_is_an_error(repo: Path, name: str) -> None:
    write_tree(repo, {name: PROSE, "dev-requirements.txt": f"-r {name}\n"})
    result = discover_paths(".")
    assert sorted(paths_of(result)) == sorted([name, "dev-requirements.txt"])
    assert passed_over(result) == []


def test_named_prose_is_an_error_unless_a_program_named_it(repo: Path) -> None:
    write_tree(repo, {"system-requirements.txt": PROSE})
    problem, _note = discover_paths("system-requirements.txt").problems
    assert problem.severity is Severity.ERROR
    assert "is not a known dependency file (prose)" in problem.message
    request = DiscoveryRequest(("system-requirements.txt",), apply_exclude=True)
    assert [problem.severity for problem in discover_request(request).problems] == [Severity.NOTE]


def test_excluded_and_ignored_files_are_listed_with_their_reasons(repo: Path) -> None:
    write_tree(repo, {"mothball.toml": 'exclude = ["data"]\n', "data/requirements.txt": "", "requirements.txt": ""})
    assert passed_over(discover_paths(".")) == [("data/requirements.txt", "excluded by `exclude`")]


@pytest.mark.parametrize(
    ("name", "text", "file_format"),
    [
        ("run", '#!/usr/bin/env python\n# /// script\n# dependencies = ["rich"]\n# ///\n', "script"),
        ("run.py", '# /// script\n# dependencies = ["rich"]\n# ///\nprint("\xe9")\n', "script"),
        ("all.txt", "# This file was autogenerated by uv\nrich==1\n", "requirements"),
        ("deps.list", "rich\nflask>=2\n", "requirements"),
    ],
)
def test_named_file_is_recognized_by_content(repo: Path, name: str, text: str, file_format: str) -> None:
    write_tree(repo, {name: text})
    result = discover_paths(name)
    assert [(file.path, file.document.format) for file in result.files] == [(name, file_format)]
    assert result.files[0].document.dependencies[0].name == "rich"


def test_file_that_a_program_names_is_read_only_with_the_header_of_a_generator(repo: Path) -> None:
    header = "# This file was autogenerated by uv\nrich==1\n"
    write_tree(repo, {"all.txt": header, "words.txt": "rich\nflask\n", "pins.txt": "rich==1\n", "pins.md": "rich==1\n"})
    names = ("all.txt", "words.txt", "pins.txt", "pins.md")
    result = discover_request(DiscoveryRequest(names, apply_exclude=True))
    assert paths_of(result) == ["all.txt"]
    (problem,) = result.problems
    assert (problem.severity, problem.path) == (Severity.WARNING, "pins.txt")
    assert problem.help == 'add `"**/pins.txt" = "requirements"` to [files] of mothball.toml'
