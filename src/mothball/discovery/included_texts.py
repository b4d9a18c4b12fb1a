"""Find the texts that dependency files include, whatever they are called."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable

from mothball.formats.table import INCLUDING_FORMATS, decode, format_of, may_contain_requirements, parse
from mothball.model.errors import UnreadableFileError
from mothball.repository.files import Tree


def included_texts(tree: Tree, paths: Iterable[str], root: str) -> set[str]:
    """Return the real paths of all texts that the files at ``paths`` in ``tree`` include, directly or through others.

    ``paths`` are absolute. Of them, only files whose name is that of a format that can include others are read.
    ``root`` is the root of the repository. Raises GitError.
    """
    formats = ((path, format_of(path, root)) for path in paths)
    pending = deque((path, name) for path, name in formats if name is not None and name in INCLUDING_FORMATS)
    tree.prepare([path for path, _ in pending])
    included: set[str] = set()
    while pending:
        path, format_name = pending.popleft()
        try:
            document = parse(format_name, decode(format_name, path, tree.read(path)))
        except UnreadableFileError:
            continue
        for include in document.includes:
            target = os.path.normpath(os.path.join(os.path.dirname(path), include.target))
            real = tree.real_path(target) if may_contain_requirements(target) else None
            if real is not None and real not in included:
                included.add(real)
                pending.append((real, "requirements"))
    return included
