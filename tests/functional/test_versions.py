"""The version rules in a full check, against a scripted index."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from tests.support.cli import cache_of
from tests.support.project import Project
from tests.support.scripted_index import Reply, ScriptedIndex, padded
from tests.support.version_pages import (
    File,
    hashed_requirements,
    page,
    page_in_html,
    pdm_lock,
    pipfile_lock,
    poetry_lock,
    pylock,
    uv_lock,
)

YANKED = File(yanked="broken metadata")
LATER = "2026-01-02T03:04:05.000000Z"
REVIVED = File(content="new owner", uploaded=LATER)


@pytest.fixture
def index() -> Iterator[ScriptedIndex]:
    with ScriptedIndex() as running:
        yield running


def findings(project: Project, index: ScriptedIndex, *arguments: str) -> list[tuple[str, str]]:
    """Return rule and severity of each finding that is not suppressed."""
    report = project.check_json("--index-url", index.url, *arguments)
    active = [finding for finding in report["findings"] if not finding["suppressed"]]
    return [(finding["rule"], finding["severity"]) for finding in active]


def summary(project: Project, index: ScriptedIndex) -> dict[str, Any]:
    result: dict[str, Any] = project.check_json("--index-url", index.url)["summary"]
    return result


def immutable(project: Project, index: ScriptedIndex) -> None:
    project.write("mothball.toml", f'indexes."{index.url}".immutable = true\n')


# --- yanked ---


@pytest.mark.parametrize("specifier", ["==1.0", "===1.0", "== 1.0", "==1.0.0", "==1", "[extra]==1.0"])
def test_yanked_pin_is_reported(project: Project, index: ScriptedIndex, specifier: str) -> None:
    index.script("old-lib", page(YANKED, File("2.0")))
    project.write("requirements.txt", f"old-lib{specifier}\n")
    assert findings(project, index) == [("yanked", "warning")]


@pytest.mark.parametrize("specifier", ["", ">=1.0", "~=1.0", "==1.*", "==1.0,<2", "!=2.0", "<=1.0"])
def test_ranges_and_prefixes_are_no_pins(project: Project, index: ScriptedIndex, specifier: str) -> None:
    index.script("old-lib", page(YANKED))
    project.write("requirements.txt", f"old-lib{specifier}\n")
    assert findings(project, index) == []
    assert summary(project, index)["not_judged"] == 0


def test_version_with_one_usable_file_is_not_yanked(project: Project, index: ScriptedIndex) -> None:
    index.script("old-lib", page(YANKED, File("1.0.0", name="old-lib-1.0.0.tar.gz")))
    project.write("requirements.txt", "old-lib==1.0\n")
    assert findings(project, index) == []


def test_message_has_the_reason_and_the_latest_release(project: Project, index: ScriptedIndex) -> None:
    index.script("old-lib", page(File(yanked="see \x1b[31m\nCVE-2026-1"), File("2.0", uploaded=LATER)))
    project.write("requirements.txt", "old-lib==1.0\n")
    result = project.check("--index-url", index.url)
    assert "warning[yanked] old-lib 1.0 is yanked" in result.out
    assert "\x1b" not in result.out
    assert "CVE-2026-1" in result.out
    assert "use another version (the latest release is 2.0)" in result.out


def test_yanked_pin_of_an_archived_project_has_two_findings(project: Project, index: ScriptedIndex) -> None:
    index.script("old-lib", page(YANKED, status="archived"))
    project.write("requirements.txt", "old-lib==1.0\n")
    assert findings(project, index) == [("archived", "error"), ("yanked", "warning")]


@pytest.mark.parametrize("reply", [page(YANKED, status="quarantined"), Reply(404), Reply(503)])
def test_other_rules_replace_yanked(project: Project, index: ScriptedIndex, reply: Reply) -> None:
    index.script("old-lib", reply)
    project.write("requirements.txt", "old-lib==1.0\n")
    assert "yanked" not in {rule for rule, _ in findings(project, index)}


def test_yanked_constraint_is_one_level_lower(project: Project, index: ScriptedIndex) -> None:
    index.script("old-lib", page(YANKED))
    project.write("constraints.txt", "old-lib==1.0\n")
    assert findings(project, index) == [("yanked", "note")]


def test_yanked_version_in_an_html_page_is_reported(project: Project, index: ScriptedIndex) -> None:
    index.script("old-lib", page_in_html(YANKED))
    project.write("requirements.txt", "old-lib==1.0\n")
    assert findings(project, index) == [("yanked", "warning")]


def test_manifest_and_lock_have_one_finding(project: Project, index: ScriptedIndex) -> None:
    index.script("old-lib", page(YANKED))
    project.write("pyproject.toml", '[project]\nname = "shop"\ndependencies = ["old-lib==1.0"]\n')
    project.write("uv.lock", uv_lock(index.url, YANKED))
    report = project.check_json("--index-url", index.url)
    (finding,) = report["findings"]
    assert (finding["path"], finding["rule"], finding["version"]) == ("pyproject.toml", "yanked", "1.0")
    assert [place["path"] for place in finding["related_locations"]] == ["uv.lock"]


def test_warm_check_reads_the_yank_from_the_cache(project: Project, index: ScriptedIndex) -> None:
    index.script("old-lib", page(YANKED))
    project.write("requirements.txt", "old-lib==1.0\n")
    assert findings(project, index) == findings(project, index) == [("yanked", "warning")]
    assert index.count("old-lib") == 1


def test_markdown_has_each_help_with_the_packages_that_it_is_for(project: Project, index: ScriptedIndex) -> None:
    index.script("old-lib", page(File(content="rebuilt")))
    index.script("other", page(File("2.0", project="other"), name="other"))
    project.write("uv.lock", uv_lock(index.url, File()))
    project.write("requirements.txt", "other==1.0\n")
    out = project.check("--format", "markdown", "--index-url", index.url).out
    assert [line.partition(":")[0] for line in out.splitlines() if line.startswith("- ")] == [
        "- **unlisted** (`other`)",
        "- **unlisted** (`old-lib`)",
    ]


# --- ignores ---


def yanked_and_archived_locks(project: Project, index: ScriptedIndex) -> None:
    """Write two locks with one version each of a project that is archived, with both versions yanked."""
    files = YANKED, File("2.0", yanked="broken, too")
    index.script("old-lib", page(*files, status="archived"))
    project.write("uv.lock", uv_lock(index.url, files[0]))
    project.write("pylock.toml", pylock(index.url, files[1], version="2.0"))


def test_ignore_entries_of_a_full_check_are_one_per_project_and_work_as_pasted(
    project: Project, index: ScriptedIndex
) -> None:
    yanked_and_archived_locks(project, index)
    assert len(findings(project, index)) == 4
    out = project.check("--index-url", index.url).out
    pasted = "\n".join(re.findall(r"(?m)^    (\S.*)$", out)).replace("WHY", "until the move")
    project.write("mothball.toml", f"[ignore]\n{pasted}\n")
    assert findings(project, index) == []


def test_ignore_comment_of_a_line_with_two_findings_works_as_pasted(project: Project, index: ScriptedIndex) -> None:
    index.script("old-lib", page(YANKED, status="archived"))
    project.write("requirements.txt", "old-lib==1.0\n")
    out = project.check("--index-url", index.url).out
    (comment,) = set(re.findall("`(# mothball: .*?)`", out))
    project.write("requirements.txt", f"old-lib==1.0  {comment.replace('WHY', 'until the move')}\n")
    assert findings(project, index) == []


def test_ignore_entries_in_markdown_are_those_of_all_packages_and_work_as_pasted(
    project: Project, index: ScriptedIndex
) -> None:
    yanked_and_archived_locks(project, index)
    index.script("other", page(File(project="other"), name="other", status="archived"))
    text = uv_lock(index.url, File(project="other")).replace("old-lib", "other")
    project.write("member/uv.lock", text)
    assert len(findings(project, index)) == 5
    out = project.check("--format", "markdown", "--index-url", index.url).out
    block = re.search(r"```toml\n(.*?)\n```", out, re.DOTALL)
    assert block
    project.write("mothball.toml", f"[ignore]\n{block[1].replace('WHY', 'until the move')}\n")
    assert findings(project, index) == []


@pytest.mark.parametrize(
    ("entry", "is_ignored"),
    [
        ('rules = ["yanked"]', True),
        ('rules = ["yanked"], versions = ["1.0"]', True),
        ('rules = ["yanked"], versions = ["2.0", "1.0.0"]', True),
        ('rules = ["yanked"], versions = ["2.0"]', False),
        ('rules = ["archived"]', False),
    ],
)
def test_ignore_entry_applies_to_its_versions(
    project: Project, index: ScriptedIndex, entry: str, *, is_ignored: bool
) -> None:
    index.script("old-lib", page(YANKED))
    project.write("requirements.txt", "old-lib==1.0\n")
    project.write("mothball.toml", f'[ignore]\nold-lib = {{ {entry}, reason = "until June" }}\n')
    assert (("yanked", "warning") not in findings(project, index)) is is_ignored


def test_versions_without_a_version_rule_are_an_error(project: Project) -> None:
    project.write("requirements.txt", "old-lib==1.0\n")
    project.write("mothball.toml", '[ignore]\nold-lib = { rules = ["archived"], versions = ["1.0"] }\n')
    result = project.check("--offline")
    assert result.code == 2
    assert "`versions` has no effect in the ignore for `old-lib`" in result.out


def test_comment_ignores_a_yanked_pin(project: Project, index: ScriptedIndex) -> None:
    index.script("old-lib", page(YANKED))
    project.write("requirements.txt", "old-lib==1.0  # mothball: ignore[yanked] until June\n")
    assert findings(project, index) == []


def test_ignore_of_a_pin_that_was_not_judged_is_not_unused(project: Project) -> None:
    project.offline({"old-lib": "active"}, '[ignore]\nold-lib = { rules = ["yanked"], reason = "until June" }\n')
    project.write("requirements.txt", "old-lib==1.0\n")
    assert project.check_json()["findings"] == []


def test_write_ignores_limits_the_entry_to_the_version(project: Project, index: ScriptedIndex) -> None:
    index.script("old-lib", page(YANKED))
    project.write("requirements.txt", "old-lib==1.0\n")
    project.write("mothball.toml", "")
    result = project.check("--index-url", index.url, "--write-ignores", "--reason", "in use")
    assert result.code == 0, result.out
    written = (project.root / "mothball.toml").read_text()
    assert 'old-lib = { rules = ["yanked"], versions = ["1.0"], reason = "in use" }' in written
    assert findings(project, index) == []


# --- unlisted ---


def test_version_without_files_is_unlisted(project: Project, index: ScriptedIndex) -> None:
    index.script("old-lib", page(File("2.0")))
    project.write("requirements.txt", "old-lib==1.0\n")
    assert findings(project, index) == [("unlisted", "warning")]


def test_page_is_requested_again_before_a_version_is_unlisted(project: Project, index: ScriptedIndex) -> None:
    """The cached page may be older than the version."""
    index.script("old-lib", page(File("1.0")), page(File("1.0"), File("2.0")))
    project.write("requirements.txt", "old-lib==1.0\n")
    assert findings(project, index) == []
    project.write("requirements.txt", "old-lib==2.0\n")
    assert findings(project, index) == []
    assert index.count("old-lib") == 2
    project.write("requirements.txt", "old-lib==3.0\n")
    assert findings(project, index) == [("unlisted", "warning")]
    assert index.count("old-lib") == 3


@pytest.mark.parametrize(
    ("texts", "counts"),
    [
        pytest.param(["old-lib==1.0\n", "old-lib==1.0\n", "old-lib==2.0\n"], [1, 1, 1], id="listed versions"),
        pytest.param(["old-lib==2.1\n", "old-lib==2.1\n"], [1, 1], id="yanked version"),
        pytest.param(["old-lib>=1\n", "old-lib==1.0\n", "old-lib==2.0\n"], [1, 2, 2], id="pinned later"),
        pytest.param(["old-lib==1.0\n", "old-lib==3.0\nold-lib==4.0\n"], [1, 2], id="two versions that are not there"),
        pytest.param(["old-lib==3.0\n", "old-lib==3.0\n"], [1, 2], id="confirmed by the run that requested it"),
    ],
)
def test_number_of_requests(project: Project, index: ScriptedIndex, texts: list[str], counts: list[int]) -> None:
    """A page is requested again only before a version is reported, or if the cache has the status without the files."""
    index.script("old-lib", page(File("1.0"), File("2.0"), YANKED._replace(version="2.1")))
    requests = []
    for text in texts:
        project.write("requirements.txt", text)
        project.check("--index-url", index.url)
        requests.append(index.count("old-lib"))
    assert requests == counts


def test_offline_run_requests_no_page(project: Project, index: ScriptedIndex) -> None:
    index.script("old-lib", page(File("1.0")))
    project.write("requirements.txt", "old-lib==1.0\n")
    assert findings(project, index) == []
    project.write("requirements.txt", "old-lib==2.0\n")
    result = project.check("--index-url", index.url, "--offline")
    assert "1 pin not judged (not confirmed by the index)" in result.out
    assert index.count("old-lib") == 1


def test_version_is_not_judged_if_the_page_cannot_be_requested_again(project: Project, index: ScriptedIndex) -> None:
    index.script("old-lib", page(File("1.0")), Reply(503))
    project.write("requirements.txt", "old-lib==1.0\n")
    assert findings(project, index) == []
    project.write("requirements.txt", "old-lib==2.0\n")
    assert findings(project, index) == []
    result = project.check("--index-url", index.url)
    assert "1 checked, no findings, 1 pin not judged (not confirmed by the index)" in result.out


def test_files_that_were_replaced_are_unlisted(project: Project, index: ScriptedIndex) -> None:
    index.script("old-lib", page(File(content="rebuilt")))
    project.write("uv.lock", uv_lock(index.url, File()))
    result = project.check("--index-url", index.url)
    assert "warning[unlisted]" in result.out
    assert "has other files for old-lib 1.0 than the lock records" in result.out


@pytest.mark.parametrize(
    "configure",
    [
        pytest.param(
            lambda project, _: project.write("requirements.txt", "-f wheels\nold-lib==1.0\n"), id="find-links"
        ),
        pytest.param(
            lambda project, _: project.write(
                "requirements.txt", "--extra-index-url https://second.example/simple\nold-lib==1.0\n"
            ),
            id="several indexes",
        ),
        pytest.param(
            lambda project, _: (
                project.write("pyproject.toml", '[tool.uv]\nfind-links = ["./wheels"]\n'),
                project.write("requirements.txt", "old-lib==1.0\n"),
            ),
            id="find-links of uv",
        ),
    ],
)
def test_version_that_may_come_from_elsewhere_is_not_judged(
    project: Project, index: ScriptedIndex, configure: Callable[[Project, ScriptedIndex], object]
) -> None:
    index.script("old-lib", page(File("2.0")))
    configure(project, index)
    report = project.check_json("--index-url", index.url)
    assert "unlisted" not in {finding["rule"] for finding in report["findings"]}


@pytest.mark.parametrize(
    ("specifier", "file"),
    [
        ("==2.4.0+cu124", File("2.4.0+cu124")),
        ("==2.4.0", File("2.4.0+cu124")),
        ("==1!2.0", File("1!2.0")),
        ("==2.0rc1", File("2.0rc1")),
        ("==2.0.dev3", File("2.0.dev3")),
        ("==2024.01.05", File("2024.1.5")),
        ("===2004d", File("2004d", name="old-lib-2004d.tar.gz")),
        ("==1.0", File("1.0", name="old_lib-1.0-py2.7.egg")),
        ("==1.0.post1", File("1.0-1", name="old-lib-1.0.post1.zip")),
        ("==1.0", File("1.0", name="old_lib-1.0-1-py3-none-any.whl")),
    ],
)
def test_version_is_found_in_every_spelling(project: Project, index: ScriptedIndex, specifier: str, file: File) -> None:
    index.script("old-lib", page(file))
    project.write("requirements.txt", f"old-lib{specifier}\n")
    assert findings(project, index) == []
    assert summary(project, index)["not_judged"] == 0


def test_version_of_a_project_with_15000_files_is_judged(project: Project, index: ScriptedIndex) -> None:
    wheel = "old_lib-{}.{}-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"
    files = [File(f"{i // 50}.{i % 50}", name=wheel.format(i // 50, i % 50)) for i in range(15_000)]
    index.script("old-lib", page(*files, YANKED._replace(version="299.50")))
    project.write("requirements.txt", "old-lib==299.50\n")
    assert findings(project, index) == findings(project, index) == [("yanked", "warning")]
    assert index.count("old-lib") == 1
    project.write("requirements.txt", "old-lib==300.0\n")
    assert findings(project, index) == [("unlisted", "warning")]


def test_page_over_the_size_limit_is_not_judged(project: Project, index: ScriptedIndex) -> None:
    index.script("old-lib", padded(page(File("2.0")), 17 * 1024 * 1024))
    project.write("requirements.txt", "old-lib==1.0\n")
    result = project.check("--index-url", index.url)
    assert "1 pin not judged (no list of files)" in result.out


def test_version_rules_can_be_switched_off(project: Project, index: ScriptedIndex) -> None:
    index.script("old-lib", page(File("2.0")))
    project.write("requirements.txt", "old-lib==1.0\n")
    project.write("mothball.toml", '[severity]\nyanked = "off"\nunlisted = "off"\nre-registered = "off"\n')
    assert findings(project, index) == []
    assert index.count("old-lib") == 1


# --- re-registered ---


LOCKS: dict[str, Callable[..., str]] = {"uv.lock": uv_lock, "pylock.toml": pylock}


@pytest.mark.parametrize("name", LOCKS)
@pytest.mark.parametrize("new", [REVIVED, REVIVED._replace(version="7.0")], ids=["same version", "other version"])
def test_name_with_only_later_files_is_re_registered(
    project: Project, index: ScriptedIndex, name: str, new: File
) -> None:
    immutable(project, index)
    index.script("old-lib", page(new))
    project.write(name, LOCKS[name](index.url, File()))
    assert findings(project, index) == [("re-registered", "error")]
    result = project.check("--index-url", index.url)
    assert "do not upgrade or re-lock old-lib until you know who owns it" in result.out


@pytest.mark.parametrize(
    ("listed", "recorded"),
    [
        pytest.param([File(content="overwritten")], [File()], id="overwritten wheel"),
        pytest.param([REVIVED, File("0.9")], [File("1.0"), File("0.9")], id="one file left"),
        pytest.param([REVIVED._replace(uploaded="2024-05-07T07:08:00Z")], [File()], id="within 24 hours"),
        pytest.param([REVIVED._replace(uploaded=None)], [File()], id="no upload times"),
        pytest.param([REVIVED], [File(uploaded=None)], id="lock without times outside of a repository"),
        pytest.param([File("1.0", "x", "2024-01-01T00:00:00Z"), REVIVED], [File()], id="older files"),
        pytest.param([], [File()], id="no files"),
        pytest.param([File("1.0", name="old_lib-1.0-1-py3-none-any.whl"), File()], [File()], id="rebuilt wheel"),
        pytest.param([File()], [File(), File(name="old_lib-1.0.tar.gz")], id="deleted single file"),
        pytest.param([File(uploaded=LATER)], [File()], id="mirror with times of its own"),
        pytest.param([REVIVED, File("0.9", uploaded=LATER)], [File(), File("0.9")], id="mirror that rebuilt a wheel"),
    ],
)
def test_everyday_changes_are_not_re_registered(
    project: Project, index: ScriptedIndex, listed: list[File], recorded: list[File]
) -> None:
    immutable(project, index)
    index.script("old-lib", page(*listed))
    project.write("uv.lock", uv_lock(index.url, *recorded))
    assert "re-registered" not in {rule for rule, _ in findings(project, index)}


def test_index_that_is_not_immutable_re_registers_nothing(project: Project, index: ScriptedIndex) -> None:
    """An internal index may overwrite files, delete old ones, or show the times of its mirroring."""
    index.script("old-lib", page(REVIVED))
    project.write("uv.lock", uv_lock(index.url, File()))
    assert findings(project, index) == [("unlisted", "warning")]


@pytest.mark.parametrize("version", ["2.0.dev20240506", "2.0rc1", "2.0+cu124", "nightly"])
def test_nightlies_and_local_versions_are_not_re_registered(
    project: Project, index: ScriptedIndex, version: str
) -> None:
    immutable(project, index)
    index.script("old-lib", page(REVIVED._replace(version="2.0.dev20260102")))
    project.write("uv.lock", uv_lock(index.url, File(version), version=version))
    assert "re-registered" not in {rule for rule, _ in findings(project, index)}


def test_lock_of_another_registry_is_not_re_registered(project: Project, index: ScriptedIndex) -> None:
    """After a migration, `--index-url` replaces the registry that the lock records."""
    immutable(project, index)
    index.script("old-lib", page(REVIVED))
    project.write("pylock.toml", pylock("https://former.example/simple/", File()).replace("index = ", "# index = "))
    project.write("requirements.txt", "old-lib\n")
    with ScriptedIndex({"old-lib": page(REVIVED)}) as second:
        project.write("uv.lock", uv_lock(second.url, File()))
        report = project.check_json("--index-url", index.url, "uv.lock")
    assert "re-registered" not in {finding["rule"] for finding in report["findings"]}


def test_html_page_is_not_re_registered(project: Project, index: ScriptedIndex) -> None:
    immutable(project, index)
    index.script("old-lib", page_in_html(REVIVED))
    project.write("uv.lock", uv_lock(index.url, File()))
    assert findings(project, index) == [("unlisted", "warning")]


@pytest.mark.parametrize("output", ["text", "concise", "json", "sarif", "github", "gitlab", "junit", "markdown"])
@pytest.mark.parametrize(
    ("listed", "rule"), [(YANKED, "yanked"), (File("2.0"), "unlisted"), (REVIVED, "re-registered")]
)
def test_every_output_format_has_rule_and_version(
    project: Project, index: ScriptedIndex, listed: File, rule: str, output: str
) -> None:
    immutable(project, index)
    index.script("old-lib", page(listed))
    project.write("uv.lock", uv_lock(index.url, File()))
    written = project.check("--index-url", index.url, "--format", output).out
    assert rule in written
    assert "old-lib" in written
    assert "1.0" in written or rule == "re-registered"


def test_quarantined_replaces_re_registered(project: Project, index: ScriptedIndex) -> None:
    immutable(project, index)
    index.script("old-lib", page(REVIVED, status="quarantined"))
    project.write("uv.lock", uv_lock(index.url, File()))
    assert findings(project, index) == [("quarantined", "error")]


# --- locks ---


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("uv.lock", uv_lock),
        ("pylock.toml", pylock),
        ("poetry.lock", lambda _, *files: poetry_lock(*files)),
        ("pdm.lock", lambda _, *files: pdm_lock(*files)),
        ("Pipfile.lock", pipfile_lock),
        ("requirements.txt", lambda _, *files: hashed_requirements(*files)),
    ],
)
def test_recorded_files_of_every_lock_are_compared(
    project: Project, index: ScriptedIndex, name: str, text: Callable[..., str]
) -> None:
    index.script("old-lib", page(File(), File(name="old_lib-1.0.tar.gz")))
    project.write(name, text(index.url, File()))
    assert findings(project, index) == []
    assert index.count("old-lib") == 1
    project.write(name, text(index.url, File(content="other")))
    assert findings(project, index) == [("unlisted", "warning")]


def test_version_that_is_pinned_after_the_lookup_is_judged(project: Project, index: ScriptedIndex) -> None:
    index.script("old-lib", page(YANKED))
    project.write("requirements.txt", "old-lib\n")
    assert findings(project, index) == []
    project.write("requirements.txt", "old-lib==1.0\n")
    assert findings(project, index) == findings(project, index) == [("yanked", "warning")]
    assert index.count("old-lib") == 2


def test_pin_is_judged_after_the_cache_has_deleted_the_list(project: Project, index: ScriptedIndex) -> None:
    """Lists are the largest rows, so they are deleted first when the cache is full."""
    index.script("old-lib", page(YANKED)._replace(etag='"v1"'))
    project.write("requirements.txt", "old-lib==1.0\n")
    assert findings(project, index) == [("yanked", "warning")]
    database = os.path.join(cache_of(project.home), "v2", "cache.db")
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("DELETE FROM Cache WHERE key LIKE 'files-%'")
    assert findings(project, index) == [("yanked", "warning")]
    assert findings(project, index) == [("yanked", "warning")]
    assert index.count() == 2
