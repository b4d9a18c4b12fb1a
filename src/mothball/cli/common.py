"""What the commands share: from parsed arguments to settings, and from paths to source files."""

from __future__ import annotations

import argparse
import os
import sys
import time

from mothball.check.inputs import RunSettings
from mothball.cli.progress import Progress
from mothball.config.credential_settings import Access, UserAddress, read_user_address
from mothball.config.project import Overrides, UserConfig
from mothball.config.user_directories import user_config_file
from mothball.discovery.config_lookup import ConfigResolver, ConfigResolverSettings, read_user_config_file
from mothball.discovery.discover import STDIN, DiscoveryRequest, DiscoveryResult, discover
from mothball.discovery.installer_settings import with_installers
from mothball.formats.table import FORMATS
from mothball.index.session import LookupSession
from mothball.model.errors import ConfigError, UnreadableFileError, UsageError
from mothball.model.findings import Mode, Severity
from mothball.model.records import NamedTuple
from mothball.model.sanitize import without_credentials
from mothball.repository.files import DISK, Tree, read_stream


class Setup(NamedTuple):
    """All that a command needs before it begins."""

    settings: RunSettings
    config_resolver: ConfigResolver
    user: UserConfig


def set_up(
    arguments: argparse.Namespace, *, scopes: tuple[str, ...] = (), mode: Mode = Mode.FULL, tree: Tree = DISK
) -> Setup:
    """Return the settings of a run from its arguments, the environment and the user-level configuration.

    ``scopes`` are the directories that the run reads whole, ``tree`` is where it finds configurations. Raises
    UsageError on what cannot be meant, and UnreadableFileError or ConfigError on a user-level configuration that cannot
    be used.
    """
    now = time.time()
    settings = RunSettings(
        today=time.strftime("%Y-%m-%d", time.localtime(now)),
        now=now,
        mode=mode,
        strict=getattr(arguments, "strict", False),
        refresh=arguments.refresh,
        use_ignores=not getattr(arguments, "no_ignores", False),
        # What the user names is no part of the change: its ignores are the user's own.
        keep_config_ignores=arguments.config is not None,
    )
    makes_snapshot = arguments.command == "snapshot"
    overrides = overrides_of(arguments)
    if makes_snapshot:
        # Its purpose is to ask, and to tell which names it could not ask for, whatever weight the project gives that.
        overrides = overrides._replace(online=True, unverified=Severity.ERROR)
    for option, path in (("--config", arguments.config), ("--snapshot", getattr(arguments, "snapshot", None))):
        if path is not None and not os.path.isfile(path):
            raise UsageError(f"{option}: there is no file {path}")
    user = with_installers(_user_config())
    resolver_settings = ConfigResolverSettings(
        today=settings.today,
        overrides=overrides,
        config_path=arguments.config,
        snapshot_path=getattr(arguments, "snapshot", None),
        use_snapshots=not makes_snapshot,
        scopes=tuple(os.path.abspath(scope) for scope in scopes),
        tree=tree,
    )
    return Setup(settings, ConfigResolver(resolver_settings, user), user)


def read_paths(arguments: argparse.Namespace) -> tuple[Setup, DiscoveryResult]:
    """Set up a run over ``arguments.paths`` and read what they name. Raises as ``set_up`` does."""
    # Of a file that is given twice the first counts: what an editor sends is newer than what is on the disk.
    paths = tuple(sorted(arguments.paths, key=lambda path: path != STDIN)) or (".",)
    file_format = format_given(arguments)
    stdin = None
    if STDIN in paths:
        name = getattr(arguments, "stdin_filename", None) or (STDIN if file_format else None)
        if name is None:
            raise UsageError("standard input has no name", help_text="give one: --stdin-filename requirements.txt")
        if sys.stdin is None:
            raise UsageError("standard input is closed", help_text="send the text of the file to it")
        stdin = (name, read_stream(sys.stdin.buffer, name))
    setup = set_up(arguments, scopes=tuple(path for path in paths if os.path.isdir(path)))
    return setup, discover(DiscoveryRequest(paths, file_format, stdin), setup.config_resolver, setup.settings)


def format_given(arguments: argparse.Namespace) -> str | None:
    """Return the format of ``--as``, None where it is not given. Raises UsageError for one that is not known."""
    file_format: str | None = getattr(arguments, "format", None)
    if file_format is not None and file_format not in FORMATS:
        raise UsageError(f"--as: unknown format {file_format}", help_text=f"known are {', '.join(FORMATS)}")
    return file_format


def open_session(arguments: argparse.Namespace, user: UserConfig) -> LookupSession:
    """Return the session in which this run looks things up."""
    access = _access(arguments, user)
    return LookupSession(
        use_cache=not arguments.no_cache, trusted_hosts=user.trusted_hosts, access=access, progress=Progress()
    )


def _access(arguments: argparse.Namespace, user: UserConfig) -> Access:
    """Return how the user gets in: what the configuration says, and the address that this call names.

    ``user`` holds the addresses too that the installers' own files and variables name.
    """
    return user.access._replace(addresses=(*addresses_of(arguments), *user.access.addresses))


def addresses_of(arguments: argparse.Namespace) -> tuple[UserAddress, ...]:
    """Return the address that this call or its environment names, if any. Raises UsageError."""
    chosen = _chosen_index(arguments)
    return () if chosen is None else (UserAddress(chosen),)


def _user_config() -> UserConfig:
    path = user_config_file()
    try:
        return read_user_config_file(path)
    except ConfigError as error:
        raise UsageError(f"{path}: {error}", help_text=error.help) from error
    except UnreadableFileError as error:
        raise UsageError(str(error), help_text=error.help) from error


def overrides_of(arguments: argparse.Namespace) -> Overrides:
    """Return what the command line and the environment say over the project's head. Raises UsageError."""
    unverified = os.environ.get("MOTHBALL_UNVERIFIED", "")
    if unverified and unverified not in tuple(Severity):
        raise UsageError(
            f"MOTHBALL_UNVERIFIED is {unverified}", help_text=f"it can be {', '.join(Severity)}, or not set"
        )
    index_url = _chosen_index(arguments)
    by_option = getattr(arguments, "index_url", None) is not None
    offline = getattr(arguments, "offline", False) or _is_set("MOTHBALL_OFFLINE")
    return Overrides(
        without_credentials(index_url) if index_url else None,
        offline,
        unverified=Severity(unverified) if unverified else None,
        index_set_by="--index-url" if by_option else "MOTHBALL_INDEX_URL",
    )


def _chosen_index(arguments: argparse.Namespace) -> str | None:
    """Return the index that this call names, perhaps with credentials: by ``--index-url``, else by the environment."""
    for name, value in (
        ("--index-url", getattr(arguments, "index_url", None)),
        ("MOTHBALL_INDEX_URL", os.environ.get("MOTHBALL_INDEX_URL") or None),
    ):
        if value is not None:
            try:
                return read_user_address(value, (name,))
            except ConfigError as error:
                raise UsageError(str(error), help_text=error.help) from error
    return None


def _is_set(variable: str) -> bool:
    return os.environ.get(variable, "").lower() not in ("", "0", "false", "no", "off")
