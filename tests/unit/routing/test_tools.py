"""Routing by tool: tables, lock files and settings of each installer, from the text of a file to its indexes."""

from __future__ import annotations

import pytest

from mothball.config.project import IndexSettings, NetworkSettings
from mothball.config.user_settings import InstallerSettings, PipSettings, UserIndex, UvSettings
from mothball.formats.table import parse
from mothball.model.document import SkipReason
from mothball.model.results import Skipped
from mothball.routing.route import DeclaredIndexes, Router
from tests.support.routing import (
    CONFIGURED,
    CONFIGURED_URL,
    PUBLIC,
    A,
    B,
    C,
    D,
    ExpectedRoute,
    router_for,
    routes_by_name,
    user_index,
)

PROJECT = "[project]\nname = 'x'\ndependencies = ['lib']\n"
ACME = "[project]\nname = 'x'\ndependencies = ['acme-web']\n"
NO_INDEX = SkipReason.NO_INDEX


def table(array: str, name: str, url: str, more: str = "") -> str:
    return f"[[{array}]]\nname = '{name}'\nurl = '{url}'\n{more}\n"


def lib(
    text: str,
    settings: InstallerSettings | None = None,
    network: NetworkSettings | None = None,
    *,
    file_format: str = "pyproject",
) -> ExpectedRoute:
    return routes_by_name(file_format, text, settings or InstallerSettings(), network)["lib"]


# --- uv ---------------------------------------------------------------------------------------------------------------

UV = "tool.uv.index"
IGNORES_403 = "ignore-error-codes = [403]"


@pytest.mark.parametrize(
    ("text", "of_user", "configured", "codes"),
    [
        (table(UV, "a", A), (), None, set()),
        (table(UV, "a", A, IGNORES_403), (), None, {(A, 403)}),
        (table(UV, "a", A.rstrip("/"), "ignore-error-codes = [403, 401]"), (), None, {(A, 403), (A, 401)}),
        (table(UV, "a", A, "ignore-error-codes = ['403', true, 4.03, [403]]"), (), None, set()),
        (table(UV, "a", A, "ignore-error-codes = 403"), (), None, set()),
        (table(UV, "a", A, IGNORES_403 + "\nexplicit = true"), (), None, {(A, 403)}),
        (table(UV, "a", A, IGNORES_403) + table(UV, "b", B), (), None, {(A, 403)}),
        ("", (403,), None, {(A, 403)}),
        (table(UV, "a", A), (403,), None, {(A, 403)}),
        (table(UV, "a", A, IGNORES_403), (400,), None, {(A, 403)}),
        (table(UV, "a", A, IGNORES_403), (), (400,), {(A, 400)}),
        (table(UV, "a", A, IGNORES_403), (403,), (), set()),
    ],
)
def test_error_codes_of_mothball_take_precedence_over_those_of_the_file_and_of_the_user(
    text: str, of_user: tuple[int, ...], configured: tuple[int, ...] | None, codes: set[tuple[str, int]]
) -> None:
    user_indexes = (
        UserIndex(f"https://user:secret@{A.removeprefix('https://')}", "uv.toml", ignore_error_codes=of_user),
    )
    network = NetworkSettings(index_settings=(IndexSettings(A, ignore_error_codes=configured),))
    settings = InstallerSettings(uv=UvSettings(file_indexes=user_indexes))
    router, _ = router_for("pyproject", PROJECT + text, settings, network)
    assert router.ignored_codes() == codes


@pytest.mark.parametrize(
    ("tables", "indexes"),
    [
        ("[tool.uv]\n", (PUBLIC,)),
        (table(UV, "a", A), (A, PUBLIC)),
        (table(UV, "a", A, "default = true"), (A,)),
        (table(UV, "a", A, "default = true") + table(UV, "b", B, "default = true"), (A,)),
        (table(UV, "b", B, "default = true") + table(UV, "a", A) + table(UV, "c", C), (A, C, B)),
        (table(UV, "a", A, "explicit = true"), (PUBLIC,)),
        (table(UV, "a", A, "format = 'flat'"), (PUBLIC,)),
        (f"[tool.uv]\nindex-url = '{A}'\nextra-index-url = ['{B}', '{C}']\n", (B, C, A)),
        (f"[tool.uv]\nextra-index-url = ['{B}']\n" + table(UV, "a", A), (A, B, PUBLIC)),
        (f"[tool.uv]\nindex-url = '{C}'\n" + table(UV, "a", A, "default = true"), (A,)),
        # A public extra index comes after the private default.
        (table(UV, "p", PUBLIC) + table(UV, "a", A, "default = true"), (A, PUBLIC)),
    ],
)
def test_uv_queries_indexes_in_declared_order(tables: str, indexes: tuple[str, ...]) -> None:
    assert lib(PROJECT + tables) == indexes


