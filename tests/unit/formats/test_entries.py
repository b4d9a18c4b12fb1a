"""Which entries of a file are dependencies, includes and problems, and where: one row for each way to write them.

Each expected line is ``LINE TEXT``, and the span covers exactly the name or path. The text is a name, ``-r FILE`` or
``-c FILE`` for an include, ``constraint NAME``, ``? ENTRY`` for an entry without a name, ``! MESSAGE`` for a problem,
and ``~ MESSAGE`` for a list that is computed. A skipped dependency has its reason in parentheses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mothball.formats.table import parse
from mothball.model.document import Dependency, DependencyKind, Document, LineIndex, Span, normalize_name
from mothball.model.file_names import FORMATS
from tests.support.spans import check_places

if TYPE_CHECKING:
    from collections.abc import Iterator

TOX_INI = {
    "constraints are files": ("[testenv]\nconstraints = c.txt\n", ["2 -c c.txt"]),
    "constraints in several lines": (
        "[testenv]\nconstraints =\n  a.txt\n  py311: {toxinidir}/b.txt  # why\n  -c d.txt\n",
        ["3 -c a.txt", "4 -c b.txt", "5 -c d.txt"],
    ),
    "constraints at a URL": (
        "[testenv]\nconstraints = https://index.example/c.txt\n",
        ["2 -c https://index.example/c.txt"],
    ),
    "constraints of all environments of a kind": (
        "[pkgenv]\nconstraints = p.txt\n[testenv:b]\nconstraints = {env:C:b.txt}\n",
        ["2 -c p.txt", "4 -c b.txt"],
    ),
    "constraints in a referenced option": (
        "[shared]\nlimits = c.txt\n[testenv]\nconstraints = {[shared]limits}\n",
        ["2 -c c.txt"],
    ),
    "name of a file in a referenced option": (
        "[x]\nfile = reqs.txt\nlimits = c.txt\n[testenv]\ndeps =\n  -r{[x]file}\n  --constraint {[x]limits}\n",
        ["2 -r reqs.txt", "3 -c c.txt"],
    ),
    "version in a referenced option": (
        "[shared]\nversion = 1.0\n[testenv]\ndeps = old-lib=={[shared]version}\n",
        ["4 old-lib"],
    ),
    "name in a referenced option": (
        "[shared]\nname = old-lib\n[testenv]\ndeps = {[shared]name}==1\n",
        ["4 ? {[shared]name}==1"],
    ),
    "option that extends a list": (
        "[shared]\ndeps = old-lib\n[testenv]\nbase = shared\n",
        ["2 old-lib"],
    ),
    "references in the requirements of tox": (
        "[tox]\nrequires =\n  {[shared]deps}\n  tox>=4\n[shared]\ndeps = old-lib>=1\n",
        ["4 tox", "6 old-lib"],
    ),
    "list of referenced requirements of tox on one line": (
        "[tox]\nrequires = {[shared]deps}\n[shared]\ndeps = old-lib, other>=1\n",
        ["4 old-lib", "4 other"],
    ),
    "defaults in the requirements of tox": (
        "[tox]\nrequires =\n  {env:X:old-lib}\n  {env:Y}\n",
        ["3 old-lib", "4 ? {env:Y}"],
    ),
    "default of positional arguments": ("[testenv]\ndeps = {posargs:old-lib>=1}\n", ["2 old-lib"]),
    "default of a reference": ("[testenv]\ndeps = {[nowhere]deps:old-lib}\n", ["2 old-lib"]),
    "variable in the syntax of pip": ("[testenv]\ndeps = old-lib==${VERSION}\n", ["2 old-lib"]),
    "defaults of all sections": ("[DEFAULT]\ndeps = a\n[testenv:b]\n", ["2 a"]),
    "included file that depends on the environment": ("[testenv]\ndeps = -r{env:REQS}\n", ["2 ? {env:REQS}"]),
}

TOX_TOML = {
    "constraints are files": (
        '[env_run_base]\nconstraints = ["c.txt", "{tox_root}{/}d.txt"]\n[env.a]\nconstraints = "e.txt"\n',
        ["2 -c c.txt", "2 -c d.txt", "4 -c e.txt"],
    ),
    "constraints in a multi-line string": (
        '[env.a]\nconstraints = """\na.txt\n# why\n-c b.txt\n"""\n',
        ["3 -c a.txt", "5 -c b.txt"],
    ),
    "reference to a list": (
        '[lists]\na = ["old-lib"]\n[env.a]\ndeps = [{replace = "ref", of = ["lists", "a"], extend = true}, "x"]\n',
        ["2 old-lib", "4 x"],
    ),
    "reference to a list that refers to another": (
        '[a]\nb = [{replace = "ref", of = ["a", "c"]}]\nc = "old-lib"\n[env.x]\ndeps = ["{[a]b}"]\n',
        ["3 old-lib"],
    ),
    "reference in a string": (
        '[lists]\ndeps = ["old-lib"]\n[env.a]\ndeps = ["{[lists]deps}"]\n',
        ["2 old-lib"],
    ),
    "reference to constraints": (
        '[lists]\nlimits = ["c.txt"]\n[env.a]\nconstraints = [{replace = "ref", of = ["lists", "limits"]}]\n',
        ["2 -c c.txt"],
    ),
    "reference to a list that is read anyway": (
        '[env.a]\ndeps = ["x"]\n[env.b]\ndeps = [{replace = "ref", of = ["env", "a", "deps"], extend = true}]\n',
        ["2 x"],
    ),
    "reference of the requirements of tox": (
        'requires = [{replace = "ref", of = ["lists", "plugins"], extend = true}]\n[lists]\nplugins = ["old-lib"]\n',
        ["3 old-lib"],
    ),
    "table that others extend": (
        '[shared]\ndeps = ["old-lib"]\n[env.a]\nbase = ["shared"]\n',
        ["2 old-lib"],
    ),
    "defaults": (
        '[env.a]\ndeps = ["{posargs:a}", "{env:X:b>=1}", {replace = "env", name = "X", default = "c"}, "{env:Y}"]\n',
        ["2 a", "2 b", "2 c", "2 ? {env:Y}"],
    ),
    "included file that depends on the environment": ('[env.a]\ndeps = ["-r {env:REQS}"]\n', ["2 ? {env:REQS}"]),
}

