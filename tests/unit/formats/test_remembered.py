"""Entries that were read before are known again; that must never show, and never grow without bounds."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mothball.formats.pep508 import Entry, read_entry
from mothball.formats.recall import KEPT_TEXTS, MAX_KEPT_LENGTH, ROUND, Recall
from mothball.formats.requirements_options import are_hashes, read_options
from mothball.formats.table import parse
from mothball.model import Kind, Span, WithheldReason
from tests.support.memory import forget, recalls
from tests.support.samples import SAMPLES

HASH = f"--hash=sha256:{'0' * 64}"
LINES = st.sampled_from(
    [
        *("requests", "Old_Lib==1.0", " tired-lib [x] >=1 , <2 ; os_name == 'nt' ", "old-lib==1.0  # why"),
        *("old-lib==1.0 \\", HASH, f"old-lib==1.0 {HASH} {HASH}", f"old-lib==1.0 {HASH} --pre", "  --hash=md5:0"),
        *("a @ https://x.example/a.whl", "https://x.example/a.whl#egg=b", "./c", "${NAME}", "d==${VERSION}", "-e f"),
        *("==", "old-lib=", "old-lib==1.0 -", "--index-url https://index.example/", "-r other.txt", "<<<<<<<", ""),
        *("# mothball: ignore[archived] soon", "\\", "é", "old-lib==1.0\x0c", "acme; python_version"),
    ]
)
ENDS = st.sampled_from(["\n", "\n", "\n", "\r\n", "\r", ""])


@st.composite
def texts(draw: st.DrawFn) -> str:
    return "".join(draw(LINES) + draw(ENDS) for _ in range(draw(st.integers(1, 8))))


@given(st.lists(st.tuples(texts(), st.sampled_from([Kind.REQUIREMENT, Kind.CONSTRAINT])), min_size=2, max_size=5))
def test_a_requirements_file_says_the_same_whatever_was_read_before(read: list[tuple[str, Kind]]) -> None:
    forget()
    documents = [parse("requirements", text, kind) for text, kind in read]
    for (text, kind), document in zip(read, documents, strict=True):
        forget()
        assert parse("requirements", text, kind) == document


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in SAMPLES.items() for text in texts])
def test_every_format_says_the_same_when_it_is_read_again(name: str, text: str) -> None:
    forget()
    first = parse(name, text)
    assert parse(name, text) == first
    # Elsewhere in a file nothing changes but the places.
    moved = parse(name, text + "\n")
    assert [one.name for one in moved.dependencies] == [one.name for one in first.dependencies]


@given(LINES, st.integers(0, 1000), st.sampled_from([None, WithheldReason.SELF]))
def test_an_entry_is_put_where_its_text_begins(line: str, offset: int, withheld: WithheldReason | None) -> None:
    entry = read_entry(line.strip())
    if isinstance(entry, Entry):
        kind, section = Kind.CONSTRAINT, "project.dependencies"
        there = entry.placed(lambda start, end: Span(start + offset, end + offset), kind, section, withheld)
        assert entry.at(offset, kind, section, withheld) == there


@given(st.lists(st.sampled_from([HASH, "--hash=sha512:ab", "--hash", "=sha256:0", " ", "\t", "\x0c", "'", "\\", "-"])))
def test_what_is_passed_over_as_hashes_is_nothing_but_sound_hashes(pieces: list[str]) -> None:
    line = f"old-lib {''.join(pieces)}"
    start = len("old-lib ")
    if are_hashes(line, start):
        options, error = read_options(line, start)
        assert error is None
        assert {option.name for option in options} == {"--hash"}
    assert are_hashes(f"old-lib {HASH}  {HASH}", start)


def test_memories_are_bounded_and_hold_no_long_entries() -> None:
    forget()
    for start in range(0, 3 * KEPT_TEXTS, 1000):
        parse("requirements", "".join(f"name-{start + number}\n" for number in range(1000)))
        assert all(len(recall) <= 2 * KEPT_TEXTS for recall in recalls().values())
    assert any(recalls().values())

    forget()
    parse("requirements", "".join(f"{'x' * MAX_KEPT_LENGTH}-{number}\n" for number in range(100)))
    assert not any(recalls().values())


def upper(calls: list[str], text: str) -> str:
    calls.append(text)
    return text.upper()


def test_what_nobody_reads_any_more_is_let_go_of() -> None:
    calls: list[str] = []
    recall = Recall(partial(upper, calls))
    # Somebody types in a file of fifty lines; each version is another line.
    for version in range(1000):
        for number in range(50):
            assert recall.of(f"line {number}") == f"LINE {number}"
        recall.of(f"version {version}")
    assert len(calls) == 1050
    assert len(recall) <= 2 * (50 + ROUND // 50)


def test_what_is_read_in_turns_is_known_as_long_as_it_fits() -> None:
    calls: list[str] = []
    recall = Recall(partial(upper, calls))
    for _ in range(10):
        for number in range(KEPT_TEXTS - 1):
            recall.of(str(number))
    assert len(calls) == KEPT_TEXTS - 1


def test_that_there_is_nothing_to_say_is_asked_again() -> None:
    calls: list[str] = []
    recall = Recall(calls.append)
    assert recall.of("a") is recall.of("a") is None
    assert calls == ["a", "a"]
    assert len(recall) == 0


def test_a_line_is_known_by_its_entry_where_its_hashes_make_it_long() -> None:
    forget()
    text = "".join(f"name-{number}==1 \\\n    {HASH} \\\n    {HASH} \\\n    {HASH}\n" for number in range(10))
    assert len(parse("requirements", text).dependencies) == 10
    assert [len(recall) for recall in recalls().values() if recall] == [10]
