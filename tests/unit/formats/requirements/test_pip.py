"""Compare the requirements parser with pip, on written, generated and real files."""

from __future__ import annotations

import json
import os
import re
import tarfile
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from hypothesis import example, given
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from pip._vendor.packaging.requirements import Requirement as PipRequirement

from mothball.formats.requirements.document import parse
from mothball.formats.requirements.lines import LogicalLine, logical_lines
from mothball.formats.table import decode_source
from mothball.model.document import Dependency, DependencyKind, Document, LineIndex, SkipReason, normalize_name
from tests.support.requirements_pip import PipEntry, PipLine, read_with_pip
from tests.support.requirements_strategies import FILES

FROM_ELSEWHERE = {SkipReason.URL, SkipReason.VCS, SkipReason.PATH}
PIP_LINE_ENDS = re.compile("[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
ARCHIVES = (".zip", ".whl", ".tar", ".gz", ".bz2", ".xz", ".tgz", "]")


class LineContents:
    """The contents of a document on one logical line."""

    def __init__(self, line: LogicalLine, document: Document) -> None:
        self.line = line
        first, last = line.source(0), line.source(len(line.text) - 1)

        def here(item: Any) -> bool:
            start = (item.entry_span if isinstance(item, Dependency) else item.span).start
            return first <= start <= last

        self.dependencies = list(filter(here, document.dependencies))
        self.problems = list(filter(here, document.problems))
        self.includes = list(filter(here, document.includes))
        self.index_options = list(filter(here, document.index_options))


def check_against_pip(text: str) -> None:
    document = parse(text)
    actual = [LineContents(line, document) for line in logical_lines(text, [], [])]
    expected_by_pip = read_with_pip(text)
    assert [contents.line.text for contents in actual] == [line.text for line in expected_by_pip]
    for contents, line in zip(actual, expected_by_pip, strict=True):
        check_line(contents, line)


def check_line(actual: LineContents, expected_by_pip: PipLine) -> None:
    if expected_by_pip.options_refused:
        assert actual.problems, expected_by_pip
        return
    if expected_by_pip.entry is not None:
        check_entry(actual, expected_by_pip.entry)
        return
    assert not actual.problems, (expected_by_pip, actual.problems)
    if expected_by_pip.editable is not None:
        assert all(dependency.skip_reason is SkipReason.EDITABLE for dependency in actual.dependencies)
        return
    assert not actual.dependencies
    expected = (
        [(DependencyKind(expected_by_pip.include[0]), expected_by_pip.include[1])] if expected_by_pip.include else []
    )
    assert [(include.kind, include.target) for include in actual.includes] == expected
    options = [(option.name, option.value) for option in actual.index_options]
    # The last of several --index-url on a line takes effect.
    urls = [option for option in options if option[0] == "index-url"]
    kept = [option for option in options if option[0] != "index-url"] + urls[-1:]
    assert sorted(set(kept)) == sorted(set(expected_by_pip.index_options))


def versions_of_packaging_disagree(text: str) -> bool:
    """Return True if installed and vendored packaging disagree on whether ``text`` is a requirement.

    packaging 26.4 and 26.3, which pip 26.3 contains, differ in ``===`` among other specifiers and in no-break spaces.
    """
    return is_requirement(text, Requirement) != is_requirement(text, PipRequirement)


def is_requirement(text: str, read: Callable[[str], object]) -> bool:
    try:
        read(text)
    except (ValueError, SyntaxError):  # Before 26.0, packaging let the SyntaxError of a marker's string pass.
        return False
    return True


def check_entry(actual: LineContents, expected_by_pip: PipEntry) -> None:
    assert not actual.includes
    assert not actual.index_options
    if "${" in expected_by_pip.text or versions_of_packaging_disagree(expected_by_pip.text):
        return
    if expected_by_pip.refused:
        # pip checks whether a path exists; mothball does not access the disk.
        assert actual.problems or looks_like_a_path_or_url(expected_by_pip.text), expected_by_pip
        assert all(dependency.skip_reason for dependency in actual.dependencies)
        return
    assert not actual.problems, (expected_by_pip, actual.problems)
    if expected_by_pip.from_elsewhere:
        assert {dependency.skip_reason for dependency in actual.dependencies} <= FROM_ELSEWHERE
        if actual.dependencies and expected_by_pip.requirement is not None:
            assert actual.dependencies[0].name == normalize_name(expected_by_pip.requirement.name)
        return
    requirement = expected_by_pip.requirement
    assert requirement is not None
    (dependency,) = actual.dependencies
    assert dependency.name == normalize_name(requirement.name)
    assert set(dependency.extras) == requirement.extras
    assert SpecifierSet(dependency.specifier) == SpecifierSet(str(requirement.specifier))
    assert bool(dependency.marker) == expected_by_pip.has_marker
    assert (dependency.skip_reason in FROM_ELSEWHERE) == (requirement.url is not None)
    assert (dependency.skip_reason is None) == (requirement.url is None)


def looks_like_a_path_or_url(text: str) -> bool:
    head = text.partition(";")[0].rstrip().lower()
    return "/" in text or "\\" in text or text.startswith(("~", ".")) or head.endswith(ARCHIVES)


@given(FILES)
@example("foo \\\n# comment \\\nbar\n")
@example("foo \\\n  # comment\n  bar\n")
@example("foo # comment \\\nbar\nbaz")
@example("\\foo\\\n\\bar\\\n")
@example("foo \\")
@example("\\\n\\\nfoo")
@example("foo\\\\\\\nbar")
@example("a @ https://h.example/x;os_name=='nt'")
@example("a @ ;x")
@example("a;")
@example("a.zip")
@example("a @ b.zip")
@example("a==1.zip")
@example("-r a.txt -r b.txt -i URL")
@example("a\u00a0\n\u00a0b\u00a0#c\n")
def test_any_file_matches_pip(text: str) -> None:
    # pip ends lines at more characters than editors.
    check_against_pip(PIP_LINE_ENDS.sub(" ", text))


def test_every_option_of_pip_is_supported() -> None:
    from pip._internal.req.req_file import build_parser

    for option in build_parser().option_list:
        for name in (*option._long_opts, *option._short_opts):
            problems = parse(f"{name} sha256:key=value" if option.takes_value() else name).problems
            assert not problems, name


# --- the corpus of real files -----------------------------------------------------------------------------------------

CORPUS = os.path.join(os.path.dirname(__file__), *[".."] * 4, "shared", "corpus", "corpus.tar.xz")


@cache
def corpus() -> tuple[tuple[str, bytes, dict[str, Any]], ...]:
    """Return path, content and expected entries of every requirements file of the corpus."""
    if not os.path.exists(CORPUS):
        pytest.skip("the corpus of real dependency files is not beside the checkout (../shared/corpus/corpus.tar.xz)")
    contents: dict[str, bytes] = {}
    with tarfile.open(CORPUS) as archive:
        for member in archive:
            file = archive.extractfile(member)
            if file is not None:
                contents[member.name] = file.read()
    root = next(name for name in contents if name.endswith("/manifest.tsv")).removesuffix("manifest.tsv")
    header, *rows = contents[f"{root}manifest.tsv"].decode().splitlines()
    columns = header.split("\t")
    files = []
    for row in rows:
        entry = dict(zip(columns, row.split("\t"), strict=True))
        if entry["format"] == "requirements":
            path = f"{entry['repo']}/{entry['path']}"
            files.append((path, contents[f"{root}files/{path}"], json.loads(contents[f"{root}oracles/{path}.json"])))
    return tuple(files)


def test_real_files_match_pip() -> None:
    assert len(corpus()) > 200
    for path, data, oracle in corpus():
        # --global-option is accepted by mothball but not by current versions of pip.
        if oracle["status"] != "rejected":
            try:
                check_against_pip(decode_source(data))
            except AssertionError as error:
                raise AssertionError(path) from error


def test_registry_entries_of_real_files_have_their_spans() -> None:
    for path, data, oracle in corpus():
        if oracle["status"] != "ok":
            continue
        text = decode_source(data)
        lines = LineIndex(text)
        dependency = {
            (dependency.name, *lines.position(dependency.name_span.start))
            for dependency in parse(text).dependencies
            if dependency.skip_reason is None
        }
        expected = {
            (entry["name"], entry["line"], entry["col"])
            for entry in oracle["entries"]
            if entry["source"] == "registry" and entry["name"]
        }
        assert dependency == expected, path
