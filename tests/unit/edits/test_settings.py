from __future__ import annotations

import tomllib

import pytest

from mothball.edits.settings import NewSetting, add_settings
from mothball.model.errors import ConfigError

INDEX = "https://index.example/simple/"
STATED = NewSetting(("indexes", INDEX), "statuses", "stated")
SNAPSHOT = NewSetting((), "snapshot", "statuses.json")
SHARED = ("tool", "mothball")


@pytest.mark.parametrize(
    ("text", "prefix", "expected"),
    [
        ("", (), f'snapshot = "statuses.json"\n\n[indexes."{INDEX}"]\nstatuses = "stated"\n'),
        (
            "offline = true  # why\n\n[ignore]\n",
            (),
            (
                'offline = true  # why\nsnapshot = "statuses.json"\n\n[ignore]\n\n'
                f'[indexes."{INDEX}"]\nstatuses = "stated"\n'
            ),
        ),
        (
            "# a comment\n[ignore]\n",
            (),
            f'snapshot = "statuses.json"\n\n# a comment\n[ignore]\n\n[indexes."{INDEX}"]\nstatuses = "stated"\n',
        ),
        (
            '[project]\nname = "x"\n',
            SHARED,
            (
                '[project]\nname = "x"\n\n[tool.mothball]\nsnapshot = "statuses.json"\n'
                f'\n[tool.mothball.indexes."{INDEX}"]\nstatuses = "stated"\n'
            ),
        ),
        (
            f'[tool.mothball]\noffline = true\n[tool.mothball.indexes."{INDEX}"]\npublic = true\n[tool.x]\n',
            SHARED,
            (
                '[tool.mothball]\noffline = true\nsnapshot = "statuses.json"\n'
                f'[tool.mothball.indexes."{INDEX}"]\npublic = true\nstatuses = "stated"\n[tool.x]\n'
            ),
        ),
    ],
)
def test_settings_are_added_to_their_tables(text: str, prefix: tuple[str, ...], expected: str) -> None:
    edited = add_settings(text, prefix, [SNAPSHOT, STATED])
    assert edited == expected
    tomllib.loads(edited)
    assert add_settings(edited, prefix, [SNAPSHOT, STATED]) == edited


def test_line_endings_are_kept() -> None:
    edited = add_settings("offline = true\r\n", (), [SNAPSHOT, STATED])
    assert edited.count("\r\n") == edited.count("\n") == 5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('snapshot = "other.json"\n', "`snapshot` has another value"),
        ("offline = \n", "invalid TOML in line 1"),
        ("indexes = 1\n", "is not a table"),
        (f'indexes = {{ "{INDEX}" = {{ public = true }} }}\n', "is not a table with its own header"),
        (f'indexes."{INDEX}".public = true\n', "is not a table with its own header"),
    ],
)
def test_configuration_that_cannot_be_edited_is_an_error(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        add_settings(text, (), [SNAPSHOT, STATED])
