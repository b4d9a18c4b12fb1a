"""Source overrides."""

from __future__ import annotations

import pytest

from mothball.formats.manifests.document import SourceOverride, apply_source_overrides
from mothball.model.document import Dependency, SkipReason, Span
from tests.support.timing import least_seconds

NOWHERE = Span(0, 1)


def outcome(section: str, *overrides: SourceOverride) -> SkipReason | None:
    (dependency,) = apply_source_overrides([Dependency("owl", NOWHERE, NOWHERE, section=section)], overrides)
    return dependency.skip_reason


def test_override_without_scope_applies_to_all_sections() -> None:
    everywhere = SourceOverride("owl", "", SkipReason.VCS)
    assert outcome("project.dependencies", everywhere) is SkipReason.VCS
    assert outcome("dependency-groups.a", everywhere) is SkipReason.VCS
    assert outcome("project.dependencies", SourceOverride("rook", "", SkipReason.VCS)) is None


def test_scope_is_compared_in_normalized_form() -> None:
    of_group = SourceOverride("owl", "dependency-groups.A_b", SkipReason.PATH)
    assert outcome("dependency-groups.a-B", of_group) is SkipReason.PATH
    assert outcome("dependency-groups.c", of_group) is None


def test_scope_may_cover_all_extras() -> None:
    of_extras = SourceOverride("owl", "project.optional-dependencies", SkipReason.PATH)
    assert outcome("project.optional-dependencies.a", of_extras) is SkipReason.PATH
    assert outcome("project.dependencies", of_extras) is None


def test_override_with_index_takes_precedence() -> None:
    direct, indexed = SourceOverride("owl", "", SkipReason.VCS), SourceOverride("owl", "project.dependencies", None)
    assert outcome("project.dependencies", direct, indexed) is None
    assert outcome("dependency-groups.a", direct, indexed) is SkipReason.VCS


def test_single_partial_override_does_not_skip_but_two_do() -> None:
    partial = SourceOverride("owl", "", SkipReason.VCS, is_partial=True)
    elsewhere = SourceOverride("owl", "project.dependencies", SkipReason.URL, is_partial=True)
    assert outcome("project.dependencies", partial) is None
    assert outcome("project.dependencies", partial, partial) is SkipReason.VCS
    assert outcome("project.dependencies", partial, elsewhere) is SkipReason.VCS
    assert outcome("dependency-groups.a", partial, elsewhere) is None


def test_skipped_dependency_is_unchanged() -> None:
    half = Dependency("owl", NOWHERE, NOWHERE, skip_reason=SkipReason.INCOMPLETE)
    assert list(apply_source_overrides([half], [SourceOverride("owl", "", SkipReason.VCS)])) == [half]


@pytest.mark.alone
def test_many_overrides_of_one_name_take_linear_time() -> None:
    def seconds(many: int) -> float:
        dependencies = [
            Dependency("owl", NOWHERE, NOWHERE, section=f"dependency-groups.g{number}") for number in range(many)
        ]
        return least_seconds(
            lambda: list(apply_source_overrides(dependencies, [SourceOverride("owl", "", SkipReason.VCS)] * many))
        )

    # Ten times as many of both: quadratic time would be a hundred times as long.
    assert seconds(20_000) < 50 * seconds(2_000)
