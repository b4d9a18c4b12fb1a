"""Which indexes a name is looked up on: the table in docs/indexes.md, and the project that shows each row."""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

BOTH = "acme-web lib"
NONE = ""


class Row(NamedTuple):
    """A row of the table, the project that shows it, and the names that each index receives.

    ``skipped`` are the names that no index receives. ``{internal}``, ``{public}``, ``{extra}`` and ``{mirror}`` in a
    file, variable or argument stand for the URLs of these indexes, ``{default}`` for that of PyPI, ``{internal_host}``
    for a host and port, and ``{root}`` for the directory of the project.
    """

    setting: str
    queried: str
    files: Mapping[str, str]
    internal: str = NONE
    public: str = NONE
    extra: str = NONE
    mirror: str = NONE
    variables: Mapping[str, str] = MappingProxyType({})
    arguments: str = "--index-url {public}"
    skipped: str = NONE


_REQUIREMENTS = "acme-web\nlib\n"
_PROJECT = "[project]\nname = 'x'\ndependencies = ['acme-web', 'lib']\n"
_NO_DEFAULT = ""
_UV_INDEX = "[[tool.uv.index]]\nname = 'acme'\nurl = '{internal}'\n"
_POETRY_SOURCE = "[[tool.poetry.source]]\nname = 'acme'\nurl = '{internal}'\n"
_RYE_SOURCE = "[[tool.rye.sources]]\nname = 'acme'\nurl = '{internal}'\n"
_PDM_SOURCE = "[[tool.pdm.source]]\nname = 'acme'\nurl = '{internal}'\n"
_POETRY = "[tool.poetry.dependencies]\nacme-web = '*'\nlib = '*'\n"
_PIPFILE = "[packages]\nacme-web = '*'\nlib = '*'\n"
_PIXI = "[pypi-dependencies]\nacme-web = '*'\nlib = '*'\n"
_LOCKED = "[[package]]\nname = 'acme-web'\nversion = '1.0'\n{0}[[package]]\nname = 'lib'\nversion = '1.0'\n{1}"


def _locked(head: str, acme: str = "", lib: str = "") -> str:
    """Return a TOML lock with both names and what is given below each."""
    return head + _LOCKED.replace("{0}", acme).replace("{1}", lib)


