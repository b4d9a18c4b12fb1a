"""What unsaved texts of open documents mean for other documents.

Policy in the text of a configuration (severities, ignores, successors) applies before it is saved, because it sends
nothing anywhere. Private name patterns, a changed project name and changed index settings only restrict lookups. All
other settings apply once they are saved.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress

from mothball.config.project import read_config
from mothball.config.values import MAX_PATTERNS, read_name_patterns
from mothball.discovery.config_lookup import table_path, with_unverified
from mothball.discovery.resolve import private_patterns
from mothball.formats.toml.api import scan_cached
from mothball.formats.toml.tables import first_error_in
from mothball.lsp.documents import OpenDocument, TypedText
from mothball.lsp.open_text import TypedPolicy, Unsaved, typed_setting, typed_table
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

    def text_changed(self, document: OpenDocument) -> None:
        """Update private name patterns and policy, which apply immediately.

        While a text is invalid, its last valid policy applies.
        """
        text, path, typed = document.text, document.path, document.typed
        policy = _policy_in(text, path, typed.policy, self._unverified)
        self._update(document, TypedText(_private_in(text, path), policy, typed.project_name, typed.changes_indexes))

    def analyzed(self, document: OpenDocument) -> None:
        """Update the changed index settings and project name after a check."""
        changes_indexes = document.parsed is not None and document.parsed.changes_indexes
        typed = document.typed
        self._update(document, TypedText(typed.private, typed.policy, _project_name(document), changes_indexes))

    def closed(self, document: OpenDocument) -> None:
        """Remove what a closed document means for others."""
        self._update(document, TypedText())

    def private(self) -> list[tuple[str, tuple[str, ...]]]:
        """Return directories and the name patterns that are private below them."""
        private = []
        for document in self._documents.values():
            if document.typed.private:
                private.append((os.path.dirname(document.path), document.typed.private))
            # The name of a project is not looked up anywhere, as it may be private.
            if document.typed.project_name and document.context is not None:
                private.append((document.context.root, (document.typed.project_name,)))
        return private

    def state_for(self, document: OpenDocument) -> Unsaved:
        """Return what applies to ``document``; policies are those of configurations above or beside it."""
        policies = (other.typed.policy for other in self._documents.values())
        return Unsaved(
            private_patterns(document.path, self.private()),
            any(related.typed.changes_indexes for related in self._same_repository(document)),
            tuple(policy for policy in policies if policy and is_inside(document.path, os.path.dirname(policy.path))),
        )

    def _update(self, document: OpenDocument, typed: TypedText) -> None:
        """Schedule checks of the documents that the changes of a text affect."""
        before, document.typed = document.typed, typed
        if (typed.private, typed.policy) != (before.private, before.policy):
            for below in self._documents.values():
                if below.context is not None and is_inside(below.path, os.path.dirname(document.path)):
                    self._schedule_check(below)
        if (typed.project_name, typed.changes_indexes) != (before.project_name, before.changes_indexes):
            for related in self._same_repository(document):
                self._schedule_check(related)

    def _same_repository(self, document: OpenDocument) -> Iterator[OpenDocument]:
        """Yield the other documents of the same repository."""
        context = document.context
        for related in self._documents.values():
            if related is not document and context and related.context and related.context.root == context.root:
                yield related


def _project_name(document: OpenDocument) -> str:
    """Return the project name in the text, empty if it equals that of the saved file."""
    file = document.checked.file if document.checked else None
    saved = document.context.saved if document.context else None
    name = file.document.project_name if file else ""
    # The text may hold anything; as a pattern, "*" would match unrelated names.
    return "" if "*" in name or (saved is not None and saved.file.document.project_name == name) else name


def _private_in(text: str, path: str) -> tuple[str, ...]:
    """Return the private name patterns in a configuration with incomplete text; invalid ones are left out."""
    given = typed_setting(text, path, "private")
    patterns: list[str] = []
    for pattern in (given if isinstance(given, list) else [given])[:MAX_PATTERNS]:
        with suppress(ConfigError):
            patterns += read_name_patterns([pattern], ("private",))
    return tuple(patterns)


def _policy_in(text: str, path: str, before: TypedPolicy | None, unverified: Severity | None) -> TypedPolicy | None:
    """Return the policy in ``text``, the one ``before`` if it is invalid, None if it is not a configuration."""
    prefix = table_path(path)
    if os.path.basename(path) not in (MOTHBALL_TOML, PYPROJECT_TOML):
        return None
    if (not prefix or "mothball" in text) and first_error_in(scan_cached(text), prefix) is not None:
        return before
    table = typed_table(text, path)
    if before is not None and before.table == table:
        return before
    try:
        config = with_unverified(read_config(table), unverified)
    except ConfigError:
        return before
    return TypedPolicy(path, table, config)
