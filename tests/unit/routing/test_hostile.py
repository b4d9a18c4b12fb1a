"""Hostile configuration files: only mothball's exceptions, linear time, no leaked names or credentials.

Covers all readers of index settings: tool tables, options, uv.toml, pip.conf, mothball's configuration.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mothball.config.keys import read_config, read_user_config
from mothball.config.project import DEFAULT_INDEX, DEFAULT_INDEX_HOSTS, NetworkSettings
from mothball.config.user_settings import InstallerSettings, PipSettings, UserIndex, UvSettings
from mothball.discovery.installer_settings import read_installers
from mothball.formats.manifests.tool_uv import read_uv_toml, root_sources
from mothball.formats.table import parse
from mothball.formats.toml.scanner import scan
from mothball.formats.toml.values import to_mapping
from mothball.model.errors import ConfigError, UnreadableFileError
from mothball.model.results import Skipped
from mothball.model.sanitize import one_line
from mothball.routing.route import MAX_INDEXES, DeclaredIndexes, IndexRoute, Router, credential_locations
from tests.support.routing import user_index, with_installers
from tests.support.timing import least_seconds

URLS = [
    "https://home.example/simple/",
    "https://user:pw@home.example/simple?token=x",
    "https://${TOKEN}@home.example/simple",
    "https://${HOST}/simple",
    "$HOST",
    DEFAULT_INDEX,
    DEFAULT_INDEX.upper(),
    "http://10.0.0.1/",
    "file:///srv",
    "//x",
    "",
    "\u202ehttps://x.example/\x00",
    "https://[::1",
    "https://a.example\\@b.example/",
]
VALUES = st.sampled_from(URLS)
QUOTED = VALUES.map(lambda url: f"'{url}'") | st.sampled_from(["true", "1", "[]", "{}", "'https://half", "[['x']]", ""])
KEYS = st.sampled_from(
    [
        *("name", "url", "explicit", "default", "priority", "secondary", "type", "format", "include_packages"),
        *("exclude_packages", "index-url", "extra-index-url", "extra-index-urls", "install_search_all_sources"),
        *("acme-web", "lib", "index", "marker", "source", "workspace", "version"),
    ]
)
HEADERS = st.sampled_from(
    [
        *("[[tool.uv.index]]", "[tool.uv]", "[tool.uv.sources]", "[tool.uv.workspace]", "[[tool.poetry.source]]"),
        *(
            "[tool.poetry.dependencies]",
            "[[tool.pdm.source]]",
            "[tool.pixi.pypi-options]",
            "[tool.pixi.pypi-dependencies]",
        ),
        *(
            "[tool.pixi.feature.x.pypi-options]",
            "[project]",
            "[tool.uv.index]",
            "[[tool.uv]]",
            "[tool.pdm]\nsource = [",
        ),
        *("[[source]]", "[packages]", "[pipenv]", "[[index]]", "[pypi-options]", "[feature.x.pypi-dependencies]"),
    ]
)
LINES = st.one_of(
    HEADERS,
    st.builds("{} = {}".format, KEYS, QUOTED),
    st.builds("{} = {{index = {}, source = {}}}".format, KEYS, QUOTED, QUOTED),
    st.just("dependencies = ['acme-web', 'lib']"),
    st.builds("{} {}".format, st.sampled_from(["-i", "--extra-index-url", "--index-url=", "-f"]), VALUES),
    st.sampled_from(["--no-index", "acme-web", "lib==1", "]", "}", '"""', "<<<<<<< HEAD"]),
    st.text(max_size=12),
)
TEXTS = st.lists(LINES, max_size=14).map("\n".join)
FORMATS = st.sampled_from(
    [
        "pyproject",
        "pipfile",
        "pixi-toml",
        "requirements",
        "script",
        "uv-lock",
        "poetry-lock",
        "pdm-lock",
        "pylock",
        "pipfile-lock",
        "pixi-lock",
        "conda-lock",
    ]
)


def installer_settings(
    pip: UserIndex | None,
    pip_extra: list[UserIndex],
    uv: UserIndex | None,
    uv_indexes: list[UserIndex],
    mirror: UserIndex | None,
) -> InstallerSettings:
    return InstallerSettings(
        PipSettings(pip, tuple(pip_extra)),
        UvSettings(uv, tuple(uv_indexes)),
        mirror,
        {"TOKEN": "s3cret", "HOST": "home.example"},
    )


USER_INDEXES = st.builds(user_index, VALUES, st.just("VARIABLE"), st.sampled_from(["", "acme"]))
OPTIONAL_INDEX, INDEX_LIST = st.none() | USER_INDEXES, st.lists(USER_INDEXES, max_size=2)
SETTINGS = st.builds(installer_settings, OPTIONAL_INDEX, INDEX_LIST, OPTIONAL_INDEX, INDEX_LIST, OPTIONAL_INDEX)
PRIVATE = ("acme-*",)


