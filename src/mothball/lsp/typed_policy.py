"""The policy in the editor's text of configurations: severities, ignores and successors.

It applies before the text is saved, because it sends nothing anywhere. All other settings apply once they are saved.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from mothball.config.project import read_config
from mothball.discovery.config_lookup import table_path, with_unverified
from mothball.formats.toml.api import first_error_in, scan_cached, to_mapping
from mothball.lsp.documents import OpenDocument
from mothball.lsp.unsaved import TypedPolicy
from mothball.model.errors import ConfigError
from mothball.model.file_names import MOTHBALL_TOML, PYPROJECT_TOML
from mothball.model.findings import Severity
from mothball.repository.files import is_inside


class TypedPolicies:
    """Tracks the policies of the open configurations, and schedules checks of the documents that they apply to."""

    def __init__(
        self,
        documents: Mapping[str, OpenDocument],
        schedule_check: Callable[[OpenDocument], None],
        unverified: Severity | None,
    ) -> None:
        """``documents`` is the live mapping of open documents; ``unverified`` is the severity of failed lookups."""
        self._documents = documents
        self._schedule_check = schedule_check
        self._unverified = unverified
        self._policies: dict[str, TypedPolicy] = {}

    def text_changed(self, document: OpenDocument) -> None:
        """Read the policy of ``document`` again; while its text is invalid, the last valid policy applies."""
        if os.path.basename(document.path) in (MOTHBALL_TOML, PYPROJECT_TOML):
            before = self._policies.get(document.path)
            policy = _read(document.text, document.path, before, self._unverified)
            if policy is not None and policy != before:
                self._policies[document.path] = policy
                self._changed(document.path)

    def closed(self, document: OpenDocument) -> None:
        """Drop the policy of a closed document."""
        if self._policies.pop(document.path, None) is not None:
            self._changed(document.path)

    def policies_for(self, document: OpenDocument) -> tuple[TypedPolicy, ...]:
        """Return the policies of the configurations in the directories above ``document``, or beside it."""
        policies = self._policies.values()
        return tuple(policy for policy in policies if is_inside(document.path, os.path.dirname(policy.path)))

    def _changed(self, path: str) -> None:
        for document in self._documents.values():
            if document.context is not None and is_inside(document.path, os.path.dirname(path)):
                self._schedule_check(document)


def _read(text: str, path: str, before: TypedPolicy | None, unverified: Severity | None) -> TypedPolicy | None:
    """Return the policy in ``text``, or None if it is invalid."""
    table = _own_table(text, table_path(path))
    if table is None or (before is not None and before.table == table):
        return before
    try:
        config = with_unverified(read_config(table), unverified)
    except ConfigError:
        return None
    return TypedPolicy(path, table, config)


def _own_table(text: str, prefix: tuple[str, ...]) -> object:
    """Return mothball's table in ``text``, None if it has a syntax error."""
    if prefix and "mothball" not in text:
        return {}
    parsed = scan_cached(text)
    if first_error_in(parsed, prefix) is not None:
        return None
    depth = len(prefix)
    table: object = to_mapping(
        parsed._replace(
            entries=tuple(entry for entry in parsed.entries if entry.path[:depth] == prefix),
            headers=tuple(header for header in parsed.headers if header.path[:depth] == prefix),
        )
    )
    for key in prefix:
        table = table.get(key, {}) if isinstance(table, Mapping) else {}
    return table
