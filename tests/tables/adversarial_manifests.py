# ruff: noqa: E501 - one way a line
# fmt: off
"""Ways to add an archived project in manifests: tables, claims, indexes, syntax."""

from __future__ import annotations

from tests.support.added import lock, toml
from tests.support.adversarial import Files, Outcome, Program, Way

MANIFESTS: list[Way] = []


def way(
    title: str,
    change: Files,
    outcome: Outcome = Outcome.REJECTED,
    *,
    base: Files | None = None,
    ci: Outcome | None = None,
    place: str = "",
    scripts: bool = False,
    remedy: str = "",
) -> None:
    """Append a way with one commit. ``place`` is the first changed path by default."""
    before = base if base is not None else {"pyproject.toml": toml("good-a")}
    where = place or next(iter(change))
    MANIFESTS.append(Way(title, before, (change,), outcome, ci or outcome, where, scripts, remedy))


def table(title: str, text: str, outcome: Outcome = Outcome.REJECTED, remedy: str = "") -> None:
    """Append a way that adds ``text`` to pyproject.toml."""
    way(f"pyproject.toml: {title}", {"pyproject.toml": f"{toml('good-a')}\n{text}\n"}, outcome, remedy=remedy)


def whole(title: str, text: str, outcome: Outcome = Outcome.REJECTED, remedy: str = "") -> None:
    """Append a way that replaces pyproject.toml."""
    way(f"pyproject.toml: {title}", {"pyproject.toml": text}, outcome, remedy=remedy)


_PROJECT = '[project]\nname = "shop"\nversion = "1"\n'

# --- [project] --------------------------------------------------------------------------------------------------------

whole("[project] dependencies", toml("good-a", "old-a"))
whole("an inline table project = {}", 'project = {name = "shop", version = "1", dependencies = ["old-a"]}\n')
whole("a dotted key project.dependencies", 'project.name = "shop"\nproject.version = "1"\nproject.dependencies = ["old-a"]\n')
whole("a quoted key", f'{_PROJECT}"dependencies" = ["old-a"]\n')
whole("a quoted table", '["project"]\nname = "shop"\ndependencies = ["old-a"]\n')
whole("spaces in a table header", '[ project ]\nname = "shop"\ndependencies = ["old-a"]\n')
whole("an escape in a key", f'{_PROJECT}"dep\\u0065ndencies" = ["old-a"]\n')
whole("an escape in a name", f'{_PROJECT}dependencies = ["\\u006fld-a"]\n')
whole("a literal string", f"{_PROJECT}dependencies = ['old-a']\n")
whole("a multi-line string", f'{_PROJECT}dependencies = ["""old-a"""]\n')
whole("a multi-line string with a line end first", f'{_PROJECT}dependencies = ["""\nold-a"""]\n')
whole("a multi-line string with a continued line", f'{_PROJECT}dependencies = ["""old-\\\n   a"""]\n')
whole("a multi-line literal string", f"{_PROJECT}dependencies = ['''old-a''']\n")
whole("a comment between entries", f'{_PROJECT}dependencies = [ # ]\n"old-a" # "\n]\n')
whole("an array in an array", f'{_PROJECT}dependencies = [["old-a"]]\n', Outcome.UNREADABLE)
whole("a string instead of an array", f'{_PROJECT}dependencies = "old-a"\n', Outcome.UNREADABLE)
whole("a table instead of an array", f'{_PROJECT}dependencies = {{old-a = "1"}}\n', Outcome.UNREADABLE)
whole("a table as an entry", f'{_PROJECT}dependencies = [{{name = "old-a"}}]\n', Outcome.UNREADABLE)
whole("a key twice", f'{_PROJECT}dependencies = []\ndependencies = ["old-a"]\n', Outcome.UNREADABLE)
whole("a table twice", f'{_PROJECT}\n[project]\ndependencies = ["old-a"]\n', Outcome.UNREADABLE)
whole("a syntax error before it", f'{_PROJECT}x = \ndependencies = ["old-a"]\n', Outcome.UNREADABLE)
whole("a syntax error after it", f'{_PROJECT}dependencies = ["old-a"]\nx = \n', Outcome.UNREADABLE)
whole("an unterminated array", f'{_PROJECT}dependencies = ["old-a"\n', Outcome.UNREADABLE)
whole("conflict markers", f'{_PROJECT}<<<<<<< ours\ndependencies = ["old-a"]\n=======\n>>>>>>> theirs\n', Outcome.UNREADABLE)
whole("a byte-order mark", "\ufeff" + toml("old-a"))
whole("CRLF", toml("old-a").replace("\n", "\r\n"))
whole("CR", toml("old-a").replace("\n", "\r"), Outcome.UNREADABLE)
way("pyproject.toml: UTF-16", {"pyproject.toml": toml("old-a").encode("utf-16")}, Outcome.UNREADABLE)
way("pyproject.toml: a NUL byte", {"pyproject.toml": toml("old-a").encode() + b"\x00"}, Outcome.UNREADABLE)
way("pyproject.toml: Latin-1", {"pyproject.toml": toml("old-a").encode() + b"# caf\xe9\n"}, Outcome.UNREADABLE)
way("PyProject.TOML", {"sub/PyProject.TOML": toml("old-a")})
whole("a new extra", f'{_PROJECT}[project.optional-dependencies]\nx = ["old-a"]\n')
whole("a dotted extra", f'{_PROJECT}optional-dependencies.x = ["old-a"]\n')
whole("an extra with a quoted name", f'{_PROJECT}[project.optional-dependencies]\n"x y" = ["old-a"]\n')
whole("an extra that the project requires of itself", f'{_PROJECT}dependencies = ["shop[x]"]\n[project.optional-dependencies]\nx = ["old-a"]\n')
whole("the project renamed to another name, and its old name required", toml("old-a", name="old-b"))
whole("the name of the project itself", toml("old-a", name="old-a"), Outcome.SKIPPED)
whole("a marker that can never be true", f'{toml("old-a; python_version < " + chr(39) + "3.4" + chr(39))}requires-python = ">=3.11"\n', Outcome.NOTE)
whole("a marker that is only rarely true", f'{toml("old-a; platform_machine == " + chr(39) + "s390x" + chr(39))}')
whole("dynamic dependencies of an unknown backend", '[project]\nname = "shop"\ndynamic = ["dependencies"]\n[build-system]\nrequires = ["good-a"]\nbuild-backend = "x"\n', Outcome.UNRESOLVABLE)
whole("dependencies that are also dynamic", f'{_PROJECT}dynamic = ["dependencies"]\ndependencies = ["old-a"]\n')

