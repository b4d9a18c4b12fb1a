"""What the user has told installers of indexes, read from the environment and the disk."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from mothball.config.installers import InstallerSettings, UserIndex
from mothball.config.project import UserConfig
from mothball.discovery.pip_settings import read_pip
from mothball.discovery.uv_settings import read_uv


def with_installers(user: UserConfig) -> UserConfig:
    """Return ``user`` with what the installers were told, and with the addresses that they know. Raises as below."""
    told = read_installers()
    addresses = (*user.credentials.index_urls, *told.index_urls)
    return user._replace(installers=told, credentials=user.credentials._replace(index_urls=addresses))


def read_installers(environment: Mapping[str, str] | None = None, platform: str = sys.platform) -> InstallerSettings:
    """Return the settings of pip, uv and Pipenv for whoever runs this.

    Raises UnreadableFileError on a configuration file that its installer would refuse too: nobody knows then where
    names may go.
    """
    variables = os.environ if environment is None else environment
    mirror = variables.get("PIPENV_PYPI_MIRROR", "")
    return InstallerSettings(
        read_pip(variables, platform),
        read_uv(variables, platform),
        UserIndex(mirror, "PIPENV_PYPI_MIRROR") if mirror else None,
        variables,
    )
