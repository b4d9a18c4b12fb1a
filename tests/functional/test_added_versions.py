"""The version rules for a change: what counts as added is the pinned version."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.added import Workshop, workshop
from tests.support.cli import run_in_process
from tests.support.scripted_index import Reply, ScriptedIndex
from tests.support.version_pages import (
    File,
    hashed_requirements,
    page,
    pdm_lock,
    pipfile_lock,
    poetry_lock,
    pylock,
    uv_lock,
)

DAY = 24 * 3600.0


def utc(age: float) -> str:
    """Return the upload time of a file that is ``age`` seconds old."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - age))


OLD = File(uploaded=utc(400 * DAY))
OLD_BUMP = File("1.1", uploaded=utc(300 * DAY))
YANKED = File("1.1", uploaded=utc(300 * DAY), yanked="broken metadata")


@pytest.fixture
def index() -> Iterator[ScriptedIndex]:
    with ScriptedIndex() as running:
        yield running


@pytest.fixture
def shop(tmp_path: Path, index: ScriptedIndex) -> Workshop:
    """Return a repository whose index is immutable."""
    made = workshop(tmp_path)
    made.commit({"mothball.toml": f'indexes."{index.url}".immutable = true\n'})
    return made


def findings(shop: Workshop, index: ScriptedIndex, *arguments: str) -> list[tuple[str, str]]:
    """Return rule and severity of each finding for the staged change."""
    result = shop.check("--index-url", index.url, "--format", "json", *arguments)
    report: dict[str, Any] = json.loads(result.out)
    return [(finding["rule"], finding["severity"]) for finding in report["findings"]]


# --- yanked, unlisted ---


def test_bump_to_a_yanked_version_is_rejected(shop: Workshop, index: ScriptedIndex) -> None:
    index.script("old-lib", page(OLD, YANKED))
    shop.commit({"requirements.txt": "old-lib==1.0\n"})
    shop.stage({"requirements.txt": "old-lib==1.1\n"})
    result = shop.check("--index-url", index.url)
    assert result.code == 1
    assert "error[yanked] old-lib 1.1 is yanked" in result.out
    assert "use another version than old-lib 1.1" in result.out
    assert 'old-lib = { rules = ["yanked"], versions = ["1.1"], reason = "WHY" }' in result.out


def test_new_yanked_pin_is_rejected(shop: Workshop, index: ScriptedIndex) -> None:
    index.script("old-lib", page(YANKED))
    shop.stage({"requirements.txt": "old-lib==1.1\n"})
    assert findings(shop, index) == [("yanked", "error")]


def test_bump_in_a_file_with_hashes_that_has_a_link_is_reported_once(shop: Workshop, index: ScriptedIndex) -> None:
    index.script("old-lib", page(OLD, YANKED))
    (shop.root / "requirements-dev.txt").symlink_to("requirements.txt")
    shop.git("add", "requirements-dev.txt")
    shop.commit({"requirements.txt": hashed_requirements(OLD)})
    shop.stage({"requirements.txt": hashed_requirements(YANKED, version="1.1")})
    assert findings(shop, index) == [("yanked", "error")]


def test_ignore_comment_of_a_new_archived_and_yanked_pin_works_as_pasted(shop: Workshop, index: ScriptedIndex) -> None:
    index.script("old-lib", page(YANKED, status="archived"))
    shop.stage({"requirements.txt": "old-lib==1.1\n"})
    (comment,) = re.findall("(?m)^ +(# mothball: .*)$", shop.check("--index-url", index.url).out)
    shop.stage({"requirements.txt": f"old-lib==1.1  {comment.replace('WHY', 'until the move')}\n"})
    assert shop.check("--index-url", index.url).code == 0


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('rules = ["archived"]', 'rules = ["archived", "yanked"], versions = ["1.1"]'),
        ('rules = ["yanked"], versions = ["1.0"]', 'rules = ["yanked"], versions = ["1.0", "1.1"]'),
        ('rules = ["yanked"], until = 2020-01-01', 'rules = ["yanked"]'),
    ],
)
def test_ignore_entry_of_a_project_that_has_one_is_suggested_in_its_place(
    shop: Workshop, index: ScriptedIndex, before: str, after: str
) -> None:
    index.script("old-lib", page(OLD, YANKED))
    config = f'indexes."{index.url}".immutable = true\n[ignore]\n'
    reason = 'reason = "until the move"'
    shop.commit(
        {"mothball.toml": f"{config}old-lib = {{ {before}, {reason} }}\n", "requirements.txt": "old-lib==1.0\n"}
    )
    shop.stage({"requirements.txt": "old-lib==1.1\n"})
    result = shop.check("--index-url", index.url)
    assert f'old-lib = {{ {after}, reason = "WHY" }}  # in place of the entry of old-lib' in result.out
    shop.stage({"mothball.toml": f"{config}old-lib = {{ {after}, {reason} }}\n"})
    assert shop.check("--index-url", index.url).code == 0


