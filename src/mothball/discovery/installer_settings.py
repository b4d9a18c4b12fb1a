"""Read the index settings of pip, uv and Pipenv from the environment and the user's configuration files."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from mothball.config.installers import InstallerSettings, UserIndex
from mothball.config.project import UserConfig
from mothball.discovery.pip_settings import read_pip
from mothball.discovery.uv_settings import read_uv


def with_installers(user: UserConfig) -> UserConfig:
    """Return ``user`` with the settings of the installers and their index URLs. Raises like ``read_installers``."""
    installers = read_installers()
    index_urls = (*user.credentials.index_urls, *installers.index_urls)
    return user._replace(installers=installers, credentials=user.credentials._replace(index_urls=index_urls))


def read_installers(environment: Mapping[str, str] | None = None, platform: str = sys.platform) -> InstallerSettings:
    """Return the user's settings of pip, uv and Pipenv.

    Raises UnreadableFileError for a configuration file that its installer would reject too: the indexes to query are
    unknown then.
    """
    variables = os.environ if environment is None else environment
    mirror = variables.get("PIPENV_PYPI_MIRROR", "")
    return InstallerSettings(
        read_pip(variables, platform),
        read_uv(variables, platform),
        UserIndex(mirror, "PIPENV_PYPI_MIRROR") if mirror else None,
        variables,
    )