UV_SETTINGS = InstallerSettings(
    PipSettings(user_index("https://pip.example/simple/"), (user_index("https://pip-extra.example/"),)),
    UvSettings(
        user_index(A, "UV_DEFAULT_INDEX"),
        (user_index(B, "UV_INDEX"),),
        (user_index(C, "UV_EXTRA_INDEX_URL"),),
        user_index("https://file-default.example/"),
        (user_index("https://file.example/"),),
        (user_index("https://file-extra.example/"),),
    ),
)


def test_uv_variables_precede_project_tables_and_user_files_follow() -> None:
    with_table = (
        f"[tool.uv]\nextra-index-url = ['{CONFIGURED_URL}']\n"
        + table(UV, "d", D)
        + table(UV, "e", PUBLIC, "default = true")
    )

    assert lib(PROJECT + with_table, UV_SETTINGS) == (
        *(B, D, "https://file.example/", C, CONFIGURED_URL, "https://file-extra.example/", A),
    )


def test_uv_default_of_the_project_overrides_that_of_the_user() -> None:
    settings = InstallerSettings(uv=UvSettings(file_default=user_index(A)))

    assert lib(PROJECT + table(UV, "b", B, "default = true"), settings) == (B,)
    assert lib(PROJECT + table(UV, "b", B), settings) == (B, A)


def test_uv_ignores_pip_settings() -> None:
    pip = InstallerSettings(PipSettings(user_index(A), (user_index(B),), "PIP_NO_INDEX"))

    assert lib(PROJECT + "[tool.uv]\n", pip) == (PUBLIC,)
    assert lib(PROJECT + "[tool.uv]\n", InstallerSettings(uv=UvSettings(no_index="UV_NO_INDEX"))) == NO_INDEX


def test_configured_index_replaces_only_the_default() -> None:
    assert lib(PROJECT + table(UV, "a", A), UV_SETTINGS, CONFIGURED)[-1:] == (CONFIGURED_URL,)
    assert lib(PROJECT + table(UV, "a", A, "default = true"), network=CONFIGURED) == (A,)


@pytest.mark.parametrize(
    "incomplete",
    ["[[tool.uv.index]]\nname = 'a'\n", "[[tool.uv.index]]\nurl = 'https://a.exam", "[[tool.uv.index]]\nurl = 3\n"],
)
def test_incomplete_uv_index_skips_the_dependencies(incomplete: str) -> None:
    assert lib(PROJECT + incomplete) == NO_INDEX


def test_uv_sources_for_different_environments_are_all_queried() -> None:
    tables = (
        table(UV, "a", A, "explicit = true")
        + table(UV, "b", B, "explicit = true")
        + "[tool.uv.sources]\nlib = [{index = 'b', marker = \"sys_platform == 'x'\"}, {index = 'a', extra = 'y'}]\n"
    )
    assert lib(PROJECT + tables) == (B,)
    both = tables.replace("extra = 'y'", "marker = \"sys_platform == 'z'\"")
    assert lib(PROJECT + both) == (B, A)


def test_uv_source_may_refer_to_an_index_of_the_user() -> None:
    tables = "[tool.uv.sources]\nlib = {index = 'acme'}\n"
    named = InstallerSettings(uv=UvSettings(indexes=(user_index(A), user_index(B, "UV_INDEX", "acme"))))
    explicit = InstallerSettings(uv=UvSettings(explicit=(user_index(C, "uv.toml", "acme"),)))

    assert lib(PROJECT + tables) == NO_INDEX
    assert lib(PROJECT + tables, named) == (B,)
    assert lib(PROJECT + tables, explicit) == (C,)
    # A path in some environments: the index applies to the others.
    elsewhere = "[tool.uv.sources]\nlib = [{index = 'acme'}, {path = '../lib'}]\n"
    assert lib(PROJECT + elsewhere, named) == (B,)
    assert lib(PROJECT + "[tool.uv.sources]\nlib = [{index = 'acme', ", named) == SkipReason.INCOMPLETE


