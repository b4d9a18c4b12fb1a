"""Parse .pre-commit-config.yaml: the ``additional_dependencies`` of hooks that run in a Python environment.

The language of a hook is usually defined only in the repository of the hook. If ``language`` is missing, it is guessed
from the entries: ``prettier@3.9.6`` is the syntax of npm (pre-commit, "Supported languages").
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mothball.formats.broken import MAX_LENGTH, too_long_document
from mothball.formats.requirements.strings import Section, collect
from mothball.formats.yaml.scan import (
    YamlMapping,
    YamlNode,
    YamlScalar,
    list_items,
    list_problem,
    read_pip_lists,
    scan_yaml,
    unvisited,
)
from mothball.model.document import DependencyKind, Document, Include, ParseProblem
from mothball.model.sanitize import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

_FORMAT = "pre-commit"
_KEY = "additional_dependencies"
_PYTHON = frozenset({"python", "python_venv"})
# Entries in the syntax of other package managers: npm and Go, Cargo and RubyGems, CPAN.
_OTHER_SYNTAX = r"@|[^\s@]++@(?:v?+[0-9^~]|latest\b)|[\w-]++::?+[\w.^~-]"
_URL = ("://", "file:")
# Well-known hooks in other languages, whose entries often have no version.
_OTHER_LANGUAGE_HOOKS = frozenset(
    {"coffeelint", "commitlint", "csslint", "eslint", "htmlhint", "jshint", "markdownlint", "markdownlint-cli2"}
    | {"prettier", "pug-lint", "puppet-lint", "rubocop", "ruby-lint", "scss-lint", "standard", "stylelint"}
)
_MAX_SHOWN = 60
_INCLUDE_HELP = (
    "list the packages themselves, or accept it with the comment `# mothball: ignore[unresolvable] REASON` on its line"
)


def parse(text: str) -> Document:
    """Parse a .pre-commit-config.yaml or .pre-commit-hooks.yaml without byte-order mark. Never raises.

    Includes are not followed: pip resolves them in the clone of the hook repository. Those of requirements are
    unresolvable.
    """
    if len(text) > MAX_LENGTH:
        # Without the key, in plain or escaped form, nothing is added.
        return too_long_document(_FORMAT, text) if _KEY in text or "\\" in text else Document(_FORMAT)
    scan = scan_yaml(_FORMAT, text)
    if isinstance(scan, Document):
        return scan
    lists = list(_find_lists(scan.documents))
    items = list(read_pip_lists(scan, lists, as_arguments=True))
    items += (problem for node, _ in lists for problem in list_problem(_KEY, node))
    unresolvable = sorted(
        ParseProblem(item.span, "this file is in the repository of the hook; it was not checked", _INCLUDE_HELP)
        for item in items
        if isinstance(item, Include) and item.kind is DependencyKind.REQUIREMENT
    )
    contents = (item for item in items if not isinstance(item, Include))
    return collect(_FORMAT, contents, unresolvable=tuple(unresolvable))


def _find_lists(documents: tuple[YamlNode, ...]) -> Iterator[tuple[YamlNode, Section]]:
    """Yield the ``additional_dependencies`` of Python hooks with their sections, without duplicates."""
    seen: set[int] = set()
    for hook in _hooks(documents):
        name, language = hook.text("id"), hook.text("language")
        if language not in _PYTHON and (language or name in _OTHER_LANGUAGE_HOOKS):
            continue
        section = Section(f"{one_line(name, _MAX_SHOWN)}.{_KEY}")
        for entries in unvisited(hook.values(_KEY), seen):
            if language or not any(map(_has_other_syntax, list_items(entries))):
                yield entries, section


def _hooks(documents: tuple[YamlNode, ...]) -> Iterator[YamlMapping]:
    """Yield the hooks of all repositories in a configuration, or of a list of hooks, without duplicates."""
    seen: set[int] = set()
    top = [
        node
        for document in documents
        for node in (document.values("repos") if isinstance(document, YamlMapping) else (document,))
    ]
    for item in (item for node in unvisited(top, seen) for item in unvisited(list_items(node), seen)):
        if isinstance(item, YamlMapping):
            lists = list(unvisited(item.values("hooks"), seen))
            hooks = (hook for node in lists for hook in unvisited(list_items(node), seen)) if lists else (item,)
            yield from (hook for hook in hooks if isinstance(hook, YamlMapping))


def _has_other_syntax(entry: YamlNode) -> bool:
    if not isinstance(entry, YamlScalar) or any(mark in entry.value for mark in _URL):
        return False
    return re.match(_OTHER_SYNTAX, entry.value.strip()) is not None
