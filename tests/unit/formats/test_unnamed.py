"""Entries without a recognizable name are returned with their reason and span."""

from __future__ import annotations

import pytest

from mothball.formats.table import parse


@pytest.mark.parametrize(
    ("file_format", "text", "entry", "reason"),
    [
        ("requirements", "a\n-e .\n", ".", "editable"),
        ("requirements", "./local\n", "./local", "path"),
        ("requirements", "https://files.example/x.whl\n", "https://files.example/x.whl", "url"),
        ("requirements", "git+https://git.example/x ; os_name == 'nt'\n", None, "vcs"),
        ("requirements", "${OLD}x==1\n", "${OLD}x==1", "variable"),
        ("requirements", "x${OLD}==1\n", "x${OLD}==1", "variable"),
        ("tox-ini", "[testenv]\ndeps =\n    {env:PRE}old2\n", "{env:PRE}old2", "variable"),
        ("tox-ini", "[testenv]\ndeps =\n    -e .\n", ".", "editable"),
        ("setup-cfg", "[tox:tox]\n[testenv]\ndeps = {env:PRE}old2\n", "{env:PRE}old2", "variable"),
        ("tox-toml", '[env.a]\ndeps = ["{env:PRE}old2"]\n', "{env:PRE}old2", "variable"),
        ("tox-toml", '[env.a]\ndeps = ["./local"]\n', "./local", "path"),
        ("pyproject", '[tool.tox]\nlegacy_tox_ini = "[testenv]\\ndeps = ./local\\n"\n', "./local", "path"),
        ("hatch-toml", '[envs.a]\ndependencies = ["{env:PRE}old"]\n', "{env:PRE}old", "variable"),
        ("setup-py", 'from setuptools import setup\nsetup(install_requires=[f"old5{x}"])\n', "old5{x}", "variable"),
        (
            "setup-py",
            'from setuptools import setup\nsetup(install_requires=["%s-old" % x])\n',
            '%s-old" % x',
            "variable",
        ),
        ("conda-env", "dependencies:\n- pip:\n  - -e .\n", ".", "editable"),
        (
            "pre-commit",
            "repos:\n- hooks:\n  - id: a\n    language: python\n    additional_dependencies: [./local]\n",
            "./local",
            "path",
        ),
        ("pyproject", '[tool.pdm.dev-dependencies]\na = ["-e file:///lib"]\n', "file:///lib", "editable"),
    ],
)
def test_entry_without_a_name_has_span_and_reason(file_format: str, text: str, entry: str | None, reason: str) -> None:
    document = parse(file_format, text)

    (unnamed,) = document.unnamed
    assert unnamed.reason == reason
    assert unnamed.span.slice(text) == (entry or text.strip())
    assert [dependency.name for dependency in document.dependencies] in ([], ["a"])


@pytest.mark.parametrize(
    "text",
    [
        "[a]\ndeps = x\n[testenv]\ndeps =\n    {[a]deps}\n",
        "[testenv]\ndeps =\n    {[a]deps}\n",
        "[testenv]\ndeps =\n    -r{toxinidir}/requirements.txt\n",
    ],
)
def test_reference_is_not_an_unnamed_entry(text: str) -> None:
    assert parse("tox-ini", text).unnamed == ()