def test_uv_lock_uses_the_recorded_registry() -> None:
    lock = (
        "version = 1\n[[package]]\nname = 'lib'\nversion = '1'\nsource = {registry = 'https://a.example/simple'}\n"
        "[[package]]\nname = 'other'\nversion = '1'\n"
    )
    assert routes_by_name("uv-lock", lock, UV_SETTINGS) == {
        "lib": (A,),
        "other": (B, "https://file.example/", C, "https://file-extra.example/", A),
    }


# --- Poetry -----------------------------------------------------------------------------------------------------------

POETRY = "tool.poetry.source"
POETRY_PROJECT = "[tool.poetry.dependencies]\nlib = '*'\n"


@pytest.mark.parametrize(
    ("tables", "indexes"),
    [
        ("", (PUBLIC,)),
        (table(POETRY, "a", A), (A,)),
        (table(POETRY, "a", A, "priority = 'primary'") + table(POETRY, "b", B), (A, B)),
        (table(POETRY, "a", A, "priority = 'supplemental'"), (A, PUBLIC)),
        (table(POETRY, "a", A) + table(POETRY, "b", B, "priority = 'supplemental'"), (B, A)),
        (table(POETRY, "a", A, "priority = 'explicit'"), (PUBLIC,)),
        (table(POETRY, "a", A) + "[[tool.poetry.source]]\nname = 'PyPI'\n", (A, PUBLIC)),
        (table(POETRY, "a", A) + "[[tool.poetry.source]]\nname = 'PyPI'\npriority = 'explicit'\n", (A,)),
        # Poetry before 1.5, without priorities.
        (table(POETRY, "a", A, "default = true"), (A,)),
        (table(POETRY, "a", A, "secondary = true"), (A, PUBLIC)),
        (table(POETRY, "a", A, "priority = 'default'"), (A,)),
        (table(POETRY, "a", A, "priority = 'secondary'"), (A, PUBLIC)),
    ],
)
def test_poetry_queries_sources_by_priority(tables: str, indexes: tuple[str, ...]) -> None:
    assert lib(POETRY_PROJECT + tables) == indexes
    assert lib(PROJECT + tables) == indexes
    # Poetry ignores the settings of pip and uv.
    assert lib(POETRY_PROJECT + tables, UV_SETTINGS) == indexes


def test_poetry_source_pypi_pins_to_the_default_index() -> None:
    pinned = "[tool.poetry.dependencies]\nlib = {version = '*', source = 'pypi'}\n"

    assert lib(pinned + table(POETRY, "a", A)) == (PUBLIC,)
    assert lib(PROJECT + pinned + table(POETRY, "a", A), network=CONFIGURED) == (CONFIGURED_URL,)


@pytest.mark.parametrize(
    ("sources", "indexes"),
    [
        (("a",), (A,)),
        (("pypi",), (PUBLIC,)),
        (("a", "pypi"), (A, PUBLIC)),
        (("PyPI", "a"), (A, PUBLIC)),
        (("a", "pypi", "b"), (A, B, PUBLIC)),
        (("a", "pypi", "pypi"), (A, PUBLIC)),
        (("unknown", "pypi"), SkipReason.NO_INDEX),
        (("a", "unknown", "pypi"), (A, PUBLIC)),
    ],
)
def test_alternatives_of_a_poetry_entry_are_looked_up_on_the_sources_of_all(
    sources: tuple[str, ...], indexes: ExpectedRoute
) -> None:
    alternatives = ", ".join(
        f"{{version = '{number}', source = '{source}', python = '3.{number}'}}" for number, source in enumerate(sources)
    )
    text = f"[tool.poetry.dependencies]\nlib = [{alternatives}]\n" + table(POETRY, "a", A) + table(POETRY, "b", B)

    assert lib(text) == indexes
    # The same for the entry in a standard table that it supplements.
    assert lib(PROJECT + text) == indexes
    if PUBLIC in indexes:
        configured = tuple(CONFIGURED_URL if index == PUBLIC else index for index in indexes)
        assert lib(text, network=CONFIGURED) == configured
        private = NetworkSettings(private=("lib",))
        assert lib(text, network=private) == (tuple(i for i in indexes if i != PUBLIC) or SkipReason.PRIVATE)


