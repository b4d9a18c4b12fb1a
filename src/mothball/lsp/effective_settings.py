"""Combine environment, user configuration and editor settings.

For network and credentials, the user's settings take precedence over the project's; policy comes from the project.
"""

from __future__ import annotations

import time

from mothball.check.inputs import RunSettings
from mothball.config.connection_settings import UserIndexUrl
from mothball.config.project import ConfigOverrides, UserConfig
from mothball.config.user_directories import user_config_file
from mothball.discovery.committed import unchanged_since
from mothball.discovery.config_lookup import ConfigResolver, ConfigResolverSettings, read_user_config_file
from mothball.discovery.installer_settings import with_installers
from mothball.lsp.settings import Settings
from mothball.model.errors import ConfigError
from mothball.model.records import NamedTuple
from mothball.model.results import CheckMode
from mothball.model.sanitize import strip_credentials


class SettingsError(ConfigError):
    """The editor settings are invalid."""


class Environment(NamedTuple):
    """Overrides from the environment of the server, and index URLs with credentials."""

    overrides: ConfigOverrides = ConfigOverrides()
    addresses: tuple[UserIndexUrl, ...] = ()


class EffectiveSettings(NamedTuple):
    """All settings of the user; ``user`` holds trusted hosts and credentials."""

    overrides: ConfigOverrides
    user: UserConfig

    def config_resolver(self, *scopes: str) -> ConfigResolver:
        """Return a resolver of configurations; ``scopes`` are the directories that are checked completely."""
        settings = ConfigResolverSettings(today=run_settings().today, overrides=self.overrides, scopes=scopes)
        return ConfigResolver(settings, self.user)


def read_effective_settings(settings: Settings, environment: Environment) -> EffectiveSettings:
    """Combine the editor settings, the environment and the user configuration, in this order of precedence.

    Reads the user configuration and those of pip and uv. Raises UnreadableFileError or ConfigError if they are invalid,
    and SettingsError if the editor settings are.
    """
    if settings.errors:
        raise SettingsError(
            "; ".join(settings.errors), help_text="correct the editor settings; nothing is looked up until then"
        )
    user = with_installers(read_user_config_file(user_config_file()))
    editor_setting = "`indexUrl` in the editor settings"
    default_index = (
        (UserIndexUrl(settings.index_url, set_by=editor_setting),) if settings.index_url else environment.addresses
    )
    index_url = strip_credentials(settings.index_url) if settings.index_url else environment.overrides.index_url
    overrides = environment.overrides._replace(
        index_url=index_url,
        offline=environment.overrides.offline or settings.offline,
        max_age=settings.max_age,
        index_set_by=editor_setting if settings.index_url else environment.overrides.index_set_by,
    )
    return EffectiveSettings(
        overrides,
        user._replace(
            trusted_hosts=(*user.trusted_hosts, *settings.trusted_hosts),
            private=(*user.private, *settings.private),
            allow_local_indexes=user.allow_local_indexes or settings.allow_local_indexes,
            credentials=user.credentials._replace(index_urls=(*default_index, *user.credentials.index_urls)),
        ),
    )


def run_settings() -> RunSettings:
    """Return the settings of a check that starts now."""
    now = time.time()
    today = time.strftime("%Y-%m-%d", time.localtime(now))
    return RunSettings(today=today, now=now, mode=CheckMode.EDITOR, unchanged_since=unchanged_since)
