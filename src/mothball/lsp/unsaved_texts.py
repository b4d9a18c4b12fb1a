"""What unsaved texts of open documents mean for other documents.

Policy in the text of a configuration (severities, ignores, successors) applies before it is saved, because it sends
nothing anywhere. Private name patterns, a changed project name and changed index settings only restrict lookups. All
other settings apply once they are saved.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping

from mothball.config.project import read_config
from mothball.discovery.config_lookup import table_path, with_unverified
from mothball.discovery.resolve import private_patterns
from mothball.formats.toml.api import first_error_in, scan_cached, to_mapping
from mothball.lsp.documents import OpenDocument
from mothball.lsp.unsaved import TypedPolicy, Unsaved, private_in
from mothball.model.errors import ConfigError
from mothball.model.file_names import MOTHBALL_TOML, PYPROJECT_TOML
from mothball.model.results import Severity
from mothball.repository.paths import is_inside


class UnsavedTexts:
    """Tracks the texts of the open documents, and schedules checks of the documents that they affect."""

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
        """Update private name patterns and policy, which apply immediately.

        While a text is invalid, its last valid policy applies.
        """
        self._set_private(document, private_in(document.text, document.path))
        if os.path.basename(document.path) in (MOTHBALL_TOML, PYPROJECT_TOML):
            before = self._policies.get(document.path)
            policy = _read_policy(document.text, document.path, before, self._unverified)
            if policy is not None and policy != before:
                self._policies[document.path] = policy
                self._check_below(document)

    def analyzed(self, document: OpenDocument) -> None:
        """Update the changed index settings and project name after a check."""
        opened = document.checked.opened if document.checked else None
        self._set_changes(
            document, _unsaved_project_name(document), changes_indexes=bool(opened and opened.changes_indexes)
        )

    def closed(self, document: OpenDocument) -> None:
        """Remove what a closed document means for others."""
        self._set_private(document, ())
        self._set_changes(document, "", changes_indexes=False)
        if self._policies.pop(document.path, None) is not None:
            self._check_below(document)

    def private(self) -> list[tuple[str, tuple[str, ...]]]:
        """Return directories and the name patterns that are private below them."""
        private = []
        for document in self._documents.values():
            if document.private:
                private.append((os.path.dirname(document.path), document.private))
            # The name of a project is not looked up anywhere, as it may be private.
            if document.unsaved_project_name and document.context is not None:
                private.append((document.context.root, (document.unsaved_project_name,)))
        return private

    def state_for(self, document: OpenDocument) -> Unsaved:
        """Return what applies to ``document``; policies are those of configurations above or beside it."""
        return Unsaved(
            private_patterns(document.path, self.private()),
            any(related.changes_indexes for related in self._same_repository(document)),
            tuple(
                policy for policy in self._policies.values() if is_inside(document.path, os.path.dirname(policy.path))
            ),
        )

    def _set_private(self, configuration: OpenDocument, private: tuple[str, ...]) -> None:
        if configuration.private != private:
            configuration.private = private
            self._check_below(configuration)

    def _set_changes(self, document: OpenDocument, project_name: str, *, changes_indexes: bool) -> None:
        if (document.unsaved_project_name, document.changes_indexes) != (project_name, changes_indexes):
            document.unsaved_project_name, document.changes_indexes = project_name, changes_indexes
            for related in self._same_repository(document):
                self._schedule_check(related)

    def _check_below(self, configuration: OpenDocument) -> None:
        """Schedule checks of the documents that ``configuration`` may apply to."""
        for document in self._documents.values():
            if document.context is not None and is_inside(document.path, os.path.dirname(configuration.path)):
                self._schedule_check(document)

    def _same_repository(self, document: OpenDocument) -> Iterator[OpenDocument]:
        """Yield the other documents of the same repository."""
        context = document.context
        for related in self._documents.values():
            if related is not document and context and related.context and related.context.root == context.root:
                yield related


def _unsaved_project_name(document: OpenDocument) -> str:
    """Return the project name in the text, empty if it equals that of the saved file."""
    opened, context = document.checked.opened if document.checked else None, document.context
    name = opened.file.document.project_name if opened else ""
    is_saved = context is not None and context.saved is not None and context.saved.document.project_name == name
    # The text may hold anything; as a pattern, "*" would match unrelated names.
    return "" if is_saved or "*" in name else name


def _read_policy(text: str, path: str, before: TypedPolicy | None, unverified: Severity | None) -> TypedPolicy | None:
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
