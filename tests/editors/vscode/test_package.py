"""Checks of the extension, and the content of its package."""

from __future__ import annotations

import json
import re
import zipfile

import pytest

import mothball
from tests.editors.vscode.extension import CHECKOUT, EXTENSION, PACKAGE, npm_run
from tests.editors.workbench import or_skip

pytestmark = pytest.mark.smoke


@pytest.mark.parametrize("script", ["check", "test"])
def test_the_extension_passes_its_own_checks(script: str) -> None:
    with or_skip():
        npm_run(script)


def test_package_contains_only_runtime_files() -> None:
    with or_skip():
        npm_run("package")
    with zipfile.ZipFile(PACKAGE) as package:
        names = {name for name in package.namelist() if name.startswith("extension/")}
        manifest = json.loads(package.read("extension/package.json"))
        readme = package.read("extension/readme.md").decode()
        code = package.read("extension/dist/extension.cjs").decode()
    wheel = f"mothball-{mothball.__version__}-py3-none-any.whl"
    pictures = {f"extension/images/{path.name}" for path in (EXTENSION / "images").iterdir()}
    assert {name.lower() for name in names} == pictures | {
        "extension/package.json",
        "extension/readme.md",
        "extension/changelog.md",
        "extension/install.md",
        "extension/license.txt",
        "extension/icon.png",
        "extension/dist/mothball.schema.json",
        "extension/dist/extension.cjs",
        "extension/syntaxes/pip-requirements.language.json",
        "extension/syntaxes/pip-requirements.tmlanguage.json",
        "extension/dist/third-party-notices.txt",
        f"extension/dist/{wheel}",
    }
    assert manifest["version"] == mothball.__version__
    assert set(re.findall(r"\]\((images/[^)]+)\)", readme)) == {name.removeprefix("extension/") for name in pictures}
    assert str(CHECKOUT) not in code
    assert len(code) < 600_000
