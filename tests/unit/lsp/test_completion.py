"""Completion at a cursor, written as ``|`` in the text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mothball.config.keys import IGNORE_KEYS, INDEX_KEYS, PROJECT_KEYS
from mothball.config.values import SEVERITY_SCOPES
from mothball.lsp.features.completion import CompletionChoice, configuration_candidates, rule_candidates
from mothball.model.file_names import FORMATS
from mothball.model.results import IGNORABLE_RULES, Rule, Severity
from tests.support.edit_samples import MANIFESTS
from tests.support.hostile import TEXTS

RULES = [*map(str, IGNORABLE_RULES)]
SEVERITIES = [f'"{severity}"' for severity in Severity]


def complete(marked: str, path: str = "") -> list[CompletionChoice]:
    """Return the candidates at the mark; with a ``path``, those for the configuration of that name."""
    offset = marked.index("|")
    text = marked[:offset] + marked[offset + 1 :]
    candidates = configuration_candidates(text, offset, path) if path else rule_candidates(text, offset)
    return [*candidates]


def texts(candidates: list[CompletionChoice]) -> list[str]:
    return [candidate.new_text for candidate in candidates]


# --- ignore comments --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("marked", "typed"),
    [
        ("old-lib  # mothball: ignore[|", ""),
        ("old-lib  # mothball: ignore[arch|", "arch"),
        ("a\nold-lib  # via b # mothball:ignore [archived, dep|] why\nb\n", "dep"),
        ("install_requires =\n    old-lib  ; mothball: ignore[re-r|", "re-r"),
    ],
)
def test_rules_are_offered_in_an_ignore_comment(marked: str, typed: str) -> None:
    found = complete(marked)
    assert texts(found) == RULES
    offset = marked.index("|")
    assert {candidate.span for candidate in found} == {(offset - len(typed), offset)}


@pytest.mark.parametrize(
    "marked",
    [
        "old-lib|",
        "old-lib  # |",
        "old-lib  # mothball: |",
        "old-lib  # mothball: ignore[archived]|",
        "old-lib  # mothball: ignore[archived] wh|y",
        "old-lib[|",
        "# mothball: ignore[archived\nold|",
    ],
)
def test_nothing_is_offered_elsewhere(marked: str) -> None:
    assert complete(marked) == []


# --- configuration ----------------------------------------------------------------------------------------------------

SEVERITY_KEYS = [key for rule in Rule for key in (str(rule), *(f'"{rule}.{scope}"' for scope in SEVERITY_SCOPES))]


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("|", [*PROJECT_KEYS]),
        ("off|", [*PROJECT_KEYS]),
        ("[sev|", [*PROJECT_KEYS]),
        ("[severity]\n|", SEVERITY_KEYS),
        ("[severity]\narchived = |", SEVERITIES),
        ('[severity]\narchived = "er|', [severity.strip('"') for severity in SEVERITIES]),
        ("severity.archived = |", SEVERITIES),
        ("severity.archived.tr|", [*SEVERITY_SCOPES]),
        ("severity = { archived = |", SEVERITIES),
        ("severity = { archived = 'off', |", SEVERITY_KEYS),
        ("offline = |", ["true", "false"]),
        ("[ignore]\nold-lib = { |", [*IGNORE_KEYS]),
        ('[ignore]\nold-lib = { rules = ["archived"], rea|', [*IGNORE_KEYS]),
        ('[ignore]\nold-lib = { rules = ["|', RULES),
        ('[ignore]\nold-lib = { rules = ["archived", |', [f'"{rule}"' for rule in RULES]),
        ('[ignore.old-lib]\nrules = [\n    "archived",  # why\n    "|', RULES),
        ("[ignore.old-lib]\n|", [*IGNORE_KEYS]),
        ('[files]\n"deps/*.pip" = "|', [*FORMATS]),
        ('[indexes."https://index.example/simple/"]\n|', [*INDEX_KEYS]),
        ('[indexes."https://index.example/simple/"]\nstatuses = |', ['"stated"', '"none"']),
        # Names of packages, free text and complete values.
        ("[ignore]\n|", []),
        ('[successors]\nold-lib = "|', []),
        ('private = ["|', []),
        ('[ignore]\nold-lib = { reason = "|', []),
        ("offline = true |", []),
        ("# |", []),
        ("[severity] # a|", []),
        ("[unknown]\n|", []),
    ],
)
def test_keys_and_values_of_the_configuration(marked: str, expected: list[str]) -> None:
    assert texts(complete(marked, "mothball.toml")) == expected


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("[tool.mothball]\n|", [*PROJECT_KEYS]),
        ("[tool.mothball.|", [*PROJECT_KEYS]),
        ("[tool.mothball.severity]\nyanked = '|", [str(severity) for severity in Severity]),
        ("[project]\n|", []),
        ("|", []),
        ("[tool.|", []),
        ("[tool.mothball]\n[tool.ruff]\n|", []),
    ],
)
def test_only_the_own_table_of_pyproject_is_completed(marked: str, expected: list[str]) -> None:
    assert texts(complete(marked, "pyproject.toml")) == expected


def test_candidate_replaces_what_is_typed() -> None:
    for candidate in complete('[severity]\narchived = "er|', "mothball.toml"):
        assert candidate.span == (23, 25)
    assert {candidate.description != "" for candidate in complete("|", "mothball.toml")} == {True}


@given(
    TEXTS,
    st.sampled_from(["", "[severity]\n", "ignore = { x = {", 'rules = ["']),
    st.sampled_from(["a.toml", "pyproject.toml"]),
)
def test_completion_raises_nothing_for_any_text(text: str, head: str, path: str) -> None:
    whole = head + text
    for offset in {0, len(head), len(whole)}:
        for candidate in (*rule_candidates(whole, offset), *configuration_candidates(whole, offset, path)):
            assert 0 <= candidate.span.start <= candidate.span.end == offset


@pytest.mark.parametrize(("name", "text"), MANIFESTS[::3])
def test_no_package_name_is_ever_offered(name: str, text: str) -> None:
    names = {*RULES}
    for offset in range(0, len(text), 7):
        assert {candidate.new_text for candidate in rule_candidates(text, offset)} <= names, name
