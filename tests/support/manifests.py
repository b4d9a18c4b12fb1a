"""Realistic valid manifests in the formats other than TOML, by format."""

from __future__ import annotations

_REQUIREMENTS = """\
# What the ticket office runs on.
--index-url https://index.example/simple/
-r base.txt
-c constraints.txt

django[argon2]>=4.2,<5
celery[redis]==5.4.0 ; sys_platform != "win32"  # the queue
djangorestframework~=3.15
gunicorn
psycopg[binary,pool] >= 3.2
requests==2.32.3 \\
    --hash=sha256:0011223344556677 \\
    --hash=sha256:8899aabbccddeeff
whitenoise

# Kept until the importer is rewritten.
xlrd==1.2.0  # mothball: ignore[archived] the importer
pillow>=10
tickets @ git+https://git.example/office/tickets.git@v4
-e git+https://git.example/office/seats.git#egg=seats
python-dateutil
sentry-sdk==2.*
zope.interface
"""

_SETUP_CFG = """\
[metadata]
name = ticket-office
version = attr: office.__version__
description = Sells tickets
classifiers =
    Framework :: Django
    Programming Language :: Python :: 3

[options]
packages = find:
python_requires = >=3.11
setup_requires =
    setuptools>=61
    setuptools-scm
install_requires =
    django[argon2]>=4.2,<5
    celery==5.4.0 ; sys_platform != "win32"
    gunicorn
    psycopg[binary] >= 3.2  # the pool comes later
    requests
    whitenoise~=6.7
    xlrd==1.2.0

[options.extras_require]
test =
    pytest>=8
    pytest-django
    model-bakery
docs =
    sphinx
    furo>=2024
all =
    ticket-office[test,docs]

[options.packages.find]
where = src

[flake8]
max-line-length = 120
"""

_SETUP_PY = '''\
"""The ticket office."""

from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
TESTS = [
    "pytest>=8",
    "pytest-django",
    "model-bakery",
]

setup(
    name="ticket-office",
    version="4.1.0",
    tests_require=TESTS,
    long_description=(HERE / "README.md").read_text(),
    packages=find_packages("src"),
    package_dir={"": "src"},
    python_requires=">=3.11",
    install_requires=[
        "django[argon2]>=4.2,<5",
        "celery==5.4.0 ; sys_platform != 'win32'",  # the queue
        "gunicorn",
        "psycopg[binary] >= 3.2",
        "requests",
        "whitenoise~=6.7",
        "xlrd==1.2.0",
    ],
    extras_require={
        "admin": ["django-import-export", "django-filter"],
        "docs": ["sphinx", "furo>=2024"],
        "fast": ["orjson", "uvloop"],
    },
    setup_requires=["setuptools-scm"],
    entry_points={"console_scripts": ["office = office.cli:main"]},
)
'''

_TOX_INI = """\
[tox]
requires =
    tox>=4.20
    tox-uv
env_list =
    py{311,312}
    lint
    docs

[base]
deps =
    pytest>=8
    pytest-cov

[testenv]
description = run the tests
deps =
    {[base]deps}
    django42: django>=4.2,<5
    django51: django~=5.1
    coverage[toml] ; python_version < "3.12"
    model-bakery
    freezegun==1.5.1
    -r {toxinidir}/requirements/test.txt
    -c constraints.txt
commands =
    pytest {posargs:tests}

[testenv:lint]
skip_install = true
deps =
    ruff==0.8.4
    mypy
    django-stubs
commands =
    ruff check

[testenv:docs]
deps =
    sphinx
    furo>=2024
    myst-parser
commands =
    sphinx-build docs build
"""

_CONDA_ENV = """\
name: tickets
channels:
  - conda-forge
  - nodefaults
dependencies:
  - python=3.12
  - numpy>=1.26,<2
  - conda-forge::scipy
  - "pandas=2.2"
  - jupyterlab  # for the reports
  - pip
  - pip:
      - django[argon2]>=4.2,<5
      - 'celery==5.4.0'
      - "requests==2.32.3"
      - gunicorn
      - psycopg[binary] >= 3.2
      - xlrd==1.2.0  # the importer
      - tickets @ git+https://git.example/office/tickets.git
      - whitenoise
      - -r requirements.txt
variables:
  OFFICE_MODE: reports
"""

_PRE_COMMIT = """\
default_language_version:
  python: python3.12
repos:
  - repo: https://git.example/hooks/basics
    rev: v5.0.0
    hooks:
      - id: end-of-file-fixer
      - id: check-toml
        additional_dependencies: [tomlkit, "attrs>=24"]
  - repo: https://git.example/hooks/mypy
    rev: v1.14.0
    hooks:
      - id: mypy
        args: [--strict]
        additional_dependencies:
          - django-stubs[compatible-mypy]
          - types-requests==2.32.0.20241016
          - "types-python-dateutil"
          - 'celery-types'
  - repo: local
    hooks:
      - id: spelling
        name: spelling
        language: python
        entry: codespell
        additional_dependencies: [codespell==2.3.0, chardet]
      - id: docs
        name: docs
        language: python
        entry: python docs/check.py
        additional_dependencies:
          - sphinx>=8
          - furo
"""

_SCRIPT = """\
#!/usr/bin/env -S uv run
# Sends the evening's figures to the office.

# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "requests>=2.32",
#     "rich",
#     "xlrd==1.2.0",  # the importer
#     "python-dateutil ; python_version < '3.13'",
#     "tickets",
#     "openpyxl[fast]",
# ]
#
# [tool.uv]
# exclude-newer = "2026-01-01T00:00:00Z"
#
# [tool.uv.sources]
# tickets = { git = "https://git.example/office/tickets.git" }
# ///

import requests

print(requests.get("https://office.example/figures", timeout=10).text)
"""

MANIFESTS = {
    "requirements": _REQUIREMENTS,
    "setup-cfg": _SETUP_CFG,
    "setup-py": _SETUP_PY,
    "tox-ini": _TOX_INI,
    "conda-env": _CONDA_ENV,
    "pre-commit": _PRE_COMMIT,
    "script": _SCRIPT,
}
