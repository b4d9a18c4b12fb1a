"""Ways to add an archived project: each is rejected, reported, or documented as not covered."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.added import Workshop, lines, workshop
from tests.support.adversarial import SILENT, Attempts, Checked, Outcome, Way, attempts
from tests.tables.adversarial import ONE_COMMIT, THROUGH_HOOK_RUNNERS, WAYS
from tests.tables.adversarial_changes import TWO_COMMITS
from tests.tables.adversarial_git import GIT_WAYS

NUMBERED = list(enumerate(WAYS))
EXIT_CODES = {Outcome.REJECTED: 1, Outcome.UNREADABLE: 2, Outcome.UNRESOLVABLE: 3, Outcome.UNVERIFIED: 3}
# What the user reads in place of the name in a message: control characters are shown as spaces.
UNSAFE = r"[\x00-\x1f]"


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Attempts:
    return attempts(tmp_path_factory.mktemp("ways"), WAYS)


def test_there_are_enough_ways_with_titles_of_their_own() -> None:
    assert len(ONE_COMMIT) >= 250
    assert len(TWO_COMMITS) >= 20
    assert len(THROUGH_HOOK_RUNNERS) >= 20
    assert [title for title, count in Counter(way.title for way in WAYS).items() if count > 1] == []


def test_silent_ways_have_a_remedy() -> None:
    assert [way.title for way in WAYS if way.is_silent != bool(way.remedy)] == []


@pytest.mark.parametrize(("number", "way"), NUMBERED, ids=[way.title for way in WAYS])
def test_way_is_reported_as_documented(repository: Attempts, number: int, way: Way) -> None:
    last = len(way.changes)
    in_hook, in_ci = repository.run_hook(number, way, last), repository.run_ci(number, way)
    assert (in_hook.outcome, in_ci.outcome) == (way.hook, way.ci), in_hook.output + in_ci.output
    for checked in (in_hook, in_ci):
        expect_message(checked, way.place)
    if last == 2:
        assert repository.run_hook(number, way, 1).outcome == way.first


@pytest.mark.parametrize(("title", "stage"), GIT_WAYS, ids=[title for title, _ in GIT_WAYS])
def test_state_of_the_repository_hides_nothing(tmp_path: Path, title: str, stage: Callable[[Workshop], object]) -> None:
    shop = workshop(tmp_path)
    shop.commit({"requirements.txt": lines("good-a")})
    stage(shop)
    result = shop.check()
    assert (result.code, "error[archived] old-a is archived" in result.out) == (1, True), (title, result)


def expect_message(checked: Checked, place: str) -> None:
    """Check the exit code, and that a finding names the file and a remedy."""
    if checked.outcome in SILENT:
        return
    assert checked.code == EXIT_CODES.get(checked.outcome, 0)
    if checked.outcome is not Outcome.SKIPPED:
        shown = re.escape(re.sub(UNSAFE, " ", place))
        assert re.search(rf"(?m)^(?:note: )?(?:\./)?{shown}(?::\d+:\d+:|:| ) ?\S", checked.output), checked.output
        assert re.search(r"= help: |^help\[|^what to do|ignored\[", checked.output, re.MULTILINE), checked.output
