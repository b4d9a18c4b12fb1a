"""The demo in examples/demo.py."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

DEMO = Path(__file__).resolve().parents[2] / "examples" / "demo.py"


def test_demo_without_mothball_names_a_command_that_installs_it(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(DEMO)], cwd=tmp_path, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 1
    assert "uv run python examples/demo.py" in done.stderr


def test_demo_shows_an_accepted_a_rejected_and_an_ignored_commit(tmp_path: Path) -> None:
    environment = {**os.environ, "HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, str(DEMO)], cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    verdicts = [line for line in done.stdout.splitlines() if line.startswith("=> ")]
    assert verdicts == ["=> accepted", "=> rejected", "=> accepted"]
    assert "error[archived] quill-templates is archived" in done.stdout
    assert "ignored[archived] quill-templates is archived: until the templates are ported, #812" in done.stdout
    assert list(tmp_path.glob("mothball-demo-*")) == []
