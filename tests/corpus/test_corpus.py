"""Compare mothball with reference parsers on real dependency files: entries and positions.

The corpus is beside the checkout and not part of the project; without it these tests are skipped. The score is printed
(`pytest tests/corpus -s`).
"""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import tarfile
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from mothball.cli.start import main

ARCHIVE = Path(__file__).parents[3] / "shared" / "corpus" / "corpus.tar.xz"
# Names of formats in the corpus and in mothball.
FORMATS = {
    "pyproject": "pyproject",
    "requirements": "requirements",
    "Pipfile": "pipfile",
    "hatch.toml": "hatch-toml",
    "pixi": "pixi-toml",
    "setup.cfg": "setup-cfg",
    "tox.ini": "tox-ini",
    "environment.yml": "conda-env",
    "pre-commit": "pre-commit",
    "uv.lock": "uv-lock",
    "poetry.lock": "poetry-lock",
    "pdm.lock": "pdm-lock",
    "pylock": "pylock",
    "Pipfile.lock": "pipfile-lock",
}

pytestmark = [
    pytest.mark.skipif(
        not ARCHIVE.exists(), reason="the corpus of real dependency files does not stand beside the checkout"
    ),
    pytest.mark.timeout(600),
]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("corpus")
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(directory, filter="data")
    return directory / "corpus"


@pytest.fixture(scope="module")
def score(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    answers, out = tmp_path_factory.mktemp("answers"), corpus / "score.json"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(answers / "nowhere"))
        for row in _rows(corpus):
            place = f"{row['repo']}/{row['path']}.json"
            target = answers / place
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(_answer(corpus / "files" / row["repo"] / row["path"], FORMATS[row["format"]]))
    command = [sys.executable, str(corpus / "score.py"), "--precomputed", str(answers), "--out", str(out)]
    for name in FORMATS:
        command += ["--format", name]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    print(done.stdout)
    result: dict[str, Any] = json.loads(out.read_text())
    return result


@pytest.mark.parametrize("name", FORMATS)
def test_recall_and_place_are_at_least_99_5_percent(score: dict[str, Any], name: str) -> None:
    totals = score["totals"][name]

    assert totals["found"] >= 0.995 * totals["expected"]
    assert totals["col"] >= 0.995 * totals["expected"]


@pytest.mark.parametrize("name", FORMATS)
def test_precision_is_at_least_99_percent(score: dict[str, Any], name: str) -> None:
    totals = score["totals"][name]

    assert (totals["reported"] - totals.get("spurious", 0)) / totals["reported"] >= 0.99


def test_no_file_makes_it_crash(score: dict[str, Any]) -> None:
    assert score["crashes"] == []


def test_files_that_the_reference_rejects_are_told(score: dict[str, Any]) -> None:
    assert score["rejected"] == []


def test_sound_files_raise_no_alarm(score: dict[str, Any]) -> None:
    alarms = {name: totals.get("false_alarm", 0) for name, totals in score["totals"].items()}

    assert alarms == dict.fromkeys(FORMATS, 0)


def _rows(corpus: Path) -> list[dict[str, str]]:
    with (corpus / "manifest.tsv").open(encoding="utf-8") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [row for row in rows if row["format"] in FORMATS]


def _answer(path: Path, file_format: str) -> str:
    """Return what mothball reports for one file, in the format of the scorer.

    Includes are left out on both sides: the oracle does not follow them, and the included files may be missing.
    """
    output = io.StringIO()
    before = os.getcwd()
    os.chdir(path.parent)
    try:
        with redirect_stdout(output):
            arguments = ["check", "--as", file_format, "--offline", "--no-cache", "--format", "json", path.name]
            code = main(arguments)
    finally:
        os.chdir(before)
    assert code in (0, 2, 3), f"{path} ended with {code}"
    report = json.loads(output.getvalue())
    entries = [
        {"name": item["name"], "line": item["line"], "col": item["column"]}
        for item in report["dependencies"]
        if item["path"] == path.name
    ]
    errors = [
        {"line": item["line"], "message": item["message"]}
        for item in report["findings"]
        if item["rule"] == "unreadable" and item["path"] == path.name and not _is_about_an_include(item["message"])
    ]
    return json.dumps({"entries": entries, "errors": errors})


def _is_about_an_include(message: str) -> bool:
    return " is not read: " in message or " cannot be read: " in message