PYPROJECT = {
    "reference of tox": (
        '[tool.tox.a]\nb = ["old-lib"]\n[tool.tox.env.a]\ndeps = [{replace = "ref", of = ["tool", "tox", "a", "b"]}]\n',
        ["2 old-lib"],
    ),
    "table that others extend in tox": (
        '[tool.tox.shared]\ndeps = ["old-lib"]\n[tool.tox.env.a]\nbase = ["tool.tox.shared"]\n',
        ["2 old-lib"],
    ),
    "defaults of Hatch": (
        '[tool.hatch.envs.a]\ndependencies = ["{env:X:old}", "a=={env:V:1}", "{env:X:{env:Y:b}}", "{matrix:m:c}"]\n',
        ["2 old", "2 a", "2 b", "2 c"],
    ),
    "field of Hatch without a default": (
        '[tool.hatch.envs.a]\ndependencies = ["{env:X}", "a-{matrix:b}"]\n',
        ["2 ? {env:X}", "2 ? a-{matrix:b}"],
    ),
}

REQUIREMENTS = {
    "output of pip list": (
        "old-lib==1\nPackage    Version\n---------- -------\npip        24.0\nrequests   2.31.0\n",
        ["1 old-lib", "2 ! the lines below are the output of `pip list`, which is no requirements file"],
    ),
    "output of pip list --outdated": (
        "Package Version Latest Type\n------- ------- ------ -----\npip     24.0    25.0   wheel\n",
        ["1 ! the lines below are the output of `pip list`, which is no requirements file"],
    ),
    "output of pip freeze below a header": (
        "Package Version\nold-lib==1\n",
        ["1 ! the lines below are the output of `pip list`, which is no requirements file", "2 old-lib"],
    ),
    "output of conda list": (
        "# packages in environment at /x:\n#\n# Name  Version  Build  Channel\npip  24.0  py312_0  conda-forge\n",
        ["3 ! the lines below are the output of `conda list`, which is no requirements file"],
    ),
    "output of conda list --export": (
        "# $ conda create --name <env> --file <this file>\n# platform: linux-64\npip=24.0=py312_0\n",
        [
            "1 ! the lines below are the output of `conda list --export`, which is no requirements file",
            "3 pip (incomplete)",
        ],
    ),
    "error above a list": (
        "a=1\nPackage Version\n------- -------\n",
        [
            "1 a (incomplete)",
            "1 ! `a=1` is not a valid requirement",
            "2 ! the lines below are the output of `pip list`, which is no requirements file",
        ],
    ),
    "header in a valid file": ("# Name Version Build\nold-lib==1\n", ["2 old-lib"]),
}

