"""A ``mothball check`` of 50 cached dependencies, as a ratio to ``python -c pass``.

    uv run --group test python -m benchmarks.warm_check

The budget is 6, the aim 5: every run of the hook with a warm cache takes this time.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile

from benchmarks.paired import clean_environment, compare

_NAMES = [f"{first}-{second}" for first in ("amber", "birch", "cedar", "delta", "ember") for second in (
    "router", "client", "schema", "worker", "tables", "sockets", "locale", "parser", "images", "queues",
)]  # fmt: skip
_INDEX = "https://index.example/simple/"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--pip-conf", action="store_true", help="give the user a pip.conf and a uv.toml to be read")
    arguments = parser.parse_args()
    rounds = arguments.rounds
    with clean_environment() as scripts, tempfile.TemporaryDirectory() as home:
        project, cache = os.path.join(home, "project"), os.path.join(home, "cache")
        os.mkdir(project)
        _write_projects(project)
        environment = {"PATH": os.environ["PATH"], "HOME": home, "MOTHBALL_CACHE_DIR": cache}
        environment |= _tell_installers(home) if arguments.pip_conf else {"PIP_CONFIG_FILE": os.devnull}
        python, mothball = os.path.join(scripts, "python"), os.path.join(scripts, "mothball")
        subprocess.run([python, "-c", _FILL, cache, _INDEX, *_NAMES], env=environment, check=True)
        requirements, pyproject = (os.path.join(project, name) for name in ("requirements.txt", "pyproject.toml"))
        commands = {
            "python -c pass": [python, "-c", "pass"],
            "mothball check requirements.txt": [mothball, "check", requirements],
            "mothball check pyproject.toml": [mothball, "check", pyproject],
            "mothball --version": [mothball, "--version"],
        }
        print(f"{'as a ratio to python -c pass':<44} median  (quartiles of the pairs)")
        for ratio in compare(commands, rounds=rounds, environment=environment):
            print(ratio)


def _write_projects(project: str) -> None:
    config = f'[tool.mothball]\nindex-url = "{_INDEX}"\nmax-age = "1d"\n'
    entries = "".join(
        f"    \"{name}>=1.{number},<2; python_version >= '3.11'\",\n" for number, name in enumerate(_NAMES)
    )
    with open(os.path.join(project, "pyproject.toml"), "w", encoding="utf-8") as file:
        file.write(f'[project]\nname = "bench"\nversion = "1"\ndependencies = [\n{entries}]\n{config}')
    with open(os.path.join(project, "requirements.txt"), "w", encoding="utf-8") as file:
        file.writelines(f"{name}==1.{number}.0\n" for number, name in enumerate(_NAMES))


def _tell_installers(home: str) -> dict[str, str]:
    """Write user settings of pip and uv, and return the variables that name the files."""
    pip, uv = os.path.join(home, "pip.conf"), os.path.join(home, "uv.toml")
    with open(pip, "w", encoding="utf-8") as file:
        file.write(f"[global]\ntimeout = 60\nindex-url = {_INDEX}\n")
    with open(uv, "w", encoding="utf-8") as file:
        file.write(f"[[index]]\nname = 'ours'\nurl = '{_INDEX}'\ndefault = true\n")
    return {"PIP_CONFIG_FILE": pip, "UV_CONFIG_FILE": uv}


# Runs in the clean environment: caches a fresh result for every name.
_FILL = """\
import sys, time
from mothball.index.cache import CachedPage, StatusCache, page_key
from mothball.index.project_page import ProjectPage
directory, index, *names = sys.argv[1:]
cache = StatusCache.open(directory)
cache.put_many({page_key(index, name): CachedPage(ProjectPage("active"), None, time.time()) for name in names})
cache.close()
"""


if __name__ == "__main__":
    main()
