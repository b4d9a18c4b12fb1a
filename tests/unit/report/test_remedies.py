"""The remedies at the end of the report on a rejected commit."""

from __future__ import annotations

import tomllib

import pytest

from mothball.check.pipeline import check
from mothball.config.keys import read_config
from mothball.config.project import DEFAULT_INDEX, ProjectConfig
from mothball.model.document import DependencyKind, IndexOption, Span
from mothball.model.results import CheckMode, IndexResult, Problem, Report, Rule, Severity, StatusNotStated
from mothball.report.remedies import PUSH, RUN, ConfigFile, IgnoredProject, RemedyContext, remedies
from tests.support.check_inputs import (
    ARCHIVED,
    DEPRECATED,
    DOWN,
    INDEX,
    MISSING,
    NOT_STATED,
    QUARANTINED,
    SETTINGS,
    LookUp,
    origin,
    resolved_config,
    source,
)

ADDED = SETTINGS._replace(mode=CheckMode.ADDED)
SHARED = RemedyContext(config_files={"requirements.txt": ConfigFile("pyproject.toml")}, hook_id="mothball")


def report(*, strict: bool = False, **results: IndexResult) -> Report:
    table = {f"{name}-lib": result for name, result in results.items()}
    return check([source("".join(f"{name}\n" for name in table))], LookUp(table), ADDED._replace(strict=strict))


def test_report_without_errors_has_no_remedies() -> None:
    assert remedies(report(a=DEPRECATED), SHARED) == ""
    assert remedies(report(), SHARED) == ""


def test_ignores_are_listed_once_and_ready_to_paste() -> None:
    text = remedies(report(strict=True, b=ARCHIVED, a=ARCHIVED, c=DEPRECATED), SHARED)
    assert text == (
        "what to do\n"
        "  replace or remove b-lib, a-lib, c-lib\n"
        "  or ignore them, with your reason in place of WHY, on their lines, then `git add requirements.txt`:\n"
        "      # mothball: ignore[archived] WHY\n"
        "      # mothball: ignore[deprecated] WHY\n"
        "  or in pyproject.toml, then `git add pyproject.toml`:\n"
        "      [tool.mothball.ignore]\n"
        '      a-lib = { rules = ["archived"], reason = "WHY" }\n'
        '      b-lib = { rules = ["archived"], reason = "WHY" }\n'
        '      c-lib = { rules = ["deprecated"], reason = "WHY" }\n'
        "  to skip the hook for one commit:\n"
        "      SKIP=mothball git commit ...\n"
    )


def test_configured_successors_are_named() -> None:
    config = resolved_config(ProjectConfig(successors={"a-lib": "new-lib"}))
    files = [source("a-lib\nb-lib\n", under=config), source("a-lib\n", "dev-requirements.txt", config)]
    text = remedies(check(files, LookUp({}, ARCHIVED), ADDED), SHARED)
    assert text.startswith("what to do\n  replace a-lib with new-lib\n  replace or remove b-lib\n")


def test_ignore_comments_are_not_suggested_for_lock_files() -> None:
    text = remedies(report(a=ARCHIVED), SHARED._replace(locks=frozenset({"requirements.txt"})))
    assert "# mothball" not in text
    place = "or ignore it, with your reason in place of WHY, in pyproject.toml, then `git add pyproject.toml`:\n"
    assert f"{place}      [tool.mothball.ignore]\n      a-lib = {{ rules" in text


def test_quarantined_packages_get_no_ignore() -> None:
    text = remedies(report(a=QUARANTINED), SHARED)
    assert "replace or remove a-lib" in text
    assert "ignore" not in text


@pytest.mark.parametrize("result", [QUARANTINED, MISSING])
def test_skipping_the_hook_is_never_suggested_for_a_quarantined_package(result: IndexResult) -> None:
    both = report(a=result, b=ARCHIVED)
    assert ("SKIP=" in remedies(both, SHARED)) == (result is MISSING)
    assert ("--no-verify" in remedies(both, SHARED._replace(hook_id=""))) == (result is MISSING)


def test_index_of_an_internal_package_comes_first() -> None:
    context = SHARED._replace(index_lines={"requirements.txt": ("--extra-index-url URL",)})
    text = remedies(report(a=MISSING, b=MISSING), context)
    assert text.startswith(
        "what to do\n"
        "  if a-lib, b-lib are internal: add the index, with its address in place of URL, to requirements.txt:\n"
        "      --extra-index-url URL\n"
        "  and set in pyproject.toml, then `git add requirements.txt pyproject.toml`:\n"
        "      [tool.mothball]\n"
        '      private = ["a-lib", "b-lib"]\n'
        "  replace or remove a-lib, b-lib\n"
    )
    config_file = ConfigFile("mothball.toml", exists=True, private=("acme-*",))
    text = remedies(report(a=MISSING), SHARED._replace(config_files={"requirements.txt": config_file}))
    assert '\n      index-url = "URL"\n      private = ["acme-*", "a-lib"]\n' in text
    locked = SHARED._replace(locks=frozenset({"requirements.txt"}))
    assert "name the index in the manifest and lock again; set in pyproject.toml" in remedies(report(a=MISSING), locked)


