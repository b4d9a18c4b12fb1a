"""Files that use most of the syntax of each format, including invalid parts, by format."""

from __future__ import annotations

from tests.support import lock_samples, toml_documents
from tests.support.tool_documents import DOCUMENTS

REQUIREMENTS = """\
# -*- coding: utf-8 -*-
--index-url https://index.example/simple/ --extra-index-url=https://more.example/simple/
-r base.txt
-c "constraints/all of them.txt"

Django[argon2, bcrypt] >= 4.2, < 5 ; python_version >= '3.11'  # mothball: ignore[deprecated] until spring
requests==2.32.3 \\
    --hash=sha256:0011 \\
    --hash=sha256:2233
    # via django
zope.interface \\
  ==6.0  # mothball: ignore[archived]
-e git+https://git.example/team/tool.git@main#egg=tool&subdirectory=python
pkg @ https://files.example/pkg-1.0.zip ; os_name == 'nt'
./vendored/thing
wheels/thing-1.0-py3-none-any.whl
private==${VERSION}
half[
"quoted
<<<<<<< HEAD
ours==1
=======
theirs==2
>>>>>>> branch
\N{PARTY POPPER} oops
last
"""

SETUP_CFG = """\
# mothball: ignore[archived] says nothing here
[metadata]
name = My.Project

[options]
python_requires = >=3.11
install_requires =
    é🎉
    Django[argon2] >= 4.2, < 5 ; python_version >= "3.11"  # mothball: ignore[deprecated] until spring
    ; a comment
    # another
    zope.interface==6.0 ; \\
        sys_platform == "win32"
    tool @ git+https://git.example/tool
    half[
setup-requires = wheel; setuptools>=61
tests_require = pytest  # one of them

[options.extras_require]
dev =
    my-project[all]
    coverage
all: requests; python_version < "3"
files = file: requirements/a.txt, b.txt
[flake8]
ignore = E501
"""

SETUP_PY = '''\
# -*- coding: utf-8 -*-
"""é🎉  # mothball: ignore[archived] no comment"""
from setuptools import setup

VERSION = "1.0"
base = ["Django[argon2] >= 4.2 ; python_version < '3.12'", "six"]  # mothball: ignore[archived] soon
other = [] if 0 else None
base += ['zope.interface' "==6.0"]
extras = {"dev": ["pytest"] + base, "é": """
    black  # formats
    # nothing
    ruff>=0.1
"""}
extras["all"] = ["my-project[dev]"]
setup(
    name="My.Project",
    install_requires=base,
    setup_requires="wheel",
    tests_require=["tool @ git+https://git.example/tool", f"rich=={VERSION}", "half["],
    extras_require=extras,
)
'''

TOX_INI = """\
[tox]
requires =
    tox>=4.2  # mothball: ignore[archived] until 5
    virtualenv
env_list = py311

[base]
deps =
    six
    lint: mypy==1.0

[testenv]
description = é🎉
deps =
    {[base]deps}
    pytest >=8 , <9
    py311: coverage[toml] ; python_version < "3.12"  # mothball: ignore[deprecated] x
    py{310,311}-django{4,5},!lint: Django
    # a comment
    attrs{env:ATTRS:==24.1}
    rich=={env:RICH}
    -r{toxinidir}/requirements.txt
    cov: -c {tox_root}{/}constraints.txt
    -i https://index.example/simple/
    tool @ git+https://git.example/tool@{env:TOOL_SHA}
    {env:EVERYTHING}
    -e {toxinidir}/sub
    {toxinidir}/other
constraints = limits.txt
[testenv:lint]
deps = ruff
[pkgenv]
deps = build
[other]
deps = no
"""

CONDA_ENV = """\
name: é🎉
channels: [conda-forge]
dependencies:
  - python=3.11
  - conda-forge::Num.Py >=1.26,<2
  - _libgcc_mutex=0.1=main
  - pip
  - pip:
    - requests >=2 ; python_version < "3.12"  # mothball: ignore[archived] soon
    - 'Django[argon2]==5.0'
    - -r requirements.txt
    - "-c constraints.txt"
    - --extra-index-url https://index.example/simple/
    - tool @ git+https://git.example/tool
    - git+https://git.example/x#egg=other
    - -e ./sub
    - "six\\x3d=1.16"
    - half[
  - scipy  # mothball: ignore[archived] as well
variables:
  A: B
"""

PRE_COMMIT = """\
repos:
- repo: https://git.example/mypy
  rev: v1
  hooks:
  - id: mypy
    args: ["--strict"]  # é🎉
    additional_dependencies: [
      'Types.PyYAML==6.0',  # mothball: ignore[archived] soon
      pytest >=8,
      "django[argon2] ; python_version < '3.12'",
    ]
- repo: local
  hooks:
  - id: docs
    language: python
    additional_dependencies:
    - --extra-index-url=https://index.example/simple/
    - -i
    - https://other.example/
    - sphinx
    - tool @ git+https://git.example/tool
    - .
    - -r
    - x.txt
    - half[
  - id: go
    language: golang
    additional_dependencies: [golang.org/x/tools]
"""

SCRIPT = """\
#!/usr/bin/env python
# é🎉 a comment

# /// script
# requires-python = ">=3.11"
# dependencies = [
#   "Django[argon2] >= 4.2 ; python_version < '3.12'",  # mothball: ignore[archived] soon
#   "rich<14",
#
#   "tool @ git+https://git.example/tool",
#   'half[',
# ]
#
# [tool.uv]
# exclude-newer = "2026-01-01T00:00:00Z"
# [tool.uv.sources]
# rich = { git = "https://git.example/rich" }
# ///
import rich  # mothball: hush

dependencies = ["no"]
"""

# Format name to samples.
SAMPLES = {
    "pyproject": (*toml_documents.SAMPLES, *DOCUMENTS["pyproject"]),
    "requirements": (REQUIREMENTS,),
    "pipfile": DOCUMENTS["pipfile"],
    "hatch-toml": DOCUMENTS["hatch-toml"],
    "pixi-toml": DOCUMENTS["pixi-toml"],
    "tox-toml": DOCUMENTS["tox-toml"],
    "setup-cfg": (SETUP_CFG,),
    "setup-py": (SETUP_PY,),
    "tox-ini": (TOX_INI,),
    "conda-env": (CONDA_ENV,),
    "pre-commit": (PRE_COMMIT,),
    "script": (SCRIPT,),
    "uv-lock": (lock_samples.UV,),
    "poetry-lock": (lock_samples.POETRY,),
    "pdm-lock": (lock_samples.PDM,),
    "pylock": (lock_samples.PYLOCK,),
    "pipfile-lock": (lock_samples.PIPFILE,),
    "pixi-lock": (lock_samples.PIXI, lock_samples.PIXI_7, lock_samples.PIXI_4),
    "conda-lock": (lock_samples.CONDA_LOCK,),
}
