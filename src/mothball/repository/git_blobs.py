"""Read file contents from git by object ID, in batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mothball.model.errors import GitError
from mothball.repository.files import MAX_FILE_SIZE
from mothball.repository.git_process import MAX_OUTPUT, Git

_MISSING_HELP = "the clone is partial or damaged: fetch the object, for example with `git fetch --refetch --no-filter`"


class Blobs:
    """A cache of file contents by object ID, filled on demand."""

    def __init__(self, git: Git) -> None:
        """Initialize an empty cache for the repository of ``git``."""
        self._git = git
        self._contents: dict[str, bytes | None] = {}

    def fetch(self, oids: Iterable[str]) -> None:
        """Read the contents of ``oids`` with one git process, or several if the total size is very large.

        Raises GitError.
        """
        missing = [oid for oid in dict.fromkeys(oids) if oid not in self._contents]
        if missing and not self._fetch(missing):
            for batch in self._batches(missing):
                self._fetch(batch)

    def read(self, oid: str) -> bytes | None:
        """Return the content of ``oid``, None if it is larger than ``MAX_FILE_SIZE``. Raises GitError."""
        self.fetch([oid])
        if oid not in self._contents:
            raise GitError(f"git object {oid[:12]} is missing", help_text=_MISSING_HELP)
        return self._contents[oid]

    def _fetch(self, oids: list[str]) -> bool:
        """Read the contents of ``oids`` into the cache; return False if they exceed the output limit."""
        result = self._git.run("cat-file", "--batch", stdin=_lines(oids))
        if result.truncated:
            return False
        output, position = result.stdout, 0
        while position < len(output):
            end = output.find(b"\n", position)
            fields = output[position:end].decode("ascii", "replace").split(" ")
            position = end + 1
            # A missing object is reported as `ID missing`.
            if len(fields) == 3 and fields[2].isdecimal():
                size = int(fields[2])
                self._contents[fields[0]] = output[position : position + size] if size <= MAX_FILE_SIZE else None
                position += size + 1
            elif end < 0:
                break
        return True

    def _batches(self, oids: list[str]) -> Iterator[list[str]]:
        """Yield ``oids`` in batches that fit the output limit, without contents that are too large to read."""
        batch: list[str] = []
        total = 0
        output = self._git.run("cat-file", "--batch-check", stdin=_lines(oids)).stdout
        for line in output.decode("ascii", "replace").splitlines():
            oid, _, size = line.rpartition(" ")
            oid = oid.partition(" ")[0]
            if not size.isdecimal():
                continue
            if int(size) > MAX_FILE_SIZE:
                self._contents[oid] = None
                continue
            if total + int(size) > MAX_OUTPUT // 2:
                yield batch
                batch, total = [], 0
            batch.append(oid)
            total += int(size)
        if batch:
            yield batch


def _lines(oids: list[str]) -> bytes:
    return "".join(f"{oid}\n" for oid in oids).encode("ascii")