def test_name_that_is_private_already_needs_only_its_index() -> None:
    config_file = ConfigFile("mothball.toml", exists=True, private=("a-*",))
    shared = SHARED._replace(config_files={"requirements.txt": config_file})
    declared = shared._replace(index_lines={"requirements.txt": ("--extra-index-url URL",)})
    assert remedies(report(a=MISSING), declared).startswith(
        "what to do\n"
        "  if a-lib is internal: add the index, with its address in place of URL, to requirements.txt, "
        "then `git add requirements.txt`:\n"
        "      --extra-index-url URL\n"
        "  replace or remove a-lib\n"
    )
    assert '\n      private = ["a-*", "b-lib"]\n' in remedies(report(a=MISSING, b=MISSING), declared)
    locked = shared._replace(locks=frozenset({"requirements.txt"}))
    assert "lock again\n  replace or remove a-lib\n" in remedies(report(a=MISSING), locked)
    assert "private" not in remedies(report(a=MISSING), shared)


def test_unstaged_ignores_come_first() -> None:
    context = SHARED._replace(unstaged={"my mothball.toml": ("a-lib",)})
    assert remedies(report(a=ARCHIVED), context).startswith(
        "what to do\n"
        "  my mothball.toml ignores a-lib, but that change is not staged:\n"
        "      git add 'my mothball.toml'\n"
        "  replace or remove a-lib\n"
    )


def test_missing_packages_can_be_ignored() -> None:
    assert 'a-lib = { rules = ["missing"], reason = "WHY" }' in remedies(report(a=MISSING), SHARED)


def test_unresolvable_entries_are_corrected_or_ignored() -> None:
    options = (IndexOption(Span(0, 9), "index-url", "${URL}"),)
    file = source("-i ${URL}\na-lib\n${NAME}\n", options=options)
    text = remedies(check([file], LookUp({}), ADDED), SHARED)
    assert text.startswith(
        "what to do\n"
        "  follow the help of the unresolvable entries\n"
        "  or ignore them, with your reason in place of WHY, on their lines, then `git add requirements.txt`:\n"
        "      # mothball: ignore[unresolvable] WHY\n"
        "  or in pyproject.toml, then `git add pyproject.toml`:\n"
        "      [tool.mothball.ignore]\n"
        '      a-lib = { rules = ["unresolvable"], reason = "WHY" }\n'
        "  to skip the hook"
    )


def test_failed_lookups_have_their_own_remedies() -> None:
    text = remedies(report(a=DOWN), SHARED)
    assert text.startswith("what to do\n  for failed lookups: try again, or allow them for one commit:\n")
    assert "MOTHBALL_UNVERIFIED=warning git commit ..." in text
    assert "mothball snapshot -o statuses.json" in text
    assert "replace" not in text
    assert "ignore" not in text


def test_index_without_statuses_has_its_setting_ready_to_paste() -> None:
    text = remedies(report(a=NOT_STATED), SHARED)
    assert text.startswith(
        "what to do\n"
        "  for indexes without statuses: set `status-index`, use a snapshot, or accept unknown statuses, "
        "in pyproject.toml, then `git add pyproject.toml`:\n"
        f'      [tool.mothball.indexes."{INDEX}"]\n'
        '      statuses = "none"\n'
    )
    assert "replace" not in text
    assert "MOTHBALL_UNVERIFIED" not in text
    own = RemedyContext(config_files={"requirements.txt": ConfigFile("sub/mothball.toml")}, action=RUN)
    assert f'sub/mothball.toml:\n      [indexes."{INDEX}"]\n' in remedies(report(a=NOT_STATED), own)


@pytest.mark.parametrize("name", ["mothball.toml", "pyproject.toml"])
def test_remedy_for_missing_statuses_of_the_default_index_is_a_valid_configuration(name: str) -> None:
    result = StatusNotStated(origin(index=DEFAULT_INDEX))
    text = remedies(report(a=result), RemedyContext(config_files={"requirements.txt": ConfigFile(name)}, action=RUN))
    pasted = "".join(f"{line}\n" for line in text.splitlines() if line.startswith("      "))
    document = tomllib.loads(pasted.replace("URL", INDEX))
    table = document["tool"]["mothball"] if name == "pyproject.toml" else document
    assert read_config(table).status_index == INDEX


