"""Locks made by the real tools from an index on loopback: recorded files, yanked and deleted versions, new owners.

uv runs Poetry, PDM and pip in environments of their own, which it downloads from the configured package index.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from mothball.formats.names import format_of
from mothball.formats.recorded_files import recorded_files
from mothball.formats.table import parse
from mothball.model.document import ParsedFile
from tests.support.added import Workshop, workshop
from tests.support.cli import run_in_process
from tests.support.real_indexes import make_wheel
from tests.support.scripted_index import Reply, ScriptedIndex, html_page, json_page

UV = os.environ.get("UV") or shutil.which("uv")
pytestmark = pytest.mark.skipif(
    UV is None, reason="uv is not on the PATH: run the tests with `uv run --group test pytest`"
)

DAY = 24 * 3600.0
# PDM 2.29 does not run with hishel 2.
_PDM = ("tool", "run", "--from", "pdm==2.29.4", "--with", "hishel<2", "pdm")
_PIP = ("tool", "run", "--from", "pip>=25.1", "pip")


class Tool(NamedTuple):
    """A lock and the commands of uv that make it; ``{url}`` is the index.

    ``has_times`` states that it records upload times, ``reads_html`` that it cannot read pages in JSON.
    """

    lock: str
    commands: Sequence[Sequence[str]]
    has_times: bool = False
    reads_html: bool = False


_UV_LOCK = ("lock", "--no-cache")
TOOLS = {
    "uv lock": Tool("uv.lock", (_UV_LOCK,), has_times=True),
    "uv export": Tool(
        "pylock.toml",
        (_UV_LOCK, ("export", "--quiet", "--frozen", "--format", "pylock.toml", "-o", "pylock.toml")),
        has_times=True,
    ),
    "uv pip compile": Tool(
        "requirements.txt",
        (("pip", "compile", "--no-cache", "--quiet", "--generate-hashes", "-o", "requirements.txt", "pyproject.toml"),),
    ),
    "poetry lock": Tool(
        "poetry.lock", (("tool", "run", "--from", "poetry==2.2.1", "poetry", "lock"),), reads_html=True
    ),
    "pdm lock": Tool("pdm.lock", ((*_PDM, "lock"),)),
    "pdm export": Tool("pylock.toml", ((*_PDM, "lock"), (*_PDM, "export", "-f", "pylock", "-o", "pylock.toml"))),
    "pip lock": Tool(
        "pylock.toml", ((*_PIP, "lock", "--no-cache-dir", "--index-url", "{url}", "-o", "pylock.toml", "old-lib"),)
    ),
}


class Owner:
    """An owner of `old-lib`: the wheel, with ``content`` before the archive, uploaded ``age`` seconds ago."""

    def __init__(self, folder: Path, content: bytes, age: float) -> None:
        folder.mkdir()
        self.path = Path(make_wheel(str(folder), "old-lib"))
        # A zip archive may have any text before it.
        self.path.write_bytes(content + self.path.read_bytes())
        self.digest = hashlib.sha256(self.path.read_bytes()).hexdigest()
        self._uploaded = time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime(time.time() - age))

    def publish(self, index: ScriptedIndex, *, html: bool = False, yanked: str | bool = False) -> None:
        """Register the name, with the status active."""
        file = {
            "filename": self.path.name,
            "url": f"{index.url}{self.path.name}",
            "hashes": {"sha256": self.digest},
            "upload-time": self._uploaded,
            "size": self.path.stat().st_size,
            "yanked": yanked,
            "core-metadata": True,
        }
        page = json_page("old-lib", "active", files=[file], versions=["1.0"])
        if html:
            page = html_page("old-lib")
            anchor = f'<a href="{index.url}{self.path.name}#sha256={self.digest}">{self.path.name}</a>'
            page = page._replace(body=page.body.replace(b"</body>", f"{anchor}</body>".encode()))
        index.script("old-lib", page)
        index.script(self.path.name, Reply(body=self.path.read_bytes(), content_type="application/octet-stream"))
        metadata = b"Metadata-Version: 2.1\nName: old-lib\nVersion: 1.0\n"
        index.script(f"{self.path.name}.metadata", Reply(body=metadata, content_type="text/plain"))


class Locked(NamedTuple):
    """The locks that a tool made of the files of two owners."""

    tool: Tool
    server: ScriptedIndex
    first: Owner
    second: Owner
    old: str
    new: str


@pytest.fixture(scope="module", params=TOOLS)
def locked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Locked]:
    tool, folder = TOOLS[request.param], tmp_path_factory.mktemp("locked")
    owners = Owner(folder / "first", b"", 400 * DAY), Owner(folder / "second", b"#", 2 * DAY)
    with ScriptedIndex() as index:
        texts = []
        for number, owner in enumerate(owners):
            owner.publish(index, html=tool.reads_html)
            texts.append(_run(tool, index.url, folder / f"project-{number}"))
        yield Locked(tool, index, *owners, *texts)


def _run(tool: Tool, url: str, project: Path) -> str:
    """Return the lock that ``tool`` makes of a new project that depends on `old-lib`."""
    project.mkdir()
    (project / "pyproject.toml").write_text(
        '[project]\nname = "shop"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["old-lib"]\n'
        f'[[tool.uv.index]]\nurl = "{url}"\ndefault = true\n'
        f'[[tool.poetry.source]]\nname = "main"\nurl = "{url}"\npriority = "primary"\n'
        "[tool.poetry]\npackage-mode = false\n"
        f'[[tool.pdm.source]]\nname = "pypi"\nurl = "{url}"\nverify_ssl = false\n'
        "[tool.pdm]\ndistribution = false\n"
    )
    for command in tool.commands:
        # uv downloads the other tools from the index of the machine, but itself must lock from that of the project.
        is_other = command[0] == "tool"
        kept = {name: value for name, value in os.environ.items() if is_other or not name.startswith("UV_")}
        environment: Mapping[str, str] = {
            **{name: value for name, value in kept.items() if not name.startswith("PIP_")},
            "PIP_CONFIG_FILE": os.devnull,
            "POETRY_CACHE_DIR": str(project / "cache"),
            "POETRY_VIRTUALENVS_CREATE": "false",
            "PDM_CACHE_DIR": str(project / "cache"),
            "PDM_CHECK_UPDATE": "false",
        }
        arguments = [argument.format(url=url) for argument in command]
        done = subprocess.run(
            [UV or "uv", *arguments], cwd=project, env=environment, capture_output=True, check=False, timeout=300
        )
        assert done.returncode == 0, (done.stdout + done.stderr).decode()
    return (project / tool.lock).read_text()


@pytest.fixture
def shop(tmp_path: Path, locked: Locked) -> Workshop:
    """Return a repository with the lock of the first owner's files, committed 300 days ago, and its index."""
    made = workshop(tmp_path)
    made.stage({"mothball.toml": f'indexes."{locked.server.url}".immutable = true\n', locked.tool.lock: locked.old})
    date = f"{int(time.time() - 300 * DAY)} +0000"
    dates = {"GIT_COMMITTER_DATE": date, "GIT_AUTHOR_DATE": date}
    assert made.repository.try_git("commit", "-qm", "lock", more=dates).returncode == 0
    locked.first.publish(locked.server)
    return made


