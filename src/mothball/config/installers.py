"""Index settings of installers: the environment and the configuration files of pip and uv.

``discovery`` reads them, ``routing`` applies them. They are user settings, except those from files in a repository,
which select indexes but grant no trust.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from mothball.config.connection_settings import PipConnection, UserIndexUrl, UvConnection
from mothball.model.records import NamedTuple
from mothball.model.sanitize import strip_credentials


class UserIndex(NamedTuple):
    """An index in the settings of an installer. ``url`` may contain credentials and must not be shown.

    ``set_by`` is the setting: a variable, or a key with file and line. ``name`` is the name of the index in uv, empty
    if it has none. ``is_user_setting`` is false if the setting is in a file of a repository: no credentials are sent to
    the index and no trust is granted because of it. ``ignore_error_codes`` is uv's key of that name.
    """

    url: str
    set_by: str
    name: str = ""
    is_user_setting: bool = True
    ignore_error_codes: tuple[int, ...] = ()

    def __repr__(self) -> str:
        """Return a representation without credentials, for logs."""
        return f"UserIndex(url={strip_credentials(self.url)!r}, set_by={self.set_by!r}, name={self.name!r})"


class PipSettings(NamedTuple):
    """Settings of pip outside of requirements files.

    ``default`` replaces PyPI. ``no_index`` is the setting that disables all indexes, empty if there is none, and
    ``find_links`` the setting that names further sources of files. ``connection`` is used for the indexes that pip
    would query.
    """

    default: UserIndex | None = None
    extra: tuple[UserIndex, ...] = ()
    no_index: str = ""
    connection: PipConnection = PipConnection()
    find_links: str = ""


class UvSettings(NamedTuple):
    """Settings of uv outside of projects.

    Variables take precedence over the project; ``file_…`` are settings in the uv.toml of the user and the system, over
    which the project takes precedence. ``explicit`` indexes are only used for packages that are pinned to them by name.
    """

    default: UserIndex | None = None
    indexes: tuple[UserIndex, ...] = ()
    extra: tuple[UserIndex, ...] = ()
    file_default: UserIndex | None = None
    file_indexes: tuple[UserIndex, ...] = ()
    file_extra: tuple[UserIndex, ...] = ()
    explicit: tuple[UserIndex, ...] = ()
    no_index: str = ""
    connection: UvConnection = UvConnection()
    find_links: str = ""


class InstallerSettings(NamedTuple):
    """Settings of all installers. ``pipenv_mirror`` replaces the default index in Pipenv.

    ``variables`` is the environment, for URLs that contain variables.
    """

    pip: PipSettings = PipSettings()
    uv: UvSettings = UvSettings()
    pipenv_mirror: UserIndex | None = None
    variables: Mapping[str, str] = MappingProxyType({})

    @property
    def index_urls(self) -> tuple[UserIndexUrl, ...]:
        """The distinct index URLs that the user configured. Credentials in them are sent to these indexes only."""
        return tuple(
            dict.fromkeys(
                UserIndexUrl(index.url, index.name, index.set_by, installer)
                for installer, index in self.indexes()
                if index.is_user_setting
            )
        )

    def indexes(self) -> Iterator[tuple[str, UserIndex]]:
        """Yield all indexes that the settings name, each with its installer."""
        pip, uv = self.pip, self.uv
        by_installer = {
            "pip": (pip.default, *pip.extra),
            "uv": (uv.default, uv.file_default, *uv.indexes, *uv.extra, *uv.file_indexes, *uv.file_extra, *uv.explicit),
            "pipenv": (self.pipenv_mirror,),
        }
        for installer, indexes in by_installer.items():
            yield from ((installer, index) for index in indexes if index is not None)


NO_SETTINGS = InstallerSettings()