@pytest.mark.parametrize("status", ["archived", "deprecated", "quarantined"])
def test_bump_of_an_archived_project_is_no_addition(shop: Workshop, index: ScriptedIndex, status: str) -> None:
    index.script("old-lib", page(OLD, OLD_BUMP, status=status))
    shop.commit({"requirements.txt": "old-lib==1.0\n"})
    shop.stage({"requirements.txt": "old-lib==1.1\n"})
    result = shop.check("--index-url", index.url)
    assert (result.code, result.out.strip()) == (
        0,
        "0 dependencies and 1 changed version in 1 file: 0 checked, no findings",
    )


def test_yanked_pin_that_was_there_is_not_reported(shop: Workshop, index: ScriptedIndex) -> None:
    index.script("old-lib", page(YANKED))
    shop.commit({"requirements.txt": "old-lib==1.1\n"})
    shop.stage({"requirements.txt": "# a comment\nold-lib==1.1\n"})
    assert findings(shop, index) == []
    assert index.count() == 0


@pytest.mark.parametrize("pin", ["==1.1.0", "== v1.1", "===1.1"])
def test_yanked_pin_in_another_spelling_is_not_a_new_version(shop: Workshop, index: ScriptedIndex, pin: str) -> None:
    index.script("old-lib", page(YANKED))
    shop.commit({"requirements.txt": "old-lib==1.1\n"})
    shop.stage({"requirements.txt": f"old-lib{pin}\n"})
    assert findings(shop, index) == []


HOOK = "- id: x\n  language: python\n  additional_dependencies: [old-lib==1.1]\n"
PROJECT = '[project]\nname = "shop"\nrequires-python = ">=3.11"\ndependencies = ["old-lib==1.0"{}]\n'
GIT = '[tool.uv.sources]\nold-lib = { git = "https://code.example/old-lib" }\n'


@pytest.mark.parametrize(
    "weaker",
    [
        {"constraints.txt": "old-lib==1.1\n"},
        {".pre-commit-hooks.yaml": HOOK},
        {"pyproject.toml": PROJECT.format(", \"old-lib==1.1; python_version < '3.4'\"")},
        {"pyproject.toml": PROJECT.replace("==1.0", "==1.1").format("") + GIT},
    ],
    ids=["constraint", "hook", "never installed", "git source"],
)
def test_entry_that_counts_less_does_not_excuse_a_yanked_version(
    shop: Workshop, index: ScriptedIndex, weaker: dict[str, str]
) -> None:
    index.script("old-lib", page(OLD, YANKED))
    shop.commit({"requirements.txt": "old-lib==1.0\n", **weaker})
    shop.stage({"requirements.txt": "old-lib==1.1\n"})
    assert findings(shop, index) == [("yanked", "error")]


def test_yanked_version_of_the_manifest_is_not_new_in_the_lock(shop: Workshop, index: ScriptedIndex) -> None:
    index.script("old-lib", page(YANKED))
    shop.commit({"pyproject.toml": '[project]\nname = "shop"\ndependencies = ["old-lib==1.1"]\n'})
    shop.stage({"uv.lock": uv_lock(index.url, YANKED, version="1.1")})
    assert findings(shop, index) == []


def _pinned(version: str = "", more: str = "") -> str:
    entry = f'"old-lib=={version}"' if version else ""
    return f'[project]\nname = "shop"\ndependencies = [{entry}]\n{more}'