@pytest.mark.parametrize(
    ("name", "indexes"),
    [("of-user", (A, B)), ("unknown", (A,))],
)
def test_uv_sources_pin_indexes_of_the_file_and_of_the_user(name: str, indexes: tuple[str, ...]) -> None:
    settings = InstallerSettings(uv=UvSettings(file_indexes=(user_index(B, name="of-user"),)))
    alternatives = f"[{{index = 'a', marker = 'x'}}, {{index = '{name}', marker = 'y'}}]"
    text = PROJECT + f"[tool.uv.sources]\nlib = {alternatives}\n" + table(UV, "a", A)
    assert lib(text, settings) == indexes


def test_incomplete_poetry_source_skips_the_dependencies() -> None:
    assert lib(POETRY_PROJECT + "[[tool.poetry.source]]\nname = 'acme'\nurl = 'https://acme") == NO_INDEX
    assert lib(POETRY_PROJECT + "[[tool.poetry.source]]\nname = 'acme'\npriority = 'explicit'\n") == (PUBLIC,)


def test_poetry_lock_uses_the_recorded_source_or_the_default() -> None:
    lock = (
        "[[package]]\nname = 'lib'\nversion = '1'\n[package.source]\ntype = 'legacy'\nurl = 'https://a.example/simple'\n"
        "[[package]]\nname = 'other'\nversion = '1'\n"
    )
    assert routes_by_name("poetry-lock", lock, UV_SETTINGS) == {"lib": (A,), "other": (PUBLIC,)}


def test_incomplete_entry_is_skipped_as_incomplete() -> None:
    text = "[tool.pixi.pypi-dependencies]\nlib = {index = 'https://home.example/simple/', source = 'https://half}"
    document = parse("pyproject", text)
    router = Router(DeclaredIndexes(document.format, document.tools, (), document.tool_indexes), NetworkSettings())
    (dependency,) = document.dependencies
    skip_reason = Skipped(SkipReason.INCOMPLETE)
    assert router.route(dependency) == router.explain(dependency).route == skip_reason


# --- Rye --------------------------------------------------------------------------------------------------------------

RYE = "tool.rye.sources"


@pytest.mark.parametrize(
    ("tables", "indexes"),
    [
        (table(RYE, "a", A), (A, PUBLIC)),
        (table(RYE, "a", A, "type = 'index'"), (A, PUBLIC)),
        (table(RYE, "default", A), (A,)),
        (table(RYE, "default", A) + table(RYE, "b", B), (B, A)),
        (table(RYE, "a", A, "type = 'find-links'"), (PUBLIC,)),
        ("[[tool.rye.sources]]\nname = 'a'\n", SkipReason.NO_INDEX),
        ("[[tool.rye.sources]]\nname = 'default'\nurl = 'https://a.ex", SkipReason.NO_INDEX),
        ("[tool.rye]\nsources = 3\n", SkipReason.NO_INDEX),
    ],
)
def test_rye_queries_sources_and_the_default_index(tables: str, indexes: ExpectedRoute) -> None:
    assert lib(PROJECT + tables) == indexes


# --- PDM --------------------------------------------------------------------------------------------------------------

PDM = "tool.pdm.source"


