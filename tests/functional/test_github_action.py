"""The scripts of the GitHub Action, run as the runner runs them, in real repositories."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from tests.support.added import OFFLINE, Workshop, lines, workshop

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "ci" / "github"


class Step(NamedTuple):
    """The result of a step: exit code, log, job summary and outputs."""

    code: int
    log: str
    summary: str
    outputs: dict[str, str]


class Runner(NamedTuple):
    """A runner with a checkout of a pull request, whose last commit is the merge into its base."""

    checkout: Path
    temporary: Path
    environment: dict[str, str]

    def run(self, event_name: str, event: dict[str, Any], **inputs: str) -> Step:
        """Run the step that checks the dependencies."""
        event_path = self.temporary / "event.json"
        event_path.write_text(json.dumps(event), "utf-8")
        files = {name: self.temporary / name for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT")}
        for path in files.values():
            path.write_text("", "utf-8")
        environment = {
            **self.environment,
            **{f"MOTHBALL_ACTION_{name.upper()}": value for name, value in inputs.items()},
            **{name: str(path) for name, path in files.items()},
            "GITHUB_EVENT_NAME": event_name,
            "GITHUB_EVENT_PATH": str(event_path),
            "RUNNER_TEMP": str(self.temporary),
        }
        command = [sys.executable, "-I", str(SCRIPTS / "check.py")]
        done = subprocess.run(
            command, cwd=self.checkout, env=environment, capture_output=True, encoding="utf-8", check=False
        )
        output = files["GITHUB_OUTPUT"].read_text("utf-8")
        outputs = dict(line.split("=", 1) for line in output.splitlines())
        summary = files["GITHUB_STEP_SUMMARY"].read_text("utf-8")
        return Step(done.returncode, done.stdout + done.stderr, summary, outputs)


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    """Return a repository with a configuration and a dependency."""
    shop = workshop(tmp_path)
    shop.commit({"requirements.txt": lines("good-a", "old-b")})
    return shop


def runner(shop: Workshop, tmp_path: Path, *clone_options: str) -> Runner:
    """Clone ``shop`` at its current commit, as actions/checkout does."""
    checkout, temporary = tmp_path / "checkout", tmp_path / "temporary"
    temporary.mkdir()
    shop.git("clone", "--quiet", *clone_options, f"file://{shop.root}", str(checkout))
    return Runner(checkout, temporary, {**os.environ, **shop.repository.environment, "HOME": str(shop.home)})


def merged_pull_request(shop: Workshop, files: dict[str, str]) -> dict[str, Any]:
    """Commit ``files`` on a branch, merge it as GitHub does, and return the event.

    The base got another commit meanwhile: an archived package that the pull request does not add.
    """
    base = shop.git("rev-parse", "HEAD")
    main = shop.git("rev-parse", "--abbrev-ref", "HEAD")
    shop.git("checkout", "--quiet", "-b", "topic")
    head = shop.commit(files)
    shop.git("checkout", "--quiet", main)
    shop.commit({"other/requirements.txt": lines("old-c")})
    shop.git("merge", "--quiet", "--no-ff", "--no-edit", "topic")
    return {"pull_request": {"head": {"sha": head, "repo": {"fork": True}}, "base": {"sha": base}}}


def test_added_archived_package_fails_with_annotation_and_summary(shop: Workshop, tmp_path: Path) -> None:
    event = merged_pull_request(shop, {"requirements.txt": lines("good-a", "old-b", "old-a")})
    step = runner(shop, tmp_path).run("pull_request", event)
    assert step.code == 1
    assert re.search(r"^::error file=requirements\.txt,line=3,endLine=3,col=1,", step.log, re.MULTILINE)
    assert step.log.count("::error") == 1
    assert "### mothball: 1 error" in step.summary
    assert "`requirements.txt:3`" in step.summary
    assert step.outputs == {"exit-code": "1", "sarif-file": ""}


def test_pull_request_without_additions_passes(shop: Workshop, tmp_path: Path) -> None:
    event = merged_pull_request(shop, {"requirements.txt": lines("good-a", "old-b==2")})
    step = runner(shop, tmp_path).run("pull_request", event)
    assert (step.code, "::error" in step.log) == (0, False)
    assert "### mothball: no errors" in step.summary


def test_merge_group_is_compared_with_its_base(shop: Workshop, tmp_path: Path) -> None:
    base = shop.git("rev-parse", "HEAD")
    shop.commit({"requirements.txt": lines("good-a", "old-b", "old-a")})
    step = runner(shop, tmp_path).run("merge_group", {"merge_group": {"base_sha": base}})
    assert (step.code, step.log.count("::error")) == (1, 1)


def test_push_is_a_full_check(shop: Workshop, tmp_path: Path) -> None:
    step = runner(shop, tmp_path).run("push", {})
    assert step.code == 1
    assert "::error file=requirements.txt,line=2," in step.log


@pytest.mark.parametrize("depth", ["1", "2"])
def test_shallow_clone_without_the_base_fails_with_the_line_to_change(
    shop: Workshop, tmp_path: Path, depth: str
) -> None:
    shop.commit({"a.txt": "a"})
    base = shop.git("rev-parse", "HEAD")
    shop.commit({"b.txt": "b"})
    shop.commit({"c.txt": "c"})
    event = {"pull_request": {"head": {"sha": "0" * 40}, "base": {"sha": base}}}
    step = runner(shop, tmp_path, "--depth", depth).run("pull_request", event)
    assert step.code == 2
    assert "::error title=mothball::the base of the change is not in this clone" in step.log
    assert "fetch-depth: 0" in step.log


def test_depth_2_is_enough_for_a_merged_pull_request(shop: Workshop, tmp_path: Path) -> None:
    event = merged_pull_request(shop, {"requirements.txt": lines("good-a", "old-b", "old-a")})
    step = runner(shop, tmp_path, "--depth", "2").run("pull_request", event)
    assert (step.code, step.log.count("::error")) == (1, 1)


def test_pull_request_that_weakens_the_policy_is_checked_with_that_of_the_base(shop: Workshop, tmp_path: Path) -> None:
    config = OFFLINE + '[ignore]\nold-a = { rules = ["archived"], reason = "please" }\n'
    event = merged_pull_request(shop, {"mothball.toml": config, "requirements.txt": lines("old-b", "old-a")})
    actions = runner(shop, tmp_path)
    step = actions.run("pull_request", event)
    assert step.code == 1
    assert "the change configures mothball: `ignore.old-a` added" in step.log
    assert "the change configures mothball: `ignore.old-a` added" in step.summary
    assert actions.run("pull_request", event, policy="head").code == 0


def test_pull_request_that_adds_an_index_is_noted_in_annotations_and_summary(shop: Workshop, tmp_path: Path) -> None:
    event = merged_pull_request(shop, {"requirements.txt": "-i https://new.example/simple/\nold-a\n"})
    step = runner(shop, tmp_path).run("pull_request", event)
    assert step.code == 1
    assert re.search(
        r"^::notice title=mothball::the change adds the index https://new\.example/simple/", step.log, re.MULTILINE
    )
    assert "the change adds the index `https://new.example/simple/`" in step.summary


def test_sarif_file_is_written_for_code_scanning(shop: Workshop, tmp_path: Path) -> None:
    event = merged_pull_request(shop, {"requirements.txt": lines("old-a")})
    actions = runner(shop, tmp_path)
    step = actions.run("pull_request", event, sarif_file="mothball.sarif")
    log = json.loads((actions.checkout / "mothball.sarif").read_text("utf-8"))
    assert [result["ruleId"] for result in log["runs"][0]["results"]] == ["archived"]
    assert step.outputs == {"exit-code": "1", "sarif-file": "mothball.sarif"}


def test_inputs_select_base_paths_directory_and_strictness(shop: Workshop, tmp_path: Path) -> None:
    base = shop.git("rev-parse", "HEAD")
    shop.commit({"sub/one/requirements.txt": lines("old-a"), "sub/two/requirements.txt": lines("good-b")})
    actions = runner(shop, tmp_path)
    assert actions.run("push", {}, base=base, directory="sub", paths="one\ntwo\n").code == 1
    assert actions.run("push", {}, base=base, directory="sub", paths="two").code == 0
    assert actions.run("push", {}, base=base, directory="sub", paths="two", strict="true").code == 0


@pytest.mark.parametrize("directory", ["sub", "sub/one"])
def test_paths_are_relative_to_the_root_whatever_the_working_directory(
    shop: Workshop, tmp_path: Path, directory: str
) -> None:
    base = shop.git("rev-parse", "HEAD")
    shop.commit({"sub/one/requirements.txt": lines("old-a"), "requirements.txt": lines("old-c")})
    actions = runner(shop, tmp_path)
    step = actions.run("push", {}, base=base, directory=directory, sarif_file="out.sarif")
    assert step.log.count("::error") == 1
    assert "::error file=sub/one/requirements.txt,line=1," in step.log
    [result] = json.loads((actions.checkout / "out.sarif").read_text("utf-8"))["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "sub/one/requirements.txt"


@pytest.mark.parametrize(
    ("event_name", "inputs", "message"),
    [
        ("pull_request_target", {}, "use the event `pull_request`"),
        ("push", {"policy": "none"}, "unknown value of `policy`%0Aexpected one of: base, head"),
        ("push", {"strict": "yes"}, "unknown value of `strict`%0Aexpected one of: false, true"),
        ("push", {"base": "--output=x"}, "`base` begins with a dash"),
        ("push", {"sarif_file": "a\nb"}, "sarif-file has several lines"),
        ("push", {"directory": "nowhere"}, "working-directory does not exist"),
        ("push", {"base": "no-such-branch"}, "fetch-depth: 0"),
    ],
)
def test_invalid_inputs_fail_with_the_remedy(
    shop: Workshop, tmp_path: Path, event_name: str, inputs: dict[str, str], message: str
) -> None:
    step = runner(shop, tmp_path).run(event_name, {}, **inputs)
    assert step.code == 2
    assert message in step.log
    assert message.replace("%0A", "\n\n") in step.summary


def test_files_of_the_checkout_are_not_imported(shop: Workshop, tmp_path: Path) -> None:
    planted = dict.fromkeys(("json.py", "mothball.py", "mothball/__init__.py"), "raise SystemExit(0)\n")
    event = merged_pull_request(shop, {**planted, "requirements.txt": lines("old-a")})
    assert runner(shop, tmp_path).run("pull_request", event).code == 1


@pytest.mark.slow
def test_install_takes_neither_index_nor_modules_from_the_checkout(shop: Workshop, tmp_path: Path) -> None:
    index = "http://127.0.0.1:9/simple/"
    shop.commit(
        {
            "uv.toml": f'index-url = "{index}"\n',
            "pip.conf": f"[global]\nindex-url = {index}\n",
            "pyproject.toml": f'[[tool.uv.index]]\nurl = "{index}"\ndefault = true\n',
            "pip.py": "raise SystemExit(3)\n",
            "venv.py": "raise SystemExit(3)\n",
            "requirements.txt": "evil\n",
        }
    )
    actions = runner(shop, tmp_path)
    environment = {**os.environ, "GITHUB_ACTION_PATH": str(ROOT), "RUNNER_TEMP": str(actions.temporary)}
    command = ["bash", str(SCRIPTS / "install.sh")]
    done = subprocess.run(
        command, cwd=actions.checkout, env=environment, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("mothball ")
    assert (actions.temporary / "mothball").is_dir()


def test_locked_requirements_are_the_pinned_versions_with_hashes() -> None:
    text = (ROOT / "ci" / "requirements.txt").read_text("utf-8").replace(" \\\n", " ")
    rows = [line.split() for line in text.splitlines()]
    assert all(len(row) > 1 and all(word.startswith("--hash=sha256:") for word in row[1:]) for row in rows)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    uv = project["tool"]["uv"]
    pinned = {
        line.partition(" ;")[0].lower() for line in uv["constraint-dependencies"] + uv["build-constraint-dependencies"]
    }
    assert {row[0] for row in rows} <= pinned
    wanted = {re.split(r"[<>=]", line)[0].lower() for line in project["project"]["dependencies"]}
    assert wanted <= {row[0].partition("==")[0] for row in rows}


def test_action_passes_inputs_by_environment_only() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    steps = action["runs"]["steps"]
    assert [step["run"] for step in steps if "${{" in step["run"]] == []
    passed = {value for step in steps for value in step.get("env", {}).values()}
    assert passed == {f"${{{{ inputs.{name} }}}}" for name in action["inputs"]}
