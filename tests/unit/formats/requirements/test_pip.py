"""The reader of requirements files held against pip's own, over files made by hand, by chance, and by other people."""

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

from mothball.formats.requirements.document import decode, parse
from mothball.formats.requirements.lines import LogicalLine, logical_lines
from mothball.model.document import Dependency, DependencyKind, Document, SkipReason, normalize_name
from mothball.model.line_index import LineIndex
from tests.support.requirements_pip import PipEntry, PipLine, read_with_pip
from tests.support.requirements_strategies import FILES

FROM_ELSEWHERE = {SkipReason.URL, SkipReason.VCS, SkipReason.PATH}
PIP_LINE_ENDS = re.compile("[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
ARCHIVES = (".zip", ".whl", ".tar", ".gz", ".bz2", ".xz", ".tgz", "]")


class OnLine:
    """What a document says of one logical line."""

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


def agree(text: str) -> None:
    document = parse(text)
    ours = [OnLine(line, document) for line in logical_lines(text, [], [])]
    theirs = read_with_pip(text)
    assert [on_line.line.text for on_line in ours] == [line.text for line in theirs]
    for on_line, line in zip(ours, theirs, strict=True):
        agree_on_line(on_line, line)


def agree_on_line(ours: OnLine, theirs: PipLine) -> None:
    if theirs.options_refused:
        assert ours.problems, theirs
        return
    if theirs.entry is not None:
        agree_on_entry(ours, theirs.entry)
        return
    assert not ours.problems, (theirs, ours.problems)
    if theirs.editable is not None:
        assert all(found.skip_reason is SkipReason.EDITABLE for found in ours.dependencies)
        return
    assert not ours.dependencies
    expected = [(DependencyKind(theirs.include[0]), theirs.include[1])] if theirs.include else []
    assert [(include.kind, include.target) for include in ours.includes] == expected
    options = [(option.name, option.value) for option in ours.index_options]
    # Of several --index-url on a line the last counts.
    urls = [option for option in options if option[0] == "index-url"]
    kept = [option for option in options if option[0] != "index-url"] + urls[-1:]
    assert sorted(set(kept)) == sorted(set(theirs.index_options))


def versions_of_packaging_disagree(text: str) -> bool:
    """Return whether the installed packaging and the one inside pip differ in whether ``text`` is a requirement.

    packaging 26.4 and 26.3, which pip 26.3 contains, differ in ``===`` among other specifiers and in no-break spaces.
    """
    return is_requirement(text, Requirement) != is_requirement(text, PipRequirement)


def is_requirement(text: str, read: Callable[[str], object]) -> bool:
    try:
        read(text)
    except (ValueError, SyntaxError):  # Before 26.0, packaging let the SyntaxError of a marker's string pass.
        return False
    return True


def agree_on_entry(ours: OnLine, theirs: PipEntry) -> None:
    assert not ours.includes
    assert not ours.index_options
    if "${" in theirs.text or versions_of_packaging_disagree(theirs.text):
        return
    if theirs.refused:
        # pip asks the disk for a path and finds none; we do not ask.
        assert ours.problems or looks_like_a_place(theirs.text), theirs
        assert all(found.skip_reason for found in ours.dependencies)
        return
    assert not ours.problems, (theirs, ours.problems)
    if theirs.from_elsewhere:
        assert {found.skip_reason for found in ours.dependencies} <= FROM_ELSEWHERE
        if ours.dependencies and theirs.requirement is not None:
            assert ours.dependencies[0].name == normalize_name(theirs.requirement.name)
        return
    requirement = theirs.requirement
    assert requirement is not None
    (found,) = ours.dependencies
    assert found.name == normalize_name(requirement.name)
    assert set(found.extras) == requirement.extras
    assert SpecifierSet(found.specifier) == SpecifierSet(str(requirement.specifier))
    assert bool(found.marker) == theirs.has_marker
    assert (found.skip_reason in FROM_ELSEWHERE) == (requirement.url is not None)
    assert (found.skip_reason is None) == (requirement.url is None)


def looks_like_a_place(text: str) -> bool:
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
def test_any_file_is_read_as_pip_reads_it(text: str) -> None:
    # pip ends a line at more characters than an editor does.
    agree(PIP_LINE_ENDS.sub(" ", text))


def test_every_option_of_pip_is_known() -> None:
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


def test_real_files_are_read_as_pip_reads_them() -> None:
    assert len(corpus()) > 200
    for path, data, oracle in corpus():
        # --global-option is the one thing that we take and current pips do not.
        if oracle["status"] != "rejected":
            try:
                agree(decode(data))
            except AssertionError as error:
                raise AssertionError(path) from error


def test_every_registry_entry_of_real_files_is_found_in_its_place() -> None:
    for path, data, oracle in corpus():
        if oracle["status"] != "ok":
            continue
        text = decode(data)
        lines = LineIndex(text)
        found = {
            (dependency.name, *lines.position(dependency.name_span.start))
            for dependency in parse(text).dependencies
            if dependency.skip_reason is None
        }
        expected = {
            (entry["name"], entry["line"], entry["col"])
            for entry in oracle["entries"]
            if entry["source"] == "registry" and entry["name"]
        }
        assert found == expected, path
