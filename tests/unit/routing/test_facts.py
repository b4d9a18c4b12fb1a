"""Which reason a name is skipped for: the order of precedence of ``Router.explain``."""

from __future__ import annotations

import pytest

from mothball.config.project import NetworkSettings
from mothball.model.document import Dependency, DependencyKind, SkipReason, Span
from mothball.model.results import Skipped
from mothball.routing.facts import NO_FACTS, LocalName, LookupFacts, group_by_name, saved_routing
from mothball.routing.route import DeclaredIndexes, IndexRoute, Router

LOCAL = LookupFacts(group_by_name([LocalName("lib", SkipReason.SELF), LocalName("lib", SkipReason.EDITABLE)]))
MEMBER = LookupFacts(group_by_name([LocalName("lib", SkipReason.WORKSPACE, ("project.", "tool.uv."))]))
FALSE_CLAIM = LookupFacts(false_claims=frozenset({("lib", SkipReason.PATH, "gone")}))
INHERITED = LookupFacts(inherited_pins={"lib": (None, (), "", SkipReason.VCS)})
PRIVATE = NetworkSettings(private=("lib",))


A, B = "https://a.example/simple/", "https://b.example/simple/"
UNKNOWN = LookupFacts(unknown_indexes=("`-r gone.txt` in requirements.txt:1",))


def saved_as(*saved: Dependency | LookupFacts) -> LookupFacts:
    """Return the facts of an unsaved text whose saved file has the given dependencies."""
    facts = next((facts for facts in saved if isinstance(facts, LookupFacts)), NO_FACTS)
    dependencies = [entry for entry in saved if isinstance(entry, Dependency)]
    return facts._replace(saved=saved_routing(dependencies, facts))


def dependency(reason: SkipReason | None = None, section: str = "", **fields: object) -> Dependency:
    return Dependency("lib", Span(0, 1), Span(0, 1), skip_reason=reason, section=section)._replace(**fields)  # type: ignore[arg-type] # fields of Dependency


@pytest.mark.parametrize(
    ("entry", "facts", "network", "reason"),
    [
        (dependency(), NO_FACTS, NetworkSettings(), None),
        # The text of the entry takes precedence over local projects, these over `private`.
        (dependency(SkipReason.URL), LOCAL, PRIVATE, SkipReason.URL),
        (dependency(SkipReason.NO_INDEX), LOCAL, PRIVATE, SkipReason.NO_INDEX),
        # An entry of a table of sources counts unless its local project is not there; then the others apply.
        (dependency(SkipReason.PATH, local_path="gone"), FALSE_CLAIM, NetworkSettings(), None),
        (dependency(SkipReason.PATH, local_path="there"), FALSE_CLAIM, NetworkSettings(), SkipReason.PATH),
        (dependency(SkipReason.PATH, local_path="gone"), FALSE_CLAIM, PRIVATE, SkipReason.PRIVATE),
        (
            dependency(SkipReason.PATH, local_path="gone"),
            FALSE_CLAIM._replace(local_names=LOCAL.local_names),
            NetworkSettings(),
            SkipReason.SELF,
        ),
        # The sources of the root of a workspace apply to entries that have none.
        (dependency(), INHERITED, NetworkSettings(), SkipReason.VCS),
        (dependency(SkipReason.URL), INHERITED, NetworkSettings(), SkipReason.URL),
        (dependency(), INHERITED._replace(local_names=LOCAL.local_names), NetworkSettings(), SkipReason.VCS),
        (dependency(), LOCAL, PRIVATE, SkipReason.SELF),
        (dependency(index_url="https://a.example/"), LOCAL, PRIVATE, SkipReason.SELF),
        (dependency(index_name="pypi"), LOCAL, PRIVATE, SkipReason.SELF),
        (dependency(), NO_FACTS, PRIVATE, SkipReason.PRIVATE),
        (dependency(), LookupFacts(private=("l*",)), NetworkSettings(), SkipReason.PRIVATE),
        # An unknown index takes precedence over `private`, and a pin over an unknown index.
        (dependency(), UNKNOWN, PRIVATE, SkipReason.UNKNOWN_INDEX),
        (dependency(index_url=A), UNKNOWN, PRIVATE, None),
        # Unsaved text: a new index, and a removed reason.
        (dependency(index_url=A), saved_as(dependency()), NetworkSettings(), None),
        (dependency(index_url=A), saved_as(dependency(), dependency(index_url=A)), NetworkSettings(), None),
        (dependency(index_url=A), saved_as(dependency(), dependency(index_url=B)), PRIVATE, SkipReason.UNSAVED),
        (dependency(), saved_as(dependency(SkipReason.URL)), NetworkSettings(), SkipReason.UNSAVED),
        (dependency(SkipReason.URL), saved_as(dependency(index_url=A)), PRIVATE, SkipReason.URL),
        (dependency(), saved_as(dependency(SkipReason.URL), LOCAL), PRIVATE, SkipReason.SELF),
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
    assert router.routes([other, entry, other]) == [router.route(other), router.route(entry), router.route(other)]
    if reason is None:
        assert isinstance(router.route(entry), IndexRoute)
    else:
        route = router.route(entry)
        assert isinstance(route, Skipped)
        assert route.reason is reason


def test_unknown_index_is_named() -> None:
    route = Router(DeclaredIndexes("requirements"), NetworkSettings(), UNKNOWN).route(dependency())
    detail = "`-r gone.txt` in requirements.txt:1 cannot be read and may name an index"
    assert route == Skipped(SkipReason.UNKNOWN_INDEX, detail)


@pytest.mark.parametrize("has_unsaved_indexes", [False, True])
def test_new_name_is_skipped_if_index_settings_are_unsaved(has_unsaved_indexes: bool) -> None:  # noqa: FBT001 - a parameter of the test
    facts = saved_as()._replace(has_unsaved_indexes=has_unsaved_indexes)
    route = Router(DeclaredIndexes("requirements"), NetworkSettings(), facts).route(dependency())
    assert (route == Skipped(SkipReason.UNSAVED)) is has_unsaved_indexes
