"""When a changed index makes a name an addition: a table of docs/added.md, and the steps that show each row."""

from __future__ import annotations

from mothball.config.project import DEFAULT_INDEX
from tests.support.added import lines, lock, toml
from tests.tables.added import adds, commit, exits, move, remove, row, stage

_HOME = "https://home.example/simple/"
_CONFIG = 'offline = true\nsnapshot = "statuses.json"\n'
_BASE = {"mothball.toml": _CONFIG}
_PRIVATE = {"mothball.toml": _CONFIG + 'private = ["old-*"]\n'}
_EXPLICIT = f'[[tool.uv.index]]\nname = "home"\nurl = "{_HOME}"\nexplicit = true\n'
_PIN = '[tool.uv.sources]\nold-a = { index = "home" }\n'
_PATH_SOURCE = '[tool.uv.sources]\nold-a = { path = "lib" }\n'
_WHEEL = "lib/old_a-1.0-py3-none-any.whl"
_MEMBER_SOURCE = '[tool.uv.sources]\nold-a = { workspace = true }\n[tool.uv.workspace]\nmembers = ["lib"]\n'
_WORKSPACE = '[tool.uv.workspace]\nmembers = ["packages/*"]\n'
_HOME_INDEX = f'[[tool.uv.index]]\nurl = "{_HOME}"\ndefault = true\n'
_SOURCE = f'[[tool.poetry.source]]\nname = "home"\nurl = "{_HOME}"\npriority = "explicit"\n'
_POETRY = '[tool.poetry.dependencies]\nold-a = { version = "1", source = "home" }\n'
_OWN = {"pyproject.toml": toml("good-a"), "lib/setup.cfg": "[metadata]\nname = old-a\n"}


def _locked(index: str) -> str:
    return lock("old-a", "good-a").replace("https://index.example/simple/", index)


