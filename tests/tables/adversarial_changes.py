# ruff: noqa: E501 - one way a line
# fmt: off
"""Ways to add an archived project by locks, moves, links and submodules, and by two commits."""

from __future__ import annotations

import json

from tests.support.added import OFFLINE, lock, toml
from tests.support.adversarial import Files, Link, Module, Outcome, Program, Way
from tests.tables.added import GENERATED, INCLUDING

CHANGES: list[Way] = []
TWO_COMMITS: list[Way] = []


def way(
    title: str,
    base: Files,
    change: Files,
    outcome: Outcome = Outcome.REJECTED,
    *,
    ci: Outcome | None = None,
    place: str = "",
    remedy: str = "",
) -> None:
    """Append a way with one commit. ``place`` is the first changed path by default."""
    CHANGES.append(Way(title, base, (change,), outcome, ci or outcome, place or next(iter(change)), remedy=remedy))


def twice(title: str, base: Files, first: Files, second: Files, outcome: Outcome = Outcome.REJECTED, *, place: str = "", ci: Outcome | None = None, remedy: str = "", reported: Outcome = Outcome.PASSED) -> None:
    """Append a way with two commits, the first of which may pass."""
    TWO_COMMITS.append(Way(title, base, (first, second), outcome, ci or outcome, place or next(iter(second)), remedy=remedy, first=reported))


# --- locks ------------------------------------------------------------------------------------------------------------

_BASE = {"pyproject.toml": toml("good-a")}
_PACKAGE = '[[package]]\nname = "{}"\nversion = "1.0"\n'
_UV = 'version = 1\nrequires-python = ">=3.11"\n'


def locked(  # noqa: PLR0917 - the fields of a way
    title: str, name: str, text: str, outcome: Outcome = Outcome.REJECTED, base: Files = _BASE, remedy: str = ""
) -> None:
    """Append a way that adds a lock to a project."""
    way(f"{name}: {title}", base, {name: text}, outcome, remedy=remedy)


