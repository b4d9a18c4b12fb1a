"""Hooks of pre-commit: the ``additional_dependencies`` of those that run in a Python environment.

``.pre-commit-config.yaml`` seldom says what language a hook is written in: that stands in the hook's own repository.
Where it does not, the entries tell: ``prettier@3.9.6`` is no requirement, but npm's way to write one.
Source: pre-commit, "Supported languages".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mothball.formats.requirements.strings import Section
from mothball.formats.yaml.entries import read_pip_lists
from mothball.formats.yaml.nodes import YamlMapping, YamlNode, YamlScalar, list_items, unvisited
from mothball.model.document import Document
from mothball.model.sanitize import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

_FORMAT = "pre-commit"
_KEY = "additional_dependencies"
_PYTHON = frozenset({"python", "python_venv"})
# How other package managers write a name or the version behind it: npm and Go, Cargo and RubyGems, CPAN.
_FOREIGN = r"@|[^\s@]++@(?:v?+[0-9^~]|latest\b)|[\w-]++::?+[\w.^~-]"
_URL = ("://", "file:")
# Hooks of the best known mirrors, whose entries often bear no version.
_FOREIGN_HOOKS = frozenset(
    {"coffeelint", "commitlint", "csslint", "eslint", "htmlhint", "jshint", "markdownlint", "markdownlint-cli2"}
    | {"prettier", "pug-lint", "puppet-lint", "rubocop", "ruby-lint", "scss-lint", "standard", "stylelint"}
)
_MAX_SHOWN = 60


def parse(text: str) -> Document:
    """Read a configuration of pre-commit, or the list of hooks that a repository offers; raises nothing.

    It is without byte-order mark. Includes are left out: pip runs in the clone of the hook's repository.
    """
    if _KEY not in text:
        # Nearly every repository has such a file; without the key it is not worth importing a YAML parser for.
        return Document(_FORMAT)
    from mothball.formats.yaml.scan import scan_yaml  # noqa: PLC0415 - it imports PyYAML

    scan = scan_yaml(_FORMAT, text)
    if isinstance(scan, Document):
        return scan
    return read_pip_lists(scan, _lists(scan.documents), words=True)._replace(format=_FORMAT, includes=())


def _lists(documents: tuple[YamlNode, ...]) -> Iterator[tuple[YamlNode, Section]]:
    """Yield the lists of Python hooks, each once."""
    seen: set[int] = set()
    for hook in _hooks(documents):
        name, language = hook.text("id"), hook.text("language")
        if language not in _PYTHON and (language or name in _FOREIGN_HOOKS):
            continue
        section = Section(f"{one_line(name, _MAX_SHOWN)}.{_KEY}")
        for entries in unvisited(hook.values(_KEY), seen):
            if language or not any(map(_is_foreign, list_items(entries))):
                yield entries, section


def _hooks(documents: tuple[YamlNode, ...]) -> Iterator[YamlMapping]:
    """Yield all hooks, each once: those of the configuration's repositories, or those of a list."""
    seen: set[int] = set()
    top = [
        node
        for document in documents
        for node in (document.values("repos") if isinstance(document, YamlMapping) else (document,))
    ]
    for one in (item for node in unvisited(top, seen) for item in unvisited(list_items(node), seen)):
        if isinstance(one, YamlMapping):
            lists = list(unvisited(one.values("hooks"), seen))
            hooks = (hook for node in lists for hook in unvisited(list_items(node), seen)) if lists else (one,)
            yield from (hook for hook in hooks if isinstance(hook, YamlMapping))


def _is_foreign(entry: YamlNode) -> bool:
    """Return whether ``entry`` is written as no tool for Python would have it."""
    if not isinstance(entry, YamlScalar) or any(mark in entry.value for mark in _URL):
        return False
    return re.match(_FOREIGN, entry.value.strip()) is not None
