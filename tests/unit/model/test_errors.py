from __future__ import annotations

import pytest

from mothball.model.errors import (
    CacheError,
    ConfigError,
    GitError,
    MothballError,
    PageError,
    SnapshotError,
    UnreadableFileError,
    UsageError,
)

HOSTILE = "a\n::error::\x1b[2J\u202eb"
# Errors with their message and remedy.
CASES: list[tuple[MothballError, str, str]] = [
    (UsageError("no such command", help_text="see --help"), "no such command", "see --help"),
    (ConfigError("unknown key `x`", key=("x",), help_text="did you mean `y`?"), "unknown key `x`", "did you mean `y`?"),
    (UnreadableFileError("a/b.txt", "it is no file", help_text="give a file"), "a/b.txt: it is no file", "give a file"),
    (SnapshotError("it has no version", help_text="write a new one"), "it has no version", "write a new one"),
    (GitError("no base", detail="fatal", help_text="fetch it"), "no base: fatal", "fetch it"),
    (PageError("it is no project page"), "it is no project page", ""),
    (
        CacheError("/c", "it is full", help_text="use --no-cache"),
        "cache /c cannot be used: it is full",
        "use --no-cache",
    ),
]


def test_all_exceptions_are_covered() -> None:
    assert {type(error) for error, _, _ in CASES} == set(MothballError.__subclasses__())


@pytest.mark.parametrize(("error", "message", "remedy"), CASES, ids=lambda case: type(case).__name__)
def test_errors_have_a_message_and_a_remedy(error: MothballError, message: str, remedy: str) -> None:
    assert str(error) == message
    assert error.help == remedy


def test_errors_carry_their_fields() -> None:
    config = ConfigError("no", key=("a", "b"))
    file = UnreadableFileError("a/b.txt", "gone")
    cache = CacheError("somewhere", "full")
    assert (config.message, config.key, config.help) == ("no", ("a", "b"), "")
    assert (file.path, file.cause, file.help) == ("a/b.txt", "gone", "")
    assert (cache.args, cache.help) == (("somewhere", "full"), "")
    assert SnapshotError("damaged").args == ("damaged",)
    assert PageError("empty").args == ("empty",)


def test_snapshot_error_has_a_default_remedy() -> None:
    assert "mothball snapshot" in SnapshotError("damaged").help


def test_base_error_joins_its_arguments() -> None:
    assert str(MothballError("two", "parts")) == "two parts"


@pytest.mark.parametrize(
    "error",
    [
        MothballError(HOSTILE),
        UsageError(HOSTILE),
        ConfigError(HOSTILE),
        UnreadableFileError(HOSTILE, HOSTILE),
        SnapshotError(HOSTILE),
        PageError(HOSTILE),
        CacheError(HOSTILE, HOSTILE),
    ],
    ids=lambda error: type(error).__name__,
)
def test_untrusted_text_in_fields_is_sanitized(error: MothballError) -> None:
    message = str(error)
    assert "a ::error:: [2J b" in message
    assert message.isprintable()


def test_long_fields_are_truncated_in_the_message() -> None:
    assert len(str(UnreadableFileError("x" * 10_000, "y" * 10_000))) < 700
    assert len(str(ConfigError("x" * 10_000))) <= 300
