"""Read the user's settings of pip, uv and Pipenv, for indexes and connections."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from mothball.config.installers import InstallerSettings, UserIndex
from mothball.config.project import UserConfig
from mothball.discovery.pip_settings import read_pip
from mothball.discovery.uv_settings import read_uv


def with_installers(user: UserConfig) -> UserConfig:
    """Return ``user`` with the settings of the installers: their index URLs, and those for connections.

    Raises like ``read_installers``, and ConfigError for a number that pip would reject too.
    """
    installers = read_installers()
    credentials, pip, uv = user.credentials, installers.pip.connection, installers.uv.connection
    pip.check_numbers()
    return user._replace(
        installers=installers,
        trusted_hosts=tuple(dict.fromkeys((*user.trusted_hosts, *pip.trusted_hosts, *uv.trusted_hosts))),
        credentials=credentials._replace(
            index_urls=(*credentials.index_urls, *installers.index_urls),
            pip=pip,
            uv=uv,
        ),
    )


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