# --- groups and builds ------------------------------------------------------------------------------------------------

table("a dependency group", '[dependency-groups]\ndev = ["old-a"]')
table("a group that another one includes", '[dependency-groups]\ndev = [{include-group = "x"}]\nx = ["old-a"]')
table("a group that includes a group that does not exist", '[dependency-groups]\ndev = [{include-group = "gone"}, "old-a"]', outcome=Outcome.UNREADABLE)
table("a group in a circle", '[dependency-groups]\na = [{include-group = "b"}, "old-a"]\nb = [{include-group = "a"}]', outcome=Outcome.UNREADABLE)
table("a group with a key that does not exist", '[dependency-groups]\ndev = [{include = "old-a"}]', Outcome.UNREADABLE)
table("a group named by a quoted key", '[dependency-groups]\n"d e v" = ["old-a"]')
table("a build requirement", '[build-system]\nrequires = ["old-a"]')
whole("a build requirement in an inline table at the top", f'build-system = {{requires = ["old-a"]}}\n{_PROJECT}')

# --- uv ---------------------------------------------------------------------------------------------------------------

table("[tool.uv] dev-dependencies", '[tool.uv]\ndev-dependencies = ["old-a"]')
table("[tool.uv] override-dependencies", '[tool.uv]\noverride-dependencies = ["old-a"]', Outcome.WARNING)
table("[tool.uv] constraint-dependencies", '[tool.uv]\nconstraint-dependencies = ["old-a"]', Outcome.WARNING)
table("[tool.uv] build-constraint-dependencies", '[tool.uv]\nbuild-constraint-dependencies = ["old-a"]', Outcome.WARNING)
table("[tool.uv] extra-build-dependencies", '[tool.uv.extra-build-dependencies]\ngood-a = ["old-a"]')
table("[[tool.uv.dependency-metadata]]", '[[tool.uv.dependency-metadata]]\nname = "good-a"\nrequires-dist = ["old-a"]', outcome=Outcome.WARNING)
whole("tool.uv with dotted keys at the top", f'tool.uv.dev-dependencies = ["old-a"]\n{_PROJECT}')
for _title, _source, _outcome in (
    ("a workspace source without a member", "{workspace = true}", Outcome.REJECTED),
    ("a path source without a project", '{path = "nowhere"}', Outcome.REJECTED),
    ("a path source out of the repository", '{path = "../x"}', Outcome.REJECTED),
    ("a path source to a project of another name", '{path = "."}', Outcome.REJECTED),
    ("an empty source", "{}", Outcome.UNREADABLE),
    ("an empty list of sources", "[]", Outcome.UNREADABLE),
    ("an empty git source", '{git = ""}', Outcome.UNREADABLE),
    ("an empty URL source", '{url = ""}', Outcome.UNREADABLE),
    ("a git source", '{git = "https://code.example/x"}', Outcome.SKIPPED),
    ("a source for another platform", '{git = "https://code.example/x", marker = "sys_platform == \'win32\'"}', Outcome.REJECTED),
    ("a source for one group", '{git = "https://code.example/x", group = "dev"}', Outcome.REJECTED),
    ("a source for one extra", '{git = "https://code.example/x", extra = "dev"}', Outcome.REJECTED),
    ("a source with an index that is not defined", '{index = "gone"}', Outcome.UNRESOLVABLE),
    ("`workspace = false`", "{workspace = false}", Outcome.REJECTED),
    ("a source with a string", '"old-a"', Outcome.REJECTED),
):
    whole(f"[tool.uv.sources] {_title}", f"{toml('good-a', 'old-a')}\n[tool.uv.sources]\nold-a = {_source}\n", _outcome)
whole(
    "[[tool.uv.index]] with a variable in its address",
    toml("old-a") + '[[tool.uv.index]]\nname = "x"\nurl = "https://${HOST}/simple/"\ndefault = true\n',
    Outcome.UNRESOLVABLE,
)
whole("[[tool.uv.index]] that is explicit and unused", toml("old-a") + '[[tool.uv.index]]\nname = "x"\nurl = "https://x.example/simple/"\nexplicit = true\n')
whole("[tool.uv] no-index", toml("old-a") + "[tool.uv]\nno-index = true\n", Outcome.UNRESOLVABLE)
whole("[tool.uv] managed = false", toml("old-a") + "[tool.uv]\nmanaged = false\n")
way(
    "a uv workspace member that takes its index from the root",
    {"packages/a/pyproject.toml": toml("old-a", name="a")},
    base={"pyproject.toml": toml() + '[tool.uv.workspace]\nmembers = ["packages/*"]\n'},
)
way(
    "a uv workspace member that declares the archived name, and is excluded",
    {"pyproject.toml": toml("old-a") + '[tool.uv.workspace]\nmembers = ["p/*"]\nexclude = ["p/a"]\n[tool.uv.sources]\nold-a = {workspace = true}\n', "p/a/pyproject.toml": toml(name="old-a")},
    base={},
)
way(
    "a project of the archived name in the repository, and no source that names it",
    {"pyproject.toml": toml("old-a"), "vendor/pyproject.toml": toml(name="old-a")},
    base={},
)
way(
    "a path requirement to a project of the archived name, and the name in another file",
    {"requirements.txt": "-e ./vendor\n", "pyproject.toml": toml("old-a"), "vendor/pyproject.toml": toml(name="old-a")},
    base={},
    place="pyproject.toml",
)
way(
    "a project that gets the archived name, and its lock",
    {"pyproject.toml": toml("good-a", name="old-a"), "uv.lock": lock("good-a", "old-a", name="shop")},
    place="uv.lock",
)

