"""The command around the change: how it may be called, what it prints, and the user's and the project's settings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.added import OFFLINE, Workshop, lines, lock, toml, workshop
from tests.support.git_repository import new_repository
from tests.support.project import snapshot_text


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    """A repository with a configuration in it, and nothing else."""
    return workshop(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("-",), "standard input has no base to compare with"),
        (("--as", "requirements"), "--as requires file names"),
        (("--as", "nonsense", "requirements.txt"), "--as: unknown format nonsense"),
        (("--since", "HEAD", "--from-ref", "HEAD"), "--since cannot be combined with --from-ref or --to-ref"),
        (("--since", "HEAD", "--to-ref", "HEAD"), "--since cannot be combined with --from-ref or --to-ref"),
        (("--to-ref", "HEAD"), "--to-ref requires --from-ref"),
        (("--write-ignores", "--reason", "x"), "--write-ignores requires a full check"),
    ],
)
def test_what_cannot_be_meant_is_refused(shop: Workshop, arguments: tuple[str, ...], said: str) -> None:
    result = shop.check(*arguments)
    assert (result.code, result.out) == (2, "")
    assert said in result.err
    assert "= help: " in result.err


def test_since_needs_a_commit(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    shop = Workshop(new_repository(tmp_path.resolve() / "new"), tmp_path / "home")
    result = shop.check("--since", "HEAD")
    assert (result.code, "there is no commit yet" in result.err) == (2, True)


def test_who_names_a_change_need_not_say_added(shop: Workshop) -> None:
    start = shop.git("rev-parse", "HEAD")
    shop.commit({"requirements.txt": lines("old-a")})
    for arguments in (("--since", start), ("--from-ref", start)):
        assert shop.check(*arguments).code == 1


def test_the_files_that_are_judged_can_be_listed(shop: Workshop) -> None:
    shop.commit({"requirements.txt": lines("old-a")})
    shop.stage({"pyproject.toml": toml("old-a", "old-b"), "app.py": ""})
    result = shop.check("--list-files")
    assert (result.code, result.out) == (0, "pyproject.toml  pyproject\n")
    result = shop.check("--list-files", "requirements.txt")
    assert (result.code, result.out) == (0, "requirements.txt  requirements\n")


@pytest.mark.parametrize("form", ["json", "sarif", "github", "concise", "text"])
def test_every_form_of_the_report_serves(shop: Workshop, form: str) -> None:
    assert shop.check("--format", form).code == 0
    shop.stage({"requirements.txt": lines("old-a", "good-a")})
    result = shop.check("--format", form)
    assert result.code == 1
    assert "old-a is archived" in result.out
    assert ("ways out" in result.out) == (form == "text")


def test_nothing_staged_is_a_report_for_programs_too(shop: Workshop) -> None:
    assert json.loads(shop.check("--format", "json").out)["summary"]["dependencies"] == 0


def test_exit_zero_hides_what_was_found_and_not_what_could_not_be_read(shop: Workshop) -> None:
    shop.stage({"requirements.txt": lines("old-a")})
    assert shop.check("--exit-zero").code == 0
    shop.stage({"requirements.txt": b"\xff\xfe\x00"})
    assert shop.check("--exit-zero").code == 2


def test_strict_makes_warnings_errors(shop: Workshop) -> None:
    shop.stage({"requirements.txt": lines("dull-lib")})
    assert shop.check().code == 0
    result = shop.check("--strict")
    assert result.code == 1
    assert "# mothball: ignore[deprecated] WHY" in result.out


def test_a_configuration_that_was_named_replaces_that_of_the_change(shop: Workshop, tmp_path: Path) -> None:
    shop.stage({"requirements.txt": lines("old-a"), "mothball.toml": OFFLINE + '[severity]\narchived = "off"\n'})
    assert shop.check().code == 0
    trusted = tmp_path / "trusted.toml"
    trusted.write_text(OFFLINE.replace("statuses.json", f"{shop.root}/statuses.json"))
    assert shop.check("--config", str(trusted)).code == 1


def test_a_broken_configuration_leaves_its_files_unchecked_and_says_so(shop: Workshop) -> None:
    shop.stage(
        {"requirements.txt": lines("old-a"), "sub/mothball.toml": "= 1\n", "sub/requirements.txt": lines("old-b")}
    )
    result = shop.check()
    assert result.code == 2
    assert "sub/mothball.toml:1:1: error: invalid TOML" in result.out
    assert "old-a is archived" in result.out
    assert "old-b" not in result.out


def test_a_configuration_that_is_a_link_inside_the_repository_governs(shop: Workshop) -> None:
    shop.stage({"config/ours.toml": OFFLINE.replace("statuses", "../statuses") + '[severity]\narchived = "off"\n'})
    (shop.root / "sub").mkdir()
    (shop.root / "sub" / "mothball.toml").symlink_to("../config/ours.toml")
    shop.git("add", "sub/mothball.toml")
    shop.stage({"sub/requirements.txt": lines("old-a")})
    assert shop.check().code == 0


def test_a_configuration_that_is_a_link_out_of_the_repository_is_refused(shop: Workshop, tmp_path: Path) -> None:
    (tmp_path / "outside.toml").write_text('[severity]\narchived = "off"\n')
    (shop.root / "sub").mkdir()
    (shop.root / "sub" / "mothball.toml").symlink_to(tmp_path / "outside.toml")
    shop.git("add", "sub/mothball.toml")
    shop.stage({"sub/requirements.txt": lines("old-a")})
    result = shop.check()
    assert (result.code, "it is a link that leads outside the repository" in result.out) == (2, True)


def test_the_snapshot_is_that_of_the_index_and_else_that_of_the_disk(shop: Workshop) -> None:
    shop.stage({"requirements.txt": lines("new-lib")})
    assert shop.check().code == 3
    shop.repository.write("statuses.json", snapshot_text({"new-lib": "active"}))
    assert shop.check().code == 3, "what is not staged does not speak"
    shop.git("add", "statuses.json")
    assert shop.check().code == 0
    shop.git("rm", "--quiet", "--cached", "statuses.json")
    assert shop.check().code == 0, "a snapshot that is kept out of the repository is read from the disk"


def test_a_name_is_asked_of_the_index_of_the_file_that_includes_it(shop: Workshop) -> None:
    index = "https://private.example/simple/"
    shop.commit({"requirements.txt": f"--index-url {index}\n-r more.txt\n", "more.txt": ""})
    shop.stage({"more.txt": lines("new-lib")})
    report = json.loads(shop.check("--format", "json").out)
    assert [item["lookup"]["index"] for item in report["dependencies"]] == [index]


def test_a_transitive_package_is_milder_though_its_manifest_is_not_staged(shop: Workshop) -> None:
    shop.commit({"pyproject.toml": toml("good-a")})
    package = '\n[[package]]\nname = "{}"\nversion = "1"\nsource = {{ registry = "https://index.example/simple/" }}\n'
    shop.stage({
        "uv.lock": "version = 1\n" + package.format("good-a") + 'dependencies = [{ name = "old-a" }]\n'
        + package.format("old-a")
    })  # fmt: skip
    result = shop.check()
    assert result.code == 0
    assert "warning[archived] old-a is archived, via good-a → old-a" in result.out
    assert "1 dependency in 1 file" in result.out


def test_many_directories_are_looked_through_at_once(shop: Workshop) -> None:
    shop.stage({f"p{number}/requirements.txt": lines("good-a") for number in range(80)})
    shop.stage({"p7/requirements.txt": lines("old-a")})
    assert "p7/requirements.txt" in shop.check().out
    assert len(shop.added()) == 80


def test_the_ways_out_name_the_configuration_that_governs_each_file(shop: Workshop) -> None:
    own = (
        '[tool.mothball]\nindex-url = "https://index.example/simple/"\noffline = true\nsnapshot = "../statuses.json"\n'
    )
    shop.stage({"requirements.txt": lines("old-a"), "sub/pyproject.toml": toml("old-b") + own})
    told = shop.check().out
    assert "or in mothball.toml\n      [ignore]\n      old-a = {" in told
    assert "and in sub/pyproject.toml\n      [tool.mothball.ignore]\n      old-b = {" in told


def test_the_ways_out_are_those_of_what_is_stopped(shop: Workshop) -> None:
    base = shop.commit({"run.py": "print()\n"})
    shop.stage({"requirements.txt": lines("old-a"), "run.py": '# /// script\n# dependencies = ["old-b"]\n# ///\n'})
    assert "SKIP=mothball git commit ..." in shop.check("requirements.txt").out
    assert "SKIP=mothball-scripts git commit ..." in shop.check("--as", "script", "run.py").out
    shop.commit()
    assert "SKIP" not in shop.check("--since", base).out
    push = {"PRE_COMMIT_FROM_REF": base, "PRE_COMMIT_TO_REF": "HEAD", "PRE_COMMIT_REMOTE_NAME": "origin"}
    assert "SKIP=mothball git push ..." in shop.check("requirements.txt", env=push).out


def test_a_transitive_package_is_replaced_by_way_of_what_brings_it_in(shop: Workshop) -> None:
    severe = f'{OFFLINE}[severity]\n"archived.transitive" = "error"\n'
    shop.commit({"pyproject.toml": toml("good-a"), "mothball.toml": severe})
    packages = lock("good-a", "old-a", direct=("good-a",)).replace(
        'name = "good-a"\nversion = "1.0"\n', 'name = "good-a"\nversion = "1.0"\ndependencies = [{ name = "old-a" }]\n'
    )
    shop.stage({"uv.lock": packages})
    told = shop.check().out
    assert "upgrade or replace good-a, for what that brings in" in told
    assert "in place of" not in told


def test_the_gate_of_a_trusted_configuration_takes_no_excuse_from_the_change(shop: Workshop, tmp_path: Path) -> None:
    trusted = tmp_path / "trusted.toml"
    own = OFFLINE.replace("statuses", str(shop.root / "statuses"))
    trusted.write_text(own + '[ignore]\nold-a = { rules = ["archived"], reason = "known" }\n')
    base = shop.git("rev-parse", "HEAD")
    shop.commit({"requirements.txt": lines("old-a")})
    gate = ("--since", base, "--config", str(trusted), "--no-ignores")
    assert shop.check(*gate).code == 0, "who guards the gate has excused it"
    entry = '[ignore]\nold-b = { rules = ["archived"], reason = "x" }\n'
    shop.commit({"requirements.txt": "old-b  # mothball: ignore[archived] x\n", "mothball.toml": OFFLINE + entry})
    assert shop.check(*gate).code == 1
    assert shop.check(*gate[:-1]).code == 0, "a comment counts where nobody says otherwise"
    assert shop.check("--since", base, "--no-ignores").code == 1


def test_a_copy_of_a_pyproject_under_another_name_is_told_what_to_do(shop: Workshop, tmp_path: Path) -> None:
    copy = tmp_path / "policy.toml"
    copy.write_text(toml() + "[tool.mothball]\noffline = true\n")
    shop.stage({"requirements.txt": lines("old-a")})
    result = shop.check("--config", str(copy))
    assert result.code == 2
    assert "a copy of a pyproject.toml must bear that name" in result.out
