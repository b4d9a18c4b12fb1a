"""Sessions: tests in real editors, tests with other versions than the pinned ones, and updating the pins.

``uv run --group dev nox -s editors`` runs the tests of all editors, ``nox -s vscode`` those of one. Such a session
installs its tools into a cache outside the checkout (``MOTHBALL_EDITORS_CACHE``, see tests/editors/tools.py). If an
editor is not available, its tests are skipped with the reason; with ``MOTHBALL_EDITORS_REQUIRED=1`` they fail, as does
a session in which every test was skipped. Screenshots and logs are in ``.nox/editors-artefacts``.
"""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter
from pathlib import Path

import nox

nox.needs_version = ">=2026.4"
nox.options.sessions = ["editors"]

# The tests of an editor are tests/editors/test_NAME*.py, or all in tests/editors/NAME/.
EDITORS = ("neovim", "emacs", "vim", "kate", "vscode")

# The groups of pyproject.toml whose packages are pinned there.
GROUPS = ("dev", "docs", "editors")

# Tests of twine and tox, which require newer versions of packaging than mothball.
NEEDS_NEWER_PACKAGES = ("tests/e2e/test_pypiron.py", "tests/unit/formats/test_tox_oracle.py")

_OUTPUT = Path(__file__).resolve().parent / ".nox"
_UV = os.environ.get("UV", "uv")
# `--no-config` ignores the pins of pyproject.toml.
_COMPILE = (_UV, "pip", "compile", "--no-config", "--quiet", "--no-header", "--no-annotate")


@nox.session(venv_backend="none")
def editors(session: nox.Session) -> None:
    """Test all editors, one after the other."""
    for editor in EDITORS:
        session.notify(editor, session.posargs)


@nox.session(venv_backend="none")
def vscode(session: nox.Session) -> None:
    """Test the extension of VS Code in code-server: ``-- -m smoke`` for the part that is required for every change."""
    run_tests(session, "vscode")


@nox.session(venv_backend="none")
def neovim(session: nox.Session) -> None:
    """Test `editors/neovim` in Neovim 0.11, which comes from the package index."""
    run_tests(session, "neovim")


@nox.session(venv_backend="none")
def emacs(session: nox.Session) -> None:
    """Test `editors/emacs` in Emacs, under Eglot and under lsp-mode."""
    run_tests(session, "emacs")


@nox.session(venv_backend="none")
def vim(session: nox.Session) -> None:
    """Test `editors/vim` in Vim, under ALE."""
    run_tests(session, "vim")


@nox.session(venv_backend="none")
def kate(session: nox.Session) -> None:
    """Test `editors/kate` in Kate, on a virtual display."""
    run_tests(session, "kate")


def run_tests(session: nox.Session, editor: str) -> None:
    """Run the tests of ``editor`` with the arguments after ``--``, in an environment of their own."""
    folder = Path("tests/editors")
    tests = sorted(str(path) for path in (*folder.glob(f"test_{editor}*.py"), *folder.glob(f"{editor}/test_*.py")))
    if not tests:
        session.error(f"no tests of {editor} here")
    environment = {
        "MOTHBALL_EDITORS": editor,
        "MOTHBALL_EDITORS_ARTEFACTS": str(_OUTPUT / "editors-artefacts"),
        "UV_PROJECT_ENVIRONMENT": str(_OUTPUT / "editors-environment"),
    }
    groups = ("--group", "test", "--group", "editors")
    command = (_UV, "run", "--quiet", *groups, "pytest", "-rs", *tests, *session.posargs)
    session.run(*command, env=environment, external=True)


@nox.session(venv_backend="uv", python=["3.11", "3.12", "3.13", "3.14"])
def python(session: nox.Session) -> None:
    """Run the tests with each supported Python that is installed: ``nox -s python-3.13`` for one of them."""
    session.install("--editable", ".", "--group", "test")
    session.run("pytest", *session.posargs)