locked("a direct dependency that no manifest names", "uv.lock", lock("good-a", "old-a", direct=("good-a", "old-a")))
locked("an orphan of the graph", "uv.lock", lock("good-a", "old-a", direct=("good-a",)))
locked("a transitive dependency", "uv.lock", lock("good-a", "old-a", direct=("good-a",)).replace('name = "good-a"\nversion', 'name = "good-a"\ndependencies = [{ name = "old-a" }]\nversion'), Outcome.WARNING)
locked("without any manifest", "uv.lock", lock("old-a"), base={})
locked("a package without a source", "uv.lock", _UV + _PACKAGE.format("old-a"))
locked("a package with another spelling", "uv.lock", lock("Old_A"))
locked("a version of the format that is unknown", "uv.lock", _UV.replace("1", "99", 1) + _PACKAGE.format("old-a"), Outcome.UNREADABLE)
locked("tables of another name", "uv.lock", _UV + _PACKAGE.replace("[package]", "[packages]").format("old-a"), Outcome.UNREADABLE)
locked("a syntax error", "uv.lock", lock("old-a") + "x = \n", Outcome.UNREADABLE)
locked("conflict markers", "uv.lock", f"{_UV}<<<<<<< ours\n{_PACKAGE.format('old-a')}=======\n>>>>>>> theirs\n", Outcome.UNREADABLE)
locked("a source that is an empty directory", "uv.lock", lock("old-a").replace('registry = "https://index.example/simple/"', 'directory = "gone"'), outcome=Outcome.SKIPPED)
locked("a source that is an editable without a project", "uv.lock", lock("old-a").replace('registry = "https://index.example/simple/"', 'editable = "gone"'), outcome=Outcome.SKIPPED)
locked("a source that is virtual", "uv.lock", lock("old-a").replace('registry = "https://index.example/simple/"', 'virtual = "gone"'), outcome=Outcome.SKIPPED)
locked("a source that is a git address", "uv.lock", lock("old-a").replace('registry = "https://index.example/simple/"', 'git = "https://code.example/x#0"'), Outcome.SKIPPED)
locked("a registry with a variable", "uv.lock", lock("old-a").replace("index.example", "${HOST}"), Outcome.UNRESOLVABLE)
locked("a source of two kinds", "uv.lock", lock("old-a").replace("registry = ", 'git = "", registry = '))
locked("an unknown kind of source", "uv.lock", lock("old-a").replace("registry = ", "mirror = "), outcome=Outcome.UNRESOLVABLE)
locked("CRLF", "uv.lock", lock("old-a").replace("\n", "\r\n"))
locked("compact TOML", "uv.lock", 'version=1\n[[package]]\nname="old-a"\nversion="1"\nsource={registry="https://index.example/simple"}\n')
locked("an inline array of packages", "uv.lock", 'version = 1\npackage = [{name = "old-a", version = "1", source = {registry = "https://index.example/simple"}}]\n')
locked("an escape in a name", "uv.lock", lock("old-a").replace('"old-a"', '"\\u006fld-a"'))
locked("a name as a literal string", "uv.lock", lock("old-a").replace('"old-a"', "'old-a'"))
locked("a comment in a table header", "uv.lock", lock("old-a").replace("[[package]]", "[[ package ]] # x"))
locked("a package in a string of several lines", "uv.lock", 'version = 1\nx = """\n[[package]]\nname = "good-a"\n"""\n' + _PACKAGE.format("old-a"))
locked("the lock of a script", "run.py.lock", lock("old-a"))
locked("in a nested project", "sub/uv.lock", lock("old-a"), base={**_BASE, "sub/pyproject.toml": toml(name="sub")})
locked("UV.LOCK", "sub/UV.LOCK", lock("old-a"))
locked("a package", "poetry.lock", _PACKAGE.format("old-a") + '[metadata]\nlock-version = "2.1"\n')
locked("an unknown kind of source", "poetry.lock", _PACKAGE.format("old-a") + '[package.source]\ntype = "x"\n[metadata]\nlock-version = "2.1"\n', outcome=Outcome.UNRESOLVABLE)
locked("a directory that is not there", "poetry.lock", _PACKAGE.format("old-a") + '[package.source]\ntype = "directory"\nurl = "gone"\n[metadata]\nlock-version = "2.1"\n', outcome=Outcome.SKIPPED)
locked("a version of the format that is unknown", "poetry.lock", _PACKAGE.format("old-a") + '[metadata]\nlock-version = "9.0"\n', Outcome.UNREADABLE)
locked("a package", "pdm.lock", '[metadata]\nlock_version = "4.5.0"\n' + _PACKAGE.format("old-a"))
locked("a path that is not there", "pdm.lock", '[metadata]\nlock_version = "4.5.0"\n' + _PACKAGE.format("old-a") + 'path = "./gone"\n', outcome=Outcome.SKIPPED)
_PYLOCK = 'lock-version = "1.0"\ncreated-by = "x"\n[[packages]]\nname = "{}"\nversion = "1"\n{}'
locked("a package", "pylock.toml", _PYLOCK.format("old-a", ""))
locked("a named lock", "pylock.dev.toml", _PYLOCK.format("old-a", ""))
locked("a directory that is not there", "pylock.toml", _PYLOCK.format("old-a", 'directory = {path = "gone"}\n'), outcome=Outcome.SKIPPED)
locked("an archive", "pylock.toml", _PYLOCK.format("old-a", 'archive = {url = "https://files.example/x.zip"}\n'), Outcome.SKIPPED)
locked("an empty archive", "pylock.toml", _PYLOCK.format("old-a", "archive = {}\n"), outcome=Outcome.SKIPPED)
locked("tables of another name", "pylock.toml", 'lock-version = "1.0"\n' + _PACKAGE.format("old-a"), Outcome.UNREADABLE)
locked("a version of the format that is unknown", "pylock.toml", _PYLOCK.format("old-a", "").replace("1.0", "2.0"), Outcome.UNREADABLE)
locked("wheels without an index", "pylock.toml", _PYLOCK.format("old-a", 'wheels = [{url = "https://files.example/old_a-1-py3-none-any.whl", hashes = {}}]\n'))
locked("an index with a variable", "pylock.toml", _PYLOCK.format("old-a", 'index = "https://${HOST}/simple"\n'), Outcome.UNRESOLVABLE)
_PIPFILE_LOCK: dict[str, object] = {"_meta": {"pipfile-spec": 6, "sources": []}, "default": {}, "develop": {}}
locked("a default package", "Pipfile.lock", json.dumps(_PIPFILE_LOCK | {"default": {"old-a": {"version": "==1"}}}))
locked("a package of a category", "Pipfile.lock", json.dumps(_PIPFILE_LOCK | {"docs": {"old-a": {"version": "==1"}}}))
locked("an escape in a name", "Pipfile.lock", json.dumps(_PIPFILE_LOCK | {"develop": {"old-a": {}}}).replace("old-a", "\\u006fld-a"))
locked("a name twice", "Pipfile.lock", json.dumps(_PIPFILE_LOCK).replace('"develop": {}', '"develop": {"good-a": {}}, "develop": {"old-a": {}}'))
locked("a path that is not there", "Pipfile.lock", json.dumps(_PIPFILE_LOCK | {"default": {"old-a": {"path": "./gone"}}}), outcome=Outcome.SKIPPED)
locked("an empty git address", "Pipfile.lock", json.dumps(_PIPFILE_LOCK | {"default": {"old-a": {"git": ""}}}), outcome=Outcome.SKIPPED)
locked("no JSON", "Pipfile.lock", "{default: {old-a: {}}}", Outcome.UNREADABLE)
_PIXI = "version: 6\nenvironments: {}\npackages:\n"
locked("a PyPI package", "pixi.lock", _PIXI + "- pypi: https://files.example/old_a-1-py3-none-any.whl\n  name: old-a\n  version: 1\n")
locked("a PyPI package in the older format", "pixi.lock", "version: 5\nenvironments: {}\npackages:\n- kind: pypi\n  name: old-a\n  version: 1\n  url: https://files.example/x.whl\n")
locked("a conda package", "pixi.lock", _PIXI + "- conda: https://conda.example/noarch/old-a-1.conda\n  name: old-a\n  version: 1\n", Outcome.PASSED, remedy="conda channels publish no statuses")
locked("a pip package", "conda-lock.yml", "version: 1\npackage:\n- name: old-a\n  version: '1'\n  manager: pip\n  platform: linux-64\n  url: https://files.example/x.whl\n")
locked("a conda package", "conda-lock.yml", "version: 1\npackage:\n- name: old-a\n  version: '1'\n  manager: conda\n  platform: linux-64\n  url: https://conda.example/x\n", Outcome.PASSED, remedy="conda channels publish no statuses")
locked("a lock of Rye", "requirements.lock", "# generated by rye\n# use `rye lock`\n-e file:.\nold-a==1.0\n")
locked("a compiled file that says `via old-a` of itself", "requirements.txt", f"{GENERATED[0]}\nold-a==1.0\n    # via old-a\n")

