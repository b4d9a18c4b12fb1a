"""The git that may be run, and the surroundings it runs in.

A repository is hostile: it may hold a program named ``git``, and its configuration may name programs that git starts
(fsmonitor, hooks, external diffs, text converters, helpers of transports). None of them runs. Imports next to nothing
(see ``start``).
"""

from __future__ import annotations

import os
import sys

from mothball.repository.paths import is_inside, repository_root

TYPE_CHECKING = False  # see mothball.model.records
if TYPE_CHECKING:
    from collections.abc import Mapping

# `-c` beats what any configuration file says. The null device is no directory, and so holds no hooks.
HARDENED = (
    "--no-pager",
    "--no-optional-locks",
    "-c",
    "core.fsmonitor=false",
    "-c",
    f"core.hooksPath={os.devnull}",
    "-c",
    "protocol.allow=never",
)
# How two trees are compared: what git prints of them is made by no program of the repository.
COMPARED = ("--raw", "-z", "--no-ext-diff", "--no-textconv", "--no-renames", "--no-relative", "--ignore-submodules=all")
# GIT_ALLOW_PROTOCOL without a protocol forbids each, also those that a configuration allows one by one. What git lacks
# is then lacking: nothing is fetched behind our back.
_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
# They name programs, send what git says of itself to where the answer is expected, or change how paths are understood.
_DROPPED = (
    "GIT_DIFF_OPTS",
    "GIT_EXTERNAL_DIFF",
    "GIT_GLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
    "GIT_LITERAL_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_PAGER",
    "GIT_TRACE",
)


def find_git(directory: str, path: str | None = None) -> str:
    """Return the absolute path of git: the first on ``path`` (default: PATH) that is no part of what is checked.

    Passed over are relative entries, which lead to wherever one stands, and those inside the repository around
    ``directory`` or inside ``directory`` itself. Empty where none is left.
    """
    hostile = {os.path.realpath(repository_root(directory)), os.path.realpath(directory)}
    name = "git.exe" if sys.platform == "win32" else "git"
    for entry in (os.environ.get("PATH", "") if path is None else path).split(os.pathsep):
        if not os.path.isabs(entry):
            continue
        candidate = os.path.join(entry, name)
        if not (os.path.isfile(candidate) and os.access(candidate, os.X_OK)):
            continue
        places = (os.path.realpath(entry), os.path.realpath(candidate))
        if not any(is_inside(place, one) for place in places for one in hostile):
            return candidate
    return ""


def environment() -> Mapping[str, str]:
    """Return the environment for git: ours, with git's own variables, as a hook is told by them which index counts."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(_DROPPED)}
    return {**kept, **_ENVIRONMENT}