@given(FORMATS, TEXTS, SETTINGS)
def test_private_names_and_credentials_never_leak(file_format: str, text: str, installers: InstallerSettings) -> None:
    document = parse(file_format, text)
    declared = DeclaredIndexes(document.format, document.tools, document.index_options, document.tool_indexes)
    for needs_consent in (False, True):
        network = NetworkSettings(private=PRIVATE, allow_local_indexes=not needs_consent)
        router = Router(declared, with_installers(network, installers))
        for dependency in document.dependencies:
            route = router.route(dependency)
            explanation = router.explain(dependency)
            assert explanation.route == route
            assert isinstance(route, IndexRoute | Skipped)
            if not isinstance(route, IndexRoute):
                continue
            assert 0 < len(route.urls) <= MAX_INDEXES
            private = any(fnmatchcase(dependency.name, pattern) for pattern in PRIVATE)
            for index in route.indexes:
                shown = one_line(f"{index.url} {index.set_by}")
                assert "s3cret" not in index.url
                assert "pw@" not in shown
                assert "$" not in index.url
                assert index.url.lower().startswith(("https://", "http://"))
                assert not (private and any(host in index.url.lower() for host in DEFAULT_INDEX_HOSTS))
                assert not (needs_consent and not index.is_user_setting and index.url.startswith("http:"))
    assert all("pw@" not in one_line(location) for location in credential_locations(declared, document.dependencies))


@given(TEXTS, TEXTS)
def test_workspace_root_with_any_content_is_read(member: str, root: str) -> None:
    names = [source.name for source in root_sources(member, root)]
    assert len(names) == len(set(names))


@given(TEXTS | st.text(max_size=60))
def test_uv_toml_with_any_content_is_read_or_reported(text: str) -> None:
    indexes, problem = read_uv_toml(text)
    assert all(index.tool == "uv" for index in indexes)
    assert problem is None or problem.message


INI = st.lists(
    st.one_of(
        st.sampled_from(["[global]", "[install]", "[global", "", "  ", "# x", "<<<<<<< HEAD"]),
        st.builds(
            "{}{}{}".format,
            st.sampled_from(["index-url", "extra-index-url", "no-index", "X"]),
            st.sampled_from(["=", ":", " "]),
            VALUES,
        ),
        VALUES.map("    {}".format),
        st.text(max_size=12),
    ),
    max_size=10,
).map("\n".join)


@given(
    INI.map(lambda text: text.encode("utf-8", "surrogatepass")) | st.binary(max_size=40), st.binary(max_size=40), VALUES
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_installer_configuration_with_any_content_is_read_or_unreadable(
    tmp_path: Path, pip: bytes, uv: bytes, url: str
) -> None:
    (tmp_path / "pip.conf").write_bytes(pip)
    (tmp_path / "uv.toml").write_bytes(uv)
    files = {"PIP_CONFIG_FILE": str(tmp_path / "pip.conf"), "UV_CONFIG_FILE": str(tmp_path / "uv.toml")}
    for variables in (
        files,
        {"PIP_CONFIG_FILE": "\0", "UV_CONFIG_FILE": "x" * 5000, "UV_INDEX": url, "PIP_INDEX_URL": url},
    ):
        with suppress(UnreadableFileError):
            read = read_installers({"XDG_CONFIG_DIRS": "/nowhere", **variables}, "linux")
            assert all(isinstance(index.url, str) for index in read.index_urls)


CONFIG_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | VALUES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=8) | st.sampled_from(["index-url", "private"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    st.dictionaries(
        st.sampled_from(["index-url", "status-index", "private", "trusted-hosts", "severity", "ignore", "max-age"]),
        CONFIG_VALUES,
        max_size=4,
    )
)
def test_config_errors_never_show_credentials(table: dict[str, object]) -> None:
    for read in (read_config, read_user_config):
        message = ""
        try:
            read(table)
        except ConfigError as error:
            message = str(error)
        assert "pw@" not in message
        assert "token=x" not in message


@given(st.lists(st.builds("{} = {}".format, KEYS, QUOTED) | st.text(max_size=10), max_size=8).map("\n".join))
def test_incomplete_config_is_scanned_without_crash(text: str) -> None:
    with suppress(ConfigError):
        read_config(to_mapping(scan(text)))


NAMES = "\n[project]\ndependencies = ['acme-web', 'lib']\n"
LONG: dict[str, tuple[str, Callable[[int], str]]] = {
    "indexes of uv": ("pyproject", lambda n: "[[tool.uv.index]]\nname = 'a'\nurl = 'https://a.example'\n" * n),
    "sources of pdm": ("pyproject", lambda n: "[[tool.pdm.source]]\nurl = 'a'\ninclude_packages = ['x*']\n" * n),
    "options": ("requirements", lambda n: "".join(f"--extra-index-url https://{i}.example\n" for i in range(n))),
    "sources": ("pyproject", lambda n: "[tool.uv.sources]\n" + "".join(f"a{i} = {{index = 'x'}}\n" for i in range(n))),
    "unterminated index URL": ("pyproject", lambda n: "[[tool.uv.index]]\nurl = 'https://" + "a" * 40 * n),
}  # fmt: skip


@pytest.mark.alone
@pytest.mark.parametrize("case", LONG)
def test_reading_and_routing_take_linear_time(case: str) -> None:
    file_format, text_of = LONG[case]

    def work(size: int) -> None:
        text = text_of(size) + ("acme-web\nlib\n" if file_format == "requirements" else NAMES)
        document = parse(file_format, text)
        declared = DeclaredIndexes(document.format, document.tools, document.index_options, document.tool_indexes)
        router = Router(declared, NetworkSettings(private=PRIVATE))
        for dependency in document.dependencies:
            router.explain(dependency)
        credential_locations(declared, document.dependencies)

    # Eight times the size: linear time is a factor of 8, quadratic 64.
    assert least_seconds(lambda: work(1600)) < 24 * least_seconds(lambda: work(200))
