"""What the user's side says of indexes: the environment and the installers' own configuration files.

``installers`` reads it, ``routing`` makes of it whom to ask. It is the user's word, but for what a file says that lies
in a repository: that only routes, as all that a repository says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from mothball.config.credential_settings import UserIndexUrl
from mothball.model.records import NamedTuple
from mothball.model.sanitize import strip_credentials


class UserIndex(NamedTuple):
    """An index as the user names it. ``url`` may hold credentials, and is for no eye but the client's.

    ``set_by`` says where: a variable, or a key in a file with its line. ``name`` is the name that uv knows it by, empty
    where it has none. ``is_user_setting`` is false where a file of a repository says it: such an address is no ground
    for credentials or trust.
    """

    url: str
    set_by: str
    name: str = ""
    is_user_setting: bool = True

    def __repr__(self) -> str:
        """Return a form that can be shown: a record ends up in a log sooner or later."""
        return f"UserIndex(url={strip_credentials(self.url)!r}, by={self.set_by!r}, name={self.name!r})"


class PipSettings(NamedTuple):
    """What pip is told outside of requirements files. ``no_index`` says by what it may ask nobody, else it is empty."""

    default: UserIndex | None = None
    extra: tuple[UserIndex, ...] = ()
    no_index: str = ""


class UvSettings(NamedTuple):
    """What uv is told outside of projects.

    The variables come before what a project says, the user's and the system's uv.toml (``file_…``) behind it.
    ``explicit`` are indexes that answer only for what is pinned to them by name.
    """

    default: UserIndex | None = None
    indexes: tuple[UserIndex, ...] = ()
    extra: tuple[UserIndex, ...] = ()
    file_default: UserIndex | None = None
    file_indexes: tuple[UserIndex, ...] = ()
    file_extra: tuple[UserIndex, ...] = ()
    explicit: tuple[UserIndex, ...] = ()
    no_index: str = ""


class InstallerSettings(NamedTuple):
    """What the user has told installers. ``pipenv_mirror`` is where Pipenv goes instead of the default index.

    ``variables`` is the environment, for addresses that name a variable of it.
    """

    pip: PipSettings = PipSettings()
    uv: UvSettings = UvSettings()
    pipenv_mirror: UserIndex | None = None
    variables: Mapping[str, str] = MappingProxyType({})

    @property
    def index_urls(self) -> tuple[UserIndexUrl, ...]:
        """Every index that the user names, each once: with their credentials, and nobody else's, it may be asked."""
        return tuple(dict.fromkeys(UserIndexUrl(one.url, one.name) for one in self._indexes() if one.is_user_setting))

    def _indexes(self) -> Iterator[UserIndex]:
        pip, uv = self.pip, self.uv
        yield from (one for one in (pip.default, uv.default, uv.file_default, self.pipenv_mirror) if one is not None)
        yield from (*pip.extra, *uv.indexes, *uv.extra, *uv.file_indexes, *uv.file_extra, *uv.explicit)


NO_SETTINGS = InstallerSettings()
