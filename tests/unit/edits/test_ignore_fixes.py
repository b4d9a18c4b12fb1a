from __future__ import annotations

import pytest

from mothball.edits.ignore_comments import (
    add_reason,
    add_rules,
    correct_name,
    remove_ignore_comment,
)
from mothball.edits.model import apply
from mothball.edits.settings import add_config_reason, remove_config_ignore
from mothball.formats.table import parse
from mothball.model.document import ParseProblem
from tests.support.edit_samples import MANIFESTS

TABLE = ("tool", "mothball")


# --- comments ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("old-lib  # mothball: ignore[archived] why\nfine\n", "old-lib\nfine\n"),
        ("old-lib\t# kept  # mothball: ignore[archived]", "old-lib\t# kept"),
        ("fine\r\n# mothball: ignore[archived] why\r\nold-lib\r\n", "fine\r\nold-lib\r\n"),
        ("old-lib\n    # via fine\n    # mothball: ignore[archived] why\n", "old-lib\n    # via fine\n"),
    ],
)
def test_ignore_comment_is_removed(before: str, after: str) -> None:
    document = parse("requirements", before)
    edit = remove_ignore_comment(before, document, document.ignores[0])
    assert edit is not None
    assert apply(before, (edit,)) == after


@pytest.mark.parametrize(("name", "text"), [sample for sample in MANIFESTS if parse(*sample).ignores])
def test_removal_of_any_ignore_comment_changes_nothing_else(name: str, text: str) -> None:
    document = parse(name, text)
    for comment in document.ignores:
        edit = remove_ignore_comment(text, document, comment)
        assert edit is not None
        after = parse(name, apply(text, (edit,)))
        assert len(after.ignores) == len(document.ignores) - 1
        assert [entry.name for entry in after.dependencies] == [entry.name for entry in document.dependencies]


@pytest.mark.parametrize(
    ("comment", "after"),
    [
        ("# mothball: ignore[archived]", "# mothball: ignore[archived] WHY"),
        ("# mothball: ignore[archived] why", "# mothball: ignore[archived] WHY"),
        ("# mothball:ignore[ archived,deprecated ] (reason)  ", "# mothball:ignore[ archived,deprecated ] WHY  "),
        ("# mothball: ignore[archived] until June", None),
    ],
)
def test_missing_reason_becomes_the_placeholder(comment: str, after: str | None) -> None:
    text = f"old-lib  {comment}\n"
    (ignore,) = parse("requirements", text).ignores
    edit = add_reason(text, ignore)
    assert (edit and apply(text, (edit,))) == (after and f"old-lib  {after}\n")


@pytest.mark.parametrize(
    ("comment", "after"),
    [
        ("# mothball: ignore", "# mothball: ignore[archived]"),
        ("# mothball: ignore until June", "# mothball: ignore[archived] until June"),
        ("# mothball: ignore[]", "# mothball: ignore[archived]"),
        ("# mothball: ignore[ , ] why", "# mothball: ignore[archived] why"),
        ("# mothball: ignore[archived", None),
        ("# mothball: skip", None),
    ],
)
def test_ignore_comment_without_rule_gets_the_rule(comment: str, after: str | None) -> None:
    text = f"fine\nold-lib  {comment}\n"
    document = parse("requirements", text)
    (problem,) = document.problems
    edit = add_rules(text, document, problem.span, ("archived",))
    assert (edit and apply(text, (edit,))) == (after and f"fine\nold-lib  {after}\n")


def corrected(text: str, problem: ParseProblem) -> str | None:
    edit = correct_name(text, problem.span.start, problem.message, problem.help)
    return edit and apply(text, (edit,))


@pytest.mark.parametrize(
    ("comment", "after"),
    [
        ("# mothball: ignore[archvied] why", "# mothball: ignore[archived] why"),
        ("# mothball: ignore[deprecated, Archived]", "# mothball: ignore[deprecated, archived]"),
        ("# mothball: ignore[zzz]", None),
        ("# mothball: ignore", None),
    ],
)
def test_misspelled_rule_is_replaced_with_the_suggestion(comment: str, after: str | None) -> None:
    text = f"archvied-lib  {comment}\nold-lib\n"
    (problem,) = parse("requirements", text).problems
    assert corrected(text, problem) == (after and f"archvied-lib  {after}\nold-lib\n")


# --- configuration ----------------------------------------------------------------------------------------------------

ENTRY = 'old-lib = { rules = ["archived"], reason = "x" }\n'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"[tool.mothball.ignore]\n{ENTRY}", "[tool.mothball.ignore]\n"),
        (
            f"[tool.mothball.ignore]\na = {{ rules = ['archived'] }}\n{ENTRY}# end\n",
            "[tool.mothball.ignore]\na = { rules = ['archived'] }\n# end\n",
        ),
        (
            '[tool.mothball.ignore]\n"Old.Lib" = {\n  rules = ["archived"],\n}  # kept\n[x]\n',
            "[tool.mothball.ignore]\n[x]\n",
        ),
        (
            '[a]\n\n[tool.mothball.ignore.old-lib]\nrules = ["archived"]\nreason = "x"\n\n# b\n[b]\n',
            "[a]\n\n\n# b\n[b]\n",
        ),
        (f"[tool.mothball]\nignore = {{ {ENTRY.strip()} }}\n", None),
        ('[tool.mothball.ignore]\nold-lib.rules = ["archived"]\nold-lib.reason = "x"\n', None),
        ("[tool.mothball.ignore]\n", None),
        (f"[tool.mothball.ignore]\n{ENTRY}x = \n", None),
    ],
)
def test_ignore_entry_is_removed(before: str, after: str | None) -> None:
    edit = remove_config_ignore(before, TABLE, "old-lib")
    assert (edit and apply(before, (edit,))) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('old-lib = { rules = ["archived"] }', 'old-lib = { rules = ["archived"], reason = "WHY" }'),
        ("old-lib = { reason = 'why', rules = ['archived'] }", "old-lib = { reason = \"WHY\", rules = ['archived'] }"),
        ('old-lib.rules = ["archived"]\nold-lib.reason = "?"', 'old-lib.rules = ["archived"]\nold-lib.reason = "WHY"'),
        ('new-lib = { rules = ["archived"] }', None),
    ],
)
def test_ignore_entry_gets_the_placeholder_as_reason(before: str, after: str | None) -> None:
    edit = add_config_reason(f"[ignore]\n{before}\n", (), "old-lib")
    assert (edit and apply(f"[ignore]\n{before}\n", (edit,))) == (after and f"[ignore]\n{after}\n")
