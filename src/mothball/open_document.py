"""The check of one document whose text is in an editor: what the disk says around it, and its text judged by that.

The functions are those of ``mothball check``: discovery, governing and the checker, with the editor's text in place of
the file's. One thing differs. Whom to ask follows from the file as it was last saved: the half of a URL that somebody
is typing is no index, and no name is to be sent there, nor elsewhere because the line is half gone.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from operator import itemgetter
from types import MappingProxyType

from mothball.checker import LookUp, check
from mothball.config_values import MAX_PATTERNS, read_name_patterns
from mothball.discovery import STDIN, Given, discover, document_of, is_left_out
from mothball.errors import ConfigError, UnreadableFileError
from mothball.files import Stamp, project_of, read_utf8, repository_root, shown_path, stamp_of
from mothball.formats.table import format_of
from mothball.formats.toml import scan, span_of, to_mapping
from mothball.governing import OWN_FILE, SHARED_FILE, Governor, table_path
from mothball.lines import LineTable
from mothball.model import Dependency, Document, Location, Problem, Report, Span, WithheldReason
from mothball.own_names import OwnNames, telling_files, withhold_self
from mothball.records import NamedTuple
from mothball.sources import Governance, RunSettings, SourceFile, is_lock, location_of
from mothball.surroundings import UV_FILE
from mothball.walking import find

# The formats that tools write; reading all locks of a project to judge one of its files would be waste.
_LOCK_FORMATS = frozenset({"uv-lock", "poetry-lock", "pdm-lock", "pylock", "pipfile-lock"})
# The most files that are read around a document. Real projects have a few dozen.
_MAX_NEIGHBOURS = 500

# mothball.toml is no dependency file; it is opened for what is wrong with it.
CONFIGURATION_FORMAT = "configuration"

# What of an entry says whom to ask: its index, others of it, the name of an index, and why it is withheld.
Pin = tuple[str | None, tuple[str, ...], str, WithheldReason | None]
_NOWHERE: Pin = (None, (), "", WithheldReason.UNSAVED)
_name_of = itemgetter(Dependency._fields.index("name"))
_pin_of = itemgetter(*map(Dependency._fields.index, ("index_url", "also_indexes", "index_name", "withheld")))


class SavedWays(NamedTuple):
    """Where a saved file sends its names.

    ``pins`` are those of each name, ``pairs`` the same as pairs. ``addresses`` are all that the file and those around
    it name, ``indexes`` what the file itself says of them.
    """

    pins: Mapping[str, frozenset[Pin]] = MappingProxyType({})
    pairs: frozenset[tuple[str, Pin]] = frozenset()
    addresses: frozenset[str] = frozenset()
    indexes: tuple[object, ...] = ()


class Surroundings(NamedTuple):
    """What the disk says of an open document and around it.

    ``path`` is absolute. ``saved`` is the document as it was last saved, empty where there is no such file yet, with
    what rules over it; None where nothing of it may be looked up: its configuration cannot be used, or ``excludes``
    it. ``ways`` are those of its names. ``manifests`` are those of its project, for a lock, ``snapshots`` the paths of
    those in use, ``own_name`` is the project's. ``stamps`` tell whether a file that mattered has changed since.
    """

    path: str
    root: str
    saved: SourceFile | None
    manifests: tuple[SourceFile, ...] = ()
    problems: tuple[Problem, ...] = ()
    excludes: bool = False
    snapshots: tuple[str, ...] = ()
    own_name: str = ""
    ways: SavedWays = SavedWays()
    stamps: Mapping[str, Stamp | None] = MappingProxyType({})

    def is_current(self) -> bool:
        """Return whether all files that mattered are as they were. Reads the disk."""
        return all(stamp_of(path) == stamp for path, stamp in self.stamps.items())


class OpenFile(NamedTuple):
    """An open document, parsed, with what rules over it: ready to be checked any number of times."""

    file: SourceFile
    manifests: tuple[SourceFile, ...] = ()


def survey(path: str, file_format: str, here: str | None, governor: Governor) -> Surroundings:
    """Read what matters for the document at the absolute ``path``, of the format ``file_format``.

    ``here`` is the directory that people work in: the root of what lies below it in no repository. Never raises for
    what stands on the disk.
    """
    root = repository_root(path, here)
    governance = governor.of(path, root)
    found: tuple[SourceFile, ...] = ()
    saved = None
    excludes = governance is not None and is_left_out(path, governance)
    if governance is not None and not excludes:
        if file_format == CONFIGURATION_FORMAT:
            saved = SourceFile(shown_path(path), _text_at(path), Document(file_format), governance)
        else:
            found = _read_with_neighbours(path, file_format, root, here, governor)
            saved = next((file for file in found if file.path == shown_path(path)), None)
    manifests = (file for file in found if saved and file is not saved and file.project == saved.project)
    return Surroundings(
        path,
        root,
        saved,
        tuple(file for file in manifests if not is_lock(file.document)),
        () if excludes else tuple(governor.problems),
        excludes,
        governor.snapshot_paths(),
        _own_name(saved, root, found),
        _ways_of(saved) if saved else SavedWays(),
        MappingProxyType({one: stamp_of(one) for one in _that_matter(path, root, found, governor)}),
    )


def read_open(text: str, around: Surroundings, private: tuple[str, ...] = ()) -> OpenFile | None:
    """Return ``text`` as the document that ``around`` surrounds; None where nothing of it may be looked up.

    ``private`` are patterns of names that configurations in the editor keep back, saved or not. Linear in the text; of
    the disk only the paths of its includes are looked at.
    """
    saved = around.saved
    if saved is None:
        return None
    file = saved
    if text != saved.text:
        governance, document = saved.governance, saved.document
        if document.format != CONFIGURATION_FORMAT:
            document = document_of(text, around.path, around.root, document.format, saved.kind)
            if around.own_name:
                document = withhold_self(document, around.own_name)
            dependencies = _routed_as_saved(document, around.ways)
            document = document._replace(dependencies=dependencies, tools=saved.document.tools)
        if governance.path == saved.path:
            governance = governance._replace(ignore_locations=_ignore_locations(text, saved.path, governance))
        file = saved._replace(text=text, document=document, governance=governance)
    if private:
        network = file.governance.network
        network = network._replace(private=tuple(dict.fromkeys((*network.private, *private))))
        file = file._replace(governance=file.governance._replace(network=network))
    return OpenFile(file, around.manifests if around.manifests and is_lock(file.document) else ())


def private_in(text: str, path: str) -> tuple[str, ...]:
    """Return the patterns of private names in a configuration that may be half typed; what makes no sense is left out.

    Empty where the file of that name is no configuration.
    """
    if os.path.basename(path) not in {OWN_FILE, SHARED_FILE} or "private" not in text:
        return ()
    table: object = to_mapping(scan(text))
    for key in table_path(path):
        table = table.get(key) if isinstance(table, Mapping) else None
    given = table.get("private") if isinstance(table, Mapping) else None
    found: list[str] = []
    for one in (given if isinstance(given, list) else [given])[:MAX_PATTERNS]:
        with suppress(ConfigError):
            found += read_name_patterns([one], ("private",))
    return tuple(found)


def check_open(opened: OpenFile, look_up: LookUp, settings: RunSettings) -> Report:
    """Return the report on an open document; findings and dependencies of its manifests are among it."""
    return check((opened.file, *opened.manifests), look_up, settings)


_ANY_DAY = RunSettings(today="", now=0.0)


def _read_with_neighbours(
    path: str, file_format: str, root: str, here: str | None, governor: Governor
) -> tuple[SourceFile, ...]:
    neighbours = tuple(_neighbours(path, file_format, root, governor))
    # What is no dependency file by its name is one here, because a setting says so.
    as_format = file_format if format_of(path) is None else None
    given = Given((path, *neighbours), as_format, here=here)
    if not os.path.lexists(path):
        given = given._replace(paths=(STDIN, *neighbours), stdin=(path, b""))
    return discover(given, governor, _ANY_DAY).files


def _neighbours(path: str, file_format: str, root: str, governor: Governor) -> Iterator[str]:
    """Yield the paths of the files around ``path`` that bear on it, itself not among them.

    For a lock these are the manifests of its project; for a requirements file those that may include it.
    """
    if file_format not in _LOCK_FORMATS and file_format != "requirements":
        return
    project = project_of(path, root)
    nearby = find(project, lambda _: None).files[:_MAX_NEIGHBOURS]
    above = _requirements_above(project, root) if file_format == "requirements" else ()
    for other in (*nearby, *above):
        other_format = format_of(other)
        if other == path or other_format in _LOCK_FORMATS:
            continue
        if other_format != "requirements" and project_of(other, root) != project:
            continue
        governance = governor.of(other, root)
        if governance is not None and not is_left_out(other, governance):
            yield other


def _own_name(saved: SourceFile | None, root: str, found: Iterable[SourceFile]) -> str:
    """Return the name of the project that ``saved`` belongs to, empty where nothing tells it."""
    if saved is None or not saved.project:
        return ""
    return OwnNames({os.path.abspath(file.path): file.document for file in found}).of(saved.project, root)


def _requirements_above(project: str, root: str) -> Iterator[str]:
    directory = project
    while directory != root:
        directory = os.path.dirname(directory)
        try:
            names = sorted(os.listdir(directory))
        except OSError:
            return
        yield from (
            path for path in (os.path.join(directory, name) for name in names) if format_of(path) == "requirements"
        )


def _ways_of(saved: SourceFile) -> SavedWays:
    pins: dict[str, set[Pin]] = {}
    addresses = {option.value for option in saved.index_options} | {index.url for index in saved.tool_indexes}
    for one in saved.document.dependencies:
        if one.withheld is not WithheldReason.INCOMPLETE:
            pins.setdefault(one.name, set()).add(_pin_of(one))
        addresses.update(_addresses(one))
    return SavedWays(
        MappingProxyType({name: frozenset(of_name) for name, of_name in pins.items()}),
        frozenset((name, pin) for name, of_name in pins.items() for pin in of_name),
        frozenset(addresses),
        _indexes_of(saved.document),
    )


def _routed_as_saved(document: Document, ways: SavedWays) -> tuple[Dependency, ...]:
    """Return the dependencies of ``document`` with the indexes that the saved file pins them to.

    A name is withheld where the editor's text gives it an index that the saved file does not know, or takes away what
    kept it from being asked for. A name that is not saved yet is withheld, too, where the indexes beside it are not
    those that were saved: it may be meant for the new ones alone.
    """
    dependencies = document.dependencies
    pairs = list(zip(map(_name_of, dependencies), map(_pin_of, dependencies), strict=True))
    if ways.pairs.issuperset(pairs):
        return dependencies
    has_other_indexes = _indexes_of(document) != ways.indexes
    return tuple(
        one if pair in ways.pairs else _routed(one, ways, has_other_indexes=has_other_indexes)
        for one, pair in zip(dependencies, pairs, strict=True)
    )


def _routed(one: Dependency, ways: SavedWays, *, has_other_indexes: bool) -> Dependency:
    """Return a dependency that the saved file does not have in this way."""
    pinned = ways.pins.get(one.name, frozenset())
    is_asked_for = one.withheld is None or one.index_name
    is_fine = not one.index_name and ways.addresses.issuperset(_addresses(one))
    if not is_asked_for or (not pinned and not has_other_indexes and is_fine):
        return one
    index_url, also, name, withheld = next(iter(pinned)) if len(pinned) == 1 else _NOWHERE
    withheld = WithheldReason.UNSAVED if withheld is not None and not name else withheld
    return one._replace(index_url=index_url, also_indexes=also, index_name=name, withheld=withheld)


def _indexes_of(document: Document) -> tuple[object, ...]:
    """Return what a file itself says of indexes, wherever in it that stands."""
    options = [(one.name, one.value) for one in document.index_options]
    nowhere = Span(0, 0)
    return options, [one._replace(span=nowhere, place="") for one in document.tool_indexes]


def _addresses(dependency: Dependency) -> tuple[str, ...]:
    return tuple(filter(None, (dependency.index_url, *dependency.also_indexes)))


def _ignore_locations(text: str, shown: str, governance: Governance) -> dict[str, Location]:
    """Return where the ignores of the saved configuration stand in the editor's text; without those that are gone."""
    parsed, lines = scan(text), LineTable(text)
    found = {}
    for ignore in governance.config.ignores:
        span = span_of(parsed, (*table_path(shown), "ignore", ignore.key))
        if span is not None:
            found[ignore.name] = location_of(shown, span, lines)
    return found


def _text_at(path: str) -> str:
    try:
        return read_utf8(path)
    except UnreadableFileError:
        return ""


def _that_matter(path: str, root: str, found: Iterable[SourceFile], governor: Governor) -> Iterator[str]:
    """Yield the absolute paths of the files on which the outcome rests, also of those that could come."""
    yield path
    yield from (os.path.abspath(file.path) for file in found)
    directory = os.path.dirname(path)
    while True:
        yield os.path.join(directory, OWN_FILE)
        yield os.path.join(directory, SHARED_FILE)
        yield os.path.join(directory, UV_FILE)
        parent = os.path.dirname(directory)
        if directory in (root, parent):
            break
        directory = parent
    yield from (telling for telling, _ in telling_files(project_of(path, root)))
    yield from governor.snapshot_paths()
