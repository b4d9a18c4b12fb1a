"""Installation of editors: once, completely or not at all, and with explained failures."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.editors import tools
from tests.editors.workbench import ROOT, or_skip


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv(tools.CACHE_VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_concurrent_runs_install_a_tool_once(cache: Path) -> None:
    installed: list[Path] = []

    def install(directory: Path) -> None:
        installed.append(directory)
        (directory / "tool").write_text("", "utf-8")

    runs = [threading.Thread(target=tools.installed, args=("editor-1", install)) for _ in range(5)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert len(installed) == 1
    assert tools.installed("editor-1", install) == cache / "editor-1"
    assert (cache / "editor-1/tool").exists()


def test_failed_installation_is_cleaned_up_and_retried(cache: Path) -> None:
    def fail(directory: Path) -> None:
        (directory / "half").write_text("", "utf-8")
        tools.run(sys.executable, "-c", "print('no route'); raise SystemExit(3)")

    with pytest.raises(tools.Unavailable, match=r"failed \(3\): no route"):
        tools.installed("editor-1", fail)
    assert [path.name for path in cache.iterdir()] == ["editor-1.lock"]
    assert tools.installed("editor-1", lambda _: None).is_dir()


def test_missing_command_skips_tests(tmp_path: Path) -> None:
    with pytest.raises(tools.Unavailable, match="does not start"):
        tools.run(str(tmp_path / "npm"))


def test_tools_are_installed_in_the_user_cache_by_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(tools.CACHE_VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert tools.cache_directory() == tmp_path / "mothball-editors"


def test_packages_that_need_root_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(tools.Unavailable, match="apt-get install chromium"):
        tools.apt_get("chromium")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(tools.Unavailable, match="no Chromium on the path"):
        tools.chromium()


def test_unavailable_tools_skip_tests_unless_required(monkeypatch: pytest.MonkeyPatch) -> None:
    def miss() -> None:
        with or_skip():
            raise tools.Unavailable("no route")

    for value, outcome in (("", pytest.skip.Exception), ("0", pytest.skip.Exception), ("1", pytest.fail.Exception)):
        monkeypatch.setenv(tools.REQUIRED_VARIABLE, value)
        with pytest.raises(outcome, match="no route"):
            miss()


def test_failing_wheel_build_is_not_skipped() -> None:
    with pytest.raises(AssertionError, match=r"failed \(3\): no wheel"):
        tools.must_run(sys.executable, "-c", "print('no wheel'); raise SystemExit(3)")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("required", "test", "code"), [("1", "skip()", 1), ("", "skip()", 0), ("1", "importorskip", 0)]
)
def test_run_with_only_skips_fails_if_editors_are_required(tmp_path: Path, required: str, test: str, code: int) -> None:
    (tmp_path / "test_editor.py").write_text(f"import pytest\ndef test_it():\n    pytest.{test}\n", "utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", "utf-8")
    command = (sys.executable, "-m", "pytest", "-q", "-p", "tests.editors.conftest", "--rootdir", str(tmp_path))
    environment = {**os.environ, tools.REQUIRED_VARIABLE: required, "MOTHBALL_EDITORS": "vim"}
    done = subprocess.run(
        [*command, "-c", str(tmp_path / "pytest.ini"), "-p", "no:cacheprovider", str(tmp_path)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout
    assert ("every test was skipped" in done.stdout) == bool(code)