# --- moves, renames, links, submodules --------------------------------------------------------------------------------

_IGNORED = "old-a  # mothball: ignore[archived] until June\n"
way("a name that a sibling project contains", {"a/pyproject.toml": toml("old-a")}, {"b/pyproject.toml": toml("old-a", name="b")})
way("a name that a nested project contains", {"a/pyproject.toml": toml("old-a")}, {"pyproject.toml": toml("old-a")})
way("a name that moves from a sibling project", {"a/pyproject.toml": toml("old-a"), "b/pyproject.toml": toml()}, {"b/pyproject.toml": toml("old-a"), "a/pyproject.toml": toml()}, Outcome.WARNING)
way("a name that moves to two sibling projects", {f"{n}/pyproject.toml": toml(*(["old-a"] if n == "a" else [])) for n in "abc"}, {"c/pyproject.toml": toml("old-a"), "b/pyproject.toml": toml("old-a"), "a/pyproject.toml": toml()})
way("a quarantined name that moves", {"a/pyproject.toml": toml("bad-lib"), "b/pyproject.toml": toml()}, {"b/pyproject.toml": toml("bad-lib"), "a/pyproject.toml": toml()})
way("an ignore comment that is removed", {"requirements.txt": _IGNORED}, {"requirements.txt": "old-a\n"}, Outcome.PASSED, remedy="run a full check when you remove ignores and `exclude`, or add `files`: nothing is added")
way("a lock that becomes a manifest", {"requirements.txt": f"{GENERATED[0]}\nold-a==1\n    # via good-a\n"}, {"requirements.txt": "old-a\n"})
way("a URL that becomes a name", {"requirements.txt": "old-a @ https://code.example/x.whl\n"}, {"requirements.txt": "old-a\n"})
way("a git source that is removed", {"pyproject.toml": toml("old-a") + '[tool.uv.sources]\nold-a = {git = "https://code.example/x"}\n'}, {"pyproject.toml": toml("old-a")})
way("a local project that is removed", {"pyproject.toml": toml("old-a") + '[tool.uv.sources]\nold-a = {path = "v"}\n', "v/pyproject.toml": toml(name="old-a")}, {"v/pyproject.toml": None}, place="pyproject.toml", outcome=Outcome.NOT_STARTED, ci=Outcome.REJECTED, remedy="run `mothball check --since REV` in CI: hook runners do not pass deleted files")
way("a local project that is renamed", {"pyproject.toml": toml("old-a") + '[tool.uv.sources]\nold-a = {path = "v"}\n', "v/pyproject.toml": toml(name="old-a")}, {"v/pyproject.toml": toml(name="x")}, place="pyproject.toml")
way("the project's own name that changes", {"pyproject.toml": toml("old-a[x]", name="old-a")}, {"pyproject.toml": toml("old-a[x]", name="shop")})
way("a marker that was never true", {"pyproject.toml": toml("old-a; python_version < '3.4'") + 'requires-python = ">=3.11"\n'}, {"pyproject.toml": toml("old-a; python_version < '3.4'")})
way("a lower requires-python", {"pyproject.toml": toml("old-a; python_version < '3.9'") + 'requires-python = ">=3.11"\n'}, {"pyproject.toml": toml("old-a; python_version < '3.9'") + 'requires-python = ">=3.8"\n'})
way("a comment that becomes an entry", {"requirements.txt": "# old-a\n"}, {"requirements.txt": "old-a\n"})
way("a text that is renamed to a dependency file", {"notes.txt": "old-a\n"}, {"requirements.txt": "old-a\n", "notes.txt": None})
way("a constraints file that is renamed", {"constraints.txt": "old-a\n"}, {"requirements.txt": "old-a\n", "constraints.txt": None})
way("a file that leaves the excluded files", {"mothball.toml": f'exclude = ["x/**"]\n{OFFLINE}', "x/requirements.txt": "old-a\n"}, {"requirements.txt": "old-a\n", "x/requirements.txt": None})
way("`exclude` that is removed, and the file touched", {"mothball.toml": f'exclude = ["x/**"]\n{OFFLINE}', "x/requirements.txt": "old-a\n"}, {"mothball.toml": OFFLINE, "x/requirements.txt": "old-a\n# more\n"}, place="x/requirements.txt")
way("a file that was not text", {"requirements.txt": b"\xff\xfe\x00"}, {"requirements.txt": "old-a\n"})
way("a file that did not parse", {"pyproject.toml": "[project\n"}, {"pyproject.toml": toml("old-a")})
way("a directory that becomes a file", {"requirements.txt/x": "old-a\n"}, {"requirements.txt": "old-a\n", "requirements.txt/x": None})
way("a file that becomes a link", {"requirements.txt": "good-a\n"}, {"requirements.txt": Link("x"), "x": "old-a\n"})
way("a link that becomes a file", {"requirements.txt": Link("x"), "x": "good-a\n"}, {"requirements.txt": "old-a\n"})
way("a link that leads to another file", {"requirements.txt": Link("x"), "x": "good-a\n", "y": "old-a\n"}, {"requirements.txt": Link("y")})
way("a link in a chain that leads to another file", {"requirements.txt": Link("l"), "l": Link("x"), "x": "good-a\n", "y": "old-a\n"}, {"l": Link("y")}, Outcome.NOT_STARTED, ci=Outcome.REJECTED, place="requirements.txt", remedy="name the links so that hook runners pass them")
way("a link whose target is deleted", {"requirements.txt": Link("x"), "x": "good-a\n"}, {"x": None}, Outcome.NOT_STARTED, ci=Outcome.UNRESOLVABLE, place="requirements.txt", remedy="name the target so that hook runners pass it")
way("a link to the .git directory", {}, {"requirements.txt": Link(".git/description")}, Outcome.UNRESOLVABLE)
way("a link in a directory that is a link", {"real/requirements.txt": "good-a\n"}, {"l": Link("real"), "real/requirements.txt": "good-a\nold-a\n"}, place="real/requirements.txt")
way("a pyproject.toml that is a link", {}, {"pyproject.toml": Link("p"), "p": toml("old-a")})
way("a mothball.toml that is a link to a configuration with an ignore without reason", {"mothball.toml": None, "c": OFFLINE}, {"requirements.txt": "old-a\n", "mothball.toml": Link("c"), "c": f'{OFFLINE}[ignore]\nold-a = {{ rules = ["archived"] }}\n'})
way("an executable requirements file", {}, {"requirements.txt": Program("old-a\n")})
way("a file whose executable bit changes with its content", {"requirements.txt": "good-a\n"}, {"requirements.txt": Program("good-a\nold-a\n")})
way("a submodule", {}, {"module": Module("1" * 40)}, Outcome.NOT_STARTED, ci=Outcome.PASSED, remedy="use mothball in the submodule's own repository")
way("a submodule that is called requirements.txt", {}, {"requirements.txt": Module("1" * 40)}, Outcome.NOT_STARTED, ci=Outcome.PASSED, remedy="use mothball in the submodule's own repository")
way("an include of a file in a submodule", {}, {"requirements.txt": "-r module/base.txt\n", "module": Module("1" * 40)}, Outcome.UNREADABLE)
way("a submodule that is replaced by its files", {"m": Module("1" * 40)}, {"m/requirements.txt": "old-a\n", "m": None})
way("a text conversion attribute", {}, {"requirements.txt": "old-a\n", ".gitattributes": "requirements.txt binary -diff -text\n"})
way("a generated attribute", {}, {"uv.lock": lock("old-a"), ".gitattributes": "uv.lock linguist-generated -diff merge=ours\n"})
way("an attribute for an encoding", {}, {"requirements.txt": "old-a\n", ".gitattributes": "requirements.txt text working-tree-encoding=UTF-16\n"})
way("a .gitignore with the file", {}, {"requirements.txt": "old-a\n", ".gitignore": "requirements.txt\n"})
way("git-lfs", {}, {"requirements.txt": "version https://git-lfs.example/spec/v1\noid sha256:00\nsize 9\n", ".gitattributes": "*.txt filter=lfs\n"}, Outcome.UNREADABLE)
way("1,000 good names and an archived one", {}, {"requirements.txt": "good-a\n" * 999 + "old-a\n" + "good-b\n" * 999})
way("100 files of which one adds it", {}, {**{f"{n}/requirements.txt": "good-a\n" for n in range(100)}, "99/requirements.txt": "old-a\n"}, place="99/requirements.txt")
way("another archived name that is removed", {"requirements.txt": "old-b\n"}, {"requirements.txt": "old-a\n"})
way("a file that another one of the name in another case replaces", {"Requirements.txt": "good-a\n"}, {"requirements.txt": "old-a\n", "Requirements.txt": None})

