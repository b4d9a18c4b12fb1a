"""Realistic documents with dependencies in the tables of tools."""

from __future__ import annotations

POETRY = """\
# 🦉 an application of the first generation
[build-system]
requires = ["poetry-core>=1.9"]
build-backend = "poetry.core.masonry.api"

[tool.poetry]
name = "Night.Watch"
version = "3.1.0"
description = "Counts owls"
readme = "README.md"

[tool.poetry.dependencies]
python = "^3.11"
fastapi = "^0.115"
"ruamel.yaml" = ">=0.18,<0.19"
uvicorn = { version = "~0.32", extras = ["standard"] }  # mothball: ignore[archived] until the new server
owl-feathers = { git = "https://git.example/owl-feathers.git", tag = "v2" }
nest-box = { path = "../nest-box", develop = true }
moult = { url = "https://files.example/moult-1.0-py3-none-any.whl" }
tomli = { version = "^2.0", python = "<3.11" }
numpy = [
    { version = "<=1.26", python = "<3.12" },
    { version = "^2.1", python = ">=3.12", markers = "sys_platform == 'linux'" },
]
psycopg.version = "^3.2"
psycopg.extras = ["binary", "pool"]

[tool.poetry.dependencies.redis]
version = "^5.0"
optional = true

[tool.poetry.group.test.dependencies]
pytest = "^8.3"
pytest-asyncio = "*"

[tool.poetry.group.docs]
optional = true

[tool.poetry.group.docs.dependencies]
mkdocs = { git = "https://git.example/mkdocs.git" }
mkdocs-material = "^9.5"

[tool.poetry.dev-dependencies]
black = "24.10.0"

[tool.poetry.requires-plugins]
poetry-plugin-export = ">=1.8"

[tool.poetry.build-constraints]
numpy = { setuptools = "<75" }

[tool.poetry.extras]
cache = ["redis"]

[tool.poetry.scripts]
watch = "night_watch.cli:main"
"""

POETRY_BESIDE_PROJECT = """\
[project]
name = "barn"
version = "1.0"
dependencies = [
    "requests>=2.32",
    "hay-bale>=1",
    "straw @ git+https://git.example/straw.git",
]
[project.optional-dependencies]
all = ["hay-bale[dry]", "rope"]

[dependency-groups]
dev-tools = ["pitchfork", "ruff"]

[tool.poetry]
requires-poetry = ">=2.0"

[tool.poetry.dependencies]
hay-bale = { git = "https://git.example/hay-bale.git" }
straw = { develop = true }
requests = { source = "mirror" }

[tool.poetry.group.dev-tools.dependencies]
pitchfork = { path = "tools/pitchfork" }
"""

UV = """\
[project]
name = "harbour"
version = "2.0"
requires-python = ">=3.12"
dependencies = [
    "anchor>=1",
    "httpx>=0.28",
    "Rope_Ladder",
    "torch>=2.5",
    "lantern",
]

[project.optional-dependencies]
cpu = ["crane"]
gpu = ["crane"]

[dependency-groups]
dev = ["harbour[cpu]", "tide-tables", "winch"]
docs = ["winch"]

[tool.uv]
dev-dependencies = ["ruff>=0.8", "winch"]
constraint-dependencies = ["urllib3<3"]
override-dependencies = ["werkzeug==3.1.3"]
build-constraint-dependencies = ["setuptools==75.6.0"]
exclude-dependencies = ["telemetry"]

[tool.uv.extra-build-dependencies]
anchor = ["cython", { requirement = "numpy", match-runtime = true }]

[tool.uv.workspace]
members = ["packages/*"]

[tool.uv.sources]
anchor = { workspace = true }
rope-ladder = { git = "https://git.example/rope.git", rev = "4f1c" }
lantern = { path = "../lantern", editable = true }
httpx = { git = "https://git.example/httpx.git", marker = "sys_platform == 'darwin'" }
torch = [
    { index = "torch-cpu", marker = "sys_platform != 'linux'" },
    { url = "https://files.example/torch.whl", marker = "sys_platform == 'linux'" },
]
crane = { url = "https://files.example/crane.whl", extra = "gpu" }

[[tool.uv.sources.winch]]
git = "https://git.example/winch.git"
group = "dev"

[[tool.uv.index]]
name = "torch-cpu"
url = "https://index.example/torch/"
explicit = true
"""

HATCH = """\
[project]
name = "loom"
version = "0.3"
dependencies = ["click>=8"]

[tool.hatch.env]
requires = ["hatch-pip-compile"]

[tool.hatch.build]
dependencies = ["hatch-fancy-readme"]

[tool.hatch.build.hooks.mypyc]
dependencies = ["hatch-mypyc>=0.16"]

[tool.hatch.build.targets.wheel]
packages = ["src/loom"]
dependencies = ["wheel-inspect"]

[tool.hatch.build.targets.wheel.hooks.custom]
dependencies = ["cython"]

[tool.hatch.envs.default]
installer = "uv"
features = ["all"]
dependency-groups = ["dev"]
dependencies = [
    "loom[fast]",
    "pytest~=8.3",
    "warp @ {root:uri}/../warp",
    "weft @ {env:WEFT_URL}",
    "django~={matrix:django}.0",
    "{matrix:driver}",
]
[tool.hatch.envs.default.scripts]
test = "pytest {args:tests}"

[[tool.hatch.envs.default.matrix]]
django = ["4.2", "5.1"]

[tool.hatch.envs.default.overrides]
platform.windows.dependencies = ["pywin32"]
matrix.django.set-extra-dependencies = [
    { value = "asgiref>=3.8", if = ["5.1"] },
    "tzdata",
]

[tool.hatch.envs.docs]
detached = true
extra-dependencies = ["mkdocs"]
"""

