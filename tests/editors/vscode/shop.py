"""The workspace of the tests: a shop with archived, deprecated and quarantined dependencies, and its snapshot."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from tests.editors.vscode.window import Underline

REQUIREMENTS = """\
# What runs on the servers.
lantern-web==4.2.1
cloakroom==1.0.3
tallybook[export]>=1.3; python_version >= "3.11"
quill-templates==2.1.4
"""

# The expected diagnostics.
UNDERLINED = (
    Underline("error", "cloakroom"),
    Underline("warning", "tallybook"),
    Underline("error", "quill-templates"),
)

PYPROJECT = """\
[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[project]
name = "shop"
version = "1.4.0"
requires-python = ">=3.11"
dependencies = [
    "lantern-web>=4.2",
    "quill-templates==2.1.*",
    "coinpurse>=3",
]

# No network is needed: the statuses come from the snapshot beside this file.
[tool.mothball]
index-url = "https://index.example/simple/"
offline = true
snapshot = "statuses.json"
"""

STATUSES: Mapping[str, Mapping[str, str]] = {
    "cloakroom": {"status": "quarantined", "reason": "under investigation for credential theft"},
    "coinpurse": {"status": "active"},
    "hatchling": {"status": "active"},
    "lantern-web": {"status": "active"},
    "quill-templates": {"status": "archived", "reason": "merged into lantern-web 4; no more releases"},
    "tallybook": {"status": "deprecated", "reason": "use ledger-kit for new work"},
}


def write(folder: Path, files: Mapping[str, str] | None = None) -> Path:
    """Write the shop into ``folder``, with additional or replaced ``files``, and return ``folder``."""
    snapshot = {
        "mothball-snapshot": 1,
        "generated": datetime.now(UTC).date().isoformat(),
        "index": "https://index.example/simple/",
        "projects": STATUSES,
    }
    own = {"requirements.txt": REQUIREMENTS, "pyproject.toml": PYPROJECT, "statuses.json": json.dumps(snapshot)}
    for name, text in {**own, **(files or {})}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder
