"""Write everything that is generated from tables: ``uv run --group dev python -m tests.regenerate``.

In Markdown the generated parts are between ``<!-- generated: NAME -->`` and ``<!-- end of NAME -->``. A test compares
them with the committed files.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from unittest import mock

from editors.vscode import generate
from mothball.check.messages import SKIP_REASON_TEXT
from mothball.config.json_schema import render_schema
from mothball.edits.hook_entry import hook_files
from mothball.formats.names import PATTERNS
from mothball.lsp.settings import SETTINGS
from mothball.model.file_names import FORMATS
from tests.support import site_pages
from tests.support.cli import run_in_process
from tests.support.completions import completions
from tests.support.site_pages import table
from tests.tables import (
    added,
    added_git,
    added_indexes,
    added_links,
    adversarial,
    commands,
    formats,
    indexes,
    json_fields,
    severities,
)

ROOT = Path(__file__).parents[1]
_RULES = ROOT / "docs" / "rules"
# A site cannot use files outside of docs/.
COPIES = {ROOT / "docs" / "images" / "vscode.png": ROOT / "editors" / "vscode" / "images" / "hover.png"}
_BLOCK = re.compile(r"(<!-- generated: (.+?) -->\n)(.*?)(<!-- end of \2 -->)", re.DOTALL)
_FILES = re.compile(r"(files: \|-\n)(?:    .*\n)+")
_DEFAULT = re.compile(r"(\*\*Default:\*\* )[^.]*\.")
# One day after the snapshot of the examples, so that it is not reported as old.
_TODAY = time.mktime((2026, 11, 23, 12, 0, 0, 0, 0, -1))


def generated() -> dict[Path, str]:
    """Return the text of every file that has generated parts."""
    pages = ROOT / "src" / "mothball" / "check" / "rule_pages"
    rules = {row.rule: _rule_page(pages / f"{row.rule}.md", row) for row in severities.ROWS}
    documents = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), _RULES / "index.md"]
    texts = {path: path.read_text("utf-8") for path in documents}
    missing = set(_PARTS) - {block[2] for text in texts.values() for block in _BLOCK.finditer(text)}
    assert not missing, f"no document has the generated parts {missing}"
    hooks, expression = ROOT / ".pre-commit-hooks.yaml", textwrap.indent(f"{hook_files()}\n", "    ")
    scripts = ROOT / "src" / "mothball" / "cli" / "completion_scripts"
    return {
        **{path: _BLOCK.sub(_fill, text) for path, text in texts.items()},
        hooks: _FILES.sub(lambda match: match[1] + expression, hooks.read_text("utf-8")),
        **{folder / f"{rule}.md": text for folder in (pages, _RULES) for rule, text in rules.items()},
        ROOT / "docs" / "mothball.schema.json": render_schema(),
        ROOT / "docs" / "mothball-user.schema.json": render_schema(user=True),
        **{scripts / f"mothball.{shell}": text for shell, text in completions().items()},
        **generate.outputs(),
    }


def main() -> None:
    """Write the files."""
    for path, text in generated().items():
        path.write_text(text, "utf-8", newline="\n")
    for copy, original in COPIES.items():
        shutil.copyfile(original, copy)


# --- parts ------------------------------------------------------------------------------------------------------------


def _fill(block: re.Match[str]) -> str:
    if block[2].startswith("python -m "):  # another program writes it
        return block[0]
    return f"{block[1]}{_PARTS[block[2]]()}{block[4]}"


def _example(path: str) -> str:
    """Return the output of a check in this checkout."""
    with tempfile.TemporaryDirectory() as home, mock.patch("time.time", return_value=_TODAY):
        result = run_in_process("check", path, cwd=ROOT, home=home)
    assert not result.err, result.err
    return f"```text\n{result.out}```\n"


def _rule_page(path: Path, row: severities.Row) -> str:
    modes: dict[str, list[str]] = {}
    for severity, mode in (
        (row.full, "in a full check"),
        (row.added, "for added dependencies"),
        (row.editor or row.full, "in editors"),
    ):
        modes.setdefault(severity, []).append(mode)
    text = ", ".join(f"{severity} {' and '.join(named)}" for severity, named in modes.items())
    text = (text if len(modes) > 1 else row.full) + row.remark
    if row.transitive:
        text += f"; {row.transitive} for transitive dependencies, constraints and overrides"
    if row.lower_for_constraints:
        text += "; one level lower for constraints"
    return _DEFAULT.sub(rf"\g<1>{text}.", path.read_text("utf-8"))


def _cases(columns: str, rows: Iterable[added.Row]) -> str:
    return table(columns, ((row.case, row.outcome) for row in rows))


def _silent_ways() -> str:
    """Return the changes of which the hook or a comparison of commits reports nothing, with a remedy for each."""
    columns = "an archived package that is added by … | hook | `--since` | to have it checked"
    rows = ((way.title.replace("|", "\\|"), way.hook, way.ci, way.remedy) for way in adversarial.WAYS if way.is_silent)
    return table(columns, rows)


def _indexes() -> str:
    return table("setting | queried indexes, in order", ((row.setting, row.queried) for row in indexes.ROWS))


def _lower(row: severities.Row) -> str:
    return row.transitive or ("the same; constraints one level lower" if row.lower_for_constraints else "the same")


def _severities() -> str:
    rows = (
        (f"`{row.rule}`{row.remark}", row.added, row.full, row.editor or row.full, _lower(row))
        for row in severities.ROWS
    )
    return table(
        "rule | added dependencies | full check | editors | transitive dependencies, constraints, overrides", rows
    )


def _formats() -> str:
    rows = []
    for name in dict.fromkeys(pattern.format for pattern in PATTERNS):
        names = ", ".join(f"`{pattern.glob}`" for pattern in PATTERNS if pattern.format == name)
        title, _, content = FORMATS[name].partition(": ")
        rows.append((names, content or title, ", ".join(formats.LIMITS.get(name, ()))))
    return table("files | content | not recognized in", rows)


def _fields(kind: str) -> str:
    rows = []
    for field in json_fields.OBJECTS[kind]:
        names = ", ".join(f"`{name}`" for name in field.names.split())
        values = ", ".join(f"`{value}`" for value in field.values)
        rows.append((names, field.type + " or null" * field.null, field.description + (values and f": {values}")))
    return table("field | type | description", rows)


def _settings() -> str:
    rows = (
        (
            f"`{one.key}`",
            one.type,
            "" if one.default is None else f"`{json.dumps(one.default)}`",
            one.scope,
            one.description,
        )
        for one in SETTINGS
    )
    return table("setting | type | default | scope | description", rows)


_PARTS: Mapping[str, Callable[[], str]] = {
    "names and files": lambda: _cases("case | added?", added.NAMES),
    "changed indexes": lambda: _cases("change | is a name added?", added_indexes.INDEXES),
    "policy": lambda: _cases("case | result", added.POLICY),
    "links": lambda: _cases("case | is a name added?", added_links.LINKS),
    "comparisons": lambda: _cases("case | what is compared, or the result", added_git.COMPARED),
    "changes that pass": _silent_ways,
    "indexes": _indexes,
    "severities": _severities,
    "rules": site_pages.rules,
    "command line": site_pages.command_line,
    **{f"key {key}": partial(str, facts) for key, facts in site_pages.keys().items()},
    "file names": _formats,
    "settings": _settings,
    "commands": lambda: table(
        "command | description", ((f"`{name}`", text) for name, text in commands.COMMANDS.items())
    ),
    "reasons": lambda: table(
        "reason | description", ((f"`{reason}`", text) for reason, text in SKIP_REASON_TEXT.items())
    ),
    **{f"mothball check {example}": partial(_example, example) for example in ("examples/shop", "examples/harbour")},
    **{f"fields of {kind}": partial(_fields, kind) for kind in json_fields.OBJECTS},
}


if __name__ == "__main__":
    main()