PIXI = """\
[workspace]
name = "orchard"
channels = ["conda-forge"]
platforms = ["linux-64", "osx-arm64"]

[dependencies]
python = ">=3.12"
numpy = "2.*"
_openmp_mutex = "*"

[host-dependencies]
cmake = { version = ">=3.30", channel = "conda-forge" }

[target.win-64.dependencies]
pywin32 = "*"

[pypi-dependencies]
Apple-Pie = ">=1.2,<2"
cider = { version = "*", extras = ["dry"], index = "https://index.example/cider/" }
orchard = { path = ".", editable = true }
pear = { git = "https://git.example/pear.git" }
plum = { url = "https://files.example/plum-1.0.whl" }

[pypi-options.dependency-overrides]
apple-core = ">=3"

[feature.test.dependencies]
pytest = "*"

[feature.test.pypi-dependencies]
pytest-apples = "==0.4"

[feature.cuda.target.linux-64.pypi-dependencies]
cupy-cuda12x = { version = "*", env-markers = "python_version < '3.14'" }

[package.run-dependencies]
wget = "*"

[package.target.unix.host-dependencies]
make = "*"
"""

REST = """\
[build-system]
requires = ["setuptools>=75", "flit_core"]

[project]
name = "workshop"
dynamic = ["dependencies", "optional-dependencies"]

[tool.setuptools.dynamic]
version = { attr = "workshop.__version__" }
readme = { file = ["README.md"] }
dependencies = { file = ["requirements.txt", "requirements/base.in"] }
optional-dependencies.gui = { file = "requirements/gui.txt" }

[tool.pdm]
plugins = ["pdm-bump"]
[tool.pdm.dev-dependencies]
test = ["pytest-cov", "-e file:///${PROJECT_ROOT}/helpers#egg=bench-helpers"]
lint = ["flake8>=7"]
[tool.pdm.resolution.overrides]
pytz = "2024.2"
vice = "https://files.example/vice-1.0.whl"

[tool.flit.metadata]
module = "workshop"
requires = ["requests (>=2.6)", "configparser; python_version == '2.7'"]
dev-requires = ["sphinx"]
[tool.flit.metadata.requires-extra]
doc = ["furo"]

[tool.rye]
managed = true
dev-dependencies = ["pre-commit~=4.0"]

[tool.cibuildwheel]
test-requires = "pytest hypothesis>=6"
before-all = "yum install -y nothing"
[tool.cibuildwheel.macos]
test-requires = ["delocate-check"]
[[tool.cibuildwheel.overrides]]
select = "*-musllinux*"
test-requires = ["pytest < 9"]

[tool.tox]
requires = ["tox-uv>=1.16"]
env_list = ["3.13", "lint"]
[tool.tox.env_run_base]
deps = ["-r {tox_root}/requirements/test.txt", "-c constraints.txt", "pytest-mock>=3", "-e ./lib"]
[tool.tox.env.lint]
skip_install = true
deps = [
    "ruff=={env:RUFF_VERSION}",
    { replace = "ref", of = ["env_run_base", "deps"], extend = true },
    { replace = "if", condition = "env.CI", then = ["codecov-cli"], else = ["rich"], extend = true },
]
"""

PIPFILE = """\
[[source]]
url = "https://index.example/simple/"
verify_ssl = true
name = "main"

[packages]
requests = "*"
"Flask.Cors" = ">=5,<6"  # mothball: ignore[deprecated] no better one
django = {version = "~=5.1", extras = ["argon2"], markers = "python_version >= '3.10'"}
sea-chart = {git = "https://git.example/sea-chart.git", ref = "main"}
hull = {path = "./hull", editable = true}
keel = {file = "https://files.example/keel-1.0.tar.gz"}
sail = {file = "vendor/sail.whl"}
rudder = {editable = true}
compass = {version = "*", index = "main"}
[packages.mast]
version = "==2.0"

[dev-packages]
pytest = ">=8"

[docs]
sphinx = "*"

[requires]
python_version = "3.12"

[scripts]
start = "flask run"

[pipenv]
allow_prereleases = true
"""

SMALL = """\
[tool.poetry]
name="x"
dependencies={a="1",b={git="u"},c=[{version="2"}]}
group.d.dependencies.e.version="3"
[tool.uv]
dev-dependencies=["f>=1;os_name=='nt'"]
sources.f={path="."}
[tool.hatch.envs.g]
dependencies=["h=={matrix:h}"]
[tool.pixi.pypi-dependencies]
"i.j"={version="4",index="u"}
[[tool.cibuildwheel.overrides]]
test-requires="k l"
[tool.tox.env.m]
deps=["-r n.txt",{replace="if",then=["o"]}]
"""

# Format name to documents of that format.
DOCUMENTS = {
    "pyproject": (POETRY, POETRY_BESIDE_PROJECT, UV, HATCH, REST, SMALL),
    "pixi-toml": (PIXI,),
    "pipfile": (PIPFILE,),
    "hatch-toml": (HATCH.partition("[tool.hatch.env]")[2].replace("tool.hatch.", "").join(("[env]", "")),),
    "tox-toml": (REST.partition("[tool.tox]\n")[2].replace("tool.tox.", ""),),
}