def test_unverified_problems_have_the_same_remedies() -> None:
    unverified = report()._replace(problems=(Problem(Severity.ERROR, "old", rule=Rule.UNVERIFIED),))
    assert "MOTHBALL_UNVERIFIED" in remedies(unverified, SHARED)
    broken = report()._replace(problems=(Problem(Severity.ERROR, "no such table"),))
    assert remedies(broken, SHARED) == ""


def test_ignore_entries_use_the_table_of_the_configuration_file() -> None:
    config_file = ConfigFile("sub/mothball.toml")
    text = remedies(report(a=ARCHIVED), RemedyContext(config_files={"requirements.txt": config_file}, action=RUN))
    assert "  or in sub/mothball.toml:\n      [ignore]\n      a-lib = {" in text
    text = remedies(report(a=ARCHIVED), RemedyContext(action=RUN))
    assert "  or in mothball.toml:\n      [ignore]\n" in text


@pytest.mark.parametrize(
    ("path", "place"), [("mothball.toml", "[ignore]"), ("pyproject.toml", "[tool.mothball.ignore]")]
)
def test_entries_are_added_below_an_existing_table(path: str, place: str) -> None:
    config_file = ConfigFile(path, exists=True, ignores=(IgnoredProject("b-lib", (Rule.ARCHIVED,)),))
    text = remedies(report(a=ARCHIVED), RemedyContext(config_files={"requirements.txt": config_file}))
    assert f"  or below {place} in {path}, then `git add {path}`:\n      a-lib = {{" in text


def test_staging_names_files_literally_up_to_a_limit() -> None:
    context = RemedyContext()
    assert context.staging(["-x.txt", "my file.txt", "-x.txt"]) == ", then `git add ./-x.txt 'my file.txt'`"
    assert context.staging(map(str, range(6))) == ", then stage these files"
    assert context._replace(action=PUSH).staging(["a"]) == ""


def test_snapshot_is_suggested_next_to_the_configuration_or_updated() -> None:
    config_file = ConfigFile("my sub/mothball.toml")
    staging = ", then `git add 'my sub/statuses.json' 'my sub/mothball.toml'`"
    text = remedies(report(a=DOWN), RemedyContext(config_files={"requirements.txt": config_file}))
    command = "`mothball snapshot -o 'my sub/statuses.json'` while online"
    assert f'{command}, add at the top of my sub/mothball.toml{staging}:\n      snapshot = "statuses.json"\n' in text
    assert "tool.mothball" not in text
    text = remedies(
        report(a=DOWN), RemedyContext(config_files={"requirements.txt": config_file._replace(snapshot="x.json")})
    )
    assert "or update the snapshot while online: `mothball snapshot -o 'my sub/x.json'`, then `git add" in text
    assert "snapshot =" not in text


def test_snapshot_command_is_for_the_directory_of_the_user() -> None:
    text = remedies(report(a=DOWN), RemedyContext(directory="sub/"))
    assert "run `mothball snapshot -o ../statuses.json ..` while online, add" in text
    assert "then `git add ../statuses.json ../mothball.toml`" in text


def test_commands_match_the_blocked_action() -> None:
    pushed = remedies(report(a=ARCHIVED, b=DOWN), SHARED._replace(action=PUSH))
    assert "to skip the hook for one push" in pushed
    assert "SKIP=mothball git push ..." in pushed
    assert "MOTHBALL_UNVERIFIED=warning git push ..." in pushed
    ran = remedies(report(a=ARCHIVED, b=DOWN), SHARED._replace(action=RUN))
    assert "MOTHBALL_UNVERIFIED=warning mothball check ..." in ran
    for text in (pushed, ran):
        assert "git commit" not in text
    assert "SKIP" not in ran
    assert "SKIP=mothball-scripts git commit" in remedies(
        report(a=ARCHIVED), SHARED._replace(hook_id="mothball-scripts")
    )


def test_long_lists_of_names_are_shortened() -> None:
    many = report(a=ARCHIVED, b=ARCHIVED, c=ARCHIVED, d=ARCHIVED, e=ARCHIVED, f=ARCHIVED, g=ARCHIVED)
    assert "replace or remove a-lib, b-lib, c-lib, d-lib, e-lib and 2 more\n" in remedies(many, SHARED)


def test_findings_of_added_dependencies_do_not_repeat_the_ignore() -> None:
    (finding,) = report(a=ARCHIVED).findings
    assert finding.help == "no more releases, not even security fixes: replace or remove it"
    (full,) = check(
        [source("a-lib\n", kind=DependencyKind.REQUIREMENT)], LookUp({"a-lib": ARCHIVED}), SETTINGS
    ).findings
    assert full.help == f"{finding.help}, or ignore it with `# mothball: ignore[archived] WHY`"