_MEMBERS = '[tool.uv.workspace]\nmembers = ["p/*"]\n'
_HASHED = hashed_requirements(YANKED, version="1.1")
# What is committed, and what the change writes or, if it is None, deletes.
MOVES: dict[str, tuple[dict[str, str], dict[str, str | None]]] = {
    "a renamed directory": (
        {"a/pyproject.toml": _pinned(), "a/requirements.txt": _HASHED},
        {"a/pyproject.toml": None, "a/requirements.txt": None, "b/pyproject.toml": _pinned(), "b/reqs.txt": _HASHED},
    ),
    "an enclosing project": (
        {"a/pyproject.toml": _pinned("1.1", "# a comment\n"), "requirements.txt": "ok\n"},
        {"a/pyproject.toml": _pinned(), "requirements.txt": "ok\nold-lib==1.1\n"},
    ),
    "another member of the workspace": (
        {
            "pyproject.toml": _pinned("", _MEMBERS),
            "p/a/pyproject.toml": _pinned("1.1"),
            "p/b/pyproject.toml": _pinned(),
        },
        {"p/a/pyproject.toml": _pinned(), "p/b/pyproject.toml": _pinned("1.1")},
    ),
    "a file whose project is removed": (
        {"a/pyproject.toml": _pinned(), "a/requirements.txt": "old-lib==1.1\n"},
        {"a/pyproject.toml": None, "a/requirements.txt": "# a comment\nold-lib==1.1\n"},
    ),
    "the lock of a workspace": (
        {"p/a/pyproject.toml": _pinned(), "p/a/requirements.txt": f"other==1 --hash=sha256:{64 * '0'}\n{_HASHED}"},
        {"pyproject.toml": _pinned("", _MEMBERS), "p/a/requirements.txt": None, "requirements.txt": _HASHED},
    ),
}


@pytest.mark.parametrize("move", MOVES)
def test_yanked_version_that_moves_is_not_a_new_version(shop: Workshop, index: ScriptedIndex, move: str) -> None:
    index.script("old-lib", page(OLD, YANKED))
    before, after = MOVES[move]
    shop.commit(before)
    _change(shop, after)
    assert findings(shop, index) == []


@pytest.mark.parametrize("move", MOVES)
def test_moved_name_with_another_version_that_is_yanked_is_rejected(
    shop: Workshop, index: ScriptedIndex, move: str
) -> None:
    index.script("old-lib", page(OLD, YANKED))
    before, after = MOVES[move]
    digests = YANKED.digest, OLD.digest
    shop.commit({path: text.replace("old-lib==1.1", "old-lib==1.0").replace(*digests) for path, text in before.items()})
    _change(shop, after)
    assert findings(shop, index) == [("yanked", "error")]


@pytest.mark.parametrize(("version", "severity"), [("1.1", "warning"), ("1.0", "error")])
def test_yanked_version_that_moves_to_another_project_is_one_level_lower(
    shop: Workshop, index: ScriptedIndex, version: str, severity: str
) -> None:
    index.script("old-lib", page(OLD, YANKED))
    shop.commit({"a/pyproject.toml": _pinned(version), "b/pyproject.toml": _pinned()})
    shop.stage({"a/pyproject.toml": _pinned(), "b/pyproject.toml": _pinned("1.1")})
    assert findings(shop, index) == [("yanked", severity)]


def _change(shop: Workshop, files: dict[str, str | None]) -> None:
    for path in [path for path, text in files.items() if text is None]:
        shop.git("rm", "--quiet", path)
    shop.stage({path: text for path, text in files.items() if text is not None})


def test_bump_to_an_unlisted_version_is_rejected(shop: Workshop, index: ScriptedIndex) -> None:
    index.script("old-lib", page(OLD))
    shop.commit({"requirements.txt": "old-lib==1.0\n"})
    shop.stage({"requirements.txt": "old-lib==1.1\n"})
    assert findings(shop, index) == [("unlisted", "error")]


