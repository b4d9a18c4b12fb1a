"""Taking a dependency out of its file, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable

from mothball.edits.model import Edit, apply
from mothball.edits.proof import keeps_the_rest, read_again
from mothball.edits.removal_lines import from_ini, from_requirements
from mothball.edits.removal_nested import from_python, from_yaml
from mothball.edits.removal_toml import from_toml
from mothball.formats.script import as_toml
from mothball.model import Dependency, Document, Kind


def remove_dependency(text: str, document: Document, dependency: Dependency) -> tuple[Edit, ...] | None:
    """Return the edits that take ``dependency`` out of ``text``, of which ``document`` is what its format made.

    It goes with its comma, its line and the comment there, its hashes, or the table of its own; a list that was left
    without items is an empty one. None for locks, which their tools write, and where what would be left is not exactly
    the same document without that entry: one of several in a string, for example.
    """
    if document.graph is not None or dependency.kind is Kind.LOCKED:
        return None
    # In a half-typed file one place may stand for two parts of an entry.
    edits = tuple(dict.fromkeys(_removals(text, document, dependency)))
    return edits if edits and _is_right(apply(text, edits), document, dependency) else None


def _removals(text: str, document: Document, dependency: Dependency) -> Iterable[Edit]:
    match document.format:
        case "requirements":
            return from_requirements(text, dependency)
        case "setup-cfg" | "tox-ini":
            return from_ini(text, [one for one in document.dependencies if one != dependency], dependency)
        case "conda-env" | "pre-commit":
            return from_yaml(text, dependency)
        case "setup-py":
            return from_python(text, dependency)
        case "script":
            return from_toml(as_toml(text), dependency)
        case _:
            return from_toml(text, dependency)


def _is_right(text: str, before: Document, dependency: Dependency) -> bool:
    """Return whether ``text`` says what the document ``before`` did, apart from ``dependency``."""
    after = read_again(text, before)
    index = before.dependencies.index(dependency)
    rest = before.dependencies[:index] + before.dependencies[index + 1 :]
    # Where another entry comes from may have stood in the one that went: uv's and Poetry's tables tell such things.
    return keeps_the_rest(before, after) and [*map(_written, rest)] == [*map(_written, after.dependencies)]


def _written(dependency: Dependency) -> tuple[str, str, tuple[str, ...], str, str]:
    return dependency.name, dependency.specifier, dependency.extras, dependency.marker, dependency.section
