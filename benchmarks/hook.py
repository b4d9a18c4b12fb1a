"""The hook in a repository of 10,000 files, including git, as a ratio to ``python -c pass``.

    uv run --group test python -m benchmarks.hook

With one staged pyproject.toml of 50 cached dependencies the budget is 7, the aim 6. Without a staged dependency file
the budget is 2.5. In addition, a whole ``pre-commit run`` with the hook as a ratio to one with a no-op hook; its
environments are created first, which needs a package index.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.paired import PROJECT, clean_environment, compare
from benchmarks.warm_check import _FILL, _INDEX, _NAMES

_CONFIG = f'[tool.mothball]\nindex-url = "{_INDEX}"\nmax-age = "1d"\n'
_HEAD = '[project]\nname = "bench"\nversion = "1"\ndependencies = [\n'
_NOTHING = """\
- repo: local
  hooks:
  - {id: nothing, name: nothing, entry: "true", language: system, files: pyproject}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--without-pre-commit", action="store_true", help="leave out what needs an index of packages")
    arguments = parser.parse_args()
    with clean_environment() as scripts, tempfile.TemporaryDirectory(prefix="mothball-bench-") as home:
        environment = {
            **{key: os.environ[key] for key in os.environ if key.startswith(("PIP_", "SSL_", "REQUESTS_"))},
            "PATH": os.pathsep.join((scripts, os.path.dirname(sys.executable), os.environ["PATH"])),
            "HOME": home,
            "MOTHBALL_CACHE_DIR": os.path.join(home, "cache"),
            "PRE_COMMIT_HOME": os.path.join(home, "pre-commit"),
            "GIT_AUTHOR_NAME": "bench",
            "GIT_AUTHOR_EMAIL": "bench@people.example",
            "GIT_COMMITTER_NAME": "bench",
            "GIT_COMMITTER_EMAIL": "bench@people.example",
        }
        python = os.path.join(scripts, "python")
        cache = environment["MOTHBALL_CACHE_DIR"]
        subprocess.run([python, "-c", _FILL, cache, _INDEX, *_NAMES], env=environment, check=True)
        busy, idle = (_repository(Path(home) / name, environment) for name in ("busy", "idle"))
        (busy / "pyproject.toml").write_text(_HEAD + _entries() + "]\n" + _CONFIG, encoding="utf-8")
        (idle / "package0" / "module0.py").write_text("changed\n", encoding="utf-8")
        for repository in (busy, idle):
            _git(repository, environment, "add", "--all")
        _first(scripts, busy, idle, environment, arguments.rounds)
        if not arguments.without_pre_commit:
            _second(Path(home), busy, environment, arguments.rounds)


def _first(scripts: str, busy: Path, idle: Path, environment: dict[str, str], rounds: int) -> None:
    python, mothball = os.path.join(scripts, "python"), os.path.join(scripts, "mothball")
    commands = {
        "python -c pass": [python, "-c", "pass"],
        "the hook, 50 dependencies staged": _within(busy, mothball, "check", "--added", "--", "pyproject.toml"),
        "the hook, no dependency file staged": _within(idle, mothball, "check", "--added"),
        "for comparison: git diff-index --cached": _within(busy, "git", "diff-index", "--cached", "-z", "HEAD"),
        "for comparison: check pyproject.toml": _within(busy, mothball, "check", "pyproject.toml"),
    }
    print(f"{'as a ratio to python -c pass':<44} median  (quartiles of the pairs)")
    for ratio in compare(commands, rounds=rounds, environment=environment):
        print(ratio)


def _second(home: Path, busy: Path, environment: dict[str, str], rounds: int) -> None:
    origin = home / "mothball"
    shutil.copytree(os.path.join(PROJECT, "src"), origin / "src", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml"):
        shutil.copy(os.path.join(PROJECT, name), origin / name)
    _git(origin, environment, "init", "--quiet")
    _git(origin, environment, "add", "--all")
    _git(origin, environment, "commit", "--quiet", "--message", "all")
    _git(origin, environment, "tag", "v0")
    ours = f"- repo: {origin}\n  rev: v0\n  hooks:\n  - id: mothball\n"
    commands = {}
    for name, hooks in {"nothing": _NOTHING, "mothball": ours}.items():
        config = home / f"{name}.yaml"
        config.write_text(f"repos:\n{hooks}", encoding="utf-8")
        commands[f"pre-commit run, {name}"] = _within(busy, "pre-commit", "run", "--config", str(config))
        subprocess.run(
            _within(busy, "pre-commit", "install-hooks", "--config", str(config)), env=environment, check=True,
            capture_output=True,
        )  # fmt: skip
    print(f"\n{'as a ratio to pre-commit with a no-op hook':<44} median  (quartiles of the pairs)")
    for ratio in compare(commands, rounds=max(5, rounds // 4), environment=environment):
        print(ratio)


def _repository(root: Path, environment: dict[str, str]) -> Path:
    """Make a repository of 10,000 files in 100 directories."""
    for number in range(100):
        package = root / f"package{number}"
        package.mkdir(parents=True)
        for module in range(100):
            (package / f"module{module}.py").write_text(f"{number} + {module}\n", encoding="utf-8")
    (root / "pyproject.toml").write_text(f"{_HEAD}]\n{_CONFIG}", encoding="utf-8")
    _git(root, environment, "init", "--quiet")
    _git(root, environment, "add", "--all")
    _git(root, environment, "commit", "--quiet", "--message", "all")
    return root


def _entries() -> str:
    return "".join(f"    \"{name}>=1.{number},<2; python_version >= '3.11'\",\n" for number, name in enumerate(_NAMES))


def _git(root: Path, environment: dict[str, str], *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=root, env=environment, check=True, capture_output=True)


def _within(directory: Path, *command: str) -> list[str]:
    """Return ``command`` as one that runs in ``directory``; env starts it without a shell."""
    return ["env", "-C", str(directory), *command]


if __name__ == "__main__":
    main()