GROUPS = {
    "same name after normalization": (
        "[dependency-groups]\nmy-group = ['a']\nMy_Group = ['b']\n",
        ["2 a", "3 ! My_Group and my-group are the same dependency group", "3 b"],
    ),
    "include without a name": (
        "[dependency-groups]\na = [{include-group = ''}]\n",
        ["2 ! include-group has no name"],
    ),
    "include of an unknown group": (
        "[dependency-groups]\na = [{include-group = 'b'}]\n",
        ["2 ! unknown dependency group b"],
    ),
    "empty table": (
        "[dependency-groups]\na = [{}]\n",
        ["2 ! a dependency group may contain only requirements and includes"],
    ),
    "include of an empty group": ("[dependency-groups]\na = [{include-group = 'B'}]\nb = []\n", []),
}

BUILD_BACKENDS = {
    "hook uv-dynamic-versioning": (
        (
            '[tool.hatch.metadata.hooks.uv-dynamic-versioning]\ndependencies = ["a=={{ version }}", "b"]\n'
            "[tool.hatch.metadata.hooks.uv-dynamic-versioning.optional-dependencies]\nc = ['d']\n"
        ),
        ["2 a", "2 b", "4 d"],
    ),
    "hook hatch-requirements-txt": (
        (
            "[tool.hatch.metadata.hooks.requirements_txt]\nfiles = ['a.txt', 'b.txt']\nfilename = 'c.txt'\n"
            "[tool.hatch.metadata.hooks.requirements_txt.optional-dependencies]\nx = ['d.txt']\n"
        ),
        ["2 -r a.txt", "2 -r b.txt", "3 -r c.txt", "5 -r d.txt"],
    ),
    "Briefcase": (
        (
            "[tool.briefcase]\nrequires = ['a']\n[tool.briefcase.app.x]\nrequires=['b', './c']\ntest_requires = ['d']\n"
            "[tool.briefcase.app.x.macOS]\nrequires = ['e']\n[tool.briefcase.app.x.linux.flatpak]\nrequires = ['f']\n"
            "[tool.briefcase.app.x.linux.system.debian]\nrequires = ['g']\n"
        ),
        ["2 a", "4 b", "4 ? ./c", "5 d", "7 e", "9 f", "11 g"],
    ),
    "requirements that replace those of another package": (
        "[[tool.uv.dependency-metadata]]\nname = 'a'\nrequires-dist = ['b>=1', 'c']\n",
        ["3 override b", "3 override c"],
    ),
}

HATCH_TOML = {
    "hook uv-dynamic-versioning": (
        '[metadata.hooks.uv-dynamic-versioning]\ndependencies = ["a=={{ version }}"]\n',
        ["2 a"],
    ),
    "hook hatch-requirements-txt": ("[metadata.hooks.requirements_txt]\nfiles = ['a.txt']\n", ["2 -r a.txt"]),
}

