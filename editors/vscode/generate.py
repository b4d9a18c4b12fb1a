"""Write into the extension what mothball's own tables say: file names, settings, version, licence.

Run it after a change of those tables: ``uv run python editors/vscode/generate.py``. A test of the project compares what
this makes with what is committed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import mothball
from mothball.formats.table import PATTERNS
from mothball.lsp.commands import COMMANDS
from mothball.lsp.settings import SETTINGS, Setting

HERE = Path(__file__).resolve().parent
_LICENSE = HERE.parents[1] / "LICENSE"

# A file that is opened without a folder activates by its language: what VS Code and people's extensions call our files.
_LANGUAGES = ("ini", "json", "pip-requirements", "plaintext", "properties", "python", "toml", "yaml")

# What a repository's .vscode/settings.json must not decide is "machine": whom to ask, what to run. It depends on the
# machine the server runs on (its network, its programs), so a remote window does not take it from the local settings.
_SCOPES = {"user": "machine", "workspace": "window"}

# What keeps names back, and how old an answer may be, is the person's own wherever the server runs: "application" goes
# along into remote windows, and no workspace can set it either.
EVERYWHERE = frozenset({"private", "offline", "maxAge"})

# What the extension itself needs to know, beside the server's settings.
_OWN_SETTINGS: Mapping[str, Mapping[str, object]] = {
    "mothball.path": {
        "type": "string",
        "default": "",
        "scope": "machine",
        "markdownDescription": "Absolute path of the `mothball` program. Empty: the selected Python environment, "
        "then `PATH`, then `uvx` if you allow it.",
    },
    "mothball.uvx": {
        "type": "string",
        "enum": ["ask", "always", "never"],
        "enumDescriptions": [
            "Ask when mothball is found nowhere else.",
            "Run mothball with uvx when it is found nowhere else.",
            "Never run it with uvx.",
        ],
        "default": "ask",
        "scope": "machine",
        "markdownDescription": "Whether `uvx` may download and run mothball when it is not installed.",
    },
    "mothball.trace.server": {
        "type": "string",
        "enum": ["off", "messages", "verbose"],
        "default": "off",
        "scope": "window",
        "markdownDescription": "What of the conversation with the server is written to the output.",
    },
}


def globs() -> list[str]:
    """Return the shapes of the names of all files that mothball reads, as VS Code writes them."""
    return [f"**/{pattern.parent}/{pattern.name}" if pattern.parent else f"**/{pattern.name}" for pattern in PATTERNS]


def property_of(setting: Setting) -> dict[str, object]:
    """Return how package.json describes ``setting``."""
    return {
        "type": setting.type,
        **({"items": {"type": "string"}} if setting.type == "array" else {}),
        # The server takes an empty text for no opinion, and people can type one.
        "default": "" if setting.default is None else setting.default,
        "scope": "application" if setting.key in EVERYWHERE else _SCOPES[setting.scope],
        "markdownDescription": setting.description,
    }


def manifest(text: str) -> str:
    """Return ``text``, the package.json, with the parts that are made here as they should be."""
    package = json.loads(text)
    package["version"] = mothball.__version__
    package["activationEvents"] = [
        *(f"onLanguage:{language}" for language in _LANGUAGES),
        *(f"workspaceContains:{glob}" for glob in globs()),
    ]
    package["contributes"]["configuration"]["properties"] = {
        **_OWN_SETTINGS,
        **{f"mothball.{setting.key}": property_of(setting) for setting in SETTINGS},
    }
    return json.dumps(package, indent=2) + "\n"


def module() -> str:
    """Return the TypeScript module with what the extension needs to know at run time."""
    return f"""\
// Made by generate.py from mothball's own tables; a test of the project fails when the two disagree.

/** The version of mothball that this extension belongs to. */
export const VERSION = {json.dumps(mothball.__version__)};

/** The files that mothball reads, by name. */
export const FILE_PATTERNS: readonly string[] = {_array(globs())};

/** The commands that the server takes. */
export const SERVER_COMMANDS: readonly string[] = {_array(list(COMMANDS))};

/** The settings that the server knows. */
export const SERVER_SETTINGS: readonly string[] = {_array([setting.key for setting in SETTINGS])};
"""


def outputs() -> dict[Path, str]:
    """Return what should stand in each file that is made here, wholly or in part."""
    package = HERE / "package.json"
    return {
        package: manifest(package.read_text("utf-8")),
        HERE / "src/generated.ts": module(),
        HERE / "LICENSE": _LICENSE.read_text("utf-8"),
    }


def main() -> None:
    """Write them."""
    for path, text in outputs().items():
        path.write_text(text, "utf-8", newline="\n")


def _array(values: list[str]) -> str:
    lines = "".join(f"    {json.dumps(value)},\n" for value in values)
    return f"[\n{lines}]"


if __name__ == "__main__":
    main()
