"""File names that several packages look for."""

MOTHBALL_TOML = "mothball.toml"
PYPROJECT_TOML = "pyproject.toml"
UV_TOML = "uv.toml"
HATCH_TOML = "hatch.toml"
