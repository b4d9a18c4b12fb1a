"""Names of files that several packages read."""

MOTHBALL_TOML = "mothball.toml"
PYPROJECT_TOML = "pyproject.toml"
UV_TOML = "uv.toml"
HATCH_TOML = "hatch.toml"