# --- Poetry, PDM, Hatch, pixi, others ---------------------------------------------------------------------------------

_POETRY = '[tool.poetry]\nname = "shop"\nversion = "1"\n[tool.poetry.dependencies]\npython = "^3.11"\n'
whole("[tool.poetry.dependencies]", _POETRY + 'old-a = "^1"\n')
whole("[tool.poetry.dependencies] with a table", _POETRY + 'old-a = {version = "1", optional = true}\n')
whole("[tool.poetry.dependencies] with its own table", _POETRY + '[tool.poetry.dependencies.old-a]\nversion = "1"\n')
whole("[tool.poetry.dependencies] with a list", _POETRY + 'old-a = [{version = "1", python = "<3.12"}, {version = "2", python = ">=3.12"}]\n')
whole("[tool.poetry.dependencies] with another spelling", _POETRY + 'OLD_A = "*"\n')
whole("[tool.poetry.dependencies] with a quoted key", _POETRY + '"old-a" = "*"\n')
whole("[tool.poetry.dependencies] with an empty table", _POETRY + "old-a = {}\n")
whole("[tool.poetry.dependencies] with a path that is not there", _POETRY + 'old-a = {path = "nowhere"}\n')
whole("[tool.poetry.dependencies] with an empty git address", _POETRY + 'old-a = {git = ""}\n', Outcome.UNREADABLE)
whole("[tool.poetry.dependencies] with a git address and a version in a list", _POETRY + 'old-a = [{git = "https://code.example/x", platform = "darwin"}, {version = "1", platform = "linux"}]\n')
whole("[tool.poetry.dependencies] with an unknown source", _POETRY + 'old-a = {version = "1", source = "gone"}\n', Outcome.UNRESOLVABLE)
whole("[tool.poetry.dev-dependencies]", _POETRY + '[tool.poetry.dev-dependencies]\nold-a = "*"\n')
whole("[tool.poetry.group.dev.dependencies]", _POETRY + '[tool.poetry.group.dev.dependencies]\nold-a = "*"\n')
whole("[tool.poetry.group] that is optional", _POETRY + '[tool.poetry.group.x]\noptional = true\ndependencies = {old-a = "*"}\n')
whole("[tool.poetry.requires-plugins]", _POETRY + '[tool.poetry.requires-plugins]\nold-a = "*"\n')
whole("[tool.poetry.build-constraints]", _POETRY + '[tool.poetry.build-constraints]\ngood-a = {old-a = "*"}\n', Outcome.WARNING)
whole("[tool.pdm.dev-dependencies]", toml("good-a") + '[tool.pdm.dev-dependencies]\ndev = ["old-a"]\n')
whole("[tool.pdm.dev-dependencies] with an editable path", toml("good-a") + '[tool.pdm.dev-dependencies]\ndev = ["-e file:///${PROJECT_ROOT}/x#egg=old-a"]\n', Outcome.SKIPPED)
whole("[tool.pdm.resolution.overrides]", toml("good-a") + '[tool.pdm.resolution.overrides]\nold-a = "1.0"\n', Outcome.WARNING)
whole("[[tool.pdm.source]] with a variable", toml("old-a") + '[[tool.pdm.source]]\nname = "pypi"\nurl = "https://${HOST}/simple/"\n', Outcome.UNRESOLVABLE)
whole("[tool.pdm] plugins", toml("good-a") + '[tool.pdm]\nplugins = ["old-a"]\n')
whole("[tool.hatch.envs.x] dependencies", toml("good-a") + '[tool.hatch.envs.x]\ndependencies = ["old-a"]\n')
whole("[tool.hatch.envs.x] extra-dependencies", toml("good-a") + '[tool.hatch.envs.x]\nextra-dependencies = ["old-a"]\n')
whole("[tool.hatch.envs.x.overrides] dependencies", toml("good-a") + '[tool.hatch.envs.x.overrides]\nplatform.linux.dependencies = [{value = "old-a", if = ["x"]}]\n')
whole("[tool.hatch.env] requires", toml("good-a") + '[tool.hatch.env]\nrequires = ["old-a"]\n')
whole("[tool.hatch.build.hooks.x] dependencies", toml("good-a") + '[tool.hatch.build.hooks.x]\ndependencies = ["old-a"]\n')
whole("[tool.hatch.build.targets.wheel] dependencies", toml("good-a") + '[tool.hatch.build.targets.wheel]\ndependencies = ["old-a"]\n')
whole("[tool.hatch.envs.x] with a format field", toml("good-a") + '[tool.hatch.envs.x]\ndependencies = ["{env:OLD}"]\n', Outcome.UNRESOLVABLE)
whole("[tool.hatch.envs.x] with a format field around the name", toml("good-a") + '[tool.hatch.envs.x]\ndependencies = ["old-{matrix:x}"]\n', Outcome.UNRESOLVABLE)
whole("[tool.rye] dev-dependencies", toml("good-a") + '[tool.rye]\ndev-dependencies = ["old-a"]\n')
whole("[tool.flit.metadata] requires", '[tool.flit.metadata]\nmodule = "shop"\nrequires = ["old-a"]\n')
whole("[tool.flit.metadata.requires-extra]", '[tool.flit.metadata.requires-extra]\nx = ["old-a"]\n')
whole("[tool.pixi.pypi-dependencies]", toml("good-a") + '[tool.pixi.pypi-dependencies]\nold-a = "*"\n')
whole("[tool.pixi.feature.x.pypi-dependencies]", toml("good-a") + '[tool.pixi.feature.x.pypi-dependencies]\nold-a = "*"\n')
whole("[tool.pixi.target.linux-64.pypi-dependencies]", toml("good-a") + '[tool.pixi.target.linux-64.pypi-dependencies]\nold-a = "*"\n')
whole("[tool.pixi.pypi-options] dependency-overrides", toml("good-a") + '[tool.pixi.pypi-options.dependency-overrides]\nold-a = "*"\n', Outcome.WARNING)
whole("[tool.briefcase.app.x] requires", toml("good-a") + '[tool.briefcase.app.x]\nrequires = ["old-a"]\n')
whole("[tool.briefcase.app.x.macOS] requires", toml("good-a") + '[tool.briefcase.app.x.macOS]\nrequires = ["old-a"]\n')
whole("[tool.cibuildwheel] test-requires", toml("good-a") + '[tool.cibuildwheel]\ntest-requires = ["old-a"]\n')
whole("[tool.cibuildwheel] test-requires, as a string", toml("good-a") + '[tool.cibuildwheel]\ntest-requires = "good-b old-a"\n')
whole("[tool.cibuildwheel.linux] before-build", toml("good-a") + '[tool.cibuildwheel.linux]\nbefore-build = "pip install old-a"\n', Outcome.PASSED, remedy="put the packages into a requirements file or a group of dependencies")
whole("[tool.tox] deps", toml("good-a") + '[tool.tox.env.x]\ndeps = ["old-a"]\n')
whole("[tool.tox] legacy_tox_ini", toml("good-a") + '[tool.tox]\nlegacy_tox_ini = """\n[testenv]\ndeps = old-a\n"""\n')
way("pyproject.toml: [tool.setuptools.dynamic] file", {"pyproject.toml": '[project]\nname = "x"\ndynamic = ["dependencies"]\n[tool.setuptools.dynamic]\ndependencies = {file = "deps.list"}\n', "deps.list": "old-a\n"}, place="deps.list")
way("pyproject.toml: [tool.setuptools.dynamic] file that is not there", {"pyproject.toml": '[project]\nname = "x"\ndynamic = ["dependencies"]\n[tool.setuptools.dynamic]\ndependencies = {file = "gone.list"}\n'}, Outcome.UNREADABLE)
whole("[tool.setuptools.dynamic] attr", '[project]\nname = "x"\ndynamic = ["dependencies"]\n[tool.setuptools.dynamic]\ndependencies = {attr = "x.DEPS"}\n', Outcome.UNRESOLVABLE)
way("pyproject.toml: [tool.hatch.metadata.hooks.requirements_txt]", {"pyproject.toml": '[project]\nname = "x"\ndynamic = ["dependencies"]\n[build-system]\nrequires = ["good-a"]\nbuild-backend = "hatchling.build"\n[tool.hatch.metadata.hooks.requirements_txt]\nfiles = ["pins.lst"]\n', "pins.lst": "old-a\n"}, place="pins.lst")
whole("[tool.hatch.metadata.hooks.custom]", '[project]\nname = "x"\ndynamic = ["dependencies"]\n[build-system]\nrequires = ["good-a"]\nbuild-backend = "hatchling.build"\n[tool.hatch.metadata.hooks.custom]\n', Outcome.UNRESOLVABLE)
whole("[tool.mothball] table beside a mothball.toml, with an ignore", toml("old-a") + '[tool.mothball.ignore]\nold-a = { rules = ["archived"] }\n')
whole("[tool.mothball] beside mothball.toml", toml("old-a") + '[tool.mothball]\nexclude = ["**"]\n')
table("[tool.scikit-build] build.requires", '[tool.scikit-build]\nbuild.requires = ["old-a"]', Outcome.PASSED, remedy="list them in `requires` of `[build-system]`")
table("[tool.conda-lock.dependencies] with the source pypi", '[tool.conda-lock.dependencies]\nold-a = {version = "*", source = "pypi"}', Outcome.PASSED, remedy="list them in `[project]`")
table("tables of tools that mothball does not know", '[tool.poe.tasks]\nx = "pip install old-a"', Outcome.PASSED, remedy="put the packages into a requirements file or a group of dependencies")

