"""Files to be read, and from an include to the file that it names: what is followed, and what is not and why."""

from __future__ import annotations

import os
from collections.abc import Sequence

from mothball.check.inputs import FileKind
from mothball.discovery.inherited_indexes import placed
from mothball.formats.table import is_constraints, may_be_included, parse
from mothball.model.document import Document, Include, IndexOption, Kind, ParseProblem
from mothball.model.line_index import LineTable
from mothball.model.records import NamedTuple
from mothball.model.sanitize import one_line
from mothball.repository.files import DISK, Tree, is_inside, shown_path

_SETUPTOOLS = ("pyproject", "setup-cfg", "setup-py")


class Target(NamedTuple):
    """One file to be read: its absolute path, its repository, its format, and whether it only constrains.

    ``key`` is its real path, by which it is known however it is reached. ``data`` is its content where that does not
    come from the disk.
    """

    path: str
    key: str
    root: str
    format: str
    kind: FileKind
    data: bytes | None = None


def document_of(text: str, path: str, root: str, file_format: str, kind: FileKind) -> Document:
    """Return what ``text`` says in place of the file at the absolute ``path``, as ``discover`` would read it.

    The includes are not followed; those that would not be followed are told as problems.
    """
    return parsed(text, Target(path, path, root, file_format, kind), DISK)[0]


def include_target(include: Include, path: str, root: str) -> str | None:
    """Return the real path of what ``include`` in the file at ``path`` leads to, None where it is not followed."""
    found = _resolve(include, Target(path, path, root, "requirements", Kind.REQUIREMENT), DISK)
    return found.key if isinstance(found, Target) else None


def parsed(text: str, target: Target, tree: Tree) -> tuple[Document, list[Target | ParseProblem]]:
    """Return the document in ``text``, and for each of its includes the file, or why it is not followed."""
    document = placed(parse(target.format, text, target.kind), text, target.path)
    found = [_resolve(include, target, tree) for include in document.includes]
    refused = [one for one in found if isinstance(one, ParseProblem)]
    pairs = zip(document.includes, found, strict=True)
    unread = [include for include, one in pairs if isinstance(one, ParseProblem) and _may_name_index(document, include)]
    document = document._replace(problems=(*document.problems, *refused))
    return (without(document, unread, LineTable(text), target) if unread else document), found


def _may_name_index(document: Document, include: Include) -> bool:
    """Return whether what ``include`` draws in may say where the names of ``document`` belong.

    What setuptools includes holds names alone, and constraints that many projects share (``-c https://…``) none.
    """
    return document.format not in _SETUPTOOLS and not (include.kind is Kind.CONSTRAINT and "://" in include.target)


def without(document: Document, unread: Sequence[Include], lines: LineTable, target: Target) -> Document:
    """Return ``document``, which knows that ``unread`` may name an index."""
    shown = shown_path(target.path)
    unknown = [IndexOption(one.span, "unknown", "", f"{shown}:{lines.position(one.span.start).line}") for one in unread]
    return document._replace(index_options=(*document.index_options, *unknown)) if unknown else document


def target_of(path: str, root: str, file_format: str, tree: Tree, data: bytes | None = None) -> Target:
    """Return the file at ``path`` in the repository at ``root``, to be read as ``file_format``."""
    absolute = os.path.abspath(path)
    kind: FileKind = Kind.CONSTRAINT if is_constraints(absolute) else Kind.REQUIREMENT
    return Target(absolute, tree.real_path(absolute) or absolute, root, file_format, kind, data)


def followed(document: Document, found: list[Target | ParseProblem]) -> tuple[tuple[int, str], ...]:
    """Return the offset and the real path of each include of ``document`` that can be followed."""
    pairs = zip(document.includes, found, strict=True)
    return tuple((include.span.start, one.key) for include, one in pairs if isinstance(one, Target))


def _resolve(include: Include, by: Target, tree: Tree) -> Target | ParseProblem:
    """Return the file that ``include`` in the file ``by`` names, or why it is not followed.

    Only files that look like dependency files, inside the repository with every link followed: a repository must not be
    able to make us read, and show, what else lies on the disk.
    """
    name = one_line(include.target, 100)
    if "://" in include.target:
        return ParseProblem(include.span, f"{name} is not followed: it is a URL", "check a copy of it")
    if "$" in include.target:
        return ParseProblem(include.span, f"{name} is not followed: it holds a variable", "name the file itself")
    path = os.path.normpath(os.path.join(os.path.dirname(by.path), include.target))
    if not is_inside(path, by.root):
        return ParseProblem(
            include.span,
            f"{name} is not followed: it lies outside the repository",
            f"only files below {_named_root(by.root)} are read along; check it by itself",
        )
    real = tree.real_path(path)
    if real is None or not is_inside(real, os.path.realpath(by.root)) or not tree.is_file(real):
        cause = "there is no such file inside the repository"
        return ParseProblem(include.span, f"{name} cannot be read: {cause}", "mend the path, or take the line away")
    if not may_be_included(real):
        return ParseProblem(
            include.span,
            f"{name} is not followed: no requirements file by its name",
            "check it by itself: mothball check --as requirements FILE",
        )
    return Target(path, real, by.root, "requirements", include.kind)


def _named_root(root: str) -> str:
    """Return ``root`` as it is shown, by its name where that is the working directory: a dot is easily overlooked."""
    shown = shown_path(root)
    return os.path.basename(root) or root if shown == os.curdir else shown
