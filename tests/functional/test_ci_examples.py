"""Our own workflows, and the examples and templates for CI systems: their syntax, and what their commands do."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from groovy_parser.parser import parse_groovy_content
from lark.exceptions import UnexpectedInput

from tests.support.added import OFFLINE, Workshop, lines, workshop

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
EXAMPLES = ROOT / "examples" / "ci"
COMPONENT = ROOT / "templates" / "mothball.yml"
PROGRAMS = Path(sys.executable).parent
NO_BASE: dict[str, str] = {}


def run_program(name: str, *arguments: str, cwd: Path = ROOT) -> None:
    """Run a checker of the test environment, which must pass."""
    done = subprocess.run(
        [PROGRAMS / name, *arguments], cwd=cwd, capture_output=True, encoding="utf-8", errors="replace", check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def validate(schema: str, *paths: Path) -> None:
    run_program("check-jsonschema", "--regex-variant", "nonunicode", "--builtin-schema", schema, *map(str, paths))


def test_workflows_are_valid() -> None:
    validate("vendor.github-workflows", *WORKFLOWS, EXAMPLES / "github.yml")
    validate("vendor.github-actions", ROOT / "action.yml")
    run_program("actionlint", *map(str, WORKFLOWS), str(EXAMPLES / "github.yml"))


def test_zizmor_finds_nothing_in_workflows_and_action() -> None:
    run_program("zizmor", "--offline", "--no-progress", "--persona", "pedantic", ".github", "action.yml")
    run_program("zizmor", "--offline", "--no-progress", str(EXAMPLES / "github.yml"))


@pytest.mark.parametrize("path", [*WORKFLOWS, EXAMPLES / "github.yml"], ids=lambda path: path.name)
def test_actions_are_pinned_by_hash_and_permissions_are_given_per_job(path: Path) -> None:
    text = path.read_text("utf-8")
    used = re.findall(r"uses: (\S+)", text)
    assert [action for action in used if action != "./" and not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action)] == []
    assert yaml.safe_load(text)["permissions"] == {}
    assert "pull_request_target" not in text


def test_only_the_job_that_publishes_can_get_a_token_of_the_index() -> None:
    jobs: dict[str, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text("utf-8"))["jobs"]
    with_token = [name for name, job in jobs.items() if "id-token" in job.get("permissions", {})]
    assert with_token == ["publish"]
    assert jobs["publish"]["environment"] == "release"
    assert [step for step in jobs["publish"]["steps"] if "run" in step] == []


def test_releases_use_no_caches_and_publish_what_was_built() -> None:
    text = (ROOT / ".github" / "workflows" / "release.yml").read_text("utf-8")
    jobs: dict[str, Any] = yaml.safe_load(text)["jobs"]
    steps = [(name, step) for name, job in jobs.items() for step in job["steps"]]
    built_by = {name for name, step in steps if "checkout" in step.get("uses", "")}
    assert built_by == {"build", "build-vscode"}
    assert [step for _, step in steps if "/cache@" in step.get("uses", "")] == []
    assert text.count("setup-uv@") == text.count("enable-cache: false")
    assert text.count("setup-node@") == text.count("package-manager-cache: false")
    tag_checks = {name for name, step in steps if "The tag is the version" in step.get("name", "")}
    assert tag_checks == built_by == set(jobs["publish"]["needs"])
    assert [name for name in built_by if jobs[name]["permissions"] != {"contents": "read"}] == []


def test_examples_for_other_systems_are_valid(tmp_path: Path) -> None:
    validate("vendor.azure-pipelines", EXAMPLES / "azure-pipelines.yml")
    validate("vendor.woodpecker-ci", EXAMPLES / "woodpecker.yml")
    validate("vendor.gitlab-ci", EXAMPLES / "gitlab-ci.yml")
    _, job = COMPONENT.read_text("utf-8").split("\n---\n")
    path = tmp_path / "component.yml"
    path.write_text(re.sub(r"\$\[\[.*?\]\]", "x", job), "utf-8")
    validate("vendor.gitlab-ci", path)


def test_jenkinsfile_is_groovy() -> None:
    text = (EXAMPLES / "Jenkinsfile").read_text("utf-8")
    assert parse_groovy_content(text) is not None
    with pytest.raises(UnexpectedInput):
        parse_groovy_content(text.replace("steps {", "steps"))


def test_every_input_of_the_component_is_used() -> None:
    header, job = COMPONENT.read_text("utf-8").split("\n---\n")
    assert set(re.findall(r"\$\[\[ inputs\.(\w+) \]\]", job)) == set(yaml.safe_load(header)["spec"]["inputs"])


def check_script(system: str) -> str:
    """Return the commands of an example that check the dependencies, without those that install mothball."""
    match system:
        case "gitlab":
            job = COMPONENT.read_text("utf-8").split("\n---\n")[1]
            script = yaml.safe_load(job)["mothball"]["script"][0]
        case "azure":
            script = yaml.safe_load((EXAMPLES / "azure-pipelines.yml").read_text("utf-8"))["steps"][2]["script"]
        case "woodpecker":
            step = yaml.safe_load((EXAMPLES / "woodpecker.yml").read_text("utf-8"))["steps"][0]
            script = step["commands"][1]
        case _:
            script = re.findall(r"sh '''\n(.*?)'''", (EXAMPLES / "Jenkinsfile").read_text("utf-8"), re.DOTALL)[1]
    return str(script)


def clone_as_woodpecker(shop: Workshop, checkout: Path, commit: str) -> None:
    """Fetch ``commit`` only, as plugin-git does: without branches."""
    shop.git("init", "--quiet", str(checkout))
    shop.git("remote", "add", "origin", f"file://{shop.root}", cwd=checkout)
    shop.git("fetch", "--quiet", "--no-tags", "origin", f"+{commit}:", cwd=checkout)
    shop.git("reset", "--quiet", "--hard", commit, cwd=checkout)


@pytest.mark.parametrize(
    ("system", "base_variable"),
    [
        ("gitlab", "CI_MERGE_REQUEST_DIFF_BASE_SHA"),
        ("azure", "SYSTEM_PULLREQUEST_TARGETBRANCH"),
        ("jenkins", "CHANGE_TARGET"),
        ("woodpecker", "CI_COMMIT_TARGET_BRANCH"),
    ],
)
def test_examples_check_what_a_request_adds_with_the_policy_of_its_base(
    tmp_path: Path, system: str, base_variable: str
) -> None:
    shop = workshop(tmp_path)
    base = shop.commit({"requirements.txt": lines("old-b")})
    main = shop.git("rev-parse", "--abbrev-ref", "HEAD")
    checkout = tmp_path / "checkout"
    if system == "woodpecker":
        clone_as_woodpecker(shop, checkout, base)
    else:
        shop.git("clone", "--quiet", f"file://{shop.root}", str(checkout))
    base_value = {"gitlab": base, "azure": f"refs/heads/{main}"}.get(system, main)

    def run(files: dict[str, str], variables: dict[str, str]) -> tuple[int, str]:
        for name, content in files.items():
            (checkout / name).write_text(content, "utf-8")
        environment = {
            **os.environ,
            **shop.repository.environment,
            "HOME": str(shop.home),
            "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}",
            "MOTHBALL_POLICY": "base",
            "AGENT_TEMPDIRECTORY": str(tmp_path),
            "WORKSPACE_TMP": str(tmp_path),
            "CI_COMMIT_TARGET_BRANCH": "",
            **variables,
        }
        command = ["sh", "-eu", "-c", check_script(system)]
        done = subprocess.run(
            command, cwd=checkout, env=environment, capture_output=True, encoding="utf-8", check=False
        )
        return done.returncode, done.stdout + done.stderr

    request = {base_variable: base_value}
    assert run({}, request)[0] == 0
    assert run({}, NO_BASE)[0] == 1
    ignored = OFFLINE + '[ignore]\nold-a = { rules = ["archived"], reason = "please" }\n'
    code, output = run({"requirements.txt": lines("old-b", "old-a"), "mothball.toml": ignored}, request)
    assert (code, output.count("error[archived]")) == (1, 1)
    assert "the change configures mothball: `ignore.old-a` added" in output
