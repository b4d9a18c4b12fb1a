"""The step "Check dependencies" of the GitHub Action: run ``mothball check`` with the inputs of the action.

The inputs are environment variables ``MOTHBALL_ACTION_*``; the others are those that GitHub sets. On a pull request,
and in a merge queue, only the dependencies that it adds are checked, by default with the policy of its base. Nothing is
fetched: if the base is not in the clone, the step fails with the remedy.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_FETCH_DEPTH = "set `fetch-depth: 0` for actions/checkout, so that the clone contains the base"
# Of the inputs with fixed values, the options of mothball for each value; the first one is the default.
_POLICIES = {"base": "--policy=base", "head": "--policy=target"}
_STRICT = {"false": "", "true": "--strict"}


class InputError(Exception):
    """The step cannot run; the arguments are the message and the remedy."""


def main() -> int:
    """Run the check and return the exit code of the step."""
    try:
        options, paths, sarif_file = _arguments(os.environ)
    except InputError as error:
        message, remedy = error.args
        sys.stdout.write(f"::error title=mothball::{message}%0A{remedy}\n")
        _append("GITHUB_STEP_SUMMARY", f"### mothball: {message}\n\n{remedy}\n")
        return 2
    summary = Path(os.environ["RUNNER_TEMP"], "mothball-summary.md")
    command = [sys.executable, "-I", "-m", "mothball", "check", "--format", "github", "--report", f"markdown={summary}"]
    code = subprocess.run([*command, *options, "--", *paths], check=False).returncode  # noqa: S603
    if summary.exists():
        _append("GITHUB_STEP_SUMMARY", summary.read_text("utf-8"))
        summary.unlink()
    _append("GITHUB_OUTPUT", f"exit-code={code}\nsarif-file={sarif_file}\n")
    return code


def _arguments(environment: Mapping[str, str]) -> tuple[list[str], list[str], str]:
    """Return the options and paths for ``mothball check``, and the path of the SARIF file. Raises InputError."""
    inputs = {
        name: environment.get(f"MOTHBALL_ACTION_{name.upper()}", "").strip()
        for name in ("paths", "base", "policy", "strict", "sarif_file", "directory")
    }
    event_name = environment.get("GITHUB_EVENT_NAME", "")
    if event_name == "pull_request_target":
        message = "pull_request_target runs with the secrets of this repository, next to the files of a pull request"
        raise InputError(message, "use the event `pull_request`: mothball needs no secrets")
    policy = _option(inputs, "policy", _POLICIES)
    strict = _option(inputs, "strict", _STRICT)
    if "\n" in inputs["sarif_file"]:
        raise InputError("sarif-file has several lines", "give the path of one file")
    options = ["--report", f"sarif={os.path.abspath(inputs['sarif_file'])}"] if inputs["sarif_file"] else []
    prefix = _enter_repository(inputs["directory"])
    options += [strict] if strict else []
    base = inputs["base"] or _base_of_event(event_name, environment.get("GITHUB_EVENT_PATH"))
    if base:
        options += [f"--since={_verified(base)}", policy]
    paths = [line.strip() for line in inputs["paths"].splitlines() if line.strip()]
    if prefix:
        paths = [os.path.join(prefix, path) for path in paths or [""]]
    return options, paths, inputs["sarif_file"]


def _enter_repository(directory: str) -> str:
    """Change to the root of the repository, and return the path of ``directory`` below it, empty for the root.

    Annotations and code scanning need paths that are relative to the root. Raises InputError.
    """
    try:
        os.chdir(directory or ".")
    except OSError:
        raise InputError("working-directory does not exist", "give a directory of the checkout") from None
    prefix = _git("rev-parse", "--show-prefix")
    os.chdir(_git("rev-parse", "--show-cdup") or ".")
    return prefix


def _option(inputs: dict[str, str], name: str, options: dict[str, str]) -> str:
    value = inputs[name] or next(iter(options))
    if value not in options:
        raise InputError(f"unknown value of `{name}`", f"expected one of: {', '.join(options)}")
    return options[value]


def _base_of_event(name: str, path: str | None) -> str:
    """Return the commit that the change of a pull request or merge group is based on, empty for other events."""
    event: dict[str, Any] = json.loads(Path(path).read_text("utf-8")) if path else {}
    if name == "merge_group":
        return str(event["merge_group"]["base_sha"])
    if name != "pull_request":
        return ""
    # What is checked out is the merge of the pull request into its base, whose tip may be newer than the event.
    head = str(event["pull_request"]["head"]["sha"])
    if _git("rev-parse", "--quiet", "--verify", "HEAD^2") == head:
        return _git("rev-parse", "--quiet", "--verify", "HEAD^1")
    return str(event["pull_request"]["base"]["sha"])


def _verified(base: str) -> str:
    """Return ``base``. Raises InputError if the clone lacks it or the history that leads to it."""
    if base.startswith("-"):
        raise InputError("`base` begins with a dash", "give a revision, such as a branch or a commit")
    if not _git("merge-base", base, "HEAD"):
        raise InputError("the base of the change is not in this clone, or not connected to it", _FETCH_DEPTH)
    return base


def _git(*arguments: str) -> str:
    """Return the output of git, empty if it fails."""
    done = subprocess.run(["git", *arguments], capture_output=True, check=False)  # noqa: S603, S607 - from PATH, as in other steps
    return done.stdout.decode().strip() if done.returncode == 0 else ""


def _append(variable: str, text: str) -> None:
    """Append to a file that GitHub names in an environment variable."""
    path = os.environ.get(variable)
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    sys.exit(main())
