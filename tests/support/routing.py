"""Route the names of a file from its text, without a disk."""

from __future__ import annotations

from mothball.config.installers import NO_SETTINGS, InstallerSettings, UserIndex
from mothball.config.project import DEFAULT_INDEX, NetworkSettings
from mothball.formats.table import parse
from mothball.model.document import Dependency, SkipReason
from mothball.routing.route import DeclaredIndexes, Explanation, IndexRoute, Router

A, B, C, D = (f"https://{letter}.example/simple/" for letter in "abcd")
PUBLIC = DEFAULT_INDEX
OURS = "https://ours.example/simple/"
CHOSEN = NetworkSettings(index_url=OURS, index_set_by="--index-url", is_user_index=True)

Way = tuple[str, ...] | SkipReason


def user(url: str, by: str = "VARIABLE", name: str = "") -> UserIndex:
    """Return an index from the user's settings."""
    return UserIndex(url, by, name)


def told(network: NetworkSettings, settings: InstallerSettings) -> NetworkSettings:
    """Return ``network`` with the installer ``settings`` of the user."""
    named = (*network.user_indexes, *(one.url for one in settings.index_urls))
    return network._replace(installers=settings, user_indexes=named)


def router_of(
    file_format: str, text: str, settings: InstallerSettings = NO_SETTINGS, network: NetworkSettings | None = None
) -> tuple[Router, tuple[Dependency, ...]]:
    """Return the router of a file that holds ``text``, and its dependencies."""
    document = parse(file_format, text)
    declared = DeclaredIndexes(document.format, document.tools, document.index_options, document.tool_indexes)
    return Router(declared, told(network or NetworkSettings(), settings)), document.dependencies


def ways(
    file_format: str, text: str, settings: InstallerSettings = NO_SETTINGS, network: NetworkSettings | None = None
) -> dict[str, Way]:
    """Return for each name the indexes that a check would query, or why it is skipped."""
    router, dependencies = router_of(file_format, text, settings, network)
    found: dict[str, Way] = {}
    for one in dependencies:
        route = router.route(one)
        found[one.name] = route.urls if isinstance(route, IndexRoute) else route.reason
    return found


def explained(
    file_format: str, text: str, settings: InstallerSettings = NO_SETTINGS, network: NetworkSettings | None = None
) -> Explanation:
    """Return the explanation for the first name of a file."""
    router, dependencies = router_of(file_format, text, settings, network)
    return router.explain(dependencies[0])