def full_check(shop: Workshop, locked: Locked) -> list[tuple[str, str]]:
    """Return rule and severity of each finding of a full check that does not use the cache."""
    arguments = ("check", "--index-url", locked.server.url, "--format", "json", "--refresh", locked.tool.lock)
    report: dict[str, Any] = json.loads(run_in_process(*arguments, cwd=shop.root, home=shop.home).out)
    return [(finding["rule"], finding["severity"]) for finding in report["findings"]]


def check_added(shop: Workshop, locked: Locked) -> list[tuple[str, str]]:
    """Return rule and severity of each finding for the staged lock."""
    report = json.loads(shop.check("--index-url", locked.server.url, "--format", "json", "--refresh").out)
    return [(finding["rule"], finding["severity"]) for finding in report["findings"]]


def test_files_that_the_tool_records_are_read(locked: Locked) -> None:
    document = parse(str(format_of(locked.tool.lock)), locked.old)
    (entry,) = (dependency for dependency in document.dependencies if dependency.name == "old-lib")
    (file,) = recorded_files(ParsedFile(locked.tool.lock, "", locked.old, document), entry)
    assert (file.algorithm, file.digest) == ("sha256", locked.first.digest)
    assert (file.uploaded is not None) is locked.tool.has_times
    if locked.tool.lock != "requirements.txt":
        assert file.name == locked.first.path.name


def test_lock_with_the_files_of_the_index_has_no_findings(shop: Workshop, locked: Locked) -> None:
    assert full_check(shop, locked) == []


def test_yanked_version_is_reported(shop: Workshop, locked: Locked) -> None:
    locked.first.publish(locked.server, yanked="broken metadata")
    assert full_check(shop, locked) == [("yanked", "warning")]
    shop.commit({locked.tool.lock: ""})
    shop.stage({locked.tool.lock: locked.old})
    assert check_added(shop, locked) == [("yanked", "error")]


def test_deleted_version_is_unlisted(shop: Workshop, locked: Locked) -> None:
    locked.server.script("old-lib", json_page("old-lib", "active", files=[], versions=[]))
    assert full_check(shop, locked) == [("unlisted", "warning")]
    shop.commit({locked.tool.lock: ""})
    shop.stage({locked.tool.lock: locked.old})
    assert check_added(shop, locked) == [("unlisted", "error")]


def test_files_of_a_new_owner_are_re_registered(shop: Workshop, locked: Locked) -> None:
    """The project is deleted, the name is registered by another user, and the tool locks the files of that user."""
    assert full_check(shop, locked) == []
    locked.server.script("old-lib", Reply(404))
    assert full_check(shop, locked) == [("missing", "warning")]
    locked.second.publish(locked.server)
    assert full_check(shop, locked) == [("re-registered", "error")]
    shop.stage({locked.tool.lock: locked.new})
    assert check_added(shop, locked) == [("re-registered", "error")]
    result = shop.check("--index-url", locked.server.url)
    assert result.code == 1
    assert "error[re-registered] old-lib on" in result.out


def test_files_of_a_new_owner_are_unlisted_without_the_date_of_a_commit(
    shop: Workshop, locked: Locked, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "mothball.toml").write_text((shop.root / "mothball.toml").read_text())
    (outside / locked.tool.lock).write_text(locked.old)
    locked.second.publish(locked.server)
    expected = [("re-registered", "error")] if locked.tool.has_times else [("unlisted", "warning")]
    assert full_check(shop._replace(repository=shop.repository._replace(root=outside)), locked) == expected