@pytest.mark.parametrize("reply", [Reply(503), Reply(404), Reply(403)])
def test_bump_is_not_judged_if_the_lookup_fails(shop: Workshop, index: ScriptedIndex, reply: Reply) -> None:
    index.script("old-lib", reply)
    shop.commit({"requirements.txt": "old-lib==1.0\n"})
    shop.stage({"requirements.txt": "old-lib==1.1\n"})
    result = shop.check("--index-url", index.url)
    assert result.code == 0
    assert ("1 pin not judged (failed lookup)" in result.out) is (reply.status != 404)


def test_bump_on_an_index_without_statuses_is_no_finding_about_the_index(shop: Workshop, index: ScriptedIndex) -> None:
    index.script("old-lib", page(OLD, OLD_BUMP, status=None))
    shop.commit({"requirements.txt": "old-lib==1.0\n"})
    shop.stage({"requirements.txt": "old-lib==1.1\n"})
    assert findings(shop, index) == []


# --- re-registered ---

LOCKS: dict[str, Callable[..., str]] = {
    "uv.lock": uv_lock,
    "pylock.toml": pylock,
    "poetry.lock": lambda _, *files, version="1.0": poetry_lock(*files, version=version),
    "pdm.lock": lambda _, *files, version="1.0": pdm_lock(*files, version=version),
    "Pipfile.lock": pipfile_lock,
    "requirements.txt": lambda _, *files, version="1.0": hashed_requirements(*files, version=version),
}


def commit_at(shop: Workshop, files: dict[str, str], age: float) -> None:
    """Commit files with a date ``age`` seconds ago."""
    shop.stage(files)
    date = f"{int(time.time() - age)} +0000"
    done = shop.repository.try_git("commit", "-qm", "lock", more={"GIT_COMMITTER_DATE": date, "GIT_AUTHOR_DATE": date})
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", LOCKS)
@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_lock_of_the_files_of_a_new_owner_is_rejected(
    shop: Workshop, index: ScriptedIndex, name: str, version: str
) -> None:
    """The name was deleted and registered by another user: its status is active, and the new lock is consistent."""
    lock = LOCKS[name]
    index.script("old-lib", page(OLD))
    commit_at(shop, {name: lock(index.url, OLD)}, 300 * DAY)
    revived = File(version, content="new owner", uploaded=utc(DAY))
    index.script("old-lib", page(revived, status="active"))
    shop.stage({name: lock(index.url, revived, version=version)})
    result = shop.check("--index-url", index.url)
    assert result.code == 1, result.out
    assert "error[re-registered] old-lib on" in result.out
    assert "find out who owns old-lib now; until then, neither install, upgrade nor re-lock" in result.out
    assert "or ignore" not in result.out


@pytest.mark.parametrize(
    ("before", "after"),
    [("uv.lock", "pylock.toml"), ("poetry.lock", "uv.lock"), ("member/uv.lock", "pylock.toml")],
)
@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_lock_of_another_tool_with_the_files_of_a_new_owner_is_rejected(
    shop: Workshop, index: ScriptedIndex, before: str, after: str, version: str
) -> None:
    shop.commit({"member/pyproject.toml": '[project]\nname = "member"\n'})
    commit_at(shop, {before: LOCKS[Path(before).name](index.url, OLD)}, 300 * DAY)
    revived = File(version, content="new owner", uploaded=utc(DAY))
    index.script("old-lib", page(revived, status="active"))
    shop.git("rm", "--quiet", before)
    shop.stage({after: LOCKS[after](index.url, revived, version=version)})
    assert findings(shop, index) == [("re-registered", "error")]


@pytest.mark.parametrize(("before", "after"), [("uv.lock", "pylock.toml"), ("poetry.lock", "uv.lock")])
def test_lock_of_another_tool_with_the_same_files_is_no_addition(
    shop: Workshop, index: ScriptedIndex, before: str, after: str
) -> None:
    commit_at(shop, {before: LOCKS[before](index.url, OLD)}, 300 * DAY)
    shop.git("rm", "--quiet", before)
    shop.stage({after: LOCKS[after](index.url, OLD)})
    assert findings(shop, index) == []
    assert index.count() == 0


