"""Rules for text that is not saved yet: it may keep names from being looked up, but never sends them to a new index.

Routing follows the saved file, because an unsaved text may hold an incomplete index URL to which, or because of which,
no name must be sent. No I/O.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress

from mothball.check.inputs import ResolvedConfig, ResolvedFile
from mothball.config.project import ProjectConfig
from mothball.config.values import MAX_PATTERNS, read_name_patterns
from mothball.discovery.config_lookup import table_path
from mothball.formats.toml.api import scan_cached, to_mapping
from mothball.model.document import Document
from mothball.model.errors import ConfigError
from mothball.model.file_names import MOTHBALL_TOML, PYPROJECT_TOML
from mothball.model.records import NamedTuple
from mothball.repository.files import display_path
from mothball.routing.facts import SavedRouting, index_settings, saved_routing


class TypedPolicy(NamedTuple):
    """The policy in the text of the open configuration at the absolute ``path``; its ``table``, as TOML values.

    Of ``config``, only severities, ignores and successors are set.
    """

    path: str
    table: object
    config: ProjectConfig


class Unsaved(NamedTuple):
    """State of other editor texts that is not saved.

    ``private`` are private name patterns of configurations; ``has_indexes`` is True if a text names other indexes than
    its file. ``policies`` are those of all open configurations that may apply, including the text itself.
    """

    private: tuple[str, ...] = ()
    has_indexes: bool = False
    policies: tuple[TypedPolicy, ...] = ()


NOTHING_UNSAVED = Unsaved()


def with_policy(resolved_config: ResolvedConfig, policies: tuple[TypedPolicy, ...]) -> ResolvedConfig:
    """Return ``resolved_config`` with the policy in the text of its file, or of the one that is to be created."""
    for policy in policies:
        if policy.path == resolved_config.edited_path:
            config = resolved_config.config._replace(
                severities=policy.config.severities,
                ignores=policy.config.ignores,
                successors=policy.config.successors,
            )
            return resolved_config._replace(path=display_path(policy.path), config=config)
    return resolved_config


def routing_of(saved: ResolvedFile) -> SavedRouting:
    """Return the routing of a saved file."""
    urls = {option.value for option in saved.indexes.options} | {index.url for index in saved.indexes.indexes}
    return saved_routing(saved.document.dependencies, saved.facts, frozenset(urls))


def indexes_in(document: Document, text: str, path: str) -> tuple[object, ...]:
    """Return the index settings of a text itself, wherever they are in it, to compare them with those of another.

    Workspaces count, because their members are not looked up.
    """
    default_index = _setting(text, path, "index-url") if _may_configure(text, path, "index-url") else None
    return index_settings(document), document.workspaces, default_index


def private_in(text: str, path: str) -> tuple[str, ...]:
    """Return the private name patterns in a configuration with incomplete text; invalid ones are left out.

    Empty if the file at ``path`` is not a configuration.
    """
    if not _may_configure(text, path, "private"):
        return ()
    given = _setting(text, path, "private")
    patterns: list[str] = []
    for pattern in (given if isinstance(given, list) else [given])[:MAX_PATTERNS]:
        with suppress(ConfigError):
            patterns += read_name_patterns([pattern], ("private",))
    return tuple(patterns)


def _may_configure(text: str, path: str, name: str) -> bool:
    """Return True if a text may be a configuration with ``name``; a cheap test before scanning it."""
    file_name = os.path.basename(path)
    return name in text and (file_name == MOTHBALL_TOML or (file_name == PYPROJECT_TOML and "mothball" in text))


def _setting(text: str, path: str, name: str) -> object:
    """Return a value of mothball's table in a configuration with incomplete text, None if it has none."""
    table: object = to_mapping(scan_cached(text))
    for key in table_path(path):
        table = table.get(key) if isinstance(table, Mapping) else None
    return table.get(name) if isinstance(table, Mapping) else None
