"""What the user's side says: the environment, the user-level configuration and the editor's settings together.

Of the network and of credentials the user has the last word; policy comes from the project's own configuration.
"""

from __future__ import annotations

import time

from mothball.check.inputs import RunSettings
from mothball.config.credential_settings import UserIndexUrl
from mothball.config.project import ConfigOverrides, UserConfig
from mothball.config.user_directories import user_config_file
from mothball.discovery.config_lookup import ConfigResolver, ConfigResolverSettings, read_user_config_file
from mothball.discovery.installer_settings import with_installers
from mothball.lsp.settings import Settings
from mothball.model.errors import ConfigError
from mothball.model.records import NamedTuple
from mothball.model.sanitize import strip_credentials


class SettingsError(ConfigError):
    """The editor's settings cannot be used."""


class Environment(NamedTuple):
    """What the server's environment says over the head of all projects, and the addresses that it names."""

    overrides: ConfigOverrides = ConfigOverrides()
    addresses: tuple[UserIndexUrl, ...] = ()


class EffectiveSettings(NamedTuple):
    """All that comes from the user; ``user`` holds whom to trust and how to get in."""

    overrides: ConfigOverrides
    user: UserConfig

    def config_resolver(self, *scopes: str) -> ConfigResolver:
        """Return who finds configurations; ``scopes`` are the directories that are read whole."""
        settings = ConfigResolverSettings(today=run_settings().today, overrides=self.overrides, scopes=scopes)
        return ConfigResolver(settings, self.user)


def read_effective_settings(settings: Settings, environment: Environment) -> EffectiveSettings:
    """Bring the user's side together: the editor's settings first, then the environment, then the user's own file.

    Reads that file, and those of pip and uv. Raises UnreadableFileError and ConfigError where it cannot be used, and
    SettingsError where the editor's settings cannot.
    """
    if settings.errors:
        raise SettingsError(
            "; ".join(settings.errors), help_text="mend it in the settings of the editor; nothing is asked until then"
        )
    user = with_installers(read_user_config_file(user_config_file()))
    chosen = (UserIndexUrl(settings.index_url),) if settings.index_url else environment.addresses
    index_url = strip_credentials(settings.index_url) if settings.index_url else environment.overrides.index_url
    overrides = environment.overrides._replace(
        index_url=index_url,
        offline=environment.overrides.offline or settings.offline,
        max_age=settings.max_age,
        index_set_by="`indexUrl` of the editor" if settings.index_url else environment.overrides.index_set_by,
        allow_local_indexes=False,
    )
    return EffectiveSettings(
        overrides,
        user._replace(
            trusted_hosts=(*user.trusted_hosts, *settings.trusted_hosts),
            private=(*user.private, *settings.private),
            allow_local_indexes=user.allow_local_indexes or settings.allow_local_indexes,
            credentials=user.credentials._replace(index_urls=(*chosen, *user.credentials.index_urls)),
        ),
    )


def run_settings() -> RunSettings:
    """Return what holds for a check at this moment."""
    now = time.time()
    return RunSettings(today=time.strftime("%Y-%m-%d", time.localtime(now)), now=now)
