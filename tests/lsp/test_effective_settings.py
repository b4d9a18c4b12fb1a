"""Effective user settings: those of pip and uv apply, and local indexes need consent."""

from __future__ import annotations

import os
from pathlib import Path
from unittest import mock

import pytest

from mothball.config.project import ProjectConfig, resolve_network
from mothball.config.user_settings import UserIndexUrl
from mothball.lsp.settings import Environment, Settings, read_effective_settings
from mothball.model.document import Dependency, SkipReason, Span
from mothball.model.errors import UnreadableFileError
from mothball.model.results import Skipped
from mothball.routing.route import DeclaredIndexes, IndexRoute, Route, Router
from tests.support.cli import clean_environment

LOCAL = "http://127.0.0.1:8080/simple/"
ANY = Dependency("lib", Span(0, 0), Span(0, 0))


def routed(settings: Settings, config: ProjectConfig, home: Path, **variables: str) -> Route:
    with mock.patch.dict(os.environ, clean_environment(home, **variables), clear=True):
        side = read_effective_settings(settings, Environment())
    return Router(DeclaredIndexes("requirements"), resolve_network(config, side.user, side.overrides)).route(ANY)


def test_pip_settings_and_credentials_apply_in_the_editor(tmp_path: Path) -> None:
    address = "https://user:pw@a.example/simple/"
    route = routed(Settings(), ProjectConfig(), tmp_path, PIP_INDEX_URL=address)
    assert isinstance(route, IndexRoute)
    assert route.urls == ("https://a.example/simple/",)
    with mock.patch.dict(os.environ, clean_environment(tmp_path, PIP_INDEX_URL=address), clear=True):
        user = read_effective_settings(Settings(), Environment()).user
    assert user.credentials.index_urls == (UserIndexUrl(address, set_by="PIP_INDEX_URL", installer="pip"),)


def test_index_of_editor_settings_has_its_provenance(tmp_path: Path) -> None:
    route = routed(Settings(index_url="https://b.example/simple/"), ProjectConfig(), tmp_path)
    assert isinstance(route, IndexRoute)
    assert [index.set_by for index in route.indexes] == ["`indexUrl` in the editor settings"]


def test_local_index_of_the_repository_needs_user_consent(tmp_path: Path) -> None:
    project = ProjectConfig(index_url=LOCAL)
    without_consent = routed(Settings(), project, tmp_path, MOTHBALL_ALLOW_LOCAL_INDEXES="")
    assert isinstance(without_consent, Skipped)
    assert without_consent.reason is SkipReason.CONSENT
    for asked in (
        routed(Settings(allow_local_indexes=True), project, tmp_path),
        routed(Settings(trusted_hosts=("127.0.0.1:8080",)), project, tmp_path),
        routed(Settings(), project, tmp_path, UV_INDEX_URL=LOCAL),
        routed(Settings(index_url=LOCAL), ProjectConfig(), tmp_path),
    ):
        assert isinstance(asked, IndexRoute)
        assert asked.urls == (LOCAL,)


def test_invalid_pip_conf_is_reported_as_user_configuration(tmp_path: Path) -> None:
    (tmp_path / "pip.conf").write_text("[global\n")
    with pytest.raises(UnreadableFileError, match=r"pip\.conf"):
        routed(Settings(), ProjectConfig(), tmp_path, PIP_CONFIG_FILE=str(tmp_path / "pip.conf"))
