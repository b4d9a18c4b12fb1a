"""Ordinary commits in repositories that already contain archived projects pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.added import STATUSES, Workshop, workshop
from tests.tables.ordinary_commits import ORDINARY, WITH_WARNINGS, OrdinaryCommit


def test_every_case_has_a_name_of_its_own() -> None:
    assert len({case for case, _ in ORDINARY}) == len(ORDINARY) >= 60


@pytest.mark.parametrize("commit", ORDINARY, ids=lambda commit: commit[0])
def test_ordinary_commit_passes(commit: OrdinaryCommit, tmp_path: Path) -> None:
    case, step = commit
    shop = workshop(tmp_path)
    start = step(shop)
    ways: list[tuple[str, ...]] = [()]
    if start:
        ways += [("--from-ref", start, "--to-ref", "HEAD"), ("--since", start)]
    for arguments in ways:
        expect_to_pass(shop, arguments, with_warnings=case in WITH_WARNINGS)
    if start is None:
        shop.commit()
        for arguments in (("--from-ref", "HEAD~1", "--to-ref", "HEAD"), ("--since", "HEAD~1")):
            expect_to_pass(shop, arguments, with_warnings=case in WITH_WARNINGS)


def expect_to_pass(shop: Workshop, arguments: tuple[str, ...], *, with_warnings: bool) -> None:
    result = shop.check(*arguments)
    assert (result.code, "error" in result.out + result.err) == (0, False), result.out
    names = {name for of_file in shop.added(*arguments).values() for name in of_file}
    assert with_warnings == any(STATUSES.get(name) == "archived" for name in names)