# --- Pipfile, hatch.toml, pixi.toml, tox.toml -------------------------------------------------------------------------

way("Pipfile [packages]", {"Pipfile": '[packages]\nold-a = "*"\n'})
way("Pipfile [dev-packages]", {"Pipfile": '[dev-packages]\nold-a = "*"\n'})
way("Pipfile with its own category", {"Pipfile": '[docs]\nold-a = "*"\n'})
way("Pipfile with an unknown index", {"Pipfile": '[packages]\nold-a = {version = "*", index = "gone"}\n'}, Outcome.UNRESOLVABLE)
way("Pipfile with an empty git address", {"Pipfile": '[packages]\nold-a = {git = ""}\n'}, Outcome.UNREADABLE)
way("Pipfile with a path that is not there", {"Pipfile": '[packages]\nold-a = {path = "./gone"}\n'})
way("Pipfile with a variable in its source", {"Pipfile": '[[source]]\nname = "x"\nurl = "https://${HOST}/simple"\n[packages]\nold-a = "*"\n'}, Outcome.UNRESOLVABLE)
way("pipfile in lower case", {"sub/pipfile": '[packages]\nold-a = "*"\n'})
way("hatch.toml", {"hatch.toml": '[envs.x]\ndependencies = ["old-a"]\n'})
way("hatch.toml with a matrix override", {"hatch.toml": '[envs.x.overrides]\nmatrix.v.dependencies = ["old-a"]\n'})
way("pixi.toml", {"pixi.toml": '[workspace]\nname = "x"\n[pypi-dependencies]\nold-a = "*"\n'})
way("pixi.toml with conda packages", {"pixi.toml": '[workspace]\nname = "x"\n[dependencies]\nold-a = "*"\n'}, Outcome.SKIPPED)
way("pixi.toml with a path that is not there", {"pixi.toml": '[pypi-dependencies]\nold-a = {path = "gone"}\n'})
way("pixi.toml with an index of its own", {"pixi.toml": '[pypi-dependencies]\nold-a = {version = "*", index = "https://${X}/simple"}\n'}, Outcome.UNRESOLVABLE)
way("tox.toml", {"tox.toml": '[env_run_base]\ndeps = ["old-a"]\n'})
way("tox.toml requires", {"tox.toml": 'requires = ["old-a"]\n'})
way("tox.toml with a reference", {"tox.toml": '[env.a]\ndeps = ["old-a"]\n[env.b]\ndeps = [{replace = "ref", of = ["env", "a", "deps"], extend = true}]\n'})
way("tox.toml with a variable", {"tox.toml": '[env.a]\ndeps = ["{env:OLD}"]\n'}, Outcome.UNRESOLVABLE)

