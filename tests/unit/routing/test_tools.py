"""What each tool makes of the tables, lock files and settings that are its own: from the text of a file to indexes."""

from __future__ import annotations

import pytest

from mothball.config.installers import InstallerSettings, PipSettings, UvSettings
from mothball.config.project import NetworkSettings
from mothball.formats.table import parse
from mothball.model.document import SkipReason
from mothball.model.lookup import Skipped
from mothball.routing.route import DeclaredIndexes, Router
from tests.support.routing import CHOSEN, OURS, PUBLIC, A, B, C, D, Way, user, ways

PROJECT = "[project]\nname = 'x'\ndependencies = ['lib']\n"
ACME = "[project]\nname = 'x'\ndependencies = ['acme-web']\n"
NOWHERE = SkipReason.NO_INDEX


def table(array: str, name: str, url: str, more: str = "") -> str:
    return f"[[{array}]]\nname = '{name}'\nurl = '{url}'\n{more}\n"


def lib(
    text: str,
    settings: InstallerSettings | None = None,
    network: NetworkSettings | None = None,
    *,
    file_format: str = "pyproject",
) -> Way:
    return ways(file_format, text, settings or InstallerSettings(), network)["lib"]


# --- uv ---------------------------------------------------------------------------------------------------------------

UV = "tool.uv.index"


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
        # A public extra index waits for the private default one.
        (table(UV, "p", PUBLIC) + table(UV, "a", A, "default = true"), (A, PUBLIC)),
    ],
)
def test_uv_asks_the_indexes_of_its_table_in_their_order(tables: str, indexes: tuple[str, ...]) -> None:
    assert lib(PROJECT + tables) == indexes


UV_SETTINGS = InstallerSettings(
    PipSettings(user("https://pip.example/simple/"), (user("https://pip-extra.example/"),)),
    UvSettings(
        user(A, "UV_DEFAULT_INDEX"),
        (user(B, "UV_INDEX"),),
        (user(C, "UV_EXTRA_INDEX_URL"),),
        user("https://file-default.example/"),
        (user("https://file.example/"),),
        (user("https://file-extra.example/"),),
    ),
)


def test_variables_of_uv_come_before_its_table_and_its_files_behind() -> None:
    with_table = (
        f"[tool.uv]\nextra-index-url = ['{OURS}']\n" + table(UV, "d", D) + table(UV, "e", PUBLIC, "default = true")
    )

    assert lib(PROJECT + with_table, UV_SETTINGS) == (
        *(B, D, "https://file.example/", C, OURS, "https://file-extra.example/", A),
    )


def test_the_users_default_index_of_uv_stands_behind_that_of_the_project() -> None:
    settings = InstallerSettings(uv=UvSettings(file_default=user(A)))

    assert lib(PROJECT + table(UV, "b", B, "default = true"), settings) == (B,)
    assert lib(PROJECT + table(UV, "b", B), settings) == (B, A)


def test_what_the_user_tells_pip_is_nothing_to_uv() -> None:
    pip = InstallerSettings(PipSettings(user(A), (user(B),), "PIP_NO_INDEX"))

    assert lib(PROJECT + "[tool.uv]\n", pip) == (PUBLIC,)
    assert lib(PROJECT + "[tool.uv]\n", InstallerSettings(uv=UvSettings(no_index="UV_NO_INDEX"))) == NOWHERE


def test_our_own_index_takes_the_place_of_the_default_one_only() -> None:
    assert lib(PROJECT + table(UV, "a", A), UV_SETTINGS, CHOSEN)[-1:] == (OURS,)
    assert lib(PROJECT + table(UV, "a", A, "default = true"), network=CHOSEN) == (A,)


@pytest.mark.parametrize(
    "typed",
    ["[[tool.uv.index]]\nname = 'a'\n", "[[tool.uv.index]]\nurl = 'https://a.exam", "[[tool.uv.index]]\nurl = 3\n"],
)
def test_while_an_index_of_uv_is_being_typed_names_stay_at_home(typed: str) -> None:
    assert lib(PROJECT + typed) == NOWHERE


