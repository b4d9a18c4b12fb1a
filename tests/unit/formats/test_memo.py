"""Entries are cached between parses, with unchanged results and bounded memory."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mothball.formats.pep508 import MAX_CACHED, MAX_CACHED_LENGTH, dependency_at, parse_requirement
from mothball.formats.requirements.lines import has_only_hashes, read_options
from mothball.formats.table import parse
from mothball.model.document import Dependency, DependencyKind, SkipReason, Span, relocated
from tests.support.memory import forget, memories
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


@given(
    st.lists(
        st.tuples(texts(), st.sampled_from([DependencyKind.REQUIREMENT, DependencyKind.CONSTRAINT])),
        min_size=2,
        max_size=5,
    )
)
def test_cached_requirements_results_equal_uncached_results(inputs: list[tuple[str, DependencyKind]]) -> None:
    forget()
    documents = [parse("requirements", text, kind) for text, kind in inputs]
    for (text, kind), document in zip(inputs, documents, strict=True):
        forget()
        assert parse("requirements", text, kind) == document


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in SAMPLES.items() for text in texts])
def test_parsing_twice_gives_equal_documents(name: str, text: str) -> None:
    forget()
    first = parse(name, text)
    assert parse(name, text) == first
    # Appended text changes no names.
    moved = parse(name, text + "\n")
    assert [dependency.name for dependency in moved.dependencies] == [
        dependency.name for dependency in first.dependencies
    ]


@given(LINES, st.integers(0, 1000), st.sampled_from([None, SkipReason.SELF]))
def test_dependency_at_offset_has_shifted_spans(line: str, offset: int, skip_reason: SkipReason | None) -> None:
    entry = parse_requirement(line.strip())
    if isinstance(entry, Dependency):
        kind, section = DependencyKind.CONSTRAINT, "project.dependencies"
        shifted = relocated(entry, lambda start, end: Span(start + offset, end + offset))
        expected = shifted._replace(kind=kind, section=section, skip_reason=skip_reason)
        assert dependency_at(entry, offset, kind, section, skip_reason) == expected


@given(st.lists(st.sampled_from([HASH, "--hash=sha512:ab", "--hash", "=sha256:0", " ", "\t", "\x0c", "'", "\\", "-"])))
def test_only_valid_hashes_are_recognized_as_hashes(pieces: list[str]) -> None:
    line = f"old-lib {''.join(pieces)}"
    start = len("old-lib ")
    if has_only_hashes(line, start):
        options, error, _ = read_options(line, start)
        assert error is None
        assert {option.name for option in options} == {"--hash"}
    assert has_only_hashes(f"old-lib {HASH}  {HASH}", start)


def cached_count(module: str) -> int:
    """Return the number of entries cached by a module of formats."""
    return sum(
        memory.cache_info().currsize
        for name, memory in memories().items()
        if name.startswith(f"mothball.formats.{module}.")
    )


def project(entries: str) -> str:
    return f"[project]\nname = 'x'\ndependencies = [{entries}]\n"


def test_number_of_cached_entries_is_bounded() -> None:
    forget()
    for start in range(0, 2 * MAX_CACHED, 8192):
        names = [f"name-{start + number}" for number in range(8192)]
        parse("requirements", "\n".join(names))
        parse("pyproject", project(",".join(map(repr, names))))
    assert cached_count("requirements") == cached_count("pep508") == MAX_CACHED


def test_long_entries_are_not_cached() -> None:
    forget()
    names = [f"{'x' * MAX_CACHED_LENGTH}-{number}" for number in range(10)]
    parse("requirements", "\n".join(names))
    parse("pyproject", project(",".join(map(repr, names))))
    assert cached_count("requirements") == cached_count("pep508") == 0


def test_entry_is_cached_without_its_hashes() -> None:
    forget()
    text = "".join(f"name-{number}==1 \\\n    {HASH} \\\n    {HASH} \\\n    {HASH}\n" for number in range(10))
    assert len(parse("requirements", text).dependencies) == 10
    assert cached_count("requirements") == 10