# --- tox.ini, setup.cfg, setup.py -------------------------------------------------------------------------------------

way("tox.ini deps", {"tox.ini": "[testenv]\ndeps = old-a\n"})
way("tox.ini deps on continued lines", {"tox.ini": "[testenv]\ndeps =\n    good-a\n    old-a\n"})
way("tox.ini with a factor", {"tox.ini": "[testenv]\ndeps =\n    py311: old-a\n"})
way("tox.ini with a negated factor", {"tox.ini": "[testenv]\ndeps =\n    !py311,x-y: old-a\n"})
way("tox.ini with a factor in braces", {"tox.ini": "[testenv]\ndeps =\n    py{311,312}: old-a\n"})
way("tox.ini requires", {"tox.ini": "[tox]\nrequires = old-a\n"})
way("tox.ini with a reference to another section", {"tox.ini": "[base]\ndeps = old-a\n[testenv]\ndeps = {[base]deps}\n"})
way("tox.ini with a reference to a section of another name", {"tox.ini": "[x]\nlist = old-a\n[testenv]\ndeps = {[x]list}\n"})
way("tox.ini with a variable", {"tox.ini": "[testenv]\ndeps = {env:OLD}\n"}, Outcome.UNRESOLVABLE)
way("tox.ini with a variable and a default", {"tox.ini": "[testenv]\ndeps = {env:OLD:old-a}\n"}, Outcome.REJECTED)
way("tox.ini with a positional argument", {"tox.ini": "[testenv]\ndeps = {posargs:old-a}\n"}, Outcome.REJECTED)
way("tox.ini with an index that is a variable", {"tox.ini": "[testenv]\nsetenv = PIP_INDEX_URL={env:X}\ndeps = old-a\n"}, Outcome.REJECTED)
way("tox.ini with constraints", {"tox.ini": "[testenv]\ndeps = -cold.txt\n", "old.txt": "old-a\n"}, Outcome.WARNING, place="old.txt")
way("tox.ini with -r", {"tox.ini": "[testenv]\ndeps = -rold.txt\n", "old.txt": "old-a\n"}, place="old.txt")
way("tox.ini with {toxinidir}", {"tox.ini": "[testenv]\ndeps = -r{toxinidir}/old.txt\n", "old.txt": "old-a\n"}, place="old.txt")
way("tox.ini: [pkgenv] deps", {"tox.ini": "[testenv:.pkg]\ndeps = old-a\n"})
way("tox.ini: commands", {"tox.ini": "[testenv]\ncommands = pip install old-a\n"}, Outcome.PASSED, remedy="put the packages into a requirements file or a group of dependencies")
way("setup.cfg: [tox:tox]", {"setup.cfg": "[tox:tox]\n[testenv]\ndeps = old-a\n"})
way("setup.cfg install_requires", {"setup.cfg": "[options]\ninstall_requires = old-a\n"})
way("setup.cfg install_requires with semicolons", {"setup.cfg": "[options]\ninstall_requires = good-a; old-a\n"}, Outcome.REJECTED)
way("setup.cfg install-requires", {"setup.cfg": "[options]\ninstall-requires = old-a\n"})
way("setup.cfg with a colon", {"setup.cfg": "[options]\ninstall_requires: old-a\n"})
way("setup.cfg setup_requires", {"setup.cfg": "[options]\nsetup_requires = old-a\n"})
way("setup.cfg tests_require", {"setup.cfg": "[options]\ntests_require = old-a\n"})
way("setup.cfg extras", {"setup.cfg": "[options.extras_require]\nx = old-a\n"})
way("setup.cfg with interpolation", {"setup.cfg": "[DEFAULT]\nx = old-a\n[options]\ninstall_requires = %(x)s\n"}, Outcome.UNREADABLE)
way("setup.cfg with interpolation of its own section", {"setup.cfg": "[options]\nx = old-a\ninstall_requires =\n  %(x)s\n"}, Outcome.UNREADABLE)
way("setup.cfg install_requires in [DEFAULT]", {"setup.cfg": "[DEFAULT]\ninstall_requires = old-a\n[options]\npackages = x\n"})
way("setup.cfg file:", {"setup.cfg": "[options]\ninstall_requires = file: a.lst, b.lst\n", "a.lst": "", "b.lst": "old-a\n"}, place="b.lst")
way("setup.cfg attr:", {"setup.cfg": "[options]\ninstall_requires = attr: x.DEPS\n"}, Outcome.UNREADABLE)
way("setup.cfg [metadata] requires_dist", {"setup.cfg": "[metadata]\nrequires_dist = old-a\n"})
way("setup.cfg with two sections of a name", {"setup.cfg": "[options]\n[options]\ninstall_requires = old-a\n"}, Outcome.UNREADABLE)
way("setup.cfg with UTF-8 and a byte-order mark", {"setup.cfg": "\ufeff[options]\ninstall_requires = old-a\n"}, Outcome.REJECTED)