ROWS = (
    # Requirements files.
    Row("no index setting", "the default index", {"requirements.txt": _REQUIREMENTS}, public=BOTH),
    Row(
        "`--index-url internal` in a requirements file",
        "internal",
        {"requirements.txt": "--index-url {internal}\n" + _REQUIREMENTS},
        internal=BOTH,
    ),
    Row(
        "`--extra-index-url internal`",
        "internal, the default index",
        {"requirements.txt": "--extra-index-url {internal}\n" + _REQUIREMENTS},
        internal=BOTH,
        public="lib",
    ),
    Row(
        "`--extra-index-url internal`, then `--index-url public`",
        "internal, public: pip drops the first option, uv keeps it",
        {"requirements.txt": "--extra-index-url {internal}\n--index-url {public}\n" + _REQUIREMENTS},
        internal=BOTH,
        public="lib",
    ),
    Row("`--no-index`", "none", {"requirements.txt": "--no-index\n" + _REQUIREMENTS}, skipped=BOTH),
    Row(
        "`-r base.txt` in a file with `-i internal`",
        "internal, also for the names in base.txt",
        {"requirements.txt": "-i {internal}\n-r base.txt\n", "base.txt": _REQUIREMENTS},
        internal=BOTH,
    ),
    Row(
        "base.txt checked alone; a file beside or above it includes it and has `-i internal`",
        "internal",
        {"requirements/dev.txt": "-i {internal}\n-r base.txt\n", "requirements/base.txt": _REQUIREMENTS},
        internal=BOTH,
        arguments="--index-url {public} requirements/base.txt",
    ),
    Row(
        "`-i http://${INDEX_HOST}/simple/`",
        "none",
        {"requirements.txt": "-i http://${{INDEX_HOST}}/simple/\n" + _REQUIREMENTS},
        skipped=BOTH,
        variables={"INDEX_HOST": "{internal_host}"},
    ),
    Row(
        "`-i http://u:${TOKEN}@internal/`, and a setting of the user names that host",
        "internal, without the credentials in the file",
        {"requirements.txt": "-i http://u:${{TOKEN}}@{internal_host}/simple/\n" + _REQUIREMENTS},
        internal=BOTH,
        variables={"PIP_EXTRA_INDEX_URL": "{internal}", "TOKEN": "secret"},
    ),
    # Settings of pip and uv.
    Row(
        "`PIP_INDEX_URL=internal`",
        "internal",
        {"requirements.txt": _REQUIREMENTS},
        internal=BOTH,
        variables={"PIP_INDEX_URL": "{internal}"},
        arguments=_NO_DEFAULT,
    ),
    Row(
        "`PIP_EXTRA_INDEX_URL=internal`",
        "internal, the default index",
        {"requirements.txt": _REQUIREMENTS},
        internal=BOTH,
        public="lib",
        variables={"PIP_EXTRA_INDEX_URL": "{internal}"},
    ),
    Row(
        "two URLs in `PIP_EXTRA_INDEX_URL`, and no other setting",
        "both, then PyPI; PyPI is not queried if one of them has the name",
        {"requirements.txt": "acme-web\n"},
        internal="acme-web",
        variables={"PIP_EXTRA_INDEX_URL": "{extra} {internal}"},
        extra="acme-web",
        arguments=_NO_DEFAULT,
    ),
    Row(
        "`PIP_NO_INDEX=1`",
        "none",
        {"requirements.txt": _REQUIREMENTS},
        skipped=BOTH,
        variables={"PIP_NO_INDEX": "1"},
        arguments=_NO_DEFAULT,
    ),
    Row(
        "`PIP_CONFIG_FILE` names a file with `index-url = internal`",
        "internal",
        {"requirements.txt": _REQUIREMENTS, "../chosen.conf": "[global]\nindex-url = {internal}\n"},
        internal=BOTH,
        variables={"PIP_CONFIG_FILE": "{root}/../chosen.conf"},
        arguments=_NO_DEFAULT,
    ),
    Row(
        "`PIP_CONFIG_FILE=/dev/null`, and a pip.conf of the user",
        "the default index",
        {"requirements.txt": _REQUIREMENTS, "../home/config/pip/pip.conf": "[global]\nindex-url = {internal}\n"},
        public=BOTH,
        variables={"PIP_CONFIG_FILE": os.devnull},
    ),
    Row(
        "`[install] index-url = internal` in the user's pip.conf",
        "internal",
        {"requirements.txt": _REQUIREMENTS, "../home/config/pip/pip.conf": "[install]\nindex-url = {internal}\n"},
        internal=BOTH,
        variables={"PIP_CONFIG_FILE": ""},
        arguments=_NO_DEFAULT,
    ),
    Row(
        "`index-url = internal` in `$VIRTUAL_ENV/pip.conf`",
        "internal",
        {"requirements.txt": _REQUIREMENTS, "../venv/pip.conf": "[global]\nindex-url = {internal}\n"},
        internal=BOTH,
        variables={"PIP_CONFIG_FILE": "", "VIRTUAL_ENV": "{root}/../venv"},
        arguments=_NO_DEFAULT,
    ),
    Row(
        "`UV_DEFAULT_INDEX=internal`",
        "internal",
        {"requirements.txt": _REQUIREMENTS},
        internal=BOTH,
        variables={"UV_DEFAULT_INDEX": "acme={internal}"},
        arguments=_NO_DEFAULT,
    ),
    Row(
        "`UV_INDEX_URL=internal`",
        "internal",
        {"requirements.txt": _REQUIREMENTS},
        internal=BOTH,
        variables={"UV_INDEX_URL": "{internal}"},
        arguments=_NO_DEFAULT,
    ),
    Row(
        "`UV_INDEX=acme=internal`",
        "internal, the default index",
        {"requirements.txt": _REQUIREMENTS},
        internal=BOTH,
        public="lib",
        variables={"UV_INDEX": "acme={internal}"},
    ),
    Row(
        "`UV_EXTRA_INDEX_URL=internal`",
        "internal, the default index",
        {"requirements.txt": _REQUIREMENTS},
        internal=BOTH,
        public="lib",
        variables={"UV_EXTRA_INDEX_URL": "{internal}"},
    ),
    Row(
        "`[[index]] default = true` in the user's uv.toml",
        "internal",
        {
            "requirements.txt": _REQUIREMENTS,
            "../home/config/uv/uv.toml": "[[index]]\nurl = '{internal}'\ndefault = true\n",
        },
        internal=BOTH,
        variables={"UV_NO_CONFIG": ""},
        arguments=_NO_DEFAULT,
    ),
    Row(
        "`[pip] index-url = internal` in the user's uv.toml; another `index-url` outside of it",
        "internal",
        {
            "requirements.txt": _REQUIREMENTS,
            "../home/config/uv/uv.toml": "index-url = '{extra}'\n[pip]\nindex-url = '{internal}'\n",
        },
        internal=BOTH,
        variables={"UV_NO_CONFIG": ""},
        arguments=_NO_DEFAULT,
    ),
    Row(
        "… and `[tool.uv]` in a pyproject.toml",
        "the index outside of `[pip]`",
        {
            "pyproject.toml": _PROJECT + "[tool.uv]\n",
            "../home/config/uv/uv.toml": "index-url = '{extra}'\n[pip]\nindex-url = '{internal}'\n",
        },
        extra=BOTH,
        variables={"UV_NO_CONFIG": ""},
        arguments=_NO_DEFAULT,
    ),
    Row(
        "`PIP_INDEX_URL` is PyPI, `UV_INDEX_URL=internal`",
        "internal",
        {"requirements.txt": _REQUIREMENTS},
        internal=BOTH,
        variables={"PIP_INDEX_URL": "{default}", "UV_INDEX_URL": "{internal}"},
        arguments=_NO_DEFAULT,
    ),
    Row(
        "`PIP_INDEX_URL=internal`, `UV_INDEX_URL=extra`",
        "extra, internal",
        {"requirements.txt": _REQUIREMENTS},
        internal=BOTH,
        extra=BOTH,
        variables={"PIP_INDEX_URL": "{internal}", "UV_INDEX_URL": "{extra}"},
        arguments=_NO_DEFAULT,
    ),
    Row(
        "`-i internal` in the file; other indexes in `PIP_INDEX_URL` and `PIP_EXTRA_INDEX_URL`",
        "internal",
        {"requirements.txt": "-i {internal}\n" + _REQUIREMENTS},
        internal=BOTH,
        variables={"PIP_INDEX_URL": "{public}", "PIP_EXTRA_INDEX_URL": "{extra}"},
        arguments=_NO_DEFAULT,
    ),
    Row(
        "`[[tool.uv.index]] default = true` in the pyproject.toml beside or above the file",
        "internal: uv queries it, although pip would query PyPI",
        {"requirements.txt": _REQUIREMENTS, "pyproject.toml": _UV_INDEX + "default = true\n"},
        internal=BOTH,
        arguments="requirements.txt",
    ),
    # Configuration of mothball.
    Row(
        "`--index-url internal`; another `index-url` in mothball.toml",
        "internal",
        {"requirements.txt": _REQUIREMENTS, "mothball.toml": "index-url = '{public}'\n"},
        internal=BOTH,
        arguments="--index-url {internal}",
    ),
    Row(
        "`index-url = internal` in mothball.toml; another index in `PIP_INDEX_URL`",
        "internal",
        {"requirements.txt": _REQUIREMENTS, "mothball.toml": "index-url = '{internal}'\n"},
        internal=BOTH,
        variables={"PIP_INDEX_URL": "{public}"},
        arguments=_NO_DEFAULT,
    ),
    Row(
        "`index-url = internal` in the user's mothball/config.toml; another index in `UV_INDEX_URL`",
        "internal",
        {"requirements.txt": _REQUIREMENTS, "../home/config/mothball/config.toml": "index-url = '{internal}'\n"},
        internal=BOTH,
        variables={"UV_INDEX_URL": "{public}"},
        arguments=_NO_DEFAULT,
    ),
    Row(
        "`private`, and PyPI is the only index",
        "none",
        {"requirements.txt": "acme-web\n", "mothball.toml": "private = ['acme-*']\n"},
        skipped="acme-web",
        arguments=_NO_DEFAULT,
    ),
    Row(
        "`private` and `status-index`",
        "the index; the status index only for other names",
        {
            "requirements.txt": _REQUIREMENTS,
            "mothball.toml": "private = ['acme-*']\nindex-url = '{mirror}'\nstatus-index = '{public}'\n",
        },
        public="lib",
        mirror=BOTH,
        arguments=_NO_DEFAULT,
    ),
    # uv.
    Row(
        "`[[tool.uv.index]]`",
        "internal, the default index",
        {"pyproject.toml": _PROJECT + _UV_INDEX},
        internal=BOTH,
        public="lib",
    ),
    Row(
        "… `default = true`",
        "internal",
        {"pyproject.toml": _PROJECT + _UV_INDEX + "default = true\n"},
        internal=BOTH,
    ),
    Row(
        "… `explicit = true`, and a source that names it",
        "internal for names with that source, the default index for the others",
        {
            "pyproject.toml": _PROJECT
            + _UV_INDEX
            + "explicit = true\n[tool.uv.sources]\nacme-web = {{index = 'acme'}}\n"
        },
        internal="acme-web",
        public="lib",
    ),
    Row(
        "`[tool.uv.sources]` pins two indexes with markers",
        "both, in the order of the file, and no other",
        {
            "pyproject.toml": _PROJECT
            + _UV_INDEX
            + "explicit = true\n[[tool.uv.index]]\nname = 'e'\nurl = '{extra}'\nexplicit = true\n"
            "[tool.uv.sources]\nacme-web = [{{index = 'e', marker = \"python_version < '3'\"}}, "
            "{{index = 'acme', marker = \"python_version >= '3'\"}}]\n"
        },
        internal="acme-web",
        extra="acme-web",
        public="lib",
    ),
    Row(
        "`UV_DEFAULT_INDEX=internal`; another default index in `[[tool.uv.index]]`",
        "internal, as in uv",
        {"pyproject.toml": _PROJECT + "[[tool.uv.index]]\nurl = '{public}'\ndefault = true\n"},
        internal=BOTH,
        variables={"UV_DEFAULT_INDEX": "{internal}"},
    ),
    Row(
        "`[tool.uv]` without an index, `UV_INDEX_URL=internal`; another index in `PIP_INDEX_URL`",
        "internal",
        {"pyproject.toml": _PROJECT + "[tool.uv]\n"},
        internal=BOTH,
        variables={"UV_INDEX_URL": "{internal}", "PIP_INDEX_URL": "{public}"},
        arguments=_NO_DEFAULT,
    ),
    Row(
        "`registry` of a package in uv.lock",
        "that registry",
        {
            "uv.lock": _locked(
                "version = 1\n", "source = {{ registry = '{internal}' }}\n", "source = {{ registry = '{public}' }}\n"
            )
        },
        internal="acme-web",
        public="lib",
        variables={"UV_INDEX_URL": "{extra}"},
    ),
    Row(
        "`[[tool.uv.index]] default = true` in the root of the workspace of a member",
        "internal",
        {
            "pyproject.toml": "[tool.uv.workspace]\nmembers = ['a']\n" + _UV_INDEX + "default = true\n",
            "a/pyproject.toml": _PROJECT,
        },
        internal=BOTH,
        arguments="--index-url {public} a/pyproject.toml",
    ),
    Row(
        "a uv.toml beside `[tool.uv]`",
        "the index in uv.toml",
        {"pyproject.toml": _PROJECT + "[tool.uv]\n", "uv.toml": "index-url = '{internal}'\n"},
        internal=BOTH,
    ),
    Row(
        "`[[tool.uv.index]]` in the metadata of a script",
        "internal, the default index",
        {
            "run.py": "# /// script\n# dependencies = ['acme-web', 'lib']\n"
            "# [[tool.uv.index]]\n# url = '{internal}'\n# ///\n"
        },
        internal=BOTH,
        public="lib",
        arguments="--index-url {public} --as script run.py",
    ),
    # Poetry.
    Row(
        "`[[tool.poetry.source]]`",
        "internal",
        {"pyproject.toml": _POETRY + _POETRY_SOURCE},
        internal=BOTH,
    ),
    Row(
        '… `priority = "supplemental"` (or `secondary`)',
        "internal, the default index",
        {"pyproject.toml": _POETRY + _POETRY_SOURCE + "priority = 'supplemental'\n"},
        internal=BOTH,
        public="lib",
    ),
    Row(
        '… `priority = "explicit"`, and `source = "acme"` in an entry',
        "internal for that entry, the default index for the others",
        {
            "pyproject.toml": _POETRY.replace("acme-web = '*'", "acme-web = {{version = '*', source = 'acme'}}")
            + _POETRY_SOURCE
            + "priority = 'explicit'\n"
        },
        internal="acme-web",
        public="lib",
    ),
    Row(
        "… and PyPI as another source",
        "internal, the default index",
        {"pyproject.toml": _POETRY + _POETRY_SOURCE + "[[tool.poetry.source]]\nname = 'PyPI'\n"},
        internal=BOTH,
        public="lib",
    ),
    Row(
        'an entry with `source = "acme"` for some environments and `source = "pypi"` for others',
        "internal, the default index",
        {
            "pyproject.toml": "[tool.poetry.dependencies]\n"
            "acme-web = [{{version = '1', source = 'pypi'}}, {{version = '2', source = 'acme'}}]\n"
            "lib = [{{version = '1', source = 'acme'}}, {{version = '2', source = 'pypi'}}]\n" + _POETRY_SOURCE
        },
        internal=BOTH,
        public="lib",
    ),
    Row(
        "`[package.source]` of type `legacy` in poetry.lock",
        "that source; the default index for packages without one",
        {"poetry.lock": _locked("", "[package.source]\ntype = 'legacy'\nurl = '{internal}'\nreference = 'acme'\n")},
        internal="acme-web",
        public="lib",
    ),
    # Rye.
    Row(
        "`[[tool.rye.sources]]`",
        "internal, the default index",
        {"pyproject.toml": _PROJECT + _RYE_SOURCE},
        internal=BOTH,
        public="lib",
    ),
    Row(
        '… `name = "default"`',
        "internal",
        {"pyproject.toml": _PROJECT + _RYE_SOURCE.replace("acme", "default")},
        internal=BOTH,
    ),
    # PDM.
    Row(
        "`[[tool.pdm.source]]`",
        "internal, the default index",
        {"pyproject.toml": _PROJECT + _PDM_SOURCE},
        internal=BOTH,
        public="lib",
    ),
    Row(
        '… `name = "pypi"`',
        "internal",
        {"pyproject.toml": _PROJECT + _PDM_SOURCE.replace("acme", "pypi")},
        internal=BOTH,
    ),
    Row(
        '… `include_packages = ["acme-*"]`',
        "internal only for these, internal and the default index for the others",
        {"pyproject.toml": _PROJECT + _PDM_SOURCE + "include_packages = ['acme-*']\n"},
        internal=BOTH,
        public="lib",
    ),
    Row(
        '… `exclude_packages = ["lib"]`',
        "the default index for these, internal and the default index for the others",
        {"pyproject.toml": _PROJECT + _PDM_SOURCE + "exclude_packages = ['lib']\n"},
        internal="acme-web",
        public="lib",
    ),
    Row(
        "`[[tool.pdm.source]]` in the pyproject.toml beside pdm.lock",
        "internal, the default index",
        {"pyproject.toml": _PDM_SOURCE, "pdm.lock": _locked("")},
        internal=BOTH,
        public="lib",
        arguments="--index-url {public} pdm.lock",
    ),
    # Pipenv.
    Row(
        "two `[[source]]` tables in a Pipfile",
        "the first",
        {
            "Pipfile": "[[source]]\nname = 'a'\nurl = '{internal}'\n[[source]]\nname = 'b'\nurl = '{public}'\n"
            + _PIPFILE
        },
        internal=BOTH,
    ),
    Row(
        '`index = "a"` in an entry of a Pipfile',
        "a for that entry, the first source for the others",
        {
            "Pipfile": "[[source]]\nname = 'b'\nurl = '{public}'\n[[source]]\nname = 'a'\nurl = '{internal}'\n"
            + _PIPFILE.replace("acme-web = '*'", "acme-web = {{version = '*', index = 'a'}}")
        },
        internal="acme-web",
        public="lib",
    ),
    Row(
        "`PIPENV_PYPI_MIRROR=internal`, and the source of the Pipfile is PyPI",
        "internal",
        {"Pipfile": "[[source]]\nname = 'pypi'\nurl = '{default}'\n" + _PIPFILE},
        internal=BOTH,
        variables={"PIPENV_PYPI_MIRROR": "{internal}"},
    ),
    Row(
        "`index` of a package in Pipfile.lock, and `_meta.sources`",
        "that index, the first source for the others",
        {
            "Pipfile.lock": '{{"_meta": {{"sources": [{{"name": "b", "url": "{public}"}}, '
            '{{"name": "a", "url": "{internal}"}}]}}, "default": '
            '{{"acme-web": {{"version": "==1", "index": "a"}}, "lib": {{"version": "==1"}}}}}}'
        },
        internal="acme-web",
        public="lib",
    ),
    # pixi and pylock.toml.
    Row(
        "`[pypi-options] index-url` of pixi",
        "internal",
        {"pixi.toml": _PIXI + "[pypi-options]\nindex-url = '{internal}'\n"},
        internal=BOTH,
    ),
    Row(
        "`[pypi-options] extra-index-urls` of pixi",
        "internal, the default index",
        {"pixi.toml": _PIXI + "[pypi-options]\nextra-index-urls = ['{internal}']\n"},
        internal=BOTH,
        public="lib",
    ),
    Row(
        "`[pypi-options]` of a pixi feature",
        "internal for the names of the feature; internal, then the default index for those of the workspace",
        {
            "pixi.toml": "[pypi-dependencies]\nlib = '*'\n[feature.acme.pypi-dependencies]\nacme-web = '*'\n"
            "[feature.acme.pypi-options]\nindex-url = '{internal}'\n"
        },
        internal=BOTH,
        public="lib",
    ),
    Row(
        "`packages.index` in pylock.toml",
        "that index",
        {
            "pylock.toml": "lock-version = '1.0'\ncreated-by = 'x'\n"
            "[[packages]]\nname = 'acme-web'\nversion = '1.0'\nindex = '{internal}'\n"
            "[[packages.wheels]]\nname = 'w'\nurl = 'https://x.example/w'\nhashes = {{}}\n"
        },
        internal="acme-web",
        variables={"PIP_INDEX_URL": "{public}"},
    ),
    Row(
        "`indexes` of the environments in pixi.lock",
        "these, in order",
        {
            "pixi.lock": "version: 6\nenvironments:\n  default:\n    indexes:\n    - {internal}\n    - {public}\n"
            "packages:\n- pypi: https://x.example/w.whl\n  name: acme-web\n  version: '1.0'\n"
            "- pypi: https://x.example/l.whl\n  name: lib\n  version: '1.0'\n"
        },
        internal=BOTH,
        public="lib",
    ),
    # Ambiguous and failing indexes.
    Row(
        "`[[tool.uv.index]]` and `[[tool.poetry.source]]` in one file, names in `[project]`",
        "the extra indexes of both, then the default index",
        {
            "pyproject.toml": _PROJECT
            + _UV_INDEX
            + "[[tool.poetry.source]]\nname = 'e'\nurl = '{extra}'\npriority = 'supplemental'\n"
        },
        internal=BOTH,
        extra="lib",
        public="lib",
    ),
    Row(
        "`-i internal --extra-index-url PyPI`",
        "internal, then PyPI",
        {"requirements.txt": "-i {internal}\n--extra-index-url {default}\nacme-web\n"},
        internal="acme-web",
    ),
    Row(
        "an index without a URL, or with an unterminated one",
        "none",
        {"pyproject.toml": _PROJECT + "[[tool.uv.index]]\nname = 'acme'\nurl = '{internal}"},
        skipped=BOTH,
    ),
    Row(
        "an extra index whose URL is not HTTP",
        "none",
        {"pyproject.toml": _PROJECT + "[[tool.uv.index]]\nname = 'wheels'\nurl = './wheels'\n"},
        skipped=BOTH,
    ),
    Row(
        "an extra index that is down",
        "only that index",
        {"requirements.txt": "--extra-index-url http://127.0.0.1:9/simple/\n" + _REQUIREMENTS},
    ),
)