@pytest.mark.parametrize(
    ("tables", "indexes"),
    [
        (table(PDM, "a", A), (A, PUBLIC)),
        (table(PDM, "PyPI", A), (A,)),
        (table(PDM, "pypi", A) + table(PDM, "b", B), (B, A)),
        (table(PDM, "a", A, "include_packages = ['li*']") + table(PDM, "b", B), (A,)),
        (table(PDM, "a", A, "include_packages = ['li*']") + table(PDM, "b", B, "include_packages = ['LIB']"), (A, B)),
        (table(PDM, "a", A, "include_packages = ['acme-*']"), (A, PUBLIC)),
        (table(PDM, "a", A, "exclude_packages = ['li?']") + table(PDM, "b", B), (B, PUBLIC)),
        (table(PDM, "pypi", A, "exclude_packages = ['*']"), SkipReason.NO_INDEX),
        (table(PDM, "a", A, "type = 'find_links'"), (PUBLIC,)),
        ("[[tool.pdm.source]]\nname = 'pypi'\nverify_ssl = false\n", (PUBLIC,)),
        ("[[tool.pdm.source]]\nname = 'a'\nurl = 'https://a.ex", SkipReason.NO_INDEX),
    ],
)
def test_pdm_honors_includes_and_excludes(tables: str, indexes: ExpectedRoute) -> None:
    assert lib(PROJECT + tables) == indexes


def test_pdm_includes_apply_per_name() -> None:
    text = PROJECT.replace("'lib'", "'lib', 'acme-web'") + table(PDM, "a", A, "include_packages = ['acme-*']")
    routes = routes_by_name("pyproject", text + table(PDM, "pypi", B))

    assert routes == {"lib": (A, B), "acme-web": (A,)}


# --- Pipenv -----------------------------------------------------------------------------------------------------------

PACKAGES = "[packages]\nlib = '*'\npinned = {version = '*', index = 'b'}\n"


@pytest.mark.parametrize(
    ("text", "indexes"),
    [
        ("", (PUBLIC,)),
        (table("source", "a", A), (A,)),
        (table("source", "a", A) + table("source", "b", B), (A,)),
        (table("source", "a", A) + table("source", "b", B) + "[pipenv]\ninstall_search_all_sources = true\n", (B, A)),
        ("[[source]]\nname = 'a'\n", SkipReason.NO_INDEX),
    ],
)
def test_pipenv_queries_the_first_source(text: str, indexes: ExpectedRoute) -> None:
    assert lib(text + PACKAGES, file_format="pipfile") == indexes
    assert lib(text + PACKAGES, UV_SETTINGS, file_format="pipfile") == indexes


def test_pipenv_mirror_replaces_the_default_index() -> None:
    mirror = InstallerSettings(pipenv_mirror=user_index(D, "PIPENV_PYPI_MIRROR"))
    text = table("source", "pypi", PUBLIC) + table("source", "b", B) + PACKAGES
    sources = f'{{"_meta": {{"sources": [{{"name": "p", "url": "{PUBLIC}"}}]}}'
    lock = sources + ', "default": {"lib": {"version": "==1"}}}'

    assert routes_by_name("pipfile", text, mirror) == {"lib": (D,), "pinned": (B,)}
    assert lib(PACKAGES, mirror, file_format="pipfile") == (D,)
    assert lib(PACKAGES, mirror, CONFIGURED, file_format="pipfile") == (CONFIGURED_URL,)
    assert lib(lock, mirror, file_format="pipfile-lock") == (D,)
    assert lib(lock, file_format="pipfile-lock") == (PUBLIC,)


# --- pixi -------------------------------------------------------------------------------------------------------------

GPU = "[feature.gpu.pypi-dependencies]\nlib = '*'\n"
BOTH = "[pypi-dependencies]\nlib = '*'\n"


@pytest.mark.parametrize(
    ("text", "indexes"),
    [
        (BOTH, (PUBLIC,)),
        (BOTH + f"[pypi-options]\nindex-url = '{A}'\nextra-index-urls = ['{B}']\n", (B, A)),
        (BOTH + f"[pypi-options]\nextra-index-urls = ['{B}']\n", (B, PUBLIC)),
        (GPU + f"[pypi-options]\nindex-url = '{A}'\n", (A,)),
        (GPU + f"[pypi-options]\nindex-url = '{A}'\n[feature.gpu.pypi-options]\nindex-url = '{C}'\n", (C,)),
        (GPU + f"[feature.other.pypi-options]\nindex-url = '{C}'\n", (PUBLIC,)),
        (GPU + f"[feature.gpu.target.linux-64.pypi-options]\nextra-index-urls = ['{C}']\n", (C, PUBLIC)),
        # Workspace dependencies are installed in every environment.
        (BOTH + f"[feature.gpu.pypi-options]\nindex-url = '{C}'\n", (C, PUBLIC)),
        (BOTH + f"[feature.gpu.pypi-options]\nindex-url = '{C}'\n[pypi-options]\nindex-url = '{A}'\n", (C, A)),
        (BOTH + "[pypi-options]\nindex-url = ''\n", SkipReason.NO_INDEX),
        ("[pypi-dependencies]\nlib = {version = '*', index = 'https://d.example/simple'}\n", (D,)),
    ],
)
def test_pixi_options_apply_by_workspace_and_feature(text: str, indexes: ExpectedRoute) -> None:
    assert lib(text, file_format="pixi-toml") == indexes
    in_pyproject = text.replace("[pypi", "[tool.pixi.pypi").replace("[feature", "[tool.pixi.feature")
    assert lib(in_pyproject) == indexes


