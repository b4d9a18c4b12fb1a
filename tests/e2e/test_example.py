"""The first command of the README, on its example: five cases, exit code 1, and no network."""

from __future__ import annotations

import json
import os
import shutil
import time

import pytest

from tests.support.installed import Mothball, Run

EXAMPLE = os.path.join(os.path.dirname(__file__), "..", "..", "examples", "shop")
DAY = 86400


@pytest.fixture
def example(mothball: Mothball) -> Mothball:
    """Return mothball in the parent directory of a copy of the example, as in the README."""
    shutil.copytree(EXAMPLE, os.path.join(mothball.project, "examples", "shop"))
    return mothball


def check(example: Mothball, *arguments: str, days_later: int = 0) -> Run:
    """Check the example one day and ``days_later`` after its snapshot: an ignore in it has an end date."""
    with open(os.path.join(EXAMPLE, "statuses.json"), encoding="utf-8") as file:
        generated = json.load(file)["generated"]
    noon = time.mktime(time.strptime(f"{generated} 12", "%Y-%m-%d %H"))
    ahead = noon + (1 + days_later) * DAY - time.time()
    return example.run("check", "examples/shop", *arguments, ahead=ahead)


def test_example_shows_the_five_cases_and_exits_1(example: Mothball) -> None:
    run = check(example)
    assert run.code == 1
    assert run.err == ""
    blocks = run.out.split("\n\n")
    archived = next(block for block in blocks if "error[archived]" in block)
    assert archived.startswith("examples/shop/pyproject.toml:")
    assert "quill-templates is archived" in archived
    assert '"merged into lantern-web 4; no more releases"' in archived
    quarantined = next(block for block in blocks if "error[quarantined]" in block)
    assert quarantined.startswith("examples/shop/requirements.txt:")
    assert "cloakroom is quarantined" in quarantined
    deprecated = next(block for block in blocks if "warning[deprecated]" in block)
    assert "tallybook is deprecated" in deprecated
    assert '"use ledger-kit for new work"' in deprecated
    unverified = next(block for block in blocks if "error[unverified]" in block)
    assert "feather-queue could not be checked: offline" in unverified
    ignored = [line for line in run.out.splitlines() if "ignored[" in line]
    assert [line.partition("ignored[")[2] for line in ignored] == [
        "archived] paperboy-mail is archived: until mail moves to the new service, #812",
        "deprecated] tallybook is deprecated: its successor lacks the CSV export",
    ]
    summary = blocks[-1]
    assert "2 ignored" in summary
    assert "1 unverified" in summary


def test_example_json_reports_the_same_findings(example: Mothball) -> None:
    run = check(example, "--format", "json")
    assert run.code == 1
    assert sorted(run.found()) == [
        ("archived", "error", "quill-templates"),
        ("archived", "warning", "quill-templates"),
        ("deprecated", "warning", "tallybook"),
        ("quarantined", "error", "cloakroom"),
        ("unverified", "error", "feather-queue"),
    ]
    suppressed = {finding["name"]: finding["suppressed"] for finding in run.report["findings"] if finding["suppressed"]}
    assert suppressed == {
        "paperboy-mail": {"kind": "config", "reason": "until mail moves to the new service, #812"},
        "tallybook": {"kind": "comment", "reason": "its successor lacks the CSV export"},
    }
    assert run.report["problems"] == []


def test_example_makes_no_connection(example: Mothball) -> None:
    check(example)
    assert example.contacts() == set()


def test_example_warns_about_an_old_snapshot(example: Mothball) -> None:
    run = check(example, "--format", "json", days_later=40)
    assert run.code == 1
    [problem] = run.report["problems"]
    assert problem["severity"] == "warning"
    assert "the snapshot is 41 days old" in problem["message"]


def test_example_with_no_ignores_reports_ignored_findings(example: Mothball) -> None:
    run = check(example, "--no-ignores", "--format", "json")
    assert ("archived", "error", "paperboy-mail") in run.found()
    assert all(finding["suppressed"] is None for finding in run.report["findings"])
