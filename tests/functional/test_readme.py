"""What README and the docs show is what mothball prints. `MOTHBALL_REGENERATE=1 uv run pytest` writes it anew."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import pytest

from mothball.cli import main
from mothball.findings import Mode, Rule
from mothball.policy import Weighing, severity_of
from tests.support.cli import run_in_process

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
BLOCK = re.compile(r"(<!-- example: mothball (.+?) -->\n```text\n)(.*?)(```\n<!-- end of example -->)", re.DOTALL)
# The day after the example's snapshot was written: later than that its age would be told as well.
DAY = time.mktime((2026, 11, 23, 12, 0, 0, 0, 0, -1))


@pytest.mark.parametrize(("command", "code"), [("check examples/shop", 1), ("check examples/harbour", 0)])
def test_an_example_in_readme_is_what_its_command_prints(
    command: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time", lambda: DAY)
    readme = README.read_text("utf-8")
    (shown,) = (block for block in BLOCK.finditer(readme) if block[2] == command)

    result = run_in_process(*command.split(), cwd=ROOT, home=tmp_path)

    if os.environ.get("MOTHBALL_REGENERATE"):
        README.write_text(readme.replace(shown[0], shown[1] + result.out + shown[4]), "utf-8")
    else:
        assert shown[3] == result.out
    assert (result.code, result.err) == (code, "")


def test_readme_has_the_two_set_up_commands() -> None:
    readme = README.read_text("utf-8")

    assert "python -m pip install uv && uv run mothball check examples/shop" in readme
    assert "python -m pip install uv && uv run pytest" in readme


def test_ci_runs_readmes_test_command() -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8")

    assert "python -m pip install" in script
    assert re.search(r"uv run .*pytest", script)


@pytest.mark.parametrize("rule", Rule)
def test_the_table_of_severities_in_the_docs_is_that_of_the_policy(rule: Rule) -> None:
    rows = re.findall(
        r"^\| (`.+?`) \| (\w+).*? \| (.+?) \|$", (ROOT / "docs/configuration.md").read_text("utf-8"), re.MULTILINE
    )
    (row,) = (row for row in rows if f"`{rule}`" in row[0])
    in_full = severity_of(rule, Weighing({}))
    when_added = severity_of(rule, Weighing({}, Mode.ADDED))

    assert row[1] == in_full
    assert row[2] == when_added or (row[2] == "the same" and in_full is when_added)


def test_every_command_that_readme_shows_is_understood(capsys: pytest.CaptureFixture[str]) -> None:
    shown = set(re.findall(r"^mothball (\w+)", README.read_text("utf-8"), re.MULTILINE))

    assert shown == {"check", "status", "snapshot", "rule", "cache", "config"}
    for command in shown:
        assert main([command, "--help"]) == 0
    capsys.readouterr()
