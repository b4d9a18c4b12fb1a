from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mothball.config import read_config
from mothball.edits.ignore_config import NewIgnore, ignore_in_config
from mothball.edits.model import apply
from mothball.errors import ConfigError
from mothball.findings import IGNORABLE_RULES, Rule
from mothball.formats.toml import scan
from mothball.model import normalise
from tests.support.hostile import TEXTS
from tests.support.toml_documents import SAMPLES

SHARED = ("tool", "mothball")
ARCHIVED = (Rule.ARCHIVED,)
NEW = NewIgnore("mid-lib", ARCHIVED, "why")


def written(text: str, *entries: NewIgnore, prefix: tuple[str, ...] = SHARED) -> str:
    """Return ``text`` with ``entries`` put in, after a second time has shown to change nothing."""
    edited = apply(text, ignore_in_config(text, prefix, entries))
    assert ignore_in_config(edited, prefix, entries) == ()
    return edited


def mapping_with(text: str, prefix: tuple[str, ...], entries: tuple[NewIgnore, ...]) -> dict[str, Any]:
    """Return what tomllib is to read once ``entries`` are in ``text``: computed here anew."""
    document = tomllib.loads(text)
    table: dict[str, Any] = document
    for key in (*prefix, "ignore"):
        table = table.setdefault(key, {})
    for entry in entries:
        known = next((key for key in table if normalise(key) == normalise(entry.name)), None)
        if known is None:
            table[entry.name] = {"rules": list(entry.rules)} | ({"reason": entry.reason} if entry.reason else {})
        else:
            rules = table[known]["rules"]
            rules += [rule for rule in entry.rules if rule not in rules]
    return document


# --- what tomllib reads afterwards ------------------------------------------------------------------------------------


def encodable(text: str) -> str:
    return text.encode(errors="replace").decode()


_NAMES = ["a-lib", "Mid.Lib", "old_lib", "ruamel.yaml", "z", "0lib", "true"]
_ENTRIES = st.lists(
    st.builds(
        NewIgnore,
        st.sampled_from(["a-lib", "b-lib", "mid-lib", "old-lib", "ruamel.yaml", "zz", "1"]),
        st.lists(st.sampled_from(IGNORABLE_RULES), min_size=1, max_size=3, unique=True).map(tuple),
        st.one_of(st.sampled_from(["", "until June, #812"]), TEXTS.map(encodable)),
    ),
    max_size=4,
    unique_by=lambda entry: normalise(entry.name),
)  # fmt: skip


@st.composite
def _tables(draw: st.DrawFn) -> tuple[str, tuple[str, ...]]:
    """Draw a configuration with a table of ignores in one of the ways to write it, and the prefix of the file."""
    names = draw(st.lists(st.sampled_from(_NAMES), max_size=4, unique_by=normalise))
    if draw(st.booleans()):
        names.sort(key=normalise)
    prefix = draw(st.sampled_from([(), SHARED]))
    above = draw(
        st.sampled_from(["", "# ours\n", "x = nan\n[other]\ny = 1\n[[many]]\n[[many]]\n", "[tool.x]\nz = 2\n"])
    )
    below = draw(st.sampled_from(["", "\n", "# the end", "\n[zzz]\nlast = true\n", "\n\n"]))
    note = draw(st.sampled_from(["", "  # note", "\n# note\n"]))
    style = draw(st.sampled_from(["table", "sub-tables", "dotted", "dotted values", "inline", "outer inline", "none"]))
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
        case "dotted":
            body = [f"  ignore.{key} = {{rules={value}}}{note}\n" for key, value in zip(keys, one_line, strict=True)]
            ours = outer + "".join(body)
        case "dotted values":
            body = [
                f"ignore.{key}.rules = {value}\nignore.{key}.reason = 'because'{note}\n"
                for key, value in zip(keys, values, strict=True)
            ]
            ours = outer + "".join(body)
        case "inline":
            inner = ", ".join(f"{key}.rules = {value}" for key, value in zip(keys, one_line, strict=True))
            ours = f"{outer}ignore = {{{inner}}}{note}\n"
        case "outer inline" if prefix:
            inner = ", ".join(f"{key} = {{rules = {value}}}" for key, value in zip(keys, one_line, strict=True))
            ours = f"[tool]\nmothball = {{ offline = true, ignore = {{ {inner} }} }}\n"
        case _:
            ours = draw(st.sampled_from(["", outer, outer + "# said\n# twice\n\n[tool.y]\n"]))
    # Keys before any header stay there.
    text = ours + below if not prefix and not ours.startswith("[") else above + ours + below
    return draw(st.sampled_from([text, text.replace("\n", "\r\n")])), prefix