# --- files without a specific tool ------------------------------------------------------------------------------------

PIP, PIP_EXTRA, UV_DEFAULT, UV_EXTRA = (
    f"https://{name}.example/simple/" for name in ("pip", "pip-extra", "uv", "uv-extra")
)


def installers(
    *, pip: str = "", pip_extra: str = "", uv: str = "", uv_extra: str = "", file: str = ""
) -> InstallerSettings:
    return InstallerSettings(
        PipSettings(user_index(pip, "PIP_INDEX_URL") if pip else None, (user_index(pip_extra),) if pip_extra else ()),
        UvSettings(
            user_index(uv, "UV_DEFAULT_INDEX") if uv else None,
            (user_index(uv_extra),) if uv_extra else (),
            file_default=user_index(file) if file else None,
        ),
    )


@pytest.mark.parametrize(
    ("text", "settings", "indexes"),
    [
        ("lib", installers(), (PUBLIC,)),
        ("lib", installers(pip=PIP), (PIP,)),
        ("lib", installers(uv=UV_DEFAULT), (UV_DEFAULT,)),
        ("lib", installers(file=UV_DEFAULT), (UV_DEFAULT,)),
        ("lib", installers(uv=UV_DEFAULT, file=A), (UV_DEFAULT,)),
        # pip and uv disagree: the private index if the other is public, else both.
        ("lib", installers(pip=PUBLIC, uv=UV_DEFAULT), (UV_DEFAULT,)),
        ("lib", installers(pip=PIP, uv=PUBLIC), (PIP,)),
        ("lib", installers(pip=PIP, uv=UV_DEFAULT), (UV_DEFAULT, PIP)),
        ("lib", installers(pip=PUBLIC), (PUBLIC,)),
        ("lib", installers(pip_extra=PIP_EXTRA, uv_extra=UV_EXTRA), (UV_EXTRA, PIP_EXTRA, PUBLIC)),
        # Options of the file.
        (f"-i {A}\nlib", installers(pip=PIP), (A,)),
        (f"-i {A}\nlib", installers(pip=PIP, pip_extra=PIP_EXTRA, uv=UV_DEFAULT, uv_extra=UV_EXTRA), (UV_EXTRA, A)),
        (f"--extra-index-url {A}\nlib", installers(pip=PIP, pip_extra=PIP_EXTRA), (PIP_EXTRA, A, PIP)),
        # pip discards the extra index, uv keeps it; public indexes come last.
        (f"--extra-index-url {A}\n-i {B}\nlib", installers(), (A, B)),
        (f"--extra-index-url {A}\n-i {PUBLIC}\nlib", installers(), (A, PUBLIC)),
        (f"-i {PUBLIC}\nlib", installers(pip_extra=PIP_EXTRA), (PIP_EXTRA, PUBLIC)),
        (f"-i {PUBLIC}\nlib", installers(uv=UV_DEFAULT), (UV_DEFAULT,)),
        (f"-i {PUBLIC}\nlib", installers(pip=PIP), (PUBLIC,)),
        # A public extra index comes after the private main index.
        (f"-i {A}\n--extra-index-url {PUBLIC}\nlib", installers(), (A, PUBLIC)),
        ("--no-index\nlib", installers(pip=PIP), NO_INDEX),
        ("--no-index\n--find-links https://files.example/\nlib", installers(), NO_INDEX),
        ("--find-links https://files.example/\nlib", installers(), (PUBLIC,)),
    ],
)
def test_requirements_file_uses_indexes_of_pip_and_uv(
    text: str, settings: InstallerSettings, indexes: ExpectedRoute
) -> None:
    assert lib(text, settings, file_format="requirements") == indexes