# --- two commits ------------------------------------------------------------------------------------------------------

_LOCKED = lock("good-a", "old-a", direct=("good-a",)).replace('name = "good-a"\nversion', 'name = "good-a"\ndependencies = [{ name = "old-a" }]\nversion')
twice("a constraint, then a manifest entry", {}, {"constraints.txt": "old-a\n"}, {"requirements.txt": "old-a\n"}, reported=Outcome.WARNING)
twice("constraints, then a rename to requirements", {}, {"constraints.txt": "old-a\n"}, {"requirements-extra.txt": "old-a\n", "constraints.txt": None}, reported=Outcome.WARNING)
twice("a transitive package, then a manifest entry", _BASE, {"uv.lock": _LOCKED}, {"pyproject.toml": toml("good-a", "old-a")}, reported=Outcome.WARNING)
twice("a transitive package, then its parent removed", _BASE, {"uv.lock": _LOCKED}, {"uv.lock": lock("old-a", direct=("old-a",)), "pyproject.toml": toml()}, Outcome.PASSED, reported=Outcome.WARNING, remedy="stop transitive packages when they come, with `--strict`")
twice("a compiled transitive package, then its header removed", {"requirements.in": "good-a\n"}, {"requirements.txt": f"{GENERATED[0]}\ngood-a==1\n    # via -r requirements.in\nold-a==1\n    # via good-a\n"}, {"requirements.txt": "good-a==1\nold-a==1\n"}, reported=Outcome.WARNING)
twice("an override, then a requirement", _BASE, {"pyproject.toml": toml("good-a") + '[tool.uv]\noverride-dependencies = ["old-a"]\n'}, {"pyproject.toml": toml("good-a", "old-a")}, reported=Outcome.WARNING)
twice("a URL, then a name", {}, {"requirements.txt": "old-a @ https://code.example/x.whl\n"}, {"requirements.txt": "old-a\n"}, reported=Outcome.SKIPPED)
twice("a local project, then its removal", {}, {"pyproject.toml": toml("old-a") + '[tool.uv.sources]\nold-a = {path = "v"}\n', "v/pyproject.toml": toml(name="old-a")}, {"v/pyproject.toml": None}, place="pyproject.toml", outcome=Outcome.NOT_STARTED, ci=Outcome.REJECTED, reported=Outcome.SKIPPED, remedy="run `mothball check --since REV` in CI: hook runners do not pass deleted files")
twice("a workspace member, then its removal from the workspace", {}, {"pyproject.toml": toml("old-a") + '[tool.uv.workspace]\nmembers = ["v"]\n[tool.uv.sources]\nold-a = {workspace = true}\n', "v/pyproject.toml": toml(name="old-a")}, {"pyproject.toml": toml("old-a") + "[tool.uv.workspace]\nmembers = []\n[tool.uv.sources]\nold-a = {workspace = true}\n"}, reported=Outcome.SKIPPED)
twice("the project's own name, then another name of the project", {}, {"pyproject.toml": toml("old-a[x]", name="old-a")}, {"pyproject.toml": toml("old-a[x]", name="x")}, reported=Outcome.SKIPPED)
twice("a marker that is never true, then without it", {}, {"pyproject.toml": toml("old-a; python_version < '3.4'") + 'requires-python = ">=3.11"\n'}, {"pyproject.toml": toml("old-a") + 'requires-python = ">=3.11"\n'}, reported=Outcome.NOTE)
twice("a marker that is never true, then without requires-python", {}, {"pyproject.toml": toml("old-a; python_version < '3.4'") + 'requires-python = ">=3.11"\n'}, {"pyproject.toml": toml("old-a; python_version < '3.4'")}, reported=Outcome.NOTE)
twice("an excluded file, then without `exclude` and moved", {"mothball.toml": f'exclude = ["x/**"]\n{OFFLINE}'}, {"x/requirements.txt": "old-a\n"}, {"requirements.txt": "old-a\n", "x/requirements.txt": None})
twice("an excluded file, then without `exclude`", {"mothball.toml": f'exclude = ["x/**"]\n{OFFLINE}'}, {"x/requirements.txt": "old-a\n"}, {"mothball.toml": OFFLINE}, place="x/requirements.txt", outcome=Outcome.PASSED, remedy="run a full check when you remove ignores and `exclude`, or add `files`: nothing is added")
twice("an ignored entry, then without its comment", {}, {"requirements.txt": _IGNORED}, {"requirements.txt": "old-a\n"}, Outcome.PASSED, reported=Outcome.NOTE, remedy="run a full check when you remove ignores and `exclude`, or add `files`: nothing is added")
twice("an ignored entry, then another one in the same file", {}, {"pyproject.toml": toml("good-a") + '[dependency-groups]\ndev = [\n  "old-a", # mothball: ignore[archived] until June\n]\n'}, {"pyproject.toml": toml("good-a", "old-a") + '[dependency-groups]\ndev = [\n  "old-a", # mothball: ignore[archived] until June\n]\n'}, Outcome.PASSED, reported=Outcome.NOTE, remedy="run a full check when you remove ignores and `exclude`, or add `files`: nothing is added")
twice("an ignored entry, then moved without its comment", {}, {"requirements.txt": _IGNORED}, {"requirements.txt": "", "pyproject.toml": toml("old-a")}, place="pyproject.toml", reported=Outcome.NOTE)
for _include, (_name, _text) in INCLUDING.items():
    twice(f"a text, then its include ({_include})", {}, {"pins.txt": "old-a\n"}, {_name: _text}, place="pins.txt")