def test_sources_of_uv_for_different_environments_are_all_asked_and_nobody_else() -> None:
    tables = (
        table(UV, "a", A, "explicit = true")
        + table(UV, "b", B, "explicit = true")
        + "[tool.uv.sources]\nlib = [{index = 'b', marker = \"sys_platform == 'x'\"}, {index = 'a', extra = 'y'}]\n"
    )
    assert lib(PROJECT + tables) == (B,)
    both = tables.replace("extra = 'y'", "marker = \"sys_platform == 'z'\"")
    assert lib(PROJECT + both) == (B, A)


def test_a_source_may_name_an_index_that_the_user_named() -> None:
    tables = "[tool.uv.sources]\nlib = {index = 'acme'}\n"
    named = InstallerSettings(uv=UvSettings(indexes=(user(A), user(B, "UV_INDEX", "acme"))))
    explicit = InstallerSettings(uv=UvSettings(explicit=(user(C, "uv.toml", "acme"),)))

    assert lib(PROJECT + tables) == NOWHERE
    assert lib(PROJECT + tables, named) == (B,)
    assert lib(PROJECT + tables, explicit) == (C,)
    # Of what comes from elsewhere in some environments, the rest comes from that index.
    elsewhere = "[tool.uv.sources]\nlib = [{index = 'acme'}, {path = '../lib'}]\n"
    assert lib(PROJECT + elsewhere, named) == (B,)
    assert lib(PROJECT + "[tool.uv.sources]\nlib = [{index = 'acme', ", named) == SkipReason.INCOMPLETE


def test_a_lock_of_uv_is_asked_of_the_registry_that_it_records() -> None:
    lock = (
        "version = 1\n[[package]]\nname = 'lib'\nversion = '1'\nsource = {registry = 'https://a.example/simple'}\n"
        "[[package]]\nname = 'other'\nversion = '1'\n"
    )
    assert ways("uv-lock", lock, UV_SETTINGS) == {
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
        # Before priorities.
        (table(POETRY, "a", A, "default = true"), (A,)),
        (table(POETRY, "a", A, "secondary = true"), (A, PUBLIC)),
        (table(POETRY, "a", A, "priority = 'default'"), (A,)),
        (table(POETRY, "a", A, "priority = 'secondary'"), (A, PUBLIC)),
    ],
)
def test_poetry_asks_its_sources_by_their_priorities(tables: str, indexes: tuple[str, ...]) -> None:
    assert lib(POETRY_PROJECT + tables) == indexes
    assert lib(PROJECT + tables) == indexes
    # What the user tells pip and uv is nothing to Poetry.
    assert lib(POETRY_PROJECT + tables, UV_SETTINGS) == indexes


def test_a_name_that_poetry_pins_to_the_default_index_is_asked_there_alone() -> None:
    pinned = "[tool.poetry.dependencies]\nlib = {version = '*', source = 'pypi'}\n"

    assert lib(pinned + table(POETRY, "a", A)) == (PUBLIC,)
    assert lib(PROJECT + pinned + table(POETRY, "a", A), network=CHOSEN) == (OURS,)


def test_while_a_source_of_poetry_is_being_typed_names_stay_at_home() -> None:
    assert lib(POETRY_PROJECT + "[[tool.poetry.source]]\nname = 'acme'\nurl = 'https://acme") == NOWHERE
    assert lib(POETRY_PROJECT + "[[tool.poetry.source]]\nname = 'acme'\npriority = 'explicit'\n") == (PUBLIC,)


def test_a_lock_of_poetry_records_every_source_but_the_default_index() -> None:
    lock = (
        "[[package]]\nname = 'lib'\nversion = '1'\n[package.source]\ntype = 'legacy'\nurl = 'https://a.example/simple'\n"
        "[[package]]\nname = 'other'\nversion = '1'\n"
    )
    assert ways("poetry-lock", lock, UV_SETTINGS) == {"lib": (A,), "other": (PUBLIC,)}