@nox.session(venv_backend="uv")
def sdist(session: nox.Session) -> None:
    """Build the packages twice and compare them; then run the tests of the sdist, outside of the checkout."""
    # Not in session.create_tmp(): tests need a temporary directory outside the checkout.
    output = Path(session.virtualenv.location).resolve()
    for name in ("first", "second"):
        shutil.rmtree(output / name, ignore_errors=True)
        session.run(_UV, "build", "--quiet", "--out-dir", str(output / name), external=True)
    files = sorted(path.name for path in (output / "first").iterdir() if path.suffix in (".gz", ".whl"))
    if any((output / "first" / name).read_bytes() != (output / "second" / name).read_bytes() for name in files):
        session.error("the packages differ between two builds")
    unpacked = output / "unpacked"
    shutil.rmtree(unpacked, ignore_errors=True)
    archive = next((output / "first").glob("*.tar.gz"))
    shutil.unpack_archive(archive, unpacked)
    with session.chdir(next(unpacked.iterdir())):
        session.install("--editable", ".", "--group", "test")
        session.run("pytest", *session.posargs)


@nox.session(venv_backend="uv")
def newest(session: nox.Session) -> None:
    """Run the tests with the newest versions that pyproject.toml allows, not those that it pins."""
    session.install("--no-config", "--editable", ".", "--group", "test")
    session.run("pytest", *session.posargs)


@nox.session(venv_backend="uv")
def lowest(session: nox.Session) -> None:
    """Run the tests with the lowest version that pyproject.toml allows of each runtime dependency."""
    # Not in session.create_tmp(): tests need a temporary directory outside the checkout.
    overrides = str(Path(session.virtualenv.location) / "lowest.txt")
    lowest_direct = ("--resolution", "lowest-direct", "--no-deps", "--output-file", overrides)
    session.run(*_COMPILE, *lowest_direct, "pyproject.toml", external=True, silent=True)
    # ConfigOverrides, since test tools may require a newer version of the same package.
    session.install("--no-config", "--overrides", overrides, "--editable", ".", "--group", "test")
    session.run("pytest", *(f"--ignore={path}" for path in NEEDS_NEWER_PACKAGES), *session.posargs)


@nox.session(venv_backend="none")
def pins(session: nox.Session) -> None:
    """Update the pins in pyproject.toml to the newest versions that it allows."""
    build = Path(session.create_tmp()) / "build.txt"
    # hatchling needs editables for editable installations; uv is what `.ci/run` installs.
    build.write_text("\n".join([*nox.project.load_toml("pyproject.toml")["build-system"]["requires"], "editables"]))
    tools = build.with_name("tools.txt")
    tools.write_text("uv")
    groups = [part for group in GROUPS for part in ("--group", group)]
    path = Path("pyproject.toml")
    text = path.read_text("utf-8")
    for table, sources in {
        "constraint-dependencies": (*groups, "pyproject.toml", str(tools)),
        "build-constraint-dependencies": (str(build),),
    }.items():
        resolved = session.run(*_COMPILE, "--universal", *sources, external=True, silent=True)
        lines = str(resolved).splitlines()
        names = Counter(line.partition("==")[0] for line in lines)
        # A marker is only needed where a name has several versions.
        pinned = [line if names[line.partition("==")[0]] > 1 else line.partition(" ;")[0] for line in lines]
        array = "".join(f'    "{line}",\n' for line in pinned)
        text = re.sub(rf"^{table} = \[.*?\]", f"{table} = [\n{array}]", text, flags=re.MULTILINE | re.DOTALL)
    path.write_text(text, "utf-8")
    # What ci/github/install.sh installs: those versions, with the hashes of their files.
    hatchling = build.with_name("hatchling.txt")
    hatchling.write_text("\n".join(nox.project.load_toml("pyproject.toml")["build-system"]["requires"]))
    locked = (_UV, "pip", "compile", "--quiet", "--no-header", "--no-annotate", "--no-emit-index-url", "--universal")
    options = ("--generate-hashes", "--output-file", "ci/requirements.txt")
    session.run(*locked, *options, "pyproject.toml", str(hatchling), external=True, silent=True)
