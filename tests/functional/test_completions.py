"""The shells complete command lines with the scripts that mothball prints."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mothball.cli.parser import SHELLS
from tests.support.cli import clean_environment, installed_script
from tests.support.project import Project

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the shells run on Unix")
# The word to complete is the last one.
CASES = [
    (("mothball", "chec"), "check"),
    (("mothball", "completio"), "completions"),
    (("mothball", "check", "--list-f"), "--list-files"),
    (("mothball", "check", "--format", "jun"), "junit"),
    (("mothball", "check", "--as", "setup-c"), "setup-cfg"),
    (("mothball", "check", "requ"), "requirements.txt"),
    (("mothball", "cache", "cl"), "clear"),
    (("mothball", "rule", "quar"), "quarantined"),
    (("mothball", "completions", "fi"), "fish"),
]
# Prints the command line after completion.
ZSH = r"""
unsetopt zle_bracketed_paste
PS1= RPS1= PROMPT_EOL_MARK=
autoload -Uz compinit && compinit -D -u
eval "$(mothball completions zsh)"
show() { zle complete-word; print -r -- "<$BUFFER>"; exit }
zle -N show && bindkey '^I' show
"""


@pytest.fixture
def project(project: Project) -> Project:
    project.write("requirements.txt", "")
    return project


def run_shell(project: Project, *command: str, stdin: str = "") -> str:
    shell = shutil.which(command[0])
    if shell is None:
        pytest.skip(f"{command[0]} is not installed")
    environment = clean_environment(project.home)
    environment["PATH"] = os.pathsep.join((os.path.dirname(installed_script()), environment["PATH"]))
    done = subprocess.run(
        [shell, *command[1:]],
        cwd=project.root,
        env=environment,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    return done.stdout


def bash_completions(project: Project, words: tuple[str, ...]) -> list[str]:
    script = f"""
        eval "$(mothball completions bash)"
        COMP_WORDS=({" ".join(words)}) COMP_CWORD={len(words) - 1}
        "$(complete -p mothball | sed 's/.*-F \\([^ ]*\\) .*/\\1/')"
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    return run_shell(project, "bash", "--norc", "-c", script).split()


def fish_completions(project: Project, words: tuple[str, ...]) -> list[str]:
    script = f"mothball completions fish | source; complete --do-complete '{' '.join(words)}'"
    return [line.partition("\t")[0] for line in run_shell(project, "fish", "-c", script).splitlines()]


def zsh_completions(project: Project, words: tuple[str, ...]) -> list[str]:
    # The line editor of zsh needs a terminal, which the module zpty provides.
    script = f"""
        zmodload zsh/zpty
        zpty shell zsh -f -i
        zpty -w shell {sh_quoted(f". {project.root / 'init.zsh'}")}
        zpty -w -n shell {sh_quoted(" ".join(words))}$'\\t'
        zpty -r shell output '*<mothball *>*'
        print -r -- $output
    """
    project.write("init.zsh", ZSH)
    return run_shell(project, "zsh", "-f", "-c", script).rpartition("<")[2].partition(">")[0].split()


def sh_quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


COMPLETE: dict[str, Callable[[Project, tuple[str, ...]], list[str]]] = {
    "bash": bash_completions,
    "fish": fish_completions,
    "zsh": zsh_completions,
}


@pytest.mark.slow
@pytest.mark.parametrize(("words", "completed"), CASES, ids=[completed for _, completed in CASES])
@pytest.mark.parametrize("shell", SHELLS)
def test_shell_completes_the_word(project: Project, shell: str, words: tuple[str, ...], completed: str) -> None:
    assert completed in COMPLETE[shell](project, words)


@pytest.mark.parametrize("shell", SHELLS)
def test_installed_script_is_that_of_this_version(project: Project, shell: str) -> None:
    script = Path(__file__).parents[2] / "src/mothball/cli/completion_scripts" / f"mothball.{shell}"
    assert project.run("completions", shell) == (0, script.read_text("utf-8"), "")


def test_unknown_shell_is_a_usage_error(project: Project) -> None:
    result = project.run("completions", "tcsh")
    assert (result.code, result.out) == (2, "")
    assert "expected one of: bash, zsh, fish" in result.err