SETUP_CFG = {
    "extras of pbr": (
        "[extras]\na =\n  b:python_version=='3.12'\n  c>=1 # why\n  d;python_version=='3.12'\ne = f:os_name=='nt'\n",
        ["3 b", "4 c", "5 d", "6 f"],
    ),
    "requirements of pbr": (
        "[metadata]\nrequires-dist =\n  a (>=1)\nsetup_requires_dist = b\n",
        ["3 a", "4 b"],
    ),
    "defaults of all sections": (
        "[DEFAULT]\ninstall_requires = a\nx =\n  b\n[options]\n[options.extras_require]\n",
        ["2 a", "4 b"],
    ),
    "defaults that a section replaces": ("[DEFAULT]\ninstall_requires = a\n[options]\ninstall_requires = b\n", ["4 b"]),
    "defaults without a section that has them": ("[DEFAULT]\ninstall_requires = a\n[metadata]\nname = b\n", []),
}

SETUP_PY = {
    "imported under another name": (
        "from setuptools import setup as go\ngo(install_requires=['a'])\n",
        ["2 a"],
    ),
    "assigned to another name": (
        "import setuptools\ngo = setuptools.setup\nkw = {'install_requires': ['a']}\ngo(**kw)\n",
        ["3 a"],
    ),
    "argument of a partial function": (
        "from functools import partial\nfrom setuptools import setup\npartial(setup, install_requires=['a'])()\n",
        ["3 a"],
    ),
    "function of another package": ("from x import other_setup\nother_setup(extras_require={'a': ['b']})\n", ["2 b"]),
    "words": ("setup(install_requires='a b>=1'.split())\n", ["1 a", "1 b"]),
    "value of a dict": ("d = {'i': ['a'], 'j': ['b']}\nsetup(install_requires=d['i'])\n", ["1 a"]),
    "value of a dict by keyword": ("d = dict(i=['a'], j=['b'])\nsetup(install_requires=d['i'])\n", ["1 a"]),
    "assignment in an expression": ("setup(install_requires=(x := ['a']), tests_require=x)\n", ["1 a"]),
    "computed list": (
        "setup(install_requires=[x for x in open('x')])\n",
        ["1 ~ install_requires is computed; its dependencies were not checked"],
    ),
    "list of a function": (
        "setup(install_requires=read('x') + ['a'])\n",
        ["1 ~ install_requires is computed; its dependencies were not checked", "1 a"],
    ),
}

CONDA_ENV = {
    "quoted key": ("\"dependencies\":\n- a\n- pip: ['b']\n", ["2 a (conda)", "3 b"]),
    "key with an escape": ('"dep\\u0065ndencies":\n- pip: [b]\n', ["2 b"]),
    "flow mapping": ("{dependencies: [a, {pip: [b]}]}\n", ["1 a (conda)", "1 b"]),
    "flow mapping in several lines": ("{\n  name: x,\n  dependencies: [{pip:\n    [b]}]}\n", ["4 b"]),
    "JSON": ('{\n  "dependencies": [\n    {"pip": ["b"]}\n  ]\n}\n', ["3 b"]),
    "complex key": ("? dependencies\n: - pip:\n    - b\n", ["3 b"]),
    "indented": ("  name: x\n  dependencies:\n  - pip:\n    - b\n", ["4 b"]),
    "broken YAML": (
        "dependencies: [a\n",
        ["1 ! invalid YAML: did not find expected ',' or ']' while parsing a flow sequence"],
    ),
    "broken YAML of another tool": ("image: [x\n", []),
    "broken YAML with an escape": ('image: ["\\n"\n', []),
}

PRE_COMMIT = {
    "broken YAML without a list": (
        "- invalid: [yaml\n",
        ["1 ! invalid YAML: did not find expected ',' or ']' while parsing a flow sequence"],
    ),
    "merge conflict without a list": (
        "repos: []\n<<<<<<< HEAD\na: b\n=======\n>>>>>>> x\n",
        ["2 ! unresolved merge conflict"],
    ),
    "empty entry": (
        "- id: a\n  additional_dependencies: ['', a, \"\"]\n",
        ["2 ! empty requirement", "2 a", "2 ! empty requirement"],
    ),
    "entry that is not written yet": ("- id: a\n  additional_dependencies:\n  -\n  - a\n", ["4 a"]),
    "value that is no list": (
        "- id: a\n  additional_dependencies: a\n",
        ["2 ! `additional_dependencies` must be a list"],
    ),
    "quoted key": ("- id: a\n  'additional_dependencies': [a]\n", ["2 a"]),
    "JSON": ('[{"id": "a", "additional_dependencies": ["a"]}]\n', ["1 a"]),
}

