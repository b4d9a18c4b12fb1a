"""Find out since when a lock records the files of an entry, from the last commit."""

from __future__ import annotations

import os

from mothball.check.inputs import ResolvedFile, pin_of
from mothball.formats.recorded_files import recorded_files
from mothball.formats.table import decode, parse
from mothball.model.document import Dependency, ParsedFile
from mothball.model.errors import GitError, UnreadableFileError
from mothball.repository.git_repository import commit_time, open_repository
from mothball.repository.git_tree import Blobs, GitTree


def unchanged_since(file: ResolvedFile, dependency: Dependency) -> float | None:
    """Return the Unix time of HEAD if it has the same files for ``dependency``, None if not or without a repository."""
    path = file.parsed.path
    try:
        repository = open_repository(os.path.dirname(path))
        if repository.head is None:
            return None
        data = GitTree(repository, repository.head, Blobs(repository.git)).read(path)
        text = decode(file.document.format, path, data)
        committed_at = commit_time(repository.git, repository.head)
    except (GitError, UnreadableFileError):
        return None
    document = parse(file.document.format, text, file.kind)
    committed = ParsedFile(path, file.parsed.root, text, document, file.kind)
    files = set(recorded_files(file.parsed, dependency))
    for entry in document.dependencies:
        if entry.name == dependency.name and pin_of(entry) == pin_of(dependency):
            files -= set(recorded_files(committed, entry))
    return None if files else committed_at
