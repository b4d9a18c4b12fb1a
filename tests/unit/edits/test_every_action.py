"""Each action of an editor on each sample: the text, its parse and the verdict on it."""

from __future__ import annotations

import pytest

from mothball.check.pipeline import check
from mothball.edits.dependencies import remove_dependency, replace_dependency
from mothball.edits.ignore_comments import add_ignore_comment
from mothball.edits.model import Edit, apply
from mothball.formats.table import parse
from mothball.model.document import Dependency, Document
from mothball.model.file_names import FORMATS
from mothball.model.results import Rule
from tests.support.check_inputs import ARCHIVED, SETTINGS, LookUp, resolved, resolved_config
from tests.support.edit_samples import LOCKS, MANIFESTS
from tests.tables.edits import SAMPLES, Sample


def old_lib(document: Document) -> Dependency:
    return next(dependency for dependency in document.dependencies if dependency.name == "old-lib")


def edited(text: str, edits: tuple[Edit, ...]) -> str | None:
    return apply(text, edits) if edits else None


def verdict(sample: Sample, text: str) -> tuple[dict[str, bool], set[str]]:
    """Return whether each archived project is ignored in ``text``, and the names that are looked up."""
    document = parse(sample.format, text)
    assert document.problems == ()
    look_up = LookUp({"old-lib": ARCHIVED})
    report = check([resolved("file", text, document, resolved_config())], look_up, SETTINGS)
    archived = [finding for finding in report.findings if finding.rule is Rule.ARCHIVED]
    ignored = {finding.name or "": finding.suppressed is not None for finding in archived}
    return ignored, {query.name for batch in look_up.calls for query in batch}


def test_samples_contain_every_manifest_format() -> None:
    assert len(SAMPLES) >= 70
    assert {sample.format for sample in SAMPLES} == set(FORMATS) - {name for name, _ in LOCKS} | {"requirements"}


@pytest.mark.parametrize("sample", SAMPLES)
def test_replaced_name_is_checked_instead_of_the_archived_one(sample: Sample) -> None:
    before = parse(sample.format, sample.text)
    dependency = old_lib(before)
    edits = replace_dependency(sample.text, before, dependency, "new-lib", keeps_specifier=False)
    assert edited(sample.text, edits) == sample.replaced
    if sample.replaced is not None:
        ignored, names = verdict(sample, sample.replaced)
        assert ignored == {}
        assert "new-lib" in names
        after = parse(sample.format, sample.replaced).dependencies[before.dependencies.index(dependency)]
        assert (after.name, after.extras, after.marker) == ("new-lib", dependency.extras, dependency.marker)
        assert after.specifier in {"", "*"}


@pytest.mark.parametrize("sample", SAMPLES)
def test_specifier_that_the_successor_satisfies_is_kept(sample: Sample) -> None:
    before = parse(sample.format, sample.text)
    dependency = old_lib(before)
    edits = replace_dependency(sample.text, before, dependency, "New.Lib", keeps_specifier=True)
    assert bool(edits) == (sample.replaced is not None)
    if edits:
        after = parse(sample.format, apply(sample.text, edits))
        replaced = after.dependencies[before.dependencies.index(dependency)]
        assert (replaced.name, replaced.specifier) == ("new-lib", dependency.specifier)


@pytest.mark.parametrize(
    "text",
    [
        '[[tool.poetry.dependencies.old-lib]]\nversion = "1"\n[[tool.poetry.dependencies.old-lib]]\nversion = "2"\n',
        # An item outside of the array is a second value of the key.
        '[tool.poetry.dependencies]\n"old-lib" = [{version = "1"}],\n"2"\n',
    ],
)
def test_name_is_replaced_in_all_parts_of_an_entry(text: str) -> None:
    document = parse("pyproject", text)
    edits = replace_dependency(text, document, old_lib(document), "new-lib", keeps_specifier=True)
    assert edited(text, edits) == text.replace("old-lib", "new-lib")


@pytest.mark.parametrize(
    "text",
    [
        '[tool.poetry.dependencies]\nold-lib = [{version = "1", python = "<3.9"}, {version = "2"}]\n',
        '[[tool.poetry.dependencies.old-lib]]\nversion = "1"\n[[tool.poetry.dependencies.old-lib]]\nversion = "2"\n',
    ],
)
def test_all_versions_of_an_entry_are_replaced(text: str) -> None:
    document = parse("pyproject", text)
    edits = replace_dependency(text, document, old_lib(document), "new-lib", keeps_specifier=False)
    expected = text.replace("old-lib", "new-lib").replace('"1"', '"*"').replace('"2"', '"*"')
    assert edited(text, edits) == expected


@pytest.mark.parametrize("sample", SAMPLES)
def test_removed_name_is_not_checked(sample: Sample) -> None:
    document = parse(sample.format, sample.text)
    assert edited(sample.text, remove_dependency(sample.text, document, old_lib(document))) == sample.removed
    if sample.removed is not None:
        ignored, names = verdict(sample, sample.removed)
        assert ignored == {}
        assert "old-lib" not in names


@pytest.mark.parametrize("sample", SAMPLES)
def test_ignored_name_is_suppressed(sample: Sample) -> None:
    document = parse(sample.format, sample.text)
    edit = add_ignore_comment(sample.text, document, old_lib(document), (Rule.ARCHIVED,), "why not")
    assert edited(sample.text, (edit,) if edit else ()) == sample.ignored
    if sample.ignored is not None:
        assert verdict(sample, sample.ignored)[0] == {"old-lib": True}


@pytest.mark.parametrize("sample", SAMPLES)
def test_sample_without_an_action_is_reported(sample: Sample) -> None:
    assert verdict(sample, sample.text)[0] == {"old-lib": False}


@pytest.mark.parametrize(("name", "text"), MANIFESTS)
def test_replacement_of_any_entry_changes_nothing_else(name: str, text: str) -> None:
    document = parse(name, text)
    for index, dependency in enumerate(document.dependencies):
        for keeps_specifier in (False, True):
            edits = replace_dependency(text, document, dependency, "New.Lib", keeps_specifier=keeps_specifier)
            assert not edits or dependency.skip_reason is None
            after = parse(name, apply(text, edits))
            names = [entry.name for entry in document.dependencies]
            names[index] = "new-lib" if edits else names[index]
            assert [entry.name for entry in after.dependencies] == names
            assert len(after.problems) <= len(document.problems)


@pytest.mark.parametrize(("name", "text"), LOCKS)
def test_nothing_is_replaced_in_a_lock(name: str, text: str) -> None:
    document = parse(name, text)
    assert {
        replace_dependency(text, document, entry, "new-lib", keeps_specifier=False) for entry in document.dependencies
    } == {()}
