"""The options, output and settings of ``mothball check --added``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.added import OFFLINE, Workshop, lines, lock, toml, workshop
from tests.support.git_repository import new_repository
from tests.support.project import snapshot_text
from tests.support.scripted_index import ScriptedIndex, json_page


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    """Return a repository that contains a configuration and nothing else."""
    return workshop(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-",), "standard input has no base to compare with"),
        (("--as", "requirements"), "--as requires file names"),
        (("--as", "nonsense", "requirements.txt"), "--as: unknown format `nonsense`"),
        (("--since", "HEAD", "--from-ref", "HEAD"), "--since cannot be combined with --from-ref or --to-ref"),
        (("--since", "HEAD", "--to-ref", "HEAD"), "--since cannot be combined with --from-ref or --to-ref"),
        (("--to-ref", "HEAD"), "--to-ref requires --from-ref"),
        (("--write-ignores", "--reason", "x"), "--write-ignores requires a full check"),
    ],
)
def test_invalid_combinations_of_options_are_usage_errors(
    shop: Workshop, arguments: tuple[str, ...], message: str
) -> None:
    result = shop.check(*arguments)
    assert (result.code, result.out) == (2, "")
    assert message in result.err
    assert "= help: " in result.err


def test_addition_on_an_index_without_statuses_is_rejected(shop: Workshop) -> None:
    with ScriptedIndex({name: json_page(name) for name in ("old-a", "old-b")}) as index:
        shop.commit({"mothball.toml": f'index-url = "{index.url}"\n'})
        before = shop.commit({"requirements.txt": lines("old-a")})
        assert shop.check().code == 0
        shop.stage({"requirements.txt": lines("old-a", "old-b")})
        result = shop.check()
        assert (result.code, result.out.count("error[not-stated]")) == (3, 1)
        assert shop.check("--since", before).code == 3
        assert shop.check("--exit-zero").code == 0
        assert shop.check(env={"MOTHBALL_UNVERIFIED": "warning"}).code == 3
        for statuses, stated in (("none", 0), ("stated", 1)):
            setting = f'indexes."{index.url}".statuses = "{statuses}"\n'
            shop.stage({"mothball.toml": f'index-url = "{index.url}"\n{setting}'})
            report = json.loads(shop.check("--format", "json").out)
            assert (report["findings"], report["summary"]["checked"]) == ([], stated)


def test_json_report_has_its_commit_and_directory(shop: Workshop) -> None:
    first = shop.git("rev-parse", "HEAD")
    last = shop.commit({"requirements.txt": lines("good-a")})
    shop.stage({"sub/requirements.txt": lines("good-b")})

    def origin(*arguments: str) -> tuple[str, str]:
        report = json.loads(shop.check("--format", "json", *arguments).out)
        return report["root"], report["revision"]

    assert origin() == (str(shop.root), last)
    assert origin("--since", first) == (str(shop.root), last)
    assert origin("--from-ref", first, "--to-ref", "HEAD") == (str(shop.root), last)
    assert origin("--from-ref", last, "--to-ref", first) == (str(shop.root), first)


def test_remedy_for_an_index_without_statuses_works_as_pasted(shop: Workshop) -> None:
    with ScriptedIndex({"old-a": json_page("old-a")}) as index:
        config = f'index-url = "{index.url}"\n'
        shop.commit({"mothball.toml": config})
        shop.stage({"requirements.txt": lines("old-a")})
        shown = shop.check().out.partition("what to do\n")[2].splitlines()
        header, setting = (line.strip() for line in shown[1:3])
        shop.stage({"mothball.toml": f"{config}{header}\n{setting}\n"})
        assert shop.check().code == 0


def test_since_requires_a_commit(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    shop = Workshop(new_repository(tmp_path.resolve() / "new"), tmp_path / "home")
    result = shop.check("--since", "HEAD")
    assert (result.code, "the repository has no commits" in result.err) == (2, True)
    assert "use --added" in result.err


def test_revision_options_imply_added(shop: Workshop) -> None:
    start = shop.git("rev-parse", "HEAD")
    shop.commit({"requirements.txt": lines("old-a")})
    for arguments in (("--since", start), ("--from-ref", start)):
        assert shop.check(*arguments).code == 1


def test_list_files_lists_the_checked_files(shop: Workshop) -> None:
    shop.commit({"requirements.txt": lines("old-a")})
    shop.stage({"pyproject.toml": toml("old-a", "old-b"), "app.py": ""})
    result = shop.check("--list-files")
    assert (result.code, result.out) == (0, "pyproject.toml  pyproject\n")
    result = shop.check("--list-files", "requirements.txt")
    assert (result.code, result.out) == (0, "requirements.txt  requirements\n")


@pytest.mark.parametrize("output_format", ["json", "sarif", "github", "concise", "text"])
def test_every_output_format_reports_added_dependencies(shop: Workshop, output_format: str) -> None:
    assert shop.check("--format", output_format).code == 0
    shop.stage({"requirements.txt": lines("old-a", "good-a")})
    result = shop.check("--format", output_format)
    assert result.code == 1
    assert "old-a is archived" in result.out
    assert ("what to do" in result.out) == (output_format == "text")


def test_json_report_is_printed_if_nothing_is_staged(shop: Workshop) -> None:
    assert json.loads(shop.check("--format", "json").out)["summary"]["dependencies"] == 0


def test_exit_zero_hides_findings_but_not_unreadable_files(shop: Workshop) -> None:
    shop.stage({"requirements.txt": lines("old-a")})
    assert shop.check("--exit-zero").code == 0
    shop.stage({"requirements.txt": b"\xff\xfe\x00"})
    assert shop.check("--exit-zero").code == 2


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("requirements.txt", "a[\n" * 300),
        ("pyproject.toml", "[project]\ndependencies = [\n" + '"a[",\n' * 300),
        ("uv.lock", "version = 1\n" + "?\n" * 300),
        ("tox.ini", "[testenv]\ndeps =\n" + "  good-a\n" * 30_000),
    ],
)
def test_commit_that_changes_a_file_with_too_many_errors_is_rejected(shop: Workshop, path: str, text: str) -> None:
    # The added entry may be in the part that is not read: an error that was there before does not excuse it.
    shop.commit({path: text})
    shop.stage({path: text + "# new\n"})
    assert shop.check().code == 2


def test_strict_makes_warnings_errors(shop: Workshop) -> None:
    shop.stage({"requirements.txt": lines("dull-lib")})
    assert shop.check().code == 0
    result = shop.check("--strict")
    assert result.code == 1
    assert "# mothball: ignore[deprecated] WHY" in result.out


def test_config_option_replaces_the_configuration_of_the_change(shop: Workshop, tmp_path: Path) -> None:
    shop.stage({"requirements.txt": lines("old-a"), "mothball.toml": OFFLINE + '[severity]\narchived = "off"\n'})
    assert shop.check().code == 0
    trusted = tmp_path / "trusted.toml"
    trusted.write_text(OFFLINE.replace("statuses.json", f"{shop.root}/statuses.json"))
    assert shop.check("--config", str(trusted)).code == 1


def test_invalid_configuration_is_reported_and_its_files_are_not_checked(shop: Workshop) -> None:
    shop.stage(
        {"requirements.txt": lines("old-a"), "sub/mothball.toml": "= 1\n", "sub/requirements.txt": lines("old-b")}
    )
    result = shop.check()
    assert result.code == 2
    assert "sub/mothball.toml:1:1: error: invalid TOML" in result.out
    assert "old-a is archived" in result.out
    assert "old-b" not in result.out


def test_configuration_may_be_a_symlink_inside_the_repository(shop: Workshop) -> None:
    shop.stage({"config/ours.toml": OFFLINE.replace("statuses", "../statuses") + '[severity]\narchived = "off"\n'})
    (shop.root / "sub").mkdir()
    (shop.root / "sub" / "mothball.toml").symlink_to("../config/ours.toml")
    shop.git("add", "sub/mothball.toml")
    shop.stage({"sub/requirements.txt": lines("old-a")})
    assert shop.check().code == 0


def test_configuration_symlink_out_of_the_repository_is_rejected(shop: Workshop, tmp_path: Path) -> None:
    (tmp_path / "outside.toml").write_text('[severity]\narchived = "off"\n')
    (shop.root / "sub").mkdir()
    (shop.root / "sub" / "mothball.toml").symlink_to(tmp_path / "outside.toml")
    shop.git("add", "sub/mothball.toml")
    shop.stage({"sub/requirements.txt": lines("old-a")})
    result = shop.check()
    assert (result.code, "symbolic link is broken or leads outside the repository" in result.out) == (2, True)


def test_staged_snapshot_takes_precedence_over_the_file_on_disk(shop: Workshop) -> None:
    shop.stage({"requirements.txt": lines("new-lib")})
    assert shop.check().code == 3
    shop.repository.write("statuses.json", snapshot_text({"new-lib": "active"}))
    assert shop.check().code == 3, "an unstaged snapshot does not apply"
    shop.git("add", "statuses.json")
    assert shop.check().code == 0
    shop.git("rm", "--quiet", "--cached", "statuses.json")
    assert shop.check().code == 0, "a snapshot that git does not track is read from disk"


def test_included_file_uses_the_index_of_the_including_file(shop: Workshop) -> None:
    index = "https://private.example/simple/"
    shop.commit({"requirements.txt": f"--index-url {index}\n-r more.txt\n", "more.txt": ""})
    shop.stage({"more.txt": lines("new-lib")})
    report = json.loads(shop.check("--format", "json").out)
    assert [item["lookup"]["index"] for item in report["dependencies"]] == [index]


def test_transitive_severity_applies_if_the_manifest_is_not_staged(shop: Workshop) -> None:
    shop.commit({"pyproject.toml": toml("good-a")})
    package = '\n[[package]]\nname = "{}"\nversion = "1"\nsource = {{ registry = "https://index.example/simple/" }}\n'
    shop.stage({
        "uv.lock": "version = 1\n" + package.format("good-a") + 'dependencies = [{ name = "old-a" }]\n'
        + package.format("old-a")
    })  # fmt: skip
    result = shop.check()
    assert result.code == 0
    assert "warning[archived] old-a is archived, via good-a → old-a" in result.out
    assert "1 dependency and 1 changed version in 1 file" in result.out


def test_given_files_do_not_decide_which_addition_a_removal_excuses(shop: Workshop) -> None:
    """Hook runners pass the files of a large change, or of one project of several, in several runs."""
    workspace = '[tool.uv.workspace]\nmembers = ["*"]\n'
    old = {"d/pyproject.toml": toml("old-a", name="d"), "d/requirements.txt": lines("good-a")}
    members = {f"{name}/pyproject.toml": toml(*(["old-a"] if name == "a" else ()), name=name) for name in "abc"}
    shop.commit({"pyproject.toml": toml() + workspace, **members, **old})
    members = {f"{name}/pyproject.toml": toml(*(() if name == "a" else ["old-a"]), name=name) for name in "abc"}
    # This one is no addition, so that it uses up no removal.
    shop.stage({**members, "d/requirements.txt": lines("good-a", "old-a")})
    assert shop.added() == {"c/pyproject.toml": ["old-a"]}
    assert [shop.check("--", path).code for path in (*members, "d/requirements.txt")] == [0, 0, 1, 0]


def test_change_in_many_directories_is_checked(shop: Workshop) -> None:
    shop.stage({f"p{number}/requirements.txt": lines("good-a") for number in range(80)})
    shop.stage({"p7/requirements.txt": lines("old-a")})
    assert "p7/requirements.txt" in shop.check().out
    assert len(shop.added()) == 80


def test_remedies_name_the_configuration_of_each_file(shop: Workshop) -> None:
    own = (
        '[tool.mothball]\nindex-url = "https://index.example/simple/"\noffline = true\nsnapshot = "../statuses.json"\n'
    )
    shop.stage({"requirements.txt": lines("old-a"), "sub/pyproject.toml": toml("old-b") + own})
    output = shop.check().out
    assert "or in mothball.toml, then `git add mothball.toml`:\n      [ignore]\n      old-a = {" in output
    assert (
        "and in sub/pyproject.toml, then `git add sub/pyproject.toml`:\n      [tool.mothball.ignore]\n      old-b = {"
        in output
    )


def test_remedies_fit_the_rejected_operation(shop: Workshop) -> None:
    base = shop.commit({"run.py": "print()\n"})
    shop.stage({"requirements.txt": lines("old-a"), "run.py": '# /// script\n# dependencies = ["old-b"]\n# ///\n'})
    runner = {"PRE_COMMIT": "1"}
    assert "SKIP=mothball git commit ..." in shop.check("requirements.txt", env=runner).out
    assert "SKIP=mothball-scripts git commit ..." in shop.check("--as", "script", "run.py", env=runner).out
    plain = shop.check().out
    assert "    git commit --no-verify ...\n" in plain
    assert "SKIP" not in plain
    shop.commit()
    explicit = shop.check("--since", base).out
    assert "SKIP" not in explicit
    assert "--no-verify" not in explicit
    push = {**runner, "PRE_COMMIT_FROM_REF": base, "PRE_COMMIT_TO_REF": "HEAD", "PRE_COMMIT_REMOTE_NAME": "origin"}
    assert "SKIP=mothball git push ..." in shop.check("requirements.txt", env=push).out


def test_remedy_for_a_transitive_package_is_upgrading_its_parent(shop: Workshop) -> None:
    severe = f'{OFFLINE}[severity]\n"archived.transitive" = "error"\n'
    shop.commit({"pyproject.toml": toml("good-a"), "mothball.toml": severe})
    packages = lock("good-a", "old-a", direct=("good-a",)).replace(
        'name = "good-a"\nversion = "1.0"\n', 'name = "good-a"\nversion = "1.0"\ndependencies = [{ name = "old-a" }]\n'
    )
    shop.stage({"uv.lock": packages})
    output = shop.check().out
    assert "upgrade or replace good-a to fix transitive dependencies" in output
    assert "replace or remove" not in output


def test_no_ignores_with_trusted_config_disables_ignores_of_the_change(shop: Workshop, tmp_path: Path) -> None:
    trusted = tmp_path / "trusted.toml"
    own = OFFLINE.replace("statuses", str(shop.root / "statuses"))
    trusted.write_text(own + '[ignore]\nold-a = { rules = ["archived"], reason = "known" }\n')
    base = shop.git("rev-parse", "HEAD")
    shop.commit({"requirements.txt": lines("old-a")})
    options = ("--since", base, "--config", str(trusted), "--no-ignores")
    assert shop.check(*options).code == 0, "the trusted configuration has an ignore entry"
    entry = '[ignore]\nold-b = { rules = ["archived"], reason = "x" }\n'
    shop.commit({"requirements.txt": "old-b  # mothball: ignore[archived] x\n", "mothball.toml": OFFLINE + entry})
    assert shop.check(*options).code == 1
    assert shop.check(*options[:-1]).code == 0, "ignore comments apply without --no-ignores"
    assert shop.check("--since", base, "--no-ignores").code == 1


def test_config_option_rejects_a_renamed_pyproject(shop: Workshop, tmp_path: Path) -> None:
    copy = tmp_path / "policy.toml"
    copy.write_text(toml() + "[tool.mothball]\noffline = true\n")
    shop.stage({"requirements.txt": lines("old-a")})
    result = shop.check("--config", str(copy))
    assert result.code == 2
    assert "rename the copy to pyproject.toml" in result.out
