"""The remedies of a rejected commit, pasted as they are printed: the commit then passes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.added import OFFLINE, Workshop, lines, lock, toml, workshop
from tests.support.cli import Result, run_in_process
from tests.support.scripted_index import Reply, ScriptedIndex, json_page

ALLOW_LOCAL = {"MOTHBALL_ALLOW_LOCAL_INDEXES": "1"}
PYPROJECT_CONFIG = "[tool.mothball]\n" + OFFLINE
OTHER_IGNORE = 'good-a = { rules = ["deprecated"], reason = "for a year, #3" }\n'


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    """Return a repository that contains a configuration and nothing else."""
    return workshop(tmp_path)


class Remedy:
    """A remedy: its text, the lines to paste, and where it says to paste them."""

    def __init__(self, heading: str) -> None:
        """Parse the place and the command that stages the change."""
        self.text = heading
        self.lines: list[str] = []
        command = re.search(r", then `(.+)`:$", heading)
        self.command = command[1] if command else ""
        place = re.sub(r", then `.+`:$|:$", "", heading)
        found = re.search(r"(?:below \[(?P<table>.+)\] in|at the top of|in|to) (?P<file>\S+)$", place)
        self.file: str = found["file"] if found else ""
        self.table: str | None = found["table"] if found else None


def remedies_of(out: str) -> list[Remedy]:
    """Return the remedies at the end of a report."""
    found: list[Remedy] = []
    for line in out.partition("what to do\n")[2].splitlines():
        if line.startswith("      "):
            found[-1].lines.append(line[6:])
        else:
            found.append(Remedy(line.strip()))
    return found


def remedy(out: str, text: str) -> Remedy:
    """Return the first remedy whose heading contains ``text``."""
    return next(each for each in remedies_of(out) if text in each.text)


def paste(shop: Workshop, step: Remedy, replacements: Mapping[str, str]) -> None:
    """Paste the lines of ``step`` into its file as its text says; ``replacements`` are the words that the user sets."""
    path = shop.root / step.file
    before = path.read_text() if path.exists() else ""
    pasted = "".join(f"{line}\n" for line in step.lines if not line.startswith("("))
    for placeholder, value in replacements.items():
        pasted = pasted.replace(placeholder, value)
    if step.table:
        header = f"[{step.table}]\n"
        assert header in before
        text = before.replace(header, header + pasted)
    elif "at the top of" in step.text or step.lines[0].startswith("--"):
        text = pasted + before
    else:
        text = f"{before}\n{pasted}"
    path.write_text(text)


def run(shop: Workshop, command: str) -> None:
    """Run a printed command, which must be one of git."""
    program, *arguments = shlex.split(command)
    assert program == "git"
    shop.git(*arguments)


# --- ignores ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "before"),
    [
        ("mothball.toml", OFFLINE),
        ("mothball.toml", f"{OFFLINE}[ignore]\n{OTHER_IGNORE}"),
        ("pyproject.toml", PYPROJECT_CONFIG),
        ("pyproject.toml", f"{PYPROJECT_CONFIG}[tool.mothball.ignore]\n{OTHER_IGNORE}"),
    ],
)
def test_ignore_entry_works_as_pasted(shop: Workshop, name: str, before: str) -> None:
    shop.git("rm", "--quiet", "mothball.toml")
    shop.commit({name: before})
    shop.stage({"requirements.txt": lines("old-a", "old-b")})
    step = remedy(shop.check().out, f" in {name}")
    paste(shop, step, {"WHY": "until the move, #4"})
    assert shop.check().code == 1
    run(shop, step.command)
    assert shop.check().code == 0


def test_ignore_entry_works_as_pasted_into_a_new_configuration(shop: Workshop, tmp_path: Path) -> None:
    with ScriptedIndex({"old-a": json_page("old-a", "archived")}) as index:
        shop.git("rm", "--quiet", "mothball.toml")
        shop.commit()
        arguments = ("--index-url", index.url)
        shop.stage({"requirements.txt": lines("old-a")})
        step = remedy(shop.check(*arguments).out, "in mothball.toml")
        paste(shop, step, {"WHY": "until the move, #4"})
        result = shop.check(*arguments)
        [unstaged] = (each for each in remedies_of(result.out) if "not staged" in each.text)
        assert unstaged.text == "mothball.toml ignores old-a, but that change is not staged:"
        run(shop, unstaged.lines[0])
        assert shop.check(*arguments).code == 0


def test_ignore_comment_works_as_pasted(shop: Workshop) -> None:
    shop.stage({"requirements.txt": lines("good-a", "old-a")})
    step = remedy(shop.check().out, "on its line")
    [comment] = step.lines
    path = shop.root / "requirements.txt"
    path.write_text(path.read_text().replace("old-a", f"old-a  {comment.replace('WHY', 'until the move, #4')}"))
    result = shop.check()
    assert result.code == 1
    [unstaged] = (each for each in remedies_of(result.out) if "not staged" in each.text)
    assert unstaged.text == "requirements.txt ignores old-a, but that change is not staged:"
    assert unstaged.lines[0] == step.command == "git add requirements.txt"
    run(shop, step.command)
    assert shop.check().code == 0


def test_git_add_works_in_the_directory_of_the_user(shop: Workshop) -> None:
    shop.stage({"sub/requirements.txt": "old-a\n"})
    result = shop.check(env={"GIT_PREFIX": "sub/"})
    assert remedy(result.out, "on its line").command == "git add requirements.txt"
    assert remedy(result.out, "mothball.toml").command == "git add ../mothball.toml"
    outside = shop.check(env={"GIT_PREFIX": "sub/"}, cwd=shop.root / "sub")  # not run by git
    assert remedy(outside.out, "on its line").command == "git add requirements.txt"


def test_unstaged_ignore_is_only_named_if_it_would_apply(shop: Workshop) -> None:
    shop.stage({"requirements.txt": lines("old-a", "bad-lib")})
    config = shop.root / "mothball.toml"
    for entry in (
        'old-b = { rules = ["archived"], reason = "until the move" }',
        'old-a = { rules = ["deprecated"], reason = "until the move" }',
        'old-a = { rules = ["archived"], reason = "WHY" }',
        'old-a = { rules = ["archived"], reason = "until the move", until = 2020-01-01 }',
    ):
        config.write_text(f"{OFFLINE}[ignore]\n{entry}\n")
        result = shop.check()
        assert (result.code, "not staged" in result.out) == (1, False)
    config.write_text("no [toml")
    assert shop.check().code == 1


def test_ignore_entry_of_a_lock_works_as_the_help_of_a_full_check_says(tmp_path: Path) -> None:
    shop = workshop(tmp_path)
    shop.commit({"uv.lock": lock("old-a", direct=("old-a",))})
    (shop.root / "pyproject.toml").write_text(toml("old-a"))
    found = re.search(r"ignore it in \[ignore\] of mothball\.toml with `(old-a = .+)`", shop.check("uv.lock").out)
    assert found
    (shop.root / "mothball.toml").write_text(f"{OFFLINE}[ignore]\n{found[1].replace('WHY', 'until the move')}\n")
    assert shop.check("uv.lock").code == 0


def test_ignore_entries_of_several_locked_packages_are_listed_once_and_work_as_pasted(tmp_path: Path) -> None:
    shop = workshop(tmp_path)
    names = ("old-a", "old-b", "old-c")
    shop.commit({"uv.lock": lock(*names, direct=names)})
    (shop.root / "pyproject.toml").write_text(toml(*names))
    out = shop.check("uv.lock").out
    assert out.count("ignore it in [ignore] of mothball.toml with") == 1
    entries = re.findall(r"(?m)^    (old-. = .+)$", out)
    assert len(entries) == len(names)
    pasted = "\n".join(entries).replace("WHY", "until the move")
    (shop.root / "mothball.toml").write_text(f"{OFFLINE}[ignore]\n{pasted}\n")
    assert shop.check("uv.lock").code == 0


def test_table_of_pyproject_in_mothball_toml_is_explained(shop: Workshop) -> None:
    shop.stage({"mothball.toml": f"{OFFLINE}[tool.mothball.ignore]\n{OTHER_IGNORE}", "requirements.txt": "old-a\n"})
    result = shop.check()
    assert result.code == 2
    assert (
        "help: in mothball.toml, leave `tool.mothball.` out: [ignore] in place of [tool.mothball.ignore]" in result.out
    )


# --- missing packages -------------------------------------------------------------------------------------------------


def plain(table: str = "") -> str:
    return f'[project]\nname = "shop"\nversion = "1"\ndependencies = ["acme-web"]\n{table}'


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("requirements.txt", "acme-web==1\n"),
        ("pyproject.toml", plain("[tool.uv]\npackage = false\n")),
        ("pyproject.toml", plain("[tool.pdm]\ndistribution = false\n")),
        ("pyproject.toml", '[tool.poetry.dependencies]\nacme-web = "*"\n'),
        ("pyproject.toml", plain()),
        ("setup.cfg", "[options]\ninstall_requires = acme-web\n"),
        ("Pipfile", '[[source]]\nname = "main"\nurl = "{public}"\n\n[packages]\nacme-web = "*"\n'),
    ],
)
def test_index_of_an_internal_package_works_as_pasted(shop: Workshop, name: str, text: str) -> None:
    with ScriptedIndex({}) as public, ScriptedIndex({"acme-web": json_page("acme-web", "active")}) as internal:
        shop.commit({"mothball.toml": f'status-index = "{public.url}"\nprivate = ["acme-old"]\n'})
        shop.stage({name: text.replace("{public}", public.url)})
        environment = {**ALLOW_LOCAL, "PIP_INDEX_URL": public.url, "UV_DEFAULT_INDEX": public.url}
        result = shop.check(env=environment)
        assert (result.code, "error[missing] acme-web" in result.out) == (1, True)
        steps = remedies_of(result.out)
        assert steps[0].text.startswith("if acme-web is internal:")
        wanted = [step for step in steps[:2] if step.lines]
        for step in wanted:
            if step.file == "mothball.toml":
                (shop.root / "mothball.toml").write_text("")
            paste(shop, step, {"URL": internal.url})
        if name == "Pipfile":
            path = shop.root / name
            path.write_text(path.read_text().replace('"*"', '{ version = "*", index = "internal" }'))
        run(shop, wanted[-1].command)
        assert shop.check(env=environment).code == 0
        assert 'private = ["acme-old", "acme-web"]' in (shop.root / "mothball.toml").read_text()
        assert internal.count("acme-web")


# --- help of findings -------------------------------------------------------------------------------------------------


def paste_setting(shop: Workshop, out: str, before: Mapping[str, str]) -> None:
    """Add the setting of a help text, in backquotes and followed by its place, to the configuration ``before``."""
    found = re.search(
        r"add `([^`]+)` to (?:(?P<top>the top of mothball\.toml)|\[(?P<table>[a-z.]+)\](?: of (?P<file>\S+))?)", out
    )
    assert found, out
    name = "mothball.toml" if found["top"] else found["file"] or "pyproject.toml"
    text, line = before[name], f"{found[1]}\n"
    if found["top"]:
        text = line + text
    else:
        header = f"[{found['table']}]\n"
        text = text.replace(header, header + line) if header in text else f"{text}\n{header}{line}"
    (shop.root / name).write_text(text)


@pytest.mark.parametrize("name", ["mothball.toml", "pyproject.toml"])
@pytest.mark.parametrize("reply", [json_page("good-a"), Reply(403, b"")], ids=["not-stated", "403"])
def test_setting_of_an_index_works_as_the_help_of_a_full_check_says(shop: Workshop, name: str, reply: Reply) -> None:
    with ScriptedIndex({"good-a": reply}) as index, ScriptedIndex({"good-a": json_page("good-a", "active")}) as other:
        shop.git("rm", "--quiet", "mothball.toml")
        table = "" if name == "mothball.toml" else "[tool.mothball]\n"
        config = {name: f'{table}index-url = "{other.url}"\n'}
        shop.commit(config)
        (shop.root / "requirements.txt").write_text(f"--extra-index-url {index.url}\ngood-a\n")

        def check() -> Result:
            arguments = ("check", "--no-cache", "--strict", "requirements.txt")
            return run_in_process(*arguments, cwd=shop.root, home=shop.home, env=ALLOW_LOCAL)

        result = check()
        assert result.code == 3
        paste_setting(shop, result.out, config)
        assert check().code == 0


@pytest.mark.parametrize("name", ["mothball.toml", "pyproject.toml"])
def test_pattern_of_a_text_that_looks_like_requirements_works_as_pasted(shop: Workshop, name: str) -> None:
    shop.git("rm", "--quiet", "mothball.toml")
    config = {name: OFFLINE if name == "mothball.toml" else PYPROJECT_CONFIG}
    shop.commit(config)
    shop.stage({"pins.txt": "old-a==1\nold-b>=2\n"})
    paste_setting(shop, shop.check("pins.txt").out, config)
    shop.git("add", name)
    assert shop.added("pins.txt") == {"pins.txt": ["old-a", "old-b"]}


def test_snapshot_works_as_pasted(shop: Workshop) -> None:
    with ScriptedIndex({"good-a": json_page("good-a", "active")}) as index:
        environment = {"MOTHBALL_INDEX_URL": index.url}
        shop.commit({"mothball.toml": ""})
        shop.stage({"requirements.txt": "good-a\n"})
        offline = {**environment, "MOTHBALL_OFFLINE": "1"}
        step = remedy(shop.check(env=offline).out, "or use a snapshot")
        command = re.search(r"`mothball (snapshot .+?)`", step.text)
        assert command
        made = run_in_process(*shlex.split(command[1]), "--no-cache", cwd=shop.root, home=shop.home, env=environment)
        assert made.code == 0
        assert shop.check(env=offline).code == 3
        paste(shop, step, {})
        run(shop, step.command)
        assert shop.check(env=offline).code == 0