@settings(deadline=None, max_examples=200)
@given(_tables(), _ENTRIES)
def test_the_file_says_what_it_said_and_the_entries_in_whatever_style(
    table: tuple[str, tuple[str, ...]], entries: list[NewIgnore]
) -> None:
    text, prefix = table
    wanted = mapping_with(text, prefix, tuple(entries))
    edits = ignore_in_config(text, prefix, entries)
    edited = apply(text, edits)
    # tomllib gives a number that is not one, which equals nothing, itself included.
    assert repr_sorted(tomllib.loads(edited)) == repr_sorted(wanted if entries else tomllib.loads(text))
    assert ("\r\n" in edited) >= ("\r\n" in text)
    if "\r\n" in text:
        assert edited.count("\r\n") == edited.count("\n")
    comments = [span.of(text).rstrip() for span in scan(text).comments]
    assert [span.of(edited).rstrip() for span in scan(edited).comments] == comments
    assert ignore_in_config(edited, prefix, entries) == ()


@settings(deadline=None, max_examples=60)
@given(_tables(), _ENTRIES.filter(bool))
def test_every_line_that_was_there_is_still_there_in_its_order_but_for_what_was_put_into_it(
    table: tuple[str, tuple[str, ...]], entries: list[NewIgnore]
) -> None:
    text, prefix = table
    for edit in ignore_in_config(text, prefix, entries):
        assert edit.span.start == edit.span.end


@settings(deadline=None, max_examples=100)
@given(_tables(), _ENTRIES)
def test_names_that_were_sorted_stay_sorted(table: tuple[str, tuple[str, ...]], entries: list[NewIgnore]) -> None:
    text, prefix = table
    edited = apply(text, ignore_in_config(text, prefix, entries))
    before, after = (_names_in_order(tomllib.loads(one), prefix) for one in (text, edited))
    if before == sorted(before):
        assert after == sorted(after)
    else:
        assert after[: len(before)] == before


def _names_in_order(document: dict[str, Any], prefix: tuple[str, ...]) -> list[str]:
    table = document
    for key in (*prefix, "ignore"):
        table = table.get(key, {})
    return [normalise(name) for name in table]


