"""The files that a lock records for its packages: name, digest and upload time.

Reading them takes longer than all the rest of a lock, and few rules need them. So ``Document`` does not have them: they
are read from the text of one entry when a rule asks for them. Locks whose lists of files are in a table at the end
(``[metadata.files]`` of older Poetry and PDM) are read as a whole, once.

Sources: uv.lock (``sdist``, ``wheels``), PEP 751 (pylock.toml), poetry.lock and pdm.lock (``files``), Pipfile.lock
(``hashes``) and the option ``--hash`` of pip.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from mothball.model.document import Dependency, ParsedFile, Span, normalize_name
from mothball.model.records import NamedTuple

# The array of packages of each lock in TOML.
_ARRAYS = {"uv-lock": "package", "poetry-lock": "package", "pdm-lock": "package", "pylock": "packages"}
_PREFERRED = "sha256"
_SHA256 = r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{64}(?![0-9A-Fa-f])"
_FILE_KEYS = ("sdist", "wheels", "files")
# What may be between an entry of a requirements file and its next hash.
_HASH_OPTION = r"(?>(?:[ \t]|\\\r?\n)+)--hash(?:=|[ \t]++)(?:[\"']?)([A-Za-z0-9]++):([0-9A-Fa-f]++)(?:[\"']?)"
_METADATA = r"(?m)^\[metadata\.(?:files|hashes)\][ \t]*+$"


class RecordedFile(NamedTuple):
    """A file that a lock records.

    ``name`` and ``digest`` (hexadecimal digits in lower case, of ``algorithm``) are empty, and ``uploaded`` (Unix time
    in seconds) is None, if the lock does not have them.
    """

    name: str
    algorithm: str
    digest: str
    uploaded: float | None = None


def entry_text(parsed: ParsedFile, dependency: Dependency) -> str:
    """Return the text of an entry with its hashes."""
    text = parsed.text
    start, end = dependency.entry_span
    if parsed.document.format == "requirements":
        end = re.compile(f"(?:{_HASH_OPTION})*").match(text, end).end()  # type: ignore[union-attr]  # matches anywhere
    return text[start:end]


def digests_of(parsed: ParsedFile, dependency: Dependency) -> frozenset[str]:
    """Return the SHA-256 digests that are recorded for ``dependency``, in lower case."""
    found = re.findall(_SHA256, entry_text(parsed, dependency))
    if found:
        return frozenset(map(str.lower, found))
    files = recorded_files(parsed, dependency)
    return frozenset(file.digest for file in files if file.algorithm == _PREFERRED and file.digest)


def recorded_files(parsed: ParsedFile, dependency: Dependency) -> tuple[RecordedFile, ...]:
    """Return the files that the lock ``parsed`` records for ``dependency``; none for an incomplete entry."""
    file_format = parsed.document.format
    written = entry_text(parsed, dependency)
    if file_format in _ARRAYS:
        files = tuple(_files_of_package(written, _ARRAYS[file_format]))
        # PDM's keys have the version: "click 8.1.3", with extras: "uvicorn[standard] 0.2".
        key = f"{dependency.name} {dependency.version}" if file_format == "pdm-lock" else dependency.name
        return files or _files_in_metadata(parsed.text).get(key, ())
    if file_format == "pipfile-lock":
        return tuple(_files_in_json(written))
    return tuple(RecordedFile("", *_digest(f"{match[1]}:{match[2]}")) for match in re.finditer(_HASH_OPTION, written))


def _files_of_package(written: str, array: str) -> Iterator[RecordedFile]:
    """Yield the files of one ``[[package]]`` table with its sub-tables, or of one inline table."""
    tables = _load_toml(written if written.startswith("[") else f"{array} = [{written}]").get(array)
    for table in tables if isinstance(tables, list) else ():
        if isinstance(table, dict):
            yield from _files(item for key in _FILE_KEYS for item in _as_list(table.get(key)))


def _files(items: Iterable[object]) -> Iterator[RecordedFile]:
    for item in items:
        if isinstance(item, str):  # Poetry before 1.0
            yield RecordedFile("", *_digest(f"{_PREFERRED}:{item}"))
        elif isinstance(item, dict):
            name = item.get("file") or item.get("name") or _name_in(str(item.get("url") or item.get("path") or ""))
            hashes = item.get("hashes")
            digest = str(item.get("hash") or "")
            if isinstance(hashes, dict) and hashes:
                algorithm = _PREFERRED if _PREFERRED in hashes else next(iter(hashes))
                digest = f"{algorithm}:{hashes[algorithm]}"
            yield RecordedFile(str(name), *_digest(digest), _timestamp(item.get("upload-time")))


def _name_in(location: str) -> str:
    from urllib.parse import unquote  # noqa: PLC0415 - needed for suspicious entries only

    return unquote(re.split("[?#]", location)[0].rpartition("/")[2])


def _digest(written: str) -> tuple[str, str]:
    """Return algorithm and digits of ``sha256:...``."""
    algorithm, _, digits = written.partition(":")
    return algorithm.lower(), digits.lower()


def _timestamp(value: object) -> float | None:
    """Return a time, which is text in uv.lock and a TOML date and time in pylock.toml, as Unix time in seconds."""
    from datetime import UTC, datetime  # noqa: PLC0415 - needed for suspicious entries only

    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else value
        if not isinstance(time, datetime):
            return None
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _files_in_json(written: str) -> Iterator[RecordedFile]:
    """Yield the files of ``"name": {...}`` in a Pipfile.lock, which has digests only."""
    try:
        (package,) = json.loads(f"{{{written}}}").values()
    except (ValueError, RecursionError):
        return
    for digest in _as_list(package.get("hashes")) if isinstance(package, dict) else ():
        if isinstance(digest, str):
            yield RecordedFile("", *_digest(digest))


@lru_cache(maxsize=2)
def _files_in_metadata(text: str) -> Mapping[str, tuple[RecordedFile, ...]]:
    """Return the files in ``[metadata.files]`` or ``[metadata.hashes]`` of a lock, by key."""
    header = re.search(_METADATA, text)
    if header is None:
        return {}
    end = re.compile(r"(?m)^\[").search(text, header.end())
    table = _load_toml(Span(header.end(), end.start() if end else len(text)).slice(text))
    return {_normalized_key(key): tuple(_files(_as_list(value))) for key, value in table.items()}


def _normalized_key(key: str) -> str:
    name, space, version = key.partition(" ")
    return f"{normalize_name(name.partition('[')[0])}{space}{version}"


def _load_toml(text: str) -> dict[str, object]:
    from tomllib import loads  # noqa: PLC0415 - needed for suspicious entries only

    try:
        return loads(text)
    except (ValueError, RecursionError):
        return {}


def _as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else [] if value is None else [value]
