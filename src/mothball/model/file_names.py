"""The formats of dependency files, and names of files that several packages read."""

MOTHBALL_TOML = "mothball.toml"
PYPROJECT_TOML = "pyproject.toml"
UV_TOML = "uv.toml"
HATCH_TOML = "hatch.toml"

# Format name to a description for users.
FORMATS = {
    "pyproject": "pyproject.toml: project metadata, dependency groups, build requirements, tool tables",
    "requirements": "requirements and constraints files of pip",
    "pipfile": "Pipfile: packages by category",
    "hatch-toml": "hatch.toml: environments and build targets",
    "pixi-toml": "pixi.toml: PyPI dependencies by feature and platform",
    "tox-toml": "tox.toml: dependencies of tox environments",
    "setup-cfg": "setup.cfg: the requirement lists of setuptools and pbr, and tox configuration in the same file",
    "setup-py": "setup.py: literals in the call of setup(); the file is never executed",
    "tox-ini": "tox.ini: dependencies of tox environments",
    "conda-env": "conda environment.yml: the pip: lists; conda packages are skipped",
    "pre-commit": ".pre-commit-config.yaml: additional_dependencies of Python hooks",
    "script": "Python scripts with inline metadata (PEP 723), if they are named or passed by the scripts hook",
    "uv-lock": "uv.lock, and lock files of scripts written by uv",
    "poetry-lock": "poetry.lock",
    "pdm-lock": "pdm.lock",
    "pylock": "pylock.toml, the standard lock file format (PEP 751)",
    "pipfile-lock": "Pipfile.lock",
    "pixi-lock": "pixi.lock: packages from Python indexes; conda packages are omitted",
    "conda-lock": "conda-lock.yml: packages that pip installs; conda packages are omitted",
}
