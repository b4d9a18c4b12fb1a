"""Whether a text may include others is found without parsing it: no include of any format must be missed."""

from __future__ import annotations

import pytest

from mothball.discovery.resolve import may_have_includes
from mothball.formats.names import INCLUDING_FORMATS
from mothball.formats.table import parse

INCLUDING = [
    ("requirements", "-r deps.list\n"),
    ("requirements", "-rdeps.list\n"),
    ("requirements", "  --requirement=deps.list\n"),
    ("requirements", "--requirement deps.list\n"),
    ("requirements", "-c deps.list\n"),
    ("requirements", "--constraint deps.list\n"),
    ("requirements", "-\\\nr deps.list\n"),
    ("pyproject", '[project]\nname = "a"\n[tool.setuptools.dynamic]\ndependencies = {file = ["deps.list"]}\n'),
    ("pyproject", '[tool.setuptools.dynamic.dependencies]\n"file" = "deps.list"\n'),
    ("pyproject", "[tool.setuptools.dynamic.dependencies]\n'file' = \"deps.list\"\n"),
    ("pyproject", '[tool.setuptools.dynamic.dependencies]\n"\\u0066ile" = "deps.list"\n'),
    ("pyproject", '[tool.setuptools.dynamic]\noptional-dependencies.x.file = "deps.list"\n'),
    ("pyproject", '[tool.hatch.metadata.hooks.requirements_txt]\nfiles = ["deps.list"]\n'),
    ("pyproject", '[tool.hatch.metadata.hooks.requirements_txt.optional-dependencies]\nx = ["deps.list"]\n'),
    ("pyproject", '[tool.tox.env.a]\ndeps = ["-r deps.list"]\n'),
    ("pyproject", '[tool.tox.env_run_base]\nconstraints = ["deps.list"]\n'),
    ("pyproject", '[tool.tox]\nlegacy_tox_ini = """\n[testenv]\ndeps = -rdeps.list\n"""\n'),
    ("hatch-toml", '[metadata.hooks.requirements_txt]\nfilename = "deps.list"\n'),
    ("setup-cfg", "[options]\ninstall_requires = file: deps.list\n"),
    ("setup-cfg", "[tox:tox]\n[testenv]\ndeps = -r deps.list\n"),
    ("tox-ini", "[testenv]\ndeps =\n    -rdeps.list\n"),
    ("tox-ini", "[testenv]\ndeps =\n    py311: -r deps.list\n"),
    ("tox-ini", "[testenv]\nconstraints = deps.list\n"),
    ("tox-toml", '[env_run_base]\ndeps = ["--requirement", "deps.list", "-r deps.list"]\n'),
    ("tox-toml", '[env_run_base]\nconstraints = ["deps.list"]\n'),
    ("conda-env", "dependencies:\n- pip:\n  - -r deps.list\n"),
    ("conda-env", 'dependencies:\n- pip:\n  - "-r deps.list"\n'),
    ("conda-env", 'dependencies:\n- pip:\n  - "\\x2dr deps.list"\n'),
]


@pytest.mark.parametrize(("file_format", "text"), INCLUDING)
def test_every_spelling_of_an_include_is_found(file_format: str, text: str) -> None:
    assert [include.target for include in parse(file_format, text).includes] == ["deps.list"]
    assert may_have_includes(text)


def test_every_format_with_includes_has_an_example() -> None:
    assert {file_format for file_format, _ in INCLUDING} == INCLUDING_FORMATS


def test_ordinary_manifest_has_none() -> None:
    text = '[project]\nname = "a-c"\ndependencies = ["pytest-cov>=4", "python-rapidjson==1.0-rc1"]\n'

    assert not parse("pyproject", text).includes
    assert not may_have_includes(text)
