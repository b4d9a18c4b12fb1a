"""Which reason a name is skipped for: the order of precedence of ``Router.explain``."""

from __future__ import annotations

import pytest

from mothball.config.project import NetworkSettings
from mothball.model.document import Dependency, DependencyKind, SkipReason, Span
from mothball.model.lookup import Skipped
from mothball.routing.facts import NO_FACTS, LocalName, LookupFacts, group_by_name
from mothball.routing.route import DeclaredIndexes, IndexRoute, Router

LOCAL = LookupFacts(group_by_name([LocalName("lib", SkipReason.SELF), LocalName("lib", SkipReason.EDITABLE)]))
MEMBER = LookupFacts(group_by_name([LocalName("lib", SkipReason.WORKSPACE, ("project.", "tool.uv."))]))
PRIVATE = NetworkSettings(private=("lib",))


def dependency(reason: SkipReason | None = None, section: str = "", **fields: object) -> Dependency:
    return Dependency("lib", Span(0, 1), Span(0, 1), skip_reason=reason, section=section)._replace(**fields)  # type: ignore[arg-type] # fields of Dependency


@pytest.mark.parametrize(
    ("entry", "facts", "network", "reason"),
    [
        (dependency(), NO_FACTS, NetworkSettings(), None),
        # The text of the entry takes precedence over local projects, these over `private`.
        (dependency(SkipReason.URL), LOCAL, PRIVATE, SkipReason.URL),
        (dependency(SkipReason.NO_INDEX), LOCAL, PRIVATE, SkipReason.NO_INDEX),
        (dependency(), LOCAL, PRIVATE, SkipReason.SELF),
        (dependency(index_url="https://a.example/"), LOCAL, PRIVATE, SkipReason.SELF),
        (dependency(index_name="pypi"), LOCAL, PRIVATE, SkipReason.SELF),
        (dependency(), NO_FACTS, PRIVATE, SkipReason.PRIVATE),
        # A tool installs workspace members only in its own sections.
        (dependency(section="project.dependencies"), MEMBER, PRIVATE, SkipReason.WORKSPACE),
        (dependency(section="tool.poetry.dependencies"), MEMBER, PRIVATE, SkipReason.PRIVATE),
        # A lock records the source of each package.
        (dependency(kind=DependencyKind.LOCKED), LOCAL, NetworkSettings(), None),
    ],
)
def test_first_reason_applies(
    entry: Dependency, facts: LookupFacts, network: NetworkSettings, reason: SkipReason | None
) -> None:
    router = Router(DeclaredIndexes("requirements"), network, facts)

    other = entry._replace(name="other", skip_reason=None, index_name="")
    assert [router.route(entry), router.explain(entry).route] == router.routes([entry, entry])
    assert router.routes([other, entry])[1] == router.route(entry)
    assert isinstance(router.routes([entry, other])[1], IndexRoute)
    if reason is None:
        assert isinstance(router.route(entry), IndexRoute)
    else:
        assert router.route(entry) == Skipped(reason)
