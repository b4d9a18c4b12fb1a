"""The contents of files that git keeps, by their ids; many at once, each once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mothball.model.errors import GitError
from mothball.repository.files import MAX_FILE_SIZE
from mothball.repository.git_run import MAX_OUTPUT, Git

_LACKING = "a partial or damaged clone lacks it: fetch it, for example with `git fetch --refetch --no-filter`"


class Blobs:
    """Contents by object id, fetched when they are needed and remembered."""

    def __init__(self, git: Git) -> None:
        """Take the git that has them."""
        self._git = git
        self._known: dict[str, bytes | None] = {}

    def fetch(self, oids: Iterable[str]) -> None:
        """Learn the contents of ``oids`` in one call of git; what is very large is asked for in several.

        Raises GitError.
        """
        unknown = [oid for oid in dict.fromkeys(oids) if oid not in self._known]
        if unknown and not self._fetch(unknown):
            for portion in self._portions(unknown):
                self._fetch(portion)

    def read(self, oid: str) -> bytes | None:
        """Return the content of ``oid``, None where larger than any file that is read. Raises GitError."""
        self.fetch([oid])
        if oid not in self._known:
            raise GitError(f"git does not have the content {oid[:12]}", help_text=_LACKING)
        return self._known[oid]

    def _fetch(self, oids: list[str]) -> bool:
        """Remember the contents of ``oids``, and return whether they were few enough to come at once."""
        done = self._git.run("cat-file", "--batch", stdin=_lines(oids))
        if done.truncated:
            return False
        out, place = done.stdout, 0
        while place < len(out):
            end = out.find(b"\n", place)
            fields = out[place:end].decode("ascii", "replace").split(" ")
            place = end + 1
            # What is not there is `ID missing`, and stays unknown.
            if len(fields) == 3 and fields[2].isdecimal():
                size = int(fields[2])
                self._known[fields[0]] = out[place : place + size] if size <= MAX_FILE_SIZE else None
                place += size + 1
            elif end < 0:
                break
        return True

    def _portions(self, oids: list[str]) -> Iterator[list[str]]:
        """Yield ``oids`` in portions that come at once, without those that are too large to be read."""
        portion: list[str] = []
        total = 0
        out = self._git.run("cat-file", "--batch-check", stdin=_lines(oids)).stdout
        for line in out.decode("ascii", "replace").splitlines():
            oid, _, size = line.rpartition(" ")
            oid = oid.partition(" ")[0]
            if not size.isdecimal():
                continue
            if int(size) > MAX_FILE_SIZE:
                self._known[oid] = None
                continue
            if total + int(size) > MAX_OUTPUT // 2:
                yield portion
                portion, total = [], 0
            portion.append(oid)
            total += int(size)
        if portion:
            yield portion


def _lines(oids: list[str]) -> bytes:
    return "".join(f"{oid}\n" for oid in oids).encode("ascii")