def test_what_is_half_typed_is_asked_for_by_no_way_and_told_so() -> None:
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
def test_rye_asks_its_sources_beside_the_default_index(tables: str, indexes: Way) -> None:
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
def test_pdm_asks_its_sources_and_keeps_to_what_they_include(tables: str, indexes: Way) -> None:
    assert lib(PROJECT + tables) == indexes


def test_two_names_of_a_project_of_pdm_may_go_two_ways() -> None:
    text = PROJECT.replace("'lib'", "'lib', 'acme-web'") + table(PDM, "a", A, "include_packages = ['acme-*']")
    found = ways("pyproject", text + table(PDM, "pypi", B))

    assert found == {"lib": (A, B), "acme-web": (A,)}


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
def test_pipenv_asks_its_first_source(text: str, indexes: Way) -> None:
    assert lib(text + PACKAGES, file_format="pipfile") == indexes
    assert lib(text + PACKAGES, UV_SETTINGS, file_format="pipfile") == indexes


def test_pipenv_goes_to_its_mirror_instead_of_the_default_index() -> None:
    mirror = InstallerSettings(pipenv_mirror=user(D, "PIPENV_PYPI_MIRROR"))
    text = table("source", "pypi", PUBLIC) + table("source", "b", B) + PACKAGES
    sources = f'{{"_meta": {{"sources": [{{"name": "p", "url": "{PUBLIC}"}}]}}'
    lock = sources + ', "default": {"lib": {"version": "==1"}}}'

    assert ways("pipfile", text, mirror) == {"lib": (D,), "pinned": (B,)}
    assert lib(PACKAGES, mirror, file_format="pipfile") == (D,)
    assert lib(PACKAGES, mirror, CHOSEN, file_format="pipfile") == (OURS,)
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
        # What the workspace requires is installed in every environment.
        (BOTH + f"[feature.gpu.pypi-options]\nindex-url = '{C}'\n", (C, PUBLIC)),
        (BOTH + f"[feature.gpu.pypi-options]\nindex-url = '{C}'\n[pypi-options]\nindex-url = '{A}'\n", (C, A)),
        (BOTH + "[pypi-options]\nindex-url = ''\n", SkipReason.NO_INDEX),
        ("[pypi-dependencies]\nlib = {version = '*', index = 'https://d.example/simple'}\n", (D,)),
    ],
)
def test_pixi_asks_by_workspace_and_feature(text: str, indexes: Way) -> None:
    assert lib(text, file_format="pixi-toml") == indexes
    in_pyproject = text.replace("[pypi", "[tool.pixi.pypi").replace("[feature", "[tool.pixi.feature")
    assert lib(in_pyproject) == indexes


# --- files of nobody in particular ------------------------------------------------------------------------------------

PIP, PIP_EXTRA, UVS, UVS_EXTRA = (f"https://{one}.example/simple/" for one in ("pip", "pip-extra", "uv", "uv-extra"))


def told(*, pip: str = "", pip_extra: str = "", uv: str = "", uv_extra: str = "", file: str = "") -> InstallerSettings:
    return InstallerSettings(
        PipSettings(user(pip, "PIP_INDEX_URL") if pip else None, (user(pip_extra),) if pip_extra else ()),
        UvSettings(
            user(uv, "UV_DEFAULT_INDEX") if uv else None,
            (user(uv_extra),) if uv_extra else (),
            file_default=user(file) if file else None,
        ),
    )


