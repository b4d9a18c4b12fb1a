"""Ways to add an archived project, with what mothball reports about each: the last table of docs/not-seen.md."""

from __future__ import annotations

from tests.support.adversarial import Way
from tests.tables.adversarial_changes import CHANGES, TWO_COMMITS
from tests.tables.adversarial_manifests import MANIFESTS
from tests.tables.adversarial_requirements import REQUIREMENTS

ONE_COMMIT = (*REQUIREMENTS, *MANIFESTS, *CHANGES)
WAYS: tuple[Way, ...] = (*ONE_COMMIT, *TWO_COMMITS)

# The ways that are also tried with real hook runners.
THROUGH_HOOK_RUNNERS = (
    "a bare name",
    "a hash on a continued line",
    "a NUL byte in the name",
    "a form feed after a comment",
    "a variable as the name",
    "conflict markers",
    "UTF-16 with a byte-order mark",
    "a new file 'Requirements.TXT'",
    "a new file 'a b/requirements.txt'",
    "a new include of a new text",
    "an ignore without a reason in the configuration",
    "no snapshot, offline",
    "pyproject.toml: a dependency group",
    "pyproject.toml: [tool.uv.sources] a path source without a project",
    "setup.py: a computed keyword",
    "environment.yml: an anchor",
    "uv.lock: a direct dependency that no manifest names",
    "a text that is renamed to a dependency file",
    "a local project that is removed",
    "a command in Dockerfile",
    "requirements in a file 'reqs'",
    "a constraint on a name that is not required",
)


def through_hook_runners() -> tuple[Way, ...]:
    """Return the ways to try with real hook runners."""
    by_title = {way.title: way for way in WAYS}
    return tuple(by_title[title] for title in THROUGH_HOOK_RUNNERS)