@pytest.mark.parametrize("settings", [PipSettings(no_index="PIP_NO_INDEX"), UvSettings(no_index="UV_NO_INDEX")])
def test_no_index_of_the_user_skips_the_dependencies(settings: PipSettings | UvSettings) -> None:
    no_index = InstallerSettings(pip=settings) if isinstance(settings, PipSettings) else InstallerSettings(uv=settings)
    assert lib("lib", no_index, file_format="requirements") == NO_INDEX
    assert lib(f"-i {A}\nlib", no_index, file_format="requirements") == NO_INDEX
    # mothball's own index setting takes precedence.
    assert lib("lib", no_index, CONFIGURED, file_format="requirements") == (CONFIGURED_URL,)
    assert lib(f"-i {A}\nlib", no_index, CONFIGURED, file_format="requirements") == NO_INDEX


def test_configured_index_replaces_the_main_index_of_installers_but_not_extra_ones() -> None:
    settings = installers(pip=PIP, pip_extra=PIP_EXTRA, uv=UV_DEFAULT)

    assert lib("lib", settings, CONFIGURED, file_format="requirements") == (PIP_EXTRA, CONFIGURED_URL)


@pytest.mark.parametrize(
    "text",
    [
        PROJECT,
        PROJECT + "[tool.hatch]\n",
        PROJECT + "[tool.poetry]\nname = 'x'\n",
        "[tool.hatch.envs.x]\ndependencies = ['lib']\n",
    ],
)
def test_project_without_declared_indexes_uses_settings_of_all_installers(text: str) -> None:
    assert lib(text, installers(pip=PIP)) == (PIP,)


# --- several tools in one file ----------------------------------------------------------------------------------------


def test_standard_tables_use_the_indexes_of_all_tools_of_the_file() -> None:
    text = (
        PROJECT
        + table(UV, "a", A)
        + table(POETRY, "b", B, "priority = 'supplemental'")
        + "[tool.poetry.group.x.dependencies]\ngrouped = '*'\n[tool.uv]\ndev-dependencies = ['dev']\n"
    )
    assert routes_by_name("pyproject", text) == {"lib": (A, B, PUBLIC), "grouped": (B, PUBLIC), "dev": (A, PUBLIC)}


def test_main_index_of_another_tool_replaces_the_built_in_default() -> None:
    assert lib(PROJECT + table(UV, "a", A) + table(POETRY, "b", B)) == (A, B)
    assert lib(PROJECT + table(UV, "a", A) + "[[tool.poetry.source]]\nname = 'b'\nurl = 'https://") == NO_INDEX


# --- indexes that are not http URLs -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address", ["./wheels", "htps://home.example/simple", "https://", "file:///srv/simple", "home"]
)
@pytest.mark.parametrize(
    ("file_format", "text"),
    [
        ("requirements", "--extra-index-url {}\nacme-web\n"),
        ("pyproject", ACME + "[[tool.uv.index]]\nurl = '{}'\n"),
        ("pyproject", ACME + "[tool.uv]\nextra-index-url = ['{}']\n"),
        ("pyproject", ACME + "[[tool.poetry.source]]\nname='a'\nurl='{}'\npriority='supplemental'\n"),
        ("pyproject", ACME + "[[tool.pdm.source]]\nname = 'a'\nurl = '{}'\n"),
        ("pixi-toml", "[pypi-dependencies]\nacme-web = '*'\n[pypi-options]\nextra-index-urls = ['{}']\n"),
    ],
)
@pytest.mark.parametrize("network", [NetworkSettings(), CONFIGURED])
def test_unusable_extra_index_prevents_lookup_on_the_default_index(
    file_format: str, text: str, address: str, network: NetworkSettings
) -> None:
    assert routes_by_name(file_format, text.format(address), network=network) == {"acme-web": SkipReason.NO_INDEX}


def test_unusable_extra_index_does_not_prevent_lookup_on_a_configured_index() -> None:
    assert routes_by_name("requirements", f"-i {A}\n--extra-index-url file:///srv/simple\nlib\n") == {"lib": (A,)}