PIXI_TOML = {
    "conditional packages": (
        "[package.build-dependencies]\na = '*'\n[package.build-dependencies.\"if(linux)\"]\nb = '*'\n",
        ["2 a (conda)", "4 b (conda)"],
    ),
    "conditional packages in an inline table": (
        "[package.host-dependencies]\n\"if(linux and win)\" = {b = '*', c.version = '1'}\nd.version = '1'\n",
        ["2 b (conda)", "2 c (conda)", "3 d (conda)"],
    ),
    "conditional packages of a target": (
        "[package.target.linux-64.run-dependencies.\"if(matches(python, '>=3'))\".b]\nversion = '*'\n",
        ["1 b (conda)"],
    ),
}

PIPFILE = {
    "extras in the name": (
        '[packages]\n"old-lib[a]" = "*"\n"other [a, b]" = {version = "*"}\n',
        ["2 old-lib", "3 other"],
    ),
    "extras in the name of a table": ('[dev-packages."old-lib[a]"]\nversion = "*"\n', ["1 old-lib"]),
    "extras without a bracket": (
        '[packages]\n"old-lib[a" = "*"\n',
        ["2 old-lib (incomplete)", "2 ! `old-lib[a` is not a valid project name"],
    ),
    "version in the name": (
        '[packages]\n"old-lib[a]>=1" = "*"\n',
        ["2 old-lib (incomplete)", "2 ! `old-lib[a]>=1` is not a valid project name"],
    ),
}

PIPFILE_LOCK = {
    "version instead of a table": (
        '{"default": {"old-lib": "==2.18.0", "b": "*", "c": {"version": "==1"}}}\n',
        ["1 locked old-lib", "1 locked b", "1 locked c"],
    ),
    "merge conflict": (
        '{"default": {\n<<<<<<< HEAD\n"a": "==1"\n=======\n"a": "==2"\n>>>>>>> x\n}}\n',
        ["2 ! unresolved merge conflict"],
    ),
}

ROWS = [
    pytest.param(format_name, text, expected, id=f"{format_name}: {row}")
    for format_name, rows in {
        "tox-ini": TOX_INI,
        "tox-toml": TOX_TOML,
        "pyproject": PYPROJECT | BUILD_BACKENDS | GROUPS,
        "requirements": REQUIREMENTS,
        "hatch-toml": HATCH_TOML,
        "setup-cfg": SETUP_CFG,
        "setup-py": SETUP_PY,
        "pixi-toml": PIXI_TOML,
        "conda-env": CONDA_ENV,
        "pre-commit": PRE_COMMIT,
        "pipfile": PIPFILE,
        "pipfile-lock": PIPFILE_LOCK,
    }.items()
    for row, (text, expected) in rows.items()
]


def described(dependency: Dependency) -> str:
    kind = "" if dependency.kind is DependencyKind.REQUIREMENT else f"{dependency.kind} "
    return f"{kind}{dependency.name}" + (f" ({dependency.skip_reason})" if dependency.skip_reason else "")


def entries(document: Document, text: str) -> Iterator[tuple[Span, str]]:
    yield from ((dependency.name_span, described(dependency)) for dependency in document.dependencies)
    for include in document.includes:
        yield include.span, f"{'-c' if include.kind is DependencyKind.CONSTRAINT else '-r'} {include.target}"
    yield from ((entry.span, f"? {entry.span.slice(text)}") for entry in document.unnamed)
    yield from ((problem.span, f"! {problem.message}") for problem in document.problems)
    yield from ((problem.span, f"~ {problem.message}") for problem in document.unresolvable)


