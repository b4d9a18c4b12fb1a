"""Restrictions that unsaved texts impose on the lookups of other documents.

They are private name patterns, a changed project name, and index settings that are not saved.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping

from mothball.discovery.resolve import private_patterns
from mothball.lsp.documents import OpenDocument
from mothball.lsp.unsaved import Unsaved, private_in
from mothball.repository.files import is_inside


class UnsavedPrivacy:
    """Tracks unsaved restrictions of the open documents, and schedules checks of the documents they affect."""

    def __init__(self, documents: Mapping[str, OpenDocument], schedule_check: Callable[[OpenDocument], None]) -> None:
        """``documents`` is the live mapping of open documents."""
        self._documents = documents
        self._schedule_check = schedule_check

    def text_changed(self, document: OpenDocument) -> None:
        """Update the private name patterns, which apply immediately."""
        self._set_private(document, private_in(document.text, document.path))

    def analyzed(self, document: OpenDocument) -> None:
        """Update the changed index settings and project name after a check."""
        opened = document.checked.opened if document.checked else None
        self._set_changes(
            document, _unsaved_project_name(document), changes_indexes=bool(opened and opened.changes_indexes)
        )

    def closed(self, document: OpenDocument) -> None:
        """Remove the restrictions of a closed document."""
        self._set_private(document, ())
        self._set_changes(document, "", changes_indexes=False)

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

    def restrictions(self, document: OpenDocument) -> Unsaved:
        """Return the unsaved restrictions that apply to ``document``."""
        private = private_patterns(document.path, self.private())
        return Unsaved(private, any(related.changes_indexes for related in self._same_repository(document)))

    def _set_private(self, configuration: OpenDocument, private: tuple[str, ...]) -> None:
        if configuration.private != private:
            configuration.private = private
            for document in self._documents.values():
                if document.context is not None and is_inside(document.path, os.path.dirname(configuration.path)):
                    self._schedule_check(document)

    def _set_changes(self, document: OpenDocument, project_name: str, *, changes_indexes: bool) -> None:
        if (document.unsaved_project_name, document.changes_indexes) != (project_name, changes_indexes):
            document.unsaved_project_name, document.changes_indexes = project_name, changes_indexes
            for related in self._same_repository(document):
                self._schedule_check(related)

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