INDEXES = (
    row(
        "`--index-url` is removed",
        "yes, every name that was only looked up there",
        commit({**_BASE, "requirements.txt": f"--index-url {_HOME}\nold-a\n"}),
        stage({"requirements.txt": "old-a\n"}),
        adds({"requirements.txt": ["old-a"]}),
        exits(1),
    ),
    row(
        "`--index-url` is removed from a file that includes others",
        "yes, also in files that the change does not touch",
        commit({**_BASE, "requirements.txt": f"-i {_HOME}\n-r base.txt\n", "base.txt": lines("old-a")}),
        stage({"requirements.txt": "-r base.txt\n"}),
        adds({"base.txt": ["old-a"]}),
        adds({"base.txt": ["old-a"]}, "requirements.txt"),
        exits(1, shows="base.txt: note: PyPI becomes an index of 1 name, which counts as added"),
        adds({"base.txt": ["old-a"]}, "--since", "HEAD"),
    ),
    row(
        "PyPI is added as an extra index",
        "yes",
        commit({**_BASE, "requirements.txt": f"-i {_HOME}\nold-a\n"}),
        stage({"requirements.txt": f"-i {_HOME}\n--extra-index-url {DEFAULT_INDEX}\nold-a\n"}),
        adds({"requirements.txt": ["old-a"]}),
    ),
    row(
        "`--no-index` is removed",
        "yes",
        commit({**_BASE, "requirements.txt": "--no-index\nold-a\n"}),
        stage({"requirements.txt": "old-a\n"}),
        adds({"requirements.txt": ["old-a"]}),
    ),
    row(
        "The pin of a package to an index is removed",
        "yes",
        commit({**_BASE, "pyproject.toml": toml("old-a", "good-a") + _EXPLICIT + _PIN}),
        stage({"pyproject.toml": toml("old-a", "good-a") + _EXPLICIT}),
        adds({"pyproject.toml": ["old-a"]}),
        exits(1),
        commit({}),
        commit({"pyproject.toml": toml("good-a") + _SOURCE + _POETRY}),
        stage({"pyproject.toml": toml("good-a") + _SOURCE + _POETRY.replace(', source = "home"', "")}),
        adds({"pyproject.toml": ["old-a"]}),
    ),
    row(
        "The index of a workspace is removed",
        "yes, also in the members",
        commit(
            {
                **_BASE,
                "pyproject.toml": toml("good-a") + _WORKSPACE + _HOME_INDEX,
                "packages/till/pyproject.toml": toml("old-a", name="till"),
            }
        ),
        stage({"pyproject.toml": toml("good-a") + _WORKSPACE}),
        adds({"pyproject.toml": ["good-a"], "packages/till/pyproject.toml": ["old-a"]}),
    ),
    row(
        "A `uv.toml` that sets the index is deleted",
        "yes",
        commit({**_BASE, "uv.toml": f'index-url = "{_HOME}"\n', "pyproject.toml": toml("old-a")}),
        remove("uv.toml"),
        adds({"pyproject.toml": ["old-a"]}),
        exits(1),
        exits(1, "uv.toml"),
    ),
    row(
        "A pattern is removed from `private`",
        "yes, also if the configuration is all that changes",
        commit({**_PRIVATE, "pyproject.toml": toml("old-a", "good-a")}),
        stage(_BASE),
        adds({"pyproject.toml": ["old-a"]}),
        exits(1),
        exits(1, "mothball.toml"),
        exits(1, "--since", "HEAD"),
        stage({"mothball.toml": _PRIVATE["mothball.toml"] + 'max-age = "1h"\n'}),
        adds({}),
    ),
    row(
        "A private name is new, and only public indexes are configured",
        "is not looked up; a note lists it",
        commit({**_PRIVATE, "pyproject.toml": toml("good-a"), "requirements.txt": "old-c\n"}),
        stage({"pyproject.toml": toml("good-a", "old-a", "old-b")}),
        exits(0, shows="pyproject.toml: note: old-a, old-b were not looked up: private, and only public indexes"),
        stage({"pyproject.toml": toml("good-a", "old-c")}),
        exits(0, hides="not looked up"),
    ),
    row(
        "`index-url` is removed from the configuration",
        "yes",
        commit({"mothball.toml": f'index-url = "{_HOME}"\n{_CONFIG}', "requirements.txt": lines("old-a")}),
        stage(_BASE),
        adds({"requirements.txt": ["old-a"]}),
    ),
    row(
        "A local project is removed, or its path requirement",
        "yes: an installer now takes the name from the index",
        commit({**_BASE, **_OWN, "requirements.txt": "-e ./lib\nold-a\n"}),
        stage({"requirements.txt": "old-a\n"}),
        adds({"requirements.txt": ["old-a"]}),
        stage({"requirements.txt": "-e ./lib\nold-a\n"}),
        remove("lib/setup.cfg"),
        adds({"requirements.txt": ["old-a"]}),
    ),
    row(
        "A member of a workspace is removed or renamed",
        "yes",
        commit(
            {
                **_BASE,
                "pyproject.toml": toml("old-a") + _WORKSPACE,
                "packages/a/pyproject.toml": toml(name="old-a"),
            }
        ),
        stage({"packages/a/pyproject.toml": toml(name="old-b")}),
        adds({"pyproject.toml": ["old-a"]}),
    ),
    row(
        "The project that a path or workspace source names is removed",
        "yes",
        commit({**_BASE, **_OWN, "pyproject.toml": toml("old-a") + _PATH_SOURCE}),
        stage({"lib/setup.cfg": "[metadata]\nname = old-b\n"}),
        adds({"pyproject.toml": ["old-a"]}),
        commit({"lib/setup.cfg": "", "lib/pyproject.toml": toml(name="old-a")}),
        commit({"pyproject.toml": toml("old-a") + _MEMBER_SOURCE}),
        remove("lib/pyproject.toml"),
        adds({"pyproject.toml": ["old-a"]}),
        commit({"pyproject.toml": toml("old-a") + _PATH_SOURCE.replace('"lib"', f'"{_WHEEL}"'), _WHEEL: "x"}),
        remove(_WHEEL),
        adds({"pyproject.toml": ["old-a"]}),
        adds({"pyproject.toml": ["old-a"]}, "--since", "HEAD"),
    ),
    row(
        "A lock records PyPI instead of another index",
        "yes",
        commit({**_BASE, "pyproject.toml": toml(), "uv.lock": _locked(_HOME)}),
        stage({"uv.lock": _locked(DEFAULT_INDEX)}),
        adds({"uv.lock": ["old-a", "good-a"]}),
    ),
    row(
        "A name moves to a file without the index",
        "yes",
        commit({**_BASE, "requirements.txt": f"-i {_HOME}\nold-a\ngood-a\n", "dev-requirements.txt": lines("good-b")}),
        stage({"requirements.txt": f"-i {_HOME}\ngood-a\n", "dev-requirements.txt": lines("good-b", "old-a")}),
        adds({"dev-requirements.txt": ["old-a"]}),
        commit({}),
        commit({"requirements.txt": f"-i {_HOME}\nold-b\n", "dev-requirements.txt": lines("good-b")}),
        move("requirements.txt", "dev-requirements.txt"),
        stage({"dev-requirements.txt": lines("old-b")}),
        adds({"dev-requirements.txt": ["old-b"]}),
    ),
    row(
        "Another private index",
        "no",
        commit({**_BASE, "requirements.txt": f"-i {_HOME}\nold-a\n"}),
        stage({"requirements.txt": "-i https://other.example/simple/\nold-a\n"}),
        adds({}),
    ),
    row(
        "A private index for a name that was looked up on PyPI",
        "no",
        commit({**_BASE, "requirements.txt": lines("old-a")}),
        stage({"requirements.txt": f"-i {_HOME}\nold-a\n"}),
        adds({}),
        stage({"requirements.txt": lines("old-a"), **_PRIVATE}),
        adds({}),
    ),
    row(
        "PyPI that stays a candidate",
        "no, whatever else changes",
        commit({**_BASE, "requirements.txt": f"--extra-index-url {_HOME}\nold-a\n"}),
        stage({"requirements.txt": "old-a\n"}),
        adds({}),
    ),
)
