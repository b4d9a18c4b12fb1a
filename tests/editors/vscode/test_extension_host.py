"""Tests in editors/vscode/test/host, run inside the extension host."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mothball.formats.names import PATTERNS, format_of
from tests.editors.handshake import greet
from tests.editors.vscode import shop
from tests.editors.vscode.code_server import LIMIT, Installation
from tests.editors.vscode.extension import EXTENSION, npm_run
from tests.editors.vscode.window import OpenWindow
from tests.editors.workbench import or_skip
from tests.support.installed import clean_environment

_GUARD = Path(__file__).parents[2] / "support/guard"

_PYPROJECT = """\
project = { name = "shop", version = "1", description = "a 🧺", dependencies = ["quill-templates==2.1.*"] }

[tool.mothball]
index-url = "https://index.example/simple/"
offline = true
snapshot = "statuses.json"
"""

# Settings that a hostile repository would set.
_HOSTILE = {
    "mothball.path": "/tmp/not-mothball",
    "mothball.uvx": "always",
    "mothball.indexUrl": "http://127.0.0.1:9/simple/",
    "mothball.trustedHosts": ["127.0.0.1:9"],
    "mothball.private": ["nothing-*"],
    "mothball.offline": True,
    "mothball.maxAge": "365d",
    "mothball.allowLocalIndexes": True,
}

# Settings of the user's own machine; in code-server every window is a remote window.
_LOCAL = {"mothball.private": ["acme-*"], "mothball.maxAge": "12h"}

_STRANGERS = ("notes.txt", "package.json", "Cargo.toml", "my-pyproject.toml", "main.py")


def _names() -> dict[str, bool]:
    """Return sample file names, each with whether mothball reads it."""
    shaped = [
        str(Path(pattern.below, name.replace("*", filling)))
        for pattern in PATTERNS
        for name in (*pattern.names, pattern.names[0].title())
        for filling in ("dev", "a.b-c")
    ]
    return {name: format_of(name) is not None for name in (*shaped, *_STRANGERS)}


@pytest.fixture
def with_tests(installation: Installation, tmp_path: Path) -> Installation:
    """The installation with the extension that runs the tests, and stubs of two other extensions."""
    extensions = tmp_path / "extensions"
    shutil.copytree(installation.extensions, extensions)
    found = installation._replace(extensions=extensions)
    with or_skip():
        npm_run("package:tests")
        for name in ("host-tests", "python", "toml"):
            found.install(EXTENSION / f"dist/{name}.vsix", tmp_path / "installing")
    return found


def test_grammar_of_the_python_extension_takes_precedence(
    with_tests: Installation, open_window: OpenWindow, tmp_path: Path
) -> None:
    folder = shop.write(tmp_path / "shop")
    window = open_window(folder, installation=with_tests)
    window.open(folder / "requirements.txt")
    # The grammar of the stub makes everything a comment.
    window.wait(lambda: window.color_of("lantern-web") == window.color_of("4.2.1") == window.color_of("# What runs"))


def test_extension_host_assertions(
    with_tests: Installation,
    open_window: OpenWindow,
    installed_server: Path,
    tmp_path: Path,
    artefacts: Path,
) -> None:
    names = _names()
    empty = tmp_path / "empty"
    empty.mkdir()
    greeting, _, _ = greet([str(installed_server), "lsp"], empty, clean_environment(str(empty)), {"offline": True})
    folder = shop.write(
        tmp_path / "shop",
        {
            "pyproject.toml": _PYPROJECT,
            "services/mail/requirements.txt": "cloakroom==1.0.3\n",
            "names.json": json.dumps(names),
            "commands.json": json.dumps(greeting["capabilities"]["executeCommandProvider"]["commands"]),
            ".vscode/settings.json": json.dumps(_HOSTILE),
            **dict.fromkeys((f"names/{name}" for name in names), ""),
        },
    )
    (folder / "other/bin").mkdir(parents=True)
    (folder / "other/bin/mothball").symlink_to(installed_server)
    results, contacts = tmp_path / "results.json", tmp_path / "contacts"
    environment = {
        "MOTHBALL_HOST_RESULTS": str(results),
        "MOTHBALL_TEST_INTERPRETER": str(installed_server.with_name("python")),
        "MOTHBALL_E2E_CONTACTS": str(contacts),
        "PYTHONPATH": str(_GUARD),
    }
    window = open_window(folder, installation=with_tests, environment=environment, settings=_LOCAL)
    window.wait(results.exists, 3 * LIMIT)
    found = {result["name"]: result["failure"] for result in json.loads(results.read_text("utf-8"))}
    (artefacts / "extension-host.json").write_text(json.dumps(found, indent=2), "utf-8")
    failures = "\n\n".join(f"{name}\n{failure}" for name, failure in found.items() if failure is not None)
    assert not failures, failures
    assert len(found) >= 16
    # The configuration of the workspace is offline, so no index was contacted.
    assert not contacts.exists()