@pytest.mark.parametrize("name", LOCKS)
def test_old_lock_is_an_error_in_a_full_check(shop: Workshop, index: ScriptedIndex, name: str) -> None:
    commit_at(shop, {name: LOCKS[name](index.url, OLD)}, 300 * DAY)
    index.script("old-lib", page(File("1.0", content="new owner", uploaded=utc(DAY)), status="active"))
    report = json.loads(_full_check(shop, index, name))
    assert [(finding["rule"], finding["severity"]) for finding in report["findings"]] == [("re-registered", "error")]


@pytest.mark.parametrize("name", LOCKS)
@pytest.mark.parametrize("listed", [[OLD, OLD_BUMP], [OLD_BUMP, OLD._replace(name="old_lib-1.0.tar.gz"), OLD]])
def test_bump_of_the_same_owner_is_accepted(
    shop: Workshop, index: ScriptedIndex, name: str, listed: list[File]
) -> None:
    commit_at(shop, {name: LOCKS[name](index.url, OLD)}, 300 * DAY)
    index.script("old-lib", page(*listed))
    shop.stage({name: LOCKS[name](index.url, OLD_BUMP, version="1.1")})
    assert findings(shop, index) == []
    assert index.count("old-lib") == 1


@pytest.mark.parametrize("option", ["--find-links wheels", "--extra-index-url https://second.example/simple/"])
def test_files_that_another_source_may_have_are_not_re_registered(
    shop: Workshop, index: ScriptedIndex, option: str
) -> None:
    """A requirements file does not record where its files come from."""
    commit_at(shop, {"requirements.txt": f"{option}\n{hashed_requirements(OLD)}"}, 300 * DAY)
    revived = File("1.1", content="another project", uploaded=utc(DAY))
    index.script("old-lib", page(revived))
    shop.stage({"requirements.txt": f"{option}\n{hashed_requirements(revived, version='1.1')}"})
    assert "re-registered" not in {rule for rule, _ in findings(shop, index)}


def test_lock_that_moves_to_another_registry_is_not_re_registered(shop: Workshop, index: ScriptedIndex) -> None:
    commit_at(shop, {"uv.lock": uv_lock("https://former.example/simple/", OLD)}, 300 * DAY)
    revived = File("1.1", content="rebuilt", uploaded=utc(DAY))
    index.script("old-lib", page(revived))
    shop.stage({"uv.lock": uv_lock(index.url, revived, version="1.1")})
    assert "re-registered" not in {rule for rule, _ in findings(shop, index)}


def test_retention_that_deleted_the_locked_version_is_not_re_registered(shop: Workshop, index: ScriptedIndex) -> None:
    """An index that deletes old versions is not immutable."""
    shop.commit({"mothball.toml": ""})
    commit_at(shop, {"uv.lock": uv_lock(index.url, OLD)}, 300 * DAY)
    newest = File("9.0", uploaded=utc(DAY))
    index.script("old-lib", page(newest))
    shop.stage({"uv.lock": uv_lock(index.url, newest, version="9.0")})
    assert findings(shop, index) == []


def test_lock_with_the_date_of_a_recent_commit_is_not_re_registered(shop: Workshop, index: ScriptedIndex) -> None:
    """Without upload times in the lock, files that are older than the commit may have been there when it was made."""
    commit_at(shop, {"poetry.lock": poetry_lock(OLD)}, 0)
    index.script("old-lib", page(File("1.1", content="rebuilt", uploaded=utc(3 * DAY))))
    shop.stage({"poetry.lock": poetry_lock(File("1.1", content="rebuilt"), version="1.1")})
    assert findings(shop, index) == []


def test_added_format_of_the_lock_is_no_addition(shop: Workshop, index: ScriptedIndex) -> None:
    """A new version of uv adds upload times to all entries."""
    commit_at(shop, {"uv.lock": uv_lock(index.url, OLD._replace(uploaded=None))}, 300 * DAY)
    shop.stage({"uv.lock": uv_lock(index.url, OLD)})
    assert findings(shop, index) == []
    assert index.count() == 0


def _full_check(shop: Workshop, index: ScriptedIndex, name: str) -> str:
    arguments = ("check", "--index-url", index.url, "--format", "json", name)
    return run_in_process(*arguments, cwd=shop.root, home=shop.home).out
