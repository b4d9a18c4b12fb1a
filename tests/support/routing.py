"""Route the names of a file from its text, without a disk."""

from __future__ import annotations

from mothball.config.project import DEFAULT_INDEX, NetworkSettings
from mothball.config.user_settings import NO_SETTINGS, InstallerSettings, UserIndex
from mothball.formats.table import parse
from mothball.model.document import Dependency, SkipReason
from mothball.routing.route import DeclaredIndexes, IndexRoute, Router

A, B, C, D = (f"https://{letter}.example/simple/" for letter in "abcd")
PUBLIC = DEFAULT_INDEX
CONFIGURED_URL = "https://ours.example/simple/"
CONFIGURED = NetworkSettings(index_url=CONFIGURED_URL, index_set_by="--index-url", is_user_index=True)

ExpectedRoute = tuple[str, ...] | SkipReason


def user_index(url: str, set_by: str = "VARIABLE", name: str = "") -> UserIndex:
    """Return an index from the user's settings."""
    return UserIndex(url, set_by, name)


def with_installers(network: NetworkSettings, settings: InstallerSettings) -> NetworkSettings:
    """Return ``network`` with the installer ``settings`` of the user."""
    user_indexes = (*network.user_indexes, *(index.url for index in settings.index_urls))
    return network._replace(installers=settings, user_indexes=user_indexes)


def router_for(
    file_format: str, text: str, settings: InstallerSettings = NO_SETTINGS, network: NetworkSettings | None = None
) -> tuple[Router, tuple[Dependency, ...]]:
    """Return the router of a file with the content ``text``, and its dependencies."""
    document = parse(file_format, text)
    declared = DeclaredIndexes(document.format, document.tools, document.index_options, document.tool_indexes)
    return Router(declared, with_installers(network or NetworkSettings(), settings)), document.dependencies


def routes_by_name(
    file_format: str, text: str, settings: InstallerSettings = NO_SETTINGS, network: NetworkSettings | None = None
) -> dict[str, ExpectedRoute]:
    """Return for each name the indexes that a check would query, or why it is skipped."""
    router, dependencies = router_for(file_format, text, settings, network)
    routes: dict[str, ExpectedRoute] = {}
    for dependency in dependencies:
        route = router.route(dependency)
        routes[dependency.name] = route.urls if isinstance(route, IndexRoute) else route.reason
    return routes
