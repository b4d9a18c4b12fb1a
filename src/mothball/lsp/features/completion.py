"""``textDocument/completion``: rule names in ignore comments, keys and values of the configuration."""

from __future__ import annotations

import os
from itertools import chain
from typing import TYPE_CHECKING

from lsprotocol import types

from mothball.lsp.completion import CompletionChoice, configuration_candidates, rule_candidates
from mothball.lsp.convert import Positions
from mothball.model.file_names import MOTHBALL_TOML, PYPROJECT_TOML

if TYPE_CHECKING:
    from mothball.lsp.server import Server

_TRIGGERS = ["[", '"', "'", "="]


def register(server: Server) -> None:
    """Register completion."""
    session = server.session

    def complete(params: types.CompletionParams) -> list[types.CompletionItem]:
        document = session.documents.get(params.text_document.uri)
        if document is None:
            return []
        positions = Positions(document.text, session.client.encoding)
        offset = positions.offset(params.position)
        candidates = rule_candidates(document.text, offset)
        if os.path.basename(document.path) in (MOTHBALL_TOML, PYPROJECT_TOML):
            candidates = chain(candidates, configuration_candidates(document.text, offset, document.path))
        return [_item(candidate, positions) for candidate in candidates]

    server.feature(types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=_TRIGGERS))(complete)


def _item(candidate: CompletionChoice, positions: Positions) -> types.CompletionItem:
    kind = types.CompletionItemKind.Property if candidate.is_key else types.CompletionItemKind.EnumMember
    return types.CompletionItem(
        candidate.label,
        kind=kind,
        documentation=candidate.description or None,
        filter_text=candidate.new_text,
        text_edit=types.TextEdit(positions.range(candidate.span), candidate.new_text),
    )
