"""``--policy base``: a change is checked with the configuration of its base."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.added import OFFLINE, Workshop, lines, toml, workshop

IGNORE = '[ignore]\nold-a = { rules = ["archived"], reason = "until #812" }\n'


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    """Return a repository that contains a configuration and nothing else."""
    return workshop(tmp_path)


@pytest.mark.parametrize(
    ("path", "weaker"),
    [
        ("mothball.toml", OFFLINE + IGNORE),
        ("mothball.toml", OFFLINE + 'exclude = ["*"]\n'),
        ("mothball.toml", OFFLINE + '[severity]\narchived = "off"\n'),
        ("mothball.toml", "not toml"),
        ("sub/mothball.toml", '[severity]\narchived = "off"\n'),
        ("sub/pyproject.toml", '[tool.mothball.severity]\narchived = "off"\n'),
    ],
)
@pytest.mark.parametrize("range_options", [("--since",), ("--to-ref", "HEAD", "--from-ref")])
def test_a_change_cannot_weaken_the_policy_that_it_is_checked_with(
    shop: Workshop, path: str, weaker: str, range_options: tuple[str, ...]
) -> None:
    base = shop.git("rev-parse", "HEAD")
    shop.commit({path: weaker, "sub/requirements.txt": lines("old-a")})
    result = shop.check(*range_options, base, "--policy", "base")
    assert result.code == 1
    assert "sub/requirements.txt:1:1: error[archived] old-a is archived" in result.out


def test_ignores_of_the_base_apply(shop: Workshop) -> None:
    base = shop.commit({"mothball.toml": OFFLINE + IGNORE})
    shop.commit({"requirements.txt": lines("old-a")})
    assert shop.check("--since", base, "--policy", "base").code == 0


def test_the_suggested_ignore_is_accepted_after_it_is_merged(shop: Workshop) -> None:
    base = shop.git("rev-parse", "HEAD")
    shop.commit({"requirements.txt": lines("old-a")})
    remedies = shop.check("--since", base, "--policy", "base").out.partition("what to do\n")[2]
    assert "# mothball: ignore" not in remedies
    assert remedies.endswith("  settings and ignores of this change do not apply (`--policy base`): merge them first\n")
    pasted = "".join(line for line in remedies.splitlines(keepends=True) if line.startswith("      "))
    shop.git("reset", "--quiet", "--hard", base)
    merged = shop.commit({"mothball.toml": OFFLINE + pasted.replace("WHY", "until #812")})
    shop.commit({"requirements.txt": lines("old-a")})
    assert shop.check("--since", merged, "--policy", "base").code == 0


def test_configuration_of_each_directory_comes_from_the_base(shop: Workshop) -> None:
    base = shop.commit({"sub/mothball.toml": OFFLINE.replace("statuses.json", "../statuses.json") + IGNORE})
    shop.commit({"sub/mothball.toml": "x = 1\n", "sub/requirements.txt": lines("old-a")})
    result = shop.check("--since", base, "--policy", "base")
    assert result.code == 0
    assert "sub/mothball.toml: note: the change configures mothball: " in result.out


def test_changed_settings_and_new_ignore_comments_are_listed(shop: Workshop) -> None:
    base = shop.git("rev-parse", "HEAD")
    settings = OFFLINE.replace("offline = true\n", "") + '[severity]\narchived = "off"\n' + IGNORE
    comment = "old-a  # mothball: ignore[archived] accepted\n"
    shop.commit({"mothball.toml": settings, "requirements.txt": comment})
    result = shop.check("--since", base, "--policy", "base")
    assert result.code == 1
    keys = "`ignore.old-a` added, `offline` removed, `severity.archived` added"
    assert f"mothball.toml: note: the change configures mothball: {keys}\n" in result.out
    assert "requirements.txt:1:8: note: ignore comment not applied: ignore[archived] for old-a\n" in result.out


@pytest.mark.parametrize(
    ("files", "set_by"),
    [
        (
            {"uv.toml": '[[index]]\nurl = "https://new.example/simple"\n', "pyproject.toml": toml("old-a")},
            "[[tool.uv.index]] in uv.toml:2",
        ),
        (
            {"pyproject.toml": toml("old-a") + '[[tool.uv.index]]\nurl = "https://new.example/simple"\n'},
            "[[tool.uv.index]] in pyproject.toml:8",
        ),
        (
            {"requirements.txt": "-i https://new.example/simple\nold-a\n"},
            "`--index-url` in requirements.txt:1",
        ),
    ],
)
def test_an_index_that_the_change_adds_is_listed(shop: Workshop, files: dict[str, str], set_by: str) -> None:
    base = shop.git("rev-parse", "HEAD")
    shop.commit(files)
    result = shop.check("--since", base, "--policy", "base")
    note = f"note: the change adds the index https://new.example/simple/ ({set_by}), which states the status of old-a\n"
    assert (result.code, result.out.count(note)) == (1, 1)


def test_indexes_of_the_base_and_of_the_user_are_not_listed(shop: Workshop) -> None:
    base = shop.commit({"requirements.txt": "-i https://old.example/simple/\n"})
    shop.commit({"requirements.txt": "-i https://old.example/simple/\nold-a\n", "uv.toml": "offline = true\n"})
    result = shop.check("--since", base, "--policy", "base")
    assert (result.code, "note: the change" in result.out) == (1, False)


def test_a_change_without_policy_changes_has_no_note(shop: Workshop) -> None:
    base = shop.commit({"pyproject.toml": '[project]\nname = "shop"\n'})
    shop.commit({"pyproject.toml": '[project]\nname = "shop"\ndependencies = ["good-a"]\n'})
    result = shop.check("--since", base, "--policy", "base")
    assert (result.code, "note:" in result.out) == (0, False)


def test_the_default_is_the_policy_of_the_target(shop: Workshop) -> None:
    base = shop.git("rev-parse", "HEAD")
    shop.commit({"mothball.toml": OFFLINE + IGNORE, "requirements.txt": lines("old-a")})
    assert shop.check("--since", base).code == 0
    assert shop.check("--since", base, "--policy", "target").code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--policy", "base"), "--policy base requires the base of the change"),
        (("--policy", "base", "--since", "HEAD", "--config", "mothball.toml"), "cannot be combined with --config"),
    ],
)
def test_invalid_combinations_are_usage_errors(shop: Workshop, arguments: tuple[str, ...], message: str) -> None:
    result = shop.check(*arguments)
    assert (result.code, message in result.err) == (2, True)
