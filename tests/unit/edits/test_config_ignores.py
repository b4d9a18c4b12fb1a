from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mothball.config.keys import read_config
from mothball.edits.model import apply
from mothball.edits.settings import NewIgnore, add_config_ignores
from mothball.formats.toml.scanner import scan
from mothball.model.document import normalize_name
from mothball.model.errors import ConfigError
from mothball.model.results import IGNORABLE_RULES, Rule
from mothball.model.sanitize import one_line
from tests.support.hostile import TEXTS
from tests.support.toml_documents import SAMPLES

SHARED = ("tool", "mothball")
ARCHIVED = (Rule.ARCHIVED,)
NEW = NewIgnore("mid-lib", ARCHIVED, "why")


def written(text: str, *entries: NewIgnore, prefix: tuple[str, ...] = SHARED) -> str:
    """Return ``text`` with ``entries`` added; assert that adding them again changes nothing."""
    edited = apply(text, add_config_ignores(text, prefix, entries))
    assert add_config_ignores(edited, prefix, entries) == ()
    return edited


def mapping_with(text: str, prefix: tuple[str, ...], entries: tuple[NewIgnore, ...]) -> dict[str, Any]:
    """Return the expected TOML document after ``entries`` were added to ``text``."""
    document = tomllib.loads(text)
    table: dict[str, Any] = document
    for key in (*prefix, "ignore"):
        table = table.setdefault(key, {})
    for entry in entries:
        existing = next((key for key in table if normalize_name(key) == normalize_name(entry.name)), None)
        if existing is None:
            versions = {"versions": list(map(one_line, entry.versions))} if entry.versions else {}
            table[entry.name] = {"rules": list(entry.rules), **versions, "reason": one_line(entry.reason)}
        else:
            rules = table[existing]["rules"]
            rules += [rule for rule in entry.rules if rule not in rules]
    return document


# --- parsed result ----------------------------------------------------------------------------------------------------