@pytest.mark.parametrize(("format_name", "text", "expected"), ROWS)
def test_entries_have_names_and_places(format_name: str, text: str, expected: list[str]) -> None:
    document = parse(format_name, text)
    check_places(text, document, substitutions=True)
    lines = LineIndex(text)
    for dependency in document.dependencies:
        assert normalize_name(dependency.name_span.slice(text)) == dependency.name
    for include in document.includes:
        assert include.span.slice(text) == include.target
    found = [f"{lines.number(span.start)} {entry}" for span, entry in sorted(entries(document, text))]

    assert found == expected


# Each text has a merge conflict in place of "{}".
CONFLICTS = {
    "pyproject": ("[project]\ndependencies = [\n{}]\n", '"a==1",\n', '"a==2",\n'),
    "pyproject: keys": ("[project]\nname = 'x'\n{}", "version = '1'\n", "version = '2'\n"),
    "pyproject: tables": (
        "[project]\nname = 'x'\n{}",
        "[dependency-groups]\na = []\n",
        "[dependency-groups]\nb = []\n",
    ),
    "requirements": ("b\n{}", "a==1\n", "a==2\n"),
    "pipfile": ("[packages]\n{}", "a = '*'\n", "a = '==1'\n"),
    "hatch-toml": ("[envs.x]\n{}", "dependencies = ['a']\n", "dependencies = ['b']\n"),
    "pixi-toml": ("[pypi-dependencies]\n{}", "a = '*'\n", "a = '==1'\n"),
    "tox-toml": ("[env.x]\n{}", "deps = ['a']\n", "deps = ['b']\n"),
    "setup-cfg": ("[options]\n{}", "install_requires = a\n", "install_requires = b\n"),
    "setup-py": ("setup(install_requires=[\n{}])\n", "'a',\n", "'b',\n"),
    "setup-py: string": ("setup(install_requires='''\n{}''')\n", "a\n", "b\n"),
    "tox-ini": ("[testenv]\n{}", "deps = a\n", "deps = b\n"),
    "conda-env": ("dependencies:\n{}", "- a\n", "- b\n"),
    "pre-commit": ("- id: x\n  additional_dependencies:\n{}", "  - a\n", "  - b\n"),
    "script": ("# /// script\n{}# ///\n", "# dependencies = ['a']\n", "# dependencies = ['b']\n"),
    "uv-lock": ("version = 1\n[[package]]\nname = 'a'\n{}", 'version = "1"\n', 'version = "2"\n'),
    "uv-lock: packages": ("version = 1\n{}", "[[package]]\nname = 'a'\n", "[[package]]\nname = 'b'\n"),
    "poetry-lock": ("[[package]]\nname = 'a'\n{}", 'version = "1"\n', 'version = "2"\n'),
    "pdm-lock": ("[[package]]\nname = 'a'\n{}", 'version = "1"\n', 'version = "2"\n'),
    "pylock": ("lock-version = '1.0'\n[[packages]]\nname = 'a'\n{}", 'version = "1"\n', 'version = "2"\n'),
    "pixi-lock": (
        "version: 6\npackages:\n- pypi: https://x.example/a\n  name: a\n{}",
        "  version: '1'\n",
        "  version: '2'\n",
    ),
    "conda-lock": ("version: 1\npackage:\n- manager: pip\n  name: a\n{}", "  version: '1'\n", "  version: '2'\n"),
    "pipfile-lock": ('{{"default": {{\n{}}}}}\n', '"a": "==1"\n', '"a": "==2"\n'),
}


@pytest.mark.parametrize("base", ["", "||||||| base\n"])
@pytest.mark.parametrize("row", CONFLICTS)
def test_merge_conflict_is_one_problem_at_its_first_marker(row: str, base: str) -> None:
    template, ours, theirs = CONFLICTS[row]
    text = template.format(f"<<<<<<< HEAD\n{ours}{base}=======\n{theirs}>>>>>>> topic\n")
    (problem,) = parse(row.partition(":")[0], text).problems

    assert problem.message.endswith("unresolved merge conflict")
    assert text.startswith("<<<<<<<", problem.span.start)


def test_merge_conflict_test_covers_every_format() -> None:
    assert {row.partition(":")[0] for row in CONFLICTS} == set(FORMATS)
