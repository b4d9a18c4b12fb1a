"""Modules that a check with a warm cache may import: imports dominate the run time of the hook."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mothball.index.cache import CachedPage, StatusCache, page_key
from mothball.index.project_page import ProjectPage
from tests.support.git_repository import new_repository

INDEX = "https://index.example/simple/"
NAMES = [f"{first}-{second}" for first in ("amber", "birch", "cedar", "delta", "ember") for second in "abcdefghij"]
FORBIDDEN = (
    "asyncio", "concurrent.futures", "dataclasses", "diskcache", "inspect", "lsprotocol", "msgspec", "packaging",
    "pathlib", "platformdirs", "pygls", "requests", "rich", "socket", "ssl", "subprocess", "tomllib", "truststore",
    "urllib.request", "urllib3", "yaml",
)  # fmt: skip
PROBE = """\
import json, sys
from mothball.cli.start import main
code = main(sys.argv[1:])
json.dump([code, sorted(sys.modules)], sys.stderr)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    cache = StatusCache.open(str(tmp_path / "cache"))
    cache.put_many({page_key(INDEX, name): CachedPage(ProjectPage("active"), None, time.time()) for name in NAMES})
    cache.close()
    entries = "".join(f"    \"{name}[x]>=1.{i},<2; python_version >= '3.11'\",\n" for i, name in enumerate(NAMES))
    (tmp_path / "pyproject.toml").write_text(
        f'[project]\nname = "warm"\ndependencies = [\n{entries}]\n[tool.mothball]\nindex-url = "{INDEX}"\n'
    )
    (tmp_path / "requirements.txt").write_text("".join(f"{name}==1.0  # pinned\n" for name in NAMES))
    return tmp_path


@pytest.mark.parametrize("path", ["pyproject.toml", "requirements.txt", "."])
@pytest.mark.parametrize("output_format", ["text", "concise", "json"])
def test_check_with_warm_cache_imports_no_heavy_modules(project: Path, path: str, output_format: str) -> None:
    assert heavy_imports(project, "check", "--format", output_format, path) == set()


@pytest.mark.parametrize("path", ["pyproject.toml", "requirements.txt"])
def test_hook_with_warm_cache_imports_no_heavy_modules(project: Path, path: str) -> None:
    repository = new_repository(project)
    repository.commit({"app.py": ""})
    repository.git("add", path, "pyproject.toml")  # its configuration sets the index
    assert heavy_imports(project, "check", "--added", "--", path) == set()


def heavy_imports(project: Path, *arguments: str) -> set[str]:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(project),
        "MOTHBALL_CACHE_DIR": str(project / "cache"),
    }

    completed = subprocess.run(
        [sys.executable, "-I", "-c", PROBE, *arguments],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    code, modules = json.loads(completed.stderr)
    assert code == 0, completed.stdout
    assert completed.stdout.count("unverified") == 0 or '"unverified": 0' in completed.stdout
    assert not completed.stdout.startswith("0 dependencies")
    return {
        name for name in modules for forbidden in FORBIDDEN if name == forbidden or name.startswith(forbidden + ".")
    }
