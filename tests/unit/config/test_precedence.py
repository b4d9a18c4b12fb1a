"""Which of several settings of one key is effective."""

from __future__ import annotations

import pytest

from mothball.config.keys import PROJECT_KEYS, USER_KEYS
from mothball.config.project import Level, effective, is_combined

OVERRIDE, PROJECT, USER = Level.OVERRIDE, Level.PROJECT, Level.USER


@pytest.mark.parametrize("key", sorted(PROJECT_KEYS.keys() | USER_KEYS.keys()))
def test_command_line_and_environment_take_precedence(key: str) -> None:
    assert effective((key,), {OVERRIDE: "a", PROJECT: "b", USER: "c"}) == ("a", OVERRIDE)
    assert effective((key,), {USER: "c"}) == ("c", USER)
    assert effective((key,), {OVERRIDE: None, PROJECT: None}) == (None, None)


@pytest.mark.parametrize("key", sorted(PROJECT_KEYS.keys() & USER_KEYS.keys()))
def test_user_takes_precedence_where_it_concerns_the_users_connections(key: str) -> None:
    expected = ("user", USER) if key in ("offline", "status-index", "indexes") else ("project", PROJECT)
    assert effective((key,), {PROJECT: "project", USER: "user"}) == expected


@pytest.mark.parametrize(
    ("project", "user", "expected"),
    [
        (True, False, (True, PROJECT)),
        (False, True, (True, USER)),
        (False, False, (False, USER)),
        (True, True, (True, USER)),
        (None, False, (False, USER)),
    ],
)
def test_index_is_public_if_any_level_says_so(
    *, project: bool | None, user: bool, expected: tuple[bool, Level]
) -> None:
    key = ("indexes", "https://index.example/simple/", "public")
    assert effective(key, {PROJECT: project, USER: user}) == expected


def test_values_that_are_false_are_set() -> None:
    assert effective(("offline",), {PROJECT: True, USER: False}) == (False, USER)


def test_only_private_names_are_combined() -> None:
    assert [key for key in sorted(PROJECT_KEYS) if is_combined((key,))] == ["private"]