def test_file_url_in_pip_user_settings_is_ignored() -> None:
    for address, expected in (("file:///srv/simple", (PUBLIC,)), ("htps://home.example", SkipReason.NO_INDEX)):
        settings = InstallerSettings(pip=PipSettings(extra=(user_index(address),)))
        assert routes_by_name("requirements", "lib\n", settings) == {"lib": expected}
        settings = InstallerSettings(uv=UvSettings(extra=(user_index(address),)))
        assert routes_by_name("requirements", "lib\n", settings) == {"lib": SkipReason.NO_INDEX}


# --- unreadable index settings ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("network", [NetworkSettings(), CONFIGURED])
@pytest.mark.parametrize(
    ("file_format", "text"),
    [
        ("requirements", "--index-url\nacme-web\n"),
        ("requirements", "--extra-index-url\nacme-web\n"),
        ("requirements", f"--indexurl {A}\nacme-web\n"),
        ("requirements", f"-i '{A}\nacme-web\n"),
        ("pyproject", ACME + f"[[tool.uv.index]\nurl = '{A}'\n"),
        ("pyproject", ACME + f"[tool.uv.index]\nurl = '{A}'\n"),
        ("pyproject", ACME + f"[[tool.poetry.source]\nurl = '{A}'\n"),
        ("pyproject", ACME + f"[tool.poetry.source]\nurl = '{A}'\n"),
        ("pyproject", ACME + f"[tool.uv]\nindex-url = {A}\n"),
        ("pyproject", ACME + "[tool.uv]\nindex-url = 3\n"),
        ("pyproject", ACME + "[tool.pdm]\nsource = 3\n"),
        ("pipfile", f"[[source]\nurl = '{A}'\n[packages]\nacme-web = '*'\n"),
        ("pipfile", f"[source]\nurl = '{A}'\n[packages]\nacme-web = '*'\n"),
        ("pixi-toml", f"[pypi-options]\nindex-url={A}\n[pypi-dependencies]\nacme-web = '*'\n"),
        ("pixi-toml", "[pypi-options]\nindex-url=3\n[pypi-dependencies]\nacme-web = '*'\n"),
    ],
)
def test_unreadable_index_setting_prevents_lookup_on_the_default_index(
    file_format: str, text: str, network: NetworkSettings
) -> None:
    # A table is read as an index without a URL.
    reason = SkipReason.UNKNOWN_INDEX if file_format == "requirements" else SkipReason.NO_INDEX
    assert routes_by_name(file_format, text, network=network) == {"acme-web": reason}


def test_unrelated_syntax_error_does_not_affect_routing() -> None:
    assert routes_by_name("requirements", f"-i {A}\n--indexurl x\nlib\n") == {"lib": (A,)}
    assert routes_by_name("requirements", "--wrong\nlib\n") == {"lib": (PUBLIC,)}
    assert lib(PROJECT + "[tool.x]\ny = z\n") == (PUBLIC,)


@pytest.mark.parametrize("network", [NetworkSettings(), CONFIGURED])
def test_uv_no_index_skips_the_dependencies(network: NetworkSettings) -> None:
    assert lib(PROJECT + table(UV, "a", A) + "[tool.uv]\nno-index = true\n", network=network) == NO_INDEX
    script = "# /// script\n# dependencies = ['lib']\n# [tool.uv]\n# no-index = true\n# ///\n"
    assert routes_by_name("script", script, network=network) == {"lib": NO_INDEX}


def test_uv_no_index_false_has_no_effect() -> None:
    assert lib(PROJECT + table(UV, "a", A) + "[tool.uv]\nno-index = false\n") == (A, PUBLIC)


def test_uv_pip_table_does_not_apply_to_project_dependencies() -> None:
    assert lib(PROJECT + f"[tool.uv.pip]\nindex-url = '{A}'\nno-index = true\n") == (PUBLIC,)


def test_uv_table_without_indexes_keeps_the_index_of_pip() -> None:
    settings = InstallerSettings(pip=PipSettings(default=user_index(A), extra=(user_index(B),)))
    assert lib(PROJECT + "[tool.uv]\n", settings) == (B, A)
    assert lib("[tool.uv]\ndev-dependencies = ['lib']\n", settings) == (PUBLIC,)