twice("a text of another name, then its include", {}, {"deps.list": "old-a\n"}, {"requirements.txt": "-r deps.list\n"}, place="deps.list", reported=Outcome.NOT_STARTED)
twice("an include, then an entry in the text that hook runners do not pass", {}, {"requirements.txt": "-r deps.list\n", "deps.list": "good-a\n"}, {"deps.list": "old-a\n"}, Outcome.NOT_STARTED, ci=Outcome.REJECTED, remedy="rename the text, or add it to `files` of the hook", reported=Outcome.WARNING)
twice("an include of constraints, then of requirements", {}, {"requirements.txt": "-c a.txt\n", "a.txt": "old-a\n"}, {"requirements.txt": "-r a.txt\n"}, place="a.txt", reported=Outcome.WARNING)
twice("a link to nothing, then its target", {}, {"requirements.txt": Link("x.txt")}, {"x.txt": "old-a\n"}, place="requirements.txt", reported=Outcome.UNRESOLVABLE)
twice("a missing include, then its target", {}, {"requirements.txt": "-r x.txt\n"}, {"x.txt": "old-a\n"}, reported=Outcome.UNREADABLE)
twice("a text, then a link to it", {}, {"x": "old-a\n"}, {"requirements.txt": Link("x")}, reported=Outcome.NOT_STARTED)
twice("a text, then its rename", {}, {"notes.txt": "old-a\n"}, {"notes.txt": None, "requirements.txt": "old-a\n"}, place="requirements.txt")
twice("a text, then `[tool.mothball.files]`", {}, {"names.txt": "old-a\n"}, {"mothball.toml": f'{OFFLINE}[files]\n"names.txt" = "requirements"\n'}, place="names.txt", outcome=Outcome.PASSED, remedy="run a full check when you remove ignores and `exclude`, or add `files`: nothing is added")
twice("`[tool.mothball.files]`, then a text", {}, {"mothball.toml": f'{OFFLINE}[files]\n"names.txt" = "requirements"\n'}, {"names.txt": "old-a\n"})
twice("an entry in .pre-commit-config.yaml, then a manifest entry", {}, {".pre-commit-config.yaml": "repos:\n- repo: local\n  hooks:\n  - id: x\n    language: python\n    additional_dependencies: [old-a]\n"}, {"requirements.txt": "old-a\n"}, reported=Outcome.REJECTED)
twice("a template that does not parse, then one that does", {}, {"template/requirements.txt": "{{ x }}\nold-a\n"}, {"template/requirements.txt": "old-a\n"}, reported=Outcome.NOTE)
twice("prose, then without the prose", {}, {"system-requirements.txt": "A computer with Linux.\n"}, {"system-requirements.txt": "old-a\n"}, reported=Outcome.NOTE)
twice("test data that does not parse, then without the error", {}, {"tests/data/requirements.txt": "old-a\n???\n"}, {"tests/data/requirements.txt": "old-a\n"}, reported=Outcome.NOTE)
twice("a file with a syntax error, then without it", {}, {"pyproject.toml": "[project\n" + toml("old-a")}, {"pyproject.toml": toml("old-a")}, Outcome.PASSED, reported=Outcome.UNREADABLE, remedy="correct the file before it is committed: the first commit is rejected")
twice("an entry with a syntax error, then without it", {}, {"requirements.txt": "old-a=1\n"}, {"requirements.txt": "old-a\n"}, reported=Outcome.UNREADABLE)
twice("a submodule, then its files", {}, {"m": Module("1" * 40)}, {"m/requirements.txt": "old-a\n", "m": None}, reported=Outcome.NOT_STARTED)
twice("a variable, then the name", {}, {"requirements.txt": "${X}old-a\n"}, {"requirements.txt": "old-a\n"}, reported=Outcome.UNRESOLVABLE)
twice("a conda package, then a pip package", {}, {"environment.yml": "dependencies: [old-a]\n"}, {"environment.yml": "dependencies: [pip, {pip: [old-a]}]\n"}, reported=Outcome.SKIPPED)
twice("a name in a document, then in a manifest", {}, {"requirements.md": "old-a\n"}, {"requirements.txt": "old-a\n"}, reported=Outcome.NOT_STARTED)
twice("a moved name with one severity less, then moved again", {"a/pyproject.toml": toml("good-a"), "b/pyproject.toml": toml("old-a")}, {"a/pyproject.toml": toml("old-a"), "b/pyproject.toml": toml()}, {"c/pyproject.toml": toml("old-a")}, reported=Outcome.WARNING)