@pytest.mark.parametrize(
    ("text", "settings", "indexes"),
    [
        ("lib", told(), (PUBLIC,)),
        ("lib", told(pip=PIP), (PIP,)),
        ("lib", told(uv=UVS), (UVS,)),
        ("lib", told(file=UVS), (UVS,)),
        ("lib", told(uv=UVS, file=A), (UVS,)),
        # Where the two disagree: the one that is not the default index, else both.
        ("lib", told(pip=PUBLIC, uv=UVS), (UVS,)),
        ("lib", told(pip=PIP, uv=PUBLIC), (PIP,)),
        ("lib", told(pip=PIP, uv=UVS), (UVS, PIP)),
        ("lib", told(pip=PUBLIC), (PUBLIC,)),
        ("lib", told(pip_extra=PIP_EXTRA, uv_extra=UVS_EXTRA), (UVS_EXTRA, PIP_EXTRA, PUBLIC)),
        # What the file says.
        (f"-i {A}\nlib", told(pip=PIP), (A,)),
        (f"-i {A}\nlib", told(pip=PIP, pip_extra=PIP_EXTRA, uv=UVS, uv_extra=UVS_EXTRA), (UVS_EXTRA, A)),
        (f"--extra-index-url {A}\nlib", told(pip=PIP, pip_extra=PIP_EXTRA), (PIP_EXTRA, A, PIP)),
        # pip would forget the extra index, and uv keep it; nobody is asked in public first.
        (f"--extra-index-url {A}\n-i {B}\nlib", told(), (A, B)),
        (f"--extra-index-url {A}\n-i {PUBLIC}\nlib", told(), (A, PUBLIC)),
        (f"-i {PUBLIC}\nlib", told(pip_extra=PIP_EXTRA), (PIP_EXTRA, PUBLIC)),
        (f"-i {PUBLIC}\nlib", told(uv=UVS), (UVS,)),
        (f"-i {PUBLIC}\nlib", told(pip=PIP), (PUBLIC,)),
        # A public extra index waits for the private main one.
        (f"-i {A}\n--extra-index-url {PUBLIC}\nlib", told(), (A, PUBLIC)),
        ("--no-index\nlib", told(pip=PIP), NOWHERE),
        ("--no-index\n--find-links https://files.example/\nlib", told(), NOWHERE),
        ("--find-links https://files.example/\nlib", told(), (PUBLIC,)),
    ],
)
def test_a_requirements_file_is_asked_as_pip_and_uv_would(text: str, settings: InstallerSettings, indexes: Way) -> None:
    assert lib(text, settings, file_format="requirements") == indexes


@pytest.mark.parametrize("settings", [PipSettings(no_index="PIP_NO_INDEX"), UvSettings(no_index="UV_NO_INDEX")])
def test_nobody_is_asked_where_the_user_forbids_it(settings: PipSettings | UvSettings) -> None:
    told_off = InstallerSettings(pip=settings) if isinstance(settings, PipSettings) else InstallerSettings(uv=settings)
    assert lib("lib", told_off, file_format="requirements") == NOWHERE
    assert lib(f"-i {A}\nlib", told_off, file_format="requirements") == NOWHERE
    # Our own word is about us.
    assert lib("lib", told_off, CHOSEN, file_format="requirements") == (OURS,)
    assert lib(f"-i {A}\nlib", told_off, CHOSEN, file_format="requirements") == NOWHERE


def test_our_own_index_comes_before_what_installers_are_told_but_not_before_their_extra_ones() -> None:
    settings = told(pip=PIP, pip_extra=PIP_EXTRA, uv=UVS)

    assert lib("lib", settings, CHOSEN, file_format="requirements") == (PIP_EXTRA, OURS)


@pytest.mark.parametrize(
    "text",
    [
        PROJECT,
        PROJECT + "[tool.hatch]\n",
        PROJECT + "[tool.poetry]\nname = 'x'\n",
        "[tool.hatch.envs.x]\ndependencies = ['lib']\n",
    ],
)
def test_a_project_whose_tools_name_no_index_belongs_to_all_installers(text: str) -> None:
    assert lib(text, told(pip=PIP)) == (PIP,)


# --- several tools in one file ----------------------------------------------------------------------------------------