_NAMES = ["a-lib", "Mid.Lib", "old_lib", "ruamel.yaml", "z", "0lib", "true"]
_ENTRIES = st.lists(
    st.builds(
        NewIgnore,
        st.sampled_from(["a-lib", "b-lib", "mid-lib", "old-lib", "ruamel.yaml", "zz", "1"]),
        st.lists(st.sampled_from(IGNORABLE_RULES), min_size=1, max_size=3, unique=True).map(tuple),
        st.one_of(st.sampled_from(["", "until June, #812"]), TEXTS),
        st.sampled_from([(), ("1.0",), ("1.0", "2.0")]),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda entry: normalize_name(entry.name),
)  # fmt: skip


@st.composite
def _tables(draw: st.DrawFn) -> tuple[str, tuple[str, ...]]:
    """Draw a configuration, with or without an ignore table, and the prefix of mothball's table."""
    names = draw(st.lists(st.sampled_from(_NAMES), max_size=4, unique_by=normalize_name))
    if draw(st.booleans()):
        names.sort(key=normalize_name)
    prefix = draw(st.sampled_from([(), SHARED]))
    above = draw(
        st.sampled_from(["", "# ours\n", "x = nan\n[other]\ny = 1\n[[many]]\n[[many]]\n", "[tool.x]\nz = 2\n"])
    )
    below = draw(st.sampled_from(["", "\n", "# the end", "\n[zzz]\nlast = true\n", "\n\n"]))
    note = draw(st.sampled_from(["", "  # note", "\n# note\n"]))
    style = draw(st.sampled_from(["table", "dotted values", "sub-tables", "none"]))
    keys = [f'"{name}"' if "." in name else name for name in names]
    values = [
        draw(st.sampled_from(['["archived"]', '[ "missing", ]', '[\n    "archived",  # a\n    "missing"\n  ]', "[]"]))
        for _ in keys
    ]
    one_line = [value.replace("\n", "").replace("# a", "") for value in values]
    base = ".".join((*prefix, "ignore"))
    outer = f"[{'.'.join(prefix)}]\noffline = true\n" if prefix else "offline = true\n"
    match style:
        case "table":
            body = [f"{key} = {{ rules = {value} }}{note}\n" for key, value in zip(keys, one_line, strict=True)]
            ours = f"[{base}]{note}\n" + "".join(body)
        case "sub-tables":
            ours = "\n".join(
                f"[{base}.{key}]{note}\nrules = {value}\n" for key, value in zip(keys, values, strict=True)
            )
        case "dotted values":
            body = [
                f"{key}.rules = {value}\n{key}.reason = 'x'{note}\n" for key, value in zip(keys, values, strict=True)
            ]
            ours = f"{outer}[{base}]\n" + "".join(body)
        case _:
            ours = draw(st.sampled_from(["", outer, outer + "# first\n# second\n\n[tool.y]\n"]))
    # Keys before the first header must stay there.
    text = ours + below if not prefix and not ours.startswith("[") else above + ours + below
    return draw(st.sampled_from([text, text.replace("\n", "\r\n")])), prefix


@settings(deadline=None, max_examples=200)
@given(_tables(), _ENTRIES)
def test_edited_file_contains_the_old_and_the_new_entries(
    table: tuple[str, tuple[str, ...]], entries: list[NewIgnore]
) -> None:
    text, prefix = table
    expected = mapping_with(text, prefix, tuple(entries))
    edits = add_config_ignores(text, prefix, entries)
    edited = apply(text, edits)
    # Compare texts, because the document can contain nan, which is not equal to itself.
    assert repr_sorted(tomllib.loads(edited)) == repr_sorted(expected)
    assert ("\r\n" in edited) >= ("\r\n" in text)
    if "\r\n" in text:
        assert edited.count("\r\n") == edited.count("\n")
    comments = [span.slice(text).rstrip() for span in scan(text).comments]
    assert [span.slice(edited).rstrip() for span in scan(edited).comments] == comments
    assert add_config_ignores(edited, prefix, entries) == ()


@settings(deadline=None, max_examples=60)
@given(_tables(), _ENTRIES)
def test_edits_only_insert_text(table: tuple[str, tuple[str, ...]], entries: list[NewIgnore]) -> None:
    text, prefix = table
    for edit in add_config_ignores(text, prefix, entries):
        assert edit.span.start == edit.span.end


def repr_sorted(value: object) -> str:
    """Return a text that is equal for equal mappings, independent of the order of keys."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {repr_sorted(value[key])}" for key in sorted(value)) + "}"
    return f"[{', '.join(map(repr_sorted, value))}]" if isinstance(value, list) else repr(str(value))


@pytest.mark.parametrize("text", SAMPLES)
def test_entries_in_real_files_are_read_by_the_configuration(text: str) -> None:
    edited = written(text, NEW, NewIgnore("xlrd", (Rule.MISSING,), "no"))
    table = mothball_table(edited)
    ignores = {ignore.name: (ignore.rules, ignore.reason) for ignore in read_config(table).ignores}
    assert ignores["mid-lib"] == (ARCHIVED, "why")
    assert Rule.MISSING in ignores["xlrd"][0]


def mothball_table(text: str) -> object:
    """Return [tool.mothball] of ``text``; the samples hold TOML 1.1, which tomllib does not read before 3.15."""
    from mothball.formats.toml.values import to_mapping

    document = to_mapping(scan(text))
    return document["tool"]["mothball"]


# --- layout -----------------------------------------------------------------------------------------------------------


def test_new_table_is_added_at_the_end() -> None:
    assert written('[project]\nname = "x"\n', NEW) == (
        '[project]\nname = "x"\n\n[tool.mothball.ignore]\nmid-lib = { rules = ["archived"], reason = "why" }\n'
    )


def test_empty_mothball_toml_gets_a_table() -> None:
    text = '[ignore]\nmid-lib = { rules = ["archived"], reason = "why" }\n'
    assert written("", NEW, prefix=()) == text


def test_file_without_final_newline() -> None:
    assert written("offline = true", NEW, prefix=()) == (
        'offline = true\n\n[ignore]\nmid-lib = { rules = ["archived"], reason = "why" }\n'
    )
    assert written('[ignore]\na = { rules = ["missing"] }', NEW, prefix=()) == (
        '[ignore]\na = { rules = ["missing"] }\nmid-lib = { rules = ["archived"], reason = "why" }'
    )


def test_entry_is_added_at_the_end_of_the_table() -> None:
    text = "[ignore]\nz = {rules = ['missing']}  # why\n\n# a\na.rules = ['missing']\n# b\n[severity]\n"
    assert written(text, NEW, prefix=()) == text.replace(
        "# b\n", 'mid-lib = { rules = ["archived"], reason = "why" }\n# b\n'
    )


def test_sub_tables_get_a_new_table() -> None:
    text = "[tool.mothball.ignore.a]\nrules = ['missing']\n\n[tool.x]\n"
    assert written(text, NEW) == (
        f'{text}\n[tool.mothball.ignore]\nmid-lib = {{ rules = ["archived"], reason = "why" }}\n'
    )


def test_existing_entry_gets_the_missing_rules() -> None:
    text = "[ignore]\nMid_Lib = { reason = 'old', rules = [ 'deprecated' ] }  # keep\n"
    assert written(text, NEW, NewIgnore("mid.lib", (Rule.DEPRECATED, Rule.MISSING), "other"), prefix=()) == (
        text.replace("'deprecated'", '\'deprecated\', "archived", "missing"')
    )


def test_existing_sub_table_gets_the_missing_rules() -> None:
    text = "[ignore.mid-lib]\r\nrules = [\r\n  'deprecated',  # a\r\n]\r\n"
    assert written(text, NEW, prefix=()) == text.replace("'deprecated'", "'deprecated', \"archived\"")


def test_name_that_is_not_a_bare_key_is_quoted() -> None:
    edited = written("", NewIgnore("näive", ARCHIVED, "why"), prefix=())
    assert edited == '[ignore]\n"näive" = { rules = ["archived"], reason = "why" }\n'


def test_reason_is_sanitized() -> None:
    edited = written("", NewIgnore("a", ARCHIVED, 'say "no"\u202e\\\x07\nnow\udc80'), prefix=())
    assert edited == '[ignore]\na = { rules = ["archived"], reason = "say \\"no\\" \\\\ now" }\n'


# --- errors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.mothball]\noffline = \n", "invalid TOML in line 2"),
        ("[tool.mothball.ignore\na = {}\n", "invalid TOML in line 1"),
        ("[[tool.mothball.ignore]]\na = 1\n", "must be a table"),
        ("tool = 1\n", "`tool` must be a table"),
        ("[tool.mothball]\nignore = 'all'\n", "`ignore` must be a table"),
        ("[tool.mothball.ignore]\nmid-lib = 'archived'\n", "has no list of rules"),
        ("[tool.mothball.ignore.mid-lib]\nreason = 'x'\n", "has no list of rules"),
        ("[tool.mothball.ignore]\nmid-lib.rules = 'archived'\n", "has no list of rules"),
        ("[project]\nname = \n[tool.mothball.ignore]\n", "invalid TOML in line 2"),
        ("[tool.mothball]\nignore = {}\n", "cannot add an ignore entry"),
        ("[tool]\nmothball = {offline = true}\n", "cannot add an ignore entry"),
        ("[tool.mothball]\nignore.a.rules = ['missing']\n", "cannot add an ignore entry"),
        ("[[tool.mothball.ignore.mid-lib.rules]]\n", "cannot add an ignore entry"),
    ],
)
def test_invalid_configuration_is_rejected_with_the_cause(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        add_config_ignores(text, SHARED, [NEW])
