"""Check whole repositories of real dependency files as a user does: without naming files or formats.

The corpus is beside the checkout and not part of the project; without it these tests are skipped.
"""

from __future__ import annotations

import csv
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.cli import run_in_process

ARCHIVE = Path(__file__).parents[3] / "shared" / "corpus" / "corpus.tar.xz"
# The corpus has only some of the files that others include.
_ABOUT_INCLUDES = (" is not read: ", " cannot be read: ")
# Entries that count; the corpus also lists those that may be found.
_REQUIRED = "core"

pytestmark = [
    pytest.mark.skipif(
        not ARCHIVE.exists(), reason="the corpus of real dependency files does not stand beside the checkout"
    ),
    pytest.mark.timeout(600),
]


class Corpus(NamedTuple):
    """The expected entries (name and line) by repository and path, and the report and list of files by repository."""

    expected: Mapping[str, Mapping[str, frozenset[tuple[str, int]]]]
    reports: Mapping[str, Any]
    listed: Mapping[str, str]
    invalid: frozenset[tuple[str, str]]
    including: frozenset[tuple[str, str]]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    directory = tmp_path_factory.mktemp("corpus")
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(directory, filter="data")
    root, home = directory / "corpus", tmp_path_factory.mktemp("home")
    expected: dict[str, dict[str, frozenset[tuple[str, int]]]] = {}
    invalid, including = set(), set()
    with (root / "manifest.tsv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            oracle = json.loads((root / "oracles" / row["repo"] / f"{row['path']}.json").read_text("utf-8"))
            entries = [entry for entry in oracle["entries"] if entry["tier"] == _REQUIRED and entry.get("name")]
            names = frozenset((entry["name"], entry["line"]) for entry in entries)
            expected.setdefault(row["repo"], {})[row["path"]] = names
            if oracle["status"] != "ok":
                invalid.add((row["repo"], row["path"]))
            if oracle["includes"]:
                including.add((row["repo"], row["path"]))
    reports, listed = {}, {}
    for repository in expected:
        place = root / "files" / repository
        (place / ".git").mkdir()
        result = run_in_process("check", "--offline", "--no-cache", "--format", "json", cwd=place, home=home)
        reports[repository] = json.loads(result.out)
        listed[repository] = run_in_process("check", "--list-files", cwd=place, home=home).out
    return Corpus(expected, reports, listed, frozenset(invalid), frozenset(including))


def test_recall_without_formats_is_at_least_99_5_percent(corpus: Corpus) -> None:
    expected = found = 0
    for repository, files in corpus.expected.items():
        reported: dict[str, set[tuple[str, int]]] = {}
        for item in corpus.reports[repository]["dependencies"]:
            reported.setdefault(item["path"], set()).add((item["name"], item["line"]))
        for path, names in files.items():
            if (repository, path) not in corpus.invalid:
                expected += len(names)
                found += len(names & reported.get(path, set()))
    print(f"{found:,} of {expected:,} entries")
    assert expected > 10_000
    assert found >= 0.995 * expected


def test_no_valid_file_prose_template_or_test_data_is_an_error(corpus: Corpus) -> None:
    errors = {
        (repository, finding["path"], finding["message"])
        for repository, report in corpus.reports.items()
        for finding in report["findings"]
        if finding["rule"] == "unreadable" and not any(text in finding["message"] for text in _ABOUT_INCLUDES)
    }
    assert errors == set()


def test_only_invalid_files_and_those_with_missing_includes_are_passed_over(corpus: Corpus) -> None:
    for repository, listed in corpus.listed.items():
        passed = {line.split("  ")[0] for line in listed.splitlines() if "passed over: " in line}
        allowed = corpus.invalid | corpus.including
        assert passed <= {path for known, path in allowed if known == repository}, repository