def setup(title: str, text: str, outcome: Outcome = Outcome.REJECTED) -> None:
    """Append a way that adds a setup.py."""
    way(f"setup.py: {title}", {"setup.py": f"from setuptools import setup\n{text}\n"}, outcome)


setup("a list", 'setup(install_requires=["old-a"])')
setup("a string", 'setup(install_requires="old-a")')
setup("a string of several lines", 'setup(install_requires="""\ngood-a\nold-a\n""")')
setup("a tuple", 'setup(install_requires=("old-a",))')
setup("a set", 'setup(install_requires={"old-a"})')
setup("strings that are joined", 'setup(install_requires=["old" "-a"])')
setup("strings that are added", 'setup(install_requires=["old" + "-a"])', Outcome.REJECTED)
setup("lists that are added", 'setup(install_requires=["good-a"] + ["old-a"])')
setup("a name", 'REQUIRES = ["old-a"]\nsetup(install_requires=REQUIRES)')
setup("a name that is extended", 'R = []\nR.append("old-a")\nsetup(install_requires=R)', Outcome.REJECTED)
setup("a name that is extended with +=", 'R = []\nR += ["old-a"]\nsetup(install_requires=R)')
setup("a name that is bound twice", 'R = []\nif True:\n    R = ["old-a"]\nsetup(install_requires=R)')
setup("a name in a function", 'def f():\n    return ["old-a"]\nsetup(install_requires=f())', Outcome.UNRESOLVABLE)
setup("a condition", 'import sys\nsetup(install_requires=["old-a"] if sys else [])')
setup("a comprehension", 'setup(install_requires=[n for n in ["old-a"]])')
setup("a starred list", 'setup(install_requires=[*["old-a"]])')
setup("keywords in a dictionary", 'setup(**{"install_requires": ["old-a"]})')
setup("keywords in a named dictionary", 'K = {"install_requires": ["old-a"]}\nsetup(**K)')
setup("keywords in a named dictionary that is changed", 'K = {}\nK["install_requires"] = ["old-a"]\nsetup(**K)')
setup("keywords in dict()", 'setup(**dict(install_requires=["old-a"]))')
setup("keywords of a function", "setup(**load())", Outcome.UNRESOLVABLE)
setup("setup under another name", 'from setuptools import setup as s\ns(install_requires=["old-a"])')
setup("setuptools under another name", 'import setuptools as s\ns.setup(install_requires=["old-a"])')
setup("setup as a value", 's = setup\ns(install_requires=["old-a"])')
setup("setup by a star import", 'from setuptools import *\nsetup(install_requires=["old-a"])')
setup("setup with getattr", 'import setuptools\ngetattr(setuptools, "setup")(install_requires=["old-a"])')
setup("extras", 'setup(extras_require={"x": ["old-a"]})')
setup("extras with a marker as the key", "setup(extras_require={':python_version>\"3\"': ['old-a']})")
setup("setup_requires", 'setup(setup_requires=["old-a"])')
setup("tests_require", 'setup(tests_require=["old-a"])')
setup("an f-string", 'X = "a"\nsetup(install_requires=[f"old-{X}"])', Outcome.UNRESOLVABLE)
setup("a percent format", 'setup(install_requires=["old-%s" % "a"])', Outcome.UNRESOLVABLE)
setup("split()", 'setup(install_requires="good-a old-a".split())')
setup("splitlines()", 'setup(install_requires="good-a\\nold-a".splitlines())', outcome=Outcome.UNRESOLVABLE)
setup("bytes", 'setup(install_requires=[b"old-a".decode()])', Outcome.UNRESOLVABLE)
setup("a call in main()", 'def main():\n    setup(install_requires=["old-a"])\nmain()')

setup("another name of the list", 'R = ["good-a"]\nS = R\nS.append("old-a")\nsetup(install_requires=R)')
setup("a list with two names", 'R = S = ["good-a"]\nR += ["old-a"]\nsetup(install_requires=S)')
setup("a sum that starts with a list", 'E = {"x": ["good-a"]}\nE["all"] = sum(E.values(), ["old-a"])\nsetup(extras_require=E)', Outcome.UNRESOLVABLE)
setup("a list in a call with a list that was read", 'R = ["good-a"]\nsetup(install_requires=merge(R, ["old-a"]))', Outcome.UNRESOLVABLE)
setup("a syntax error", 'setup(install_requires=["old-a"]', Outcome.UNREADABLE)
setup("an escape in the name", 'setup(install_requires=["\\x6fld-a"])')
way("setup.py: a coding declaration", {"setup.py": b'# coding: latin-1\n# \xe9\nfrom setuptools import setup\nsetup(install_requires=["old-a"])\n'})

# --- YAML -------------------------------------------------------------------------------------------------------------

