"""Check whole repositories of real dependency files as a user does: without naming files or formats.

The corpus is beside the checkout and not part of the project; without it these tests are skipped.
"""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from mothball.model.document import normalize_name
from tests.support.cli import run_in_process
from tests.support.scripted_index import ScriptedIndex

ARCHIVE = Path(__file__).parents[3] / "shared" / "corpus" / "corpus.tar.xz"
# The corpus has only some of the files that others include.
_ABOUT_INCLUDES = (" is not read: ", " cannot be read: ")

pytestmark = [
    pytest.mark.skipif(
        not ARCHIVE.exists(), reason="the corpus of real dependency files does not stand beside the checkout"
    ),
    pytest.mark.timeout(600),
]


class Corpus(NamedTuple):
    """The score of all files, and the report and list of files by repository.

    ``invalid`` are the repositories and paths of files that do not parse, or that include files the corpus lacks.
    ``directory`` has a directory for each repository, ``names`` are the expected names by repository.
    """

    directory: Path
    score: Any
    reports: Mapping[str, Any]
    listed: Mapping[str, str]
    invalid: frozenset[tuple[str, str]]
    names: Mapping[str, frozenset[str]]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    directory = tmp_path_factory.mktemp("corpus")
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(directory, filter="data")
    root, home, answers = directory / "corpus", tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("answers")
    with (root / "manifest.tsv").open(encoding="utf-8") as file:
        rows = [*csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
    reports, listed, invalid = {}, {}, set()
    names: dict[str, set[str]] = {}
    for repository in {row["repo"] for row in rows}:
        place = root / "files" / repository
        (place / ".git").mkdir()
        result = run_in_process("check", "--offline", "--no-cache", "--format", "json", cwd=place, home=home)
        reports[repository] = json.loads(result.out)
        listed[repository] = run_in_process("check", "--list-files", cwd=place, home=home).out
    for row in rows:
        name = f"{row['repo']}/{row['path']}.json"
        oracle = json.loads((root / "oracles" / name).read_text("utf-8"))
        if oracle["status"] != "ok" or oracle["includes"]:
            invalid.add((row["repo"], row["path"]))
        # Entries with variables are errors of the reference, but have names.
        texts = [
            *(each["name"] for each in oracle["entries"] if "name" in each),
            *(e.get("raw") or "" for e in oracle["errors"]),
        ]
        found = (re.match(r"[A-Za-z0-9][\w.-]*", text) for text in texts if text)
        names.setdefault(row["repo"], set()).update(normalize_name(name[0]) for name in found if name)
        (answers / name).parent.mkdir(parents=True, exist_ok=True)
        (answers / name).write_text(_answer(reports[row["repo"]], row["path"]), encoding="utf-8")
    out = directory / "score.json"
    command = [sys.executable, str(root / "score.py"), "--precomputed", str(answers), "--out", str(out)]
    print(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    expected = {repository: frozenset(found) for repository, found in names.items()}
    return Corpus(root / "files", json.loads(out.read_text("utf-8")), reports, listed, frozenset(invalid), expected)


def test_recall_and_place_without_formats_are_at_least_99_5_percent(corpus: Corpus) -> None:
    totals = corpus.score["totals"].values()
    expected = sum(each["expected"] for each in totals)
    assert expected > 10_000
    assert sum(each["found"] for each in totals) >= 0.995 * expected
    assert sum(each["col"] for each in totals) >= 0.995 * expected


def test_no_valid_file_is_a_false_alarm(corpus: Corpus) -> None:
    alarms = {name: totals.get("false_alarm", 0) for name, totals in corpus.score["totals"].items()}
    assert alarms == dict.fromkeys(alarms, 0)
    assert corpus.score["crashes"] == []


def test_no_valid_file_prose_template_or_test_data_is_an_error(corpus: Corpus) -> None:
    errors = {
        (repository, finding["path"], finding["message"])
        for repository, report in corpus.reports.items()
        for finding in report["findings"]
        if finding["rule"] == "unreadable" and not _is_about_an_include(finding["message"])
    }
    assert errors == set()


def test_only_invalid_files_and_those_with_missing_includes_are_passed_over(corpus: Corpus) -> None:
    for repository, listed in corpus.listed.items():
        passed = {line.split("  ")[0] for line in listed.splitlines() if "passed over: " in line}
        assert passed <= {path for known, path in corpus.invalid if known == repository}, repository


def test_only_expected_names_are_sent_to_an_index(corpus: Corpus, tmp_path: Path) -> None:
    total = 0
    for repository, expected in corpus.names.items():
        with ScriptedIndex({}) as index:
            # The connections to the indexes that the files name end here as well: this is no proxy for https.
            proxy = f"http://127.0.0.1:{index.port}"
            run_in_process(
                *("check", "--no-cache", "--index-url", index.url),
                cwd=corpus.directory / repository,
                home=tmp_path,
                env={"HTTP_PROXY": proxy, "HTTPS_PROXY": proxy, "NO_PROXY": "127.0.0.1"},
            )
            sent = {request.name for request in index.received if not request.name.endswith(":443")}
        total += len(sent)
        assert sent <= expected, repository
    assert total > 1000


def _answer(report: Any, path: str) -> str:
    """Return the entries and errors of the file at ``path``, in the format of the scorer."""
    entries = [
        {"name": item["name"], "line": item["line"], "col": item["column"]}
        for item in report["dependencies"]
        if item["path"] == path
    ]
    errors = [
        {"line": finding["line"], "message": finding["message"]}
        for finding in report["findings"]
        if finding["rule"] == "unreadable" and finding["path"] == path and not _is_about_an_include(finding["message"])
    ]
    return json.dumps({"entries": entries, "errors": errors})


def _is_about_an_include(message: str) -> bool:
    return any(text in message for text in _ABOUT_INCLUDES)