def test_the_indexes_of_all_tools_of_a_file_are_asked_about_its_standard_tables() -> None:
    text = (
        PROJECT
        + table(UV, "a", A)
        + table(POETRY, "b", B, "priority = 'supplemental'")
        + "[tool.poetry.group.x.dependencies]\nmine = '*'\n[tool.uv]\ndev-dependencies = ['theirs']\n"
    )
    assert ways("pyproject", text) == {"lib": (A, B, PUBLIC), "mine": (B, PUBLIC), "theirs": (A, PUBLIC)}


def test_the_default_index_yields_to_the_main_index_of_another_tool() -> None:
    assert lib(PROJECT + table(UV, "a", A) + table(POETRY, "b", B)) == (A, B)
    assert lib(PROJECT + table(UV, "a", A) + "[[tool.poetry.source]]\nname = 'b'\nurl = 'https://") == NOWHERE


# --- indexes that cannot be asked -------------------------------------------------------------------------------------


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
@pytest.mark.parametrize("network", [NetworkSettings(), CHOSEN])
def test_an_extra_index_that_cannot_be_asked_keeps_names_from_the_default_one(
    file_format: str, text: str, address: str, network: NetworkSettings
) -> None:
    assert ways(file_format, text.format(address), network=network) == {"acme-web": SkipReason.NO_INDEX}


def test_an_extra_index_that_cannot_be_asked_keeps_no_name_from_home() -> None:
    assert ways("requirements", f"-i {A}\n--extra-index-url file:///srv/simple\nlib\n") == {"lib": (A,)}


def test_files_that_pip_is_told_to_search_by_its_user_are_passed_over() -> None:
    for address, way in (("file:///srv/simple", (PUBLIC,)), ("htps://home.example", SkipReason.NO_INDEX)):
        settings = InstallerSettings(pip=PipSettings(extra=(user(address),)))
        assert ways("requirements", "lib\n", settings) == {"lib": way}
        settings = InstallerSettings(uv=UvSettings(extra=(user(address),)))
        assert ways("requirements", "lib\n", settings) == {"lib": SkipReason.NO_INDEX}


# --- what may name an index, and cannot be read -----------------------------------------------------------------------


@pytest.mark.parametrize("network", [NetworkSettings(), CHOSEN])
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
def test_a_slip_where_the_index_is_named_keeps_names_from_the_default_one(
    file_format: str, text: str, network: NetworkSettings
) -> None:
    assert ways(file_format, text, network=network) == {"acme-web": SkipReason.NO_INDEX}


def test_a_slip_elsewhere_keeps_no_name_from_its_index() -> None:
    assert ways("requirements", f"-i {A}\n--indexurl x\nlib\n") == {"lib": (A,)}
    assert ways("requirements", "--wrong\nlib\n") == {"lib": (PUBLIC,)}
    assert lib(PROJECT + "[tool.x]\ny = z\n") == (PUBLIC,)


@pytest.mark.parametrize("network", [NetworkSettings(), CHOSEN])
def test_no_index_of_uv_lets_nobody_be_asked(network: NetworkSettings) -> None:
    assert lib(PROJECT + table(UV, "a", A) + "[tool.uv]\nno-index = true\n", network=network) == NOWHERE
    script = "# /// script\n# dependencies = ['lib']\n# [tool.uv]\n# no-index = true\n# ///\n"
    assert ways("script", script, network=network) == {"lib": NOWHERE}


def test_no_index_of_uv_that_is_off_changes_nothing() -> None:
    assert lib(PROJECT + table(UV, "a", A) + "[tool.uv]\nno-index = false\n") == (A, PUBLIC)


def test_what_is_said_to_uv_pip_holds_for_no_project() -> None:
    assert lib(PROJECT + f"[tool.uv.pip]\nindex-url = '{A}'\nno-index = true\n") == (PUBLIC,)


def test_a_table_of_uv_without_indexes_leaves_the_home_that_pip_was_told() -> None:
    settings = InstallerSettings(pip=PipSettings(default=user(A), extra=(user(B),)))
    assert lib(PROJECT + "[tool.uv]\n", settings) == (B, A)
    assert lib("[tool.uv]\ndev-dependencies = ['lib']\n", settings) == (PUBLIC,)