def repr_sorted(value: object) -> str:
    """Return a text that is the same for the same mapping, whatever the order of its keys."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {repr_sorted(value[key])}" for key in sorted(value)) + "}"
    return f"[{', '.join(map(repr_sorted, value))}]" if isinstance(value, list) else repr(str(value))


@pytest.mark.parametrize("text", SAMPLES)
def test_real_files_get_entries_that_the_configuration_reads(text: str) -> None:
    edited = written(text, NEW, NewIgnore("xlrd", (Rule.MISSING,), "no"))
    table = scan_free_table(edited)
    ignores = {ignore.name: (ignore.rules, ignore.reason) for ignore in read_config(table).ignores}
    assert ignores["mid-lib"] == (ARCHIVED, "why")
    assert Rule.MISSING in ignores["xlrd"][0]


def scan_free_table(text: str) -> object:
    """Return [tool.mothball] of ``text``; the samples hold TOML 1.1, which tomllib does not read before 3.15."""
    from mothball.formats.toml import to_mapping

    document = to_mapping(scan(text))
    return document["tool"]["mothball"]


# --- how it is written ------------------------------------------------------------------------------------------------


def test_a_new_table_goes_to_the_end() -> None:
    assert written('[project]\nname = "x"\n', NEW) == (
        '[project]\nname = "x"\n\n[tool.mothball.ignore]\nmid-lib = { rules = ["archived"], reason = "why" }\n'
    )


def test_a_new_table_goes_behind_the_tables_of_mothball_and_what_is_said_there() -> None:
    text = '[tool.mothball]\noffline = true\n# private = ["acme-*"]\n\n# about x\n[tool.x]\n'
    assert written(text, NEW) == text.replace(
        '"]\n', '"]\n\n[tool.mothball.ignore]\nmid-lib = { rules = ["archived"], reason = "why" }\n'
    )


def test_a_comment_directly_above_another_table_stays_there() -> None:
    text = "[tool.mothball]\n# about x\n[tool.x]\n"
    table = '\n\n[tool.mothball.ignore]\nmid-lib = { rules = ["archived"], reason = "why" }'
    assert written(text, NEW) == text.replace("mothball]", f"mothball]{table}")


def test_a_file_of_ours_that_is_empty_gets_a_table() -> None:
    text = '[ignore]\nmid-lib = { rules = ["archived"], reason = "why" }\n'
    assert written("", NEW, prefix=()) == text


def test_a_file_without_its_last_line_end() -> None:
    assert written("offline = true", NEW, prefix=()) == (
        'offline = true\n\n[ignore]\nmid-lib = { rules = ["archived"], reason = "why" }\n'
    )
    assert written('[ignore]\na = { rules = ["missing"] }', NEW, prefix=()) == (
        '[ignore]\na = { rules = ["missing"] }\nmid-lib = { rules = ["archived"], reason = "why" }'
    )


def test_among_sorted_entries_it_is_sorted_in() -> None:
    text = "[ignore]\n# old ones\n  A = {rules = ['missing']}  # why\n\n  z = {rules = ['missing']}\n"
    assert written(text, NEW, NewIgnore("0", ARCHIVED, ""), prefix=()) == (
        '[ignore]\n  0 = { rules = ["archived"] }\n# old ones\n'
        "  A = {rules = ['missing']}  # why\n"
        '  mid-lib = { rules = ["archived"], reason = "why" }\n'
        "\n  z = {rules = ['missing']}\n"
    )


def test_among_entries_in_no_order_it_is_the_last() -> None:
    text = "[ignore]\nz = {rules = ['missing']}\na = {rules = ['missing']}\n"
    assert written(text, NEW, prefix=()) == f'{text}mid-lib = {{ rules = ["archived"], reason = "why" }}\n'


def test_beside_sub_tables_it_is_one() -> None:
    text = "[tool.mothball.ignore.a]\nrules = ['missing']\n\n# z\n[tool.mothball.ignore.z]\nrules = ['missing']\n"
    assert written(text, NEW, NewIgnore("0.x", ARCHIVED, "")) == (
        '[tool.mothball.ignore."0.x"]\nrules = ["archived"]\n\n'
        "[tool.mothball.ignore.a]\nrules = ['missing']\n\n"
        '[tool.mothball.ignore.mid-lib]\nrules = ["archived"]\nreason = "why"\n\n'
        "# z\n[tool.mothball.ignore.z]\nrules = ['missing']\n"
    )


def test_before_the_first_sub_table_and_the_comment_that_stands_above_it() -> None:
    text = "offline = true\n\n# z\n[ignore.z]\nrules = ['missing']\n"
    assert written(text, NEW, prefix=()) == (
        'offline = true\n\n[ignore.mid-lib]\nrules = ["archived"]\nreason = "why"\n\n# z\n[ignore.z]\n'
        "rules = ['missing']\n"
    )


def test_beside_dotted_keys_it_is_one() -> None:
    text = "[tool.mothball]\nignore.a.rules = ['missing']\nignore.a.reason = 'x'\noffline = true\n"
    assert written(text, NEW) == text.replace(
        "'x'\n", '\'x\'\nignore.mid-lib = { rules = ["archived"], reason = "why" }\n'
    )


def test_in_an_inline_table_it_is_an_item() -> None:
    assert written("[tool.mothball]\nignore = {}\n", NEW) == (
        '[tool.mothball]\nignore = { mid-lib = { rules = ["archived"], reason = "why" } }\n'
    )
    assert written("[tool]\nmothball = {offline = true}\n", NEW) == (
        '[tool]\nmothball = {offline = true, ignore.mid-lib = { rules = ["archived"], reason = "why" }}\n'
    )


def test_an_entry_of_the_same_project_gets_the_rules_that_it_lacks() -> None:
    text = "[ignore]\nMid_Lib = { reason = 'old', rules = [ 'deprecated' ] }  # keep\n"
    assert written(text, NEW, NewIgnore("mid.lib", (Rule.DEPRECATED, Rule.MISSING), "other"), prefix=()) == (
        text.replace("'deprecated'", '\'deprecated\', "archived", "missing"')
    )


def test_rules_on_lines_of_their_own_get_one_more_line() -> None:
    text = "[ignore.mid-lib]\r\nrules = [\r\n  'deprecated',  # a\r\n]\r\n"
    assert written(text, NEW, prefix=()) == text.replace("'deprecated'", "'deprecated',\r\n  \"archived\"")


def test_what_cannot_be_seen_is_written_as_an_escape() -> None:
    edited = written("", NewIgnore("a", ARCHIVED, 'say "no"\u202e\\\x07\U000e0041\udc80'), prefix=())
    assert edited == '[ignore]\na = { rules = ["archived"], reason = "say \\"no\\"\\u202E\\\\\\u0007\\U000E0041?" }\n'


# --- where it is refused ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.mothball]\noffline = \n", "invalid TOML in line 2"),
        ("[tool.mothball.ignore\na = {}\n", "invalid TOML in line 1"),
        ("[[tool.mothball.ignore]]\na = 1\n", "must be a table"),
        ("tool = 1\n", "`tool` must be a table"),
        ("[tool.mothball]\nignore = 'all'\n", "`ignore` must be a table"),
        ("[tool.mothball.ignore]\nmid-lib = 'archived'\n", "does not say which rules"),
        ("[tool.mothball.ignore.mid-lib]\nreason = 'x'\n", "does not say which rules"),
        ("[tool.mothball.ignore]\nmid-lib.rules = 'archived'\n", "does not say which rules"),
        ("[[tool.mothball.ignore.mid-lib.rules]]\n", "cannot be added to"),
    ],
)
def test_what_is_broken_there_is_refused_with_its_cause(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        ignore_in_config(text, SHARED, [NEW])


def test_what_is_broken_elsewhere_does_not_matter() -> None:
    text = "[project]\nname = \n[tool.mothball.ignore]\n"
    assert written(text, NEW) == f'{text}mid-lib = {{ rules = ["archived"], reason = "why" }}\n'


def test_no_entries_need_no_edit() -> None:
    assert ignore_in_config("[tool.x]\n", SHARED, []) == ()