way("environment.yml: pip", {"environment.yml": "dependencies:\n- pip\n- pip:\n  - old-a\n"})
way("environment.yml: pip in flow style", {"environment.yml": "dependencies: [pip, {pip: [old-a]}]\n"})
way("environment.yml: pip as JSON", {"environment.yml": '{"dependencies": ["pip", {"pip": ["old-a"]}]}\n'})
way("environment.yml: an anchor", {"environment.yml": "x: &d [old-a]\ndependencies:\n- pip: *d\n"})
way("environment.yml: a merge key", {"environment.yml": "x: &d {pip: [old-a]}\ndependencies:\n- <<: *d\n"})
way("environment.yml: a block scalar", {"environment.yml": "dependencies:\n- pip:\n  - |\n    old-a\n"})
way("environment.yml: a folded scalar", {"environment.yml": "dependencies:\n- pip:\n  - >-\n    old-a\n"})
way("environment.yml: a tag", {"environment.yml": "dependencies:\n- pip:\n  - !!str old-a\n"})
way("environment.yml: a quoted key", {"environment.yml": '"dependencies":\n- "pip":\n  - "old\\x2da"\n'})
way("environment.yml: a second document", {"environment.yml": "name: x\n---\ndependencies:\n- pip:\n  - old-a\n"})
way("environment.yml: a selector in a comment", {"environment.yml": "dependencies:\n- pip:\n  - old-a  # [win]\n"})
way("environment.yml: a mapping", {"environment.yml": "dependencies:\n  pip: [old-a]\n"}, Outcome.UNREADABLE)
way("environment.yml: -r", {"environment.yml": "dependencies:\n- pip:\n  - -r old.lst\n", "old.lst": "old-a\n"}, place="old.lst")
way("environment.yml: a conda package", {"environment.yml": "dependencies:\n- old-a\n"}, Outcome.SKIPPED)
way("environment.yml: a duplicate key", {"environment.yml": "dependencies: []\ndependencies:\n- pip: [old-a]\n"})
way("execution-environment.yml of Ansible Builder", {"execution-environment.yml": "version: 3\ndependencies:\n  galaxy: requirements.yml\n  python:\n  - old-a\n"})
way("execution-environment.yml with a list in flow style", {"meta/execution-environment.yml": "dependencies: {python: [good-b, old-a]}\n"})
way("environment-dev.yaml", {"environment-dev.yaml": "dependencies:\n- pip: [old-a]\n"})
way("myenv.yml with environment's content", {"myenv.yml": "name: x\ndependencies:\n- pip: [old-a]\n"}, Outcome.NOT_STARTED, ci=Outcome.PASSED, remedy="call it `environment.yml`")
way("environment.yml: an index that is a variable", {"environment.yml": "dependencies:\n- pip:\n  - --index-url ${X}\n  - old-a\n"}, Outcome.UNRESOLVABLE)
_HOOK = "repos:\n- repo: local\n  hooks:\n  - id: x\n    language: python\n"
way(".pre-commit-config.yaml: additional_dependencies", {".pre-commit-config.yaml": _HOOK + "    additional_dependencies: [old-a]\n"})
way(".pre-commit-config.yaml: an anchor", {".pre-commit-config.yaml": "x: &d [old-a]\n" + _HOOK + "    additional_dependencies: *d\n"})
way(".pre-commit-config.yaml: another repository", {".pre-commit-config.yaml": "repos:\n- repo: https://code.example/x\n  rev: v1\n  hooks:\n  - id: x\n    additional_dependencies: [old-a]\n"})
way(".pre-commit-config.yaml: options and a name", {".pre-commit-config.yaml": _HOOK + "    additional_dependencies: [--pre, old-a]\n"})
way(".pre-commit-config.yaml: a string", {".pre-commit-config.yaml": _HOOK + "    additional_dependencies: old-a\n"}, Outcome.UNREADABLE)
way(".pre-commit-config.yaml: entry pip install", {".pre-commit-config.yaml": _HOOK + "    entry: pip install old-a\n"}, Outcome.PASSED, remedy="put the packages into a requirements file or a group of dependencies")
way(".pre-commit-hooks.yaml", {".pre-commit-hooks.yaml": "- id: x\n  name: x\n  language: python\n  entry: x\n  additional_dependencies: [old-a]\n"})

# --- scripts ----------------------------------------------------------------------------------------------------------

_SCRIPT = '# /// script\n# dependencies = ["{}"]\n# ///\nprint()\n'
way("a script with inline metadata", {"run.py": _SCRIPT.format("old-a")}, scripts=True)
way("an executable without a suffix", {"run": Program("#!/usr/bin/env -S uv run --script\n" + _SCRIPT.format("old-a"))}, scripts=True)
way("a script with CRLF", {"run.py": _SCRIPT.format("old-a").replace("\n", "\r\n")}, scripts=True)
way("a script with a byte-order mark", {"run.py": "\ufeff" + _SCRIPT.format("old-a")}, scripts=True)
way("a script with two blocks", {"run.py": _SCRIPT.format("good-a") + _SCRIPT.format("old-a")}, Outcome.UNREADABLE, scripts=True)
way("a script with an unterminated block", {"run.py": '# /// script\n# dependencies = ["old-a"]\nprint()\n'}, Outcome.UNREADABLE, scripts=True)
way("a script whose block does not parse", {"run.py": '# /// script\n# dependencies = ["old-a"\n# ///\n'}, Outcome.UNREADABLE, scripts=True)
way("a script with a block after the code", {"run.py": "print()\n" + _SCRIPT.format("old-a")}, scripts=True)
way("a script with a block in a string", {"run.py": '"""\n' + _SCRIPT.format("old-a") + '"""\n'}, scripts=True)
way("a script with [tool.uv] in its block", {"run.py": '# /// script\n# dependencies = ["old-a"]\n# [tool.uv.sources]\n# old-a = {path = "gone"}\n# ///\n'}, scripts=True)
way("a script that only the hook mothball could see", {"run.py": _SCRIPT.format("old-a")}, Outcome.NOT_STARTED, ci=Outcome.PASSED, remedy="use the hook `mothball-scripts`")

# --- what mothball does not see ---------------------------------------------------------------------------------------

