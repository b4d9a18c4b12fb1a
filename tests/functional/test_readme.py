"""The commands in README."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.cli import run_in_process

README = Path(__file__).parents[2] / "README.md"


def test_every_command_in_readme_exists(tmp_path: Path) -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```", README.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    shown = set(re.findall(r"^mothball (\w+)", "".join(blocks), re.MULTILINE))
    assert shown
    for command in shown:
        assert run_in_process(command, "--help", cwd=tmp_path, home=tmp_path).code == 0
