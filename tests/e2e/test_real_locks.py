"""Locks made by the real tools from an index on loopback: recorded files, and a name with a new owner.

uv runs Poetry in an environment of its own, which it downloads from the configured package index.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from mothball.formats.recorded_files import recorded_files
from mothball.formats.table import format_of, parse
from mothball.model.document import ParsedFile
from tests.support.project import Project
from tests.support.real_indexes import make_wheel
from tests.support.scripted_index import Reply, ScriptedIndex, html_page, json_page

UV = os.environ.get("UV") or shutil.which("uv")
pytestmark = pytest.mark.skipif(
    UV is None, reason="uv is not on the PATH: run the tests with `uv run --group test pytest`"
)

_TOOLS = {
    "uv.lock": ("lock",),
    "pylock.toml": ("export", "--quiet", "--format", "pylock.toml", "-o", "pylock.toml"),
    "poetry.lock": ("tool", "run", "--from", "poetry==2.2.1", "poetry", "lock"),
}
_OLD, _NEW = "2020-01-02T03:04:05.000000Z", "2026-01-02T03:04:05.000000Z"
_WITH_TIMES = ("uv.lock", "pylock.toml")


class _Owner:
    """The wheel of an owner of `old-lib`, and the replies of the index for it."""

    def __init__(self, folder: Path, uploaded: str) -> None:
        folder.mkdir()
        self.path = Path(make_wheel(str(folder), "old-lib"))
        if uploaded == _NEW:
            # The digest differs, and a zip archive may have any text before it.
            self.path.write_bytes(b"#" + self.path.read_bytes())
        self.uploaded = uploaded

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.path.read_bytes()).hexdigest()

    def publish_in_html(self, index: ScriptedIndex) -> None:
        """Publish the page that Poetry reads."""
        anchor = f'<a href="{index.url}{self.path.name}#sha256={self.digest}">{self.path.name}</a>'
        page = html_page("old-lib")
        index.script("old-lib", page._replace(body=page.body.replace(b"</body>", f"{anchor}</body>".encode())))
        index.script(self.path.name, Reply(body=self.path.read_bytes(), content_type="application/octet-stream"))

    def publish(self, index: ScriptedIndex) -> None:
        file = {
            "filename": self.path.name,
            "url": f"{index.url}{self.path.name}",
            "hashes": {"sha256": self.digest},
            "upload-time": self.uploaded,
            "size": self.path.stat().st_size,
            "yanked": False,
            "core-metadata": True,
        }
        metadata = Reply(body=b"Metadata-Version: 2.1\nName: old-lib\nVersion: 1.0\n", content_type="text/plain")
        index.script(f"{self.path.name}.metadata", metadata)
        index.script("old-lib", json_page("old-lib", "active", files=[file], versions=["1.0"]))
        index.script(self.path.name, Reply(body=self.path.read_bytes(), content_type="application/octet-stream"))


@pytest.fixture
def index() -> Iterator[ScriptedIndex]:
    with ScriptedIndex() as running:
        yield running


@pytest.fixture
def project(tmp_path: Path, index: ScriptedIndex) -> Project:
    root, home = tmp_path / "project", tmp_path / "home"
    home.mkdir()
    made = Project(root, home)
    made.write(
        "pyproject.toml",
        '[project]\nname = "shop"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["old-lib"]\n'
        f'[[tool.uv.index]]\nurl = "{index.url}"\ndefault = true\n'
        f'[[tool.poetry.source]]\nname = "main"\nurl = "{index.url}"\npriority = "primary"\n'
        "[tool.poetry]\npackage-mode = false\n",
    )
    made.write("mothball.toml", f'indexes."{index.url}".immutable = true\n')
    return made


def lock(project: Project, name: str) -> None:
    """Make the lock ``name`` with its tool."""
    # uv downloads Poetry from the index of the machine, but must lock from that of the project.
    surroundings = {
        key: value
        for key, value in os.environ.items()
        if name not in _WITH_TIMES or not key.startswith(("UV_", "PIP_"))
    }
    environment: Mapping[str, str] = {
        **surroundings,
        "POETRY_CACHE_DIR": str(project.home / "poetry"),
        "POETRY_VIRTUALENVS_CREATE": "false",
    }
    (project.root / name).unlink(missing_ok=True)
    if name == "pylock.toml":
        (project.root / "uv.lock").unlink(missing_ok=True)
    done = subprocess.run(
        [UV or "uv", *_TOOLS[name]], cwd=project.root, env=environment, capture_output=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr.decode()
    if name == "pylock.toml":
        (project.root / "uv.lock").unlink()


def found(project: Project, index: ScriptedIndex, name: str) -> list[tuple[str, str]]:
    report: dict[str, Any] = json.loads(
        project.check("--index-url", index.url, "--format", "json", "--refresh", name).out
    )
    return [(finding["rule"], finding["severity"]) for finding in report["findings"]]


@pytest.mark.parametrize("name", _TOOLS)
def test_files_in_the_lock_of_the_tool_are_compared(
    project: Project, index: ScriptedIndex, tmp_path: Path, name: str
) -> None:
    owner = _Owner(tmp_path / "first", _OLD)
    owner.publish(index) if name in _WITH_TIMES else owner.publish_in_html(index)
    lock(project, name)
    owner.publish(index)
    text = (project.root / name).read_text()
    document = parse(str(format_of(name)), text)
    parsed = ParsedFile(str(project.root / name), str(project.root), text, document)
    (entry,) = (dependency for dependency in document.dependencies if dependency.name == "old-lib")
    (file,) = recorded_files(parsed, entry)
    assert (file.name, file.algorithm, file.digest) == (owner.path.name, "sha256", owner.digest)
    assert (file.uploaded is not None) is (name in _WITH_TIMES)
    assert found(project, index, name) == []
    _Owner(tmp_path / "second", _NEW).publish(index)
    expected = "re-registered" if name in _WITH_TIMES else "unlisted"
    assert found(project, index, name) == [(expected, "error" if name in _WITH_TIMES else "warning")]