_DECLARE = "declare the dependencies in `[project]`"
_COMMAND = "put the packages into a requirements file or a group of dependencies"
way("setup.py that executes a string", {"setup.py": "exec(\"from setuptools import setup; setup(install_requires=['old-a'])\")\n"}, Outcome.PASSED, remedy=_DECLARE)
way("setup.py that imports setup() with its arguments", {"setup.py": "import impl\n", "impl.py": 'import setuptools\nsetuptools.setup(install_requires=["old-a"])\n'}, Outcome.PASSED, remedy=_DECLARE)
way("setup.py with a function for further arguments beside a literal list", {"setup.py": 'setup(install_requires=["good-a"], **more())\n'}, Outcome.PASSED, remedy=_DECLARE, place="setup.py")
way("setup.py with a function that changes a list", {"setup.py": 'R = ["good-a"]\ndef more(names):\n    names.append("old-a")\nmore(R)\nsetup(install_requires=R)\n'}, Outcome.PASSED, remedy=_DECLARE)
way("setup.py with globals()", {"setup.py": 'R = ["good-a"]\nglobals()["R"] = ["old-a"]\nsetup(install_requires=R)\n'}, Outcome.PASSED, remedy=_DECLARE)
way("setup.py with a command that installs", {"setup.py": 'import os\nos.system("pip install old-a")\nsetup()\n'}, Outcome.PASSED, remedy=_DECLARE)
way("a build hook of Hatch that returns dependencies", {"pyproject.toml": toml("good-a") + "[tool.hatch.build.hooks.custom]\n", "hatch_build.py": 'def dependencies(self):\n    return ["old-a"]\n'}, Outcome.PASSED, remedy="list them in `dependencies` of the hook")
way("a build backend in the repository (`backend-path`)", {"pyproject.toml": toml("good-a") + '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n', "backend.py": 'def get_requires_for_build_wheel(settings=None):\n    return ["old-a"]\n'}, Outcome.PASSED, remedy="list them in `requires` of `[build-system]`")
way("a hook of another language's well-known name that is written in Python", {".pre-commit-config.yaml": "repos:\n- repo: https://code.example/x\n  rev: v1\n  hooks:\n  - id: eslint\n    additional_dependencies: [old-a]\n"}, Outcome.PASSED, remedy="set `language: python`")
way("`additional_dependencies` with -r", {".pre-commit-config.yaml": _HOOK + "    additional_dependencies: [-r, old.txt]\n"}, Outcome.UNRESOLVABLE)
for _name, _text in {
    "Dockerfile": "RUN pip install old-a\n",
    ".github/workflows/ci.yml": "jobs: {x: {steps: [{run: pip install old-a}]}}\n",
    "Makefile": "x:\n\tpip install old-a\n",
    "noxfile.py": 'session.install("old-a")\n',
    "notebook.ipynb": '{"cells": [{"source": ["%pip install old-a"]}]}\n',
    "install.sh": "uvx old-a\n",
}.items():
    way(f"a command in {_name}", {_name: _text}, Outcome.NOT_STARTED, ci=Outcome.PASSED, remedy=_COMMAND)
_NAMED = "call it `requirements.txt`, or add it to `[tool.mothball.files]` and to `files` of the hook"
for _name in ("requirements", "requirements-dev", "reqs", "requirements.txt.bak", "requirements.md", "requirements.yml"):
    way(f"requirements in a file {_name!r}", {_name: "old-a==1.0\n"}, Outcome.NOT_STARTED, ci=Outcome.PASSED, remedy=_NAMED)
way("requirements in a template with a suffix of its own", {"requirements.txt.jinja": "old-a\n"}, Outcome.NOT_STARTED, ci=Outcome.PASSED, remedy="check the rendered file")
way("prek.toml: additional_dependencies", {"prek.toml": '[[repos]]\nrepo = "local"\nhooks = [{id = "x", language = "python", additional_dependencies = ["old-a"]}]\n'}, Outcome.NOT_STARTED, ci=Outcome.PASSED, remedy="configure hooks with dependencies in .pre-commit-config.yaml")
way("uv.toml: requirements of another package (`dependency-metadata`)", {"uv.toml": '[[dependency-metadata]]\nname = "good-a"\nrequires-dist = ["old-a"]\n'}, Outcome.PASSED, remedy="set it in `[tool.uv]` of pyproject.toml")
_GROUP = "put the packages into a group of dependencies"
way("execution-environment.yml with a requirements file of another name", {"execution-environment.yml": "dependencies:\n  python: py.list\n", "py.list": "old-a\n"}, Outcome.PASSED, remedy="call it `requirements.txt`")
way("python_env.yaml of MLflow", {"python_env.yaml": "python: 3.12\ndependencies: [old-a]\n"}, Outcome.NOT_STARTED, ci=Outcome.PASSED, remedy="list `-r requirements.txt` there")
way("a requirement in a BUILD file of Pants", {"BUILD": 'python_requirement(name="x", requirements=["old-a"])\n'}, Outcome.NOT_STARTED, ci=Outcome.PASSED, remedy='use `python_requirements(source="requirements.txt")`')
way("a tool in mise.toml", {"mise.toml": '[tools]\n"pipx:old-a" = "latest"\n'}, Outcome.NOT_STARTED, ci=Outcome.PASSED, remedy=_GROUP)
way("conda: meta.yaml", {"meta.yaml": "requirements:\n  run: [old-a]\n"}, Outcome.NOT_STARTED, ci=Outcome.PASSED, remedy="conda channels publish no statuses")
way("buildout.cfg", {"buildout.cfg": "[x]\neggs = old-a\n"}, Outcome.NOT_STARTED, ci=Outcome.PASSED, remedy=_COMMAND)
setup("a computed keyword", 'setup(**{"install_" + "requires": ["old-a"]})', Outcome.UNRESOLVABLE)
setup("an imported dictionary of arguments", "from meta import ARGUMENTS\nsetup(**ARGUMENTS)", Outcome.UNRESOLVABLE)
setup("a list in setdefault()", 'K = {}\nK.setdefault("install_requires", []).append("old-a")\nsetup(**K)', Outcome.UNRESOLVABLE)
setup("a replaced entry", 'R = ["good-a"]\nR[0] = "old-a"\nsetup(install_requires=R)', Outcome.UNRESOLVABLE)
setup("an inserted entry", 'R = []\nR.insert(0, "old-a")\nsetup(install_requires=R)')
setup("Distribution()", 'import setuptools\nsetuptools.Distribution({"install_requires": ["old-a"]})', Outcome.UNRESOLVABLE)
