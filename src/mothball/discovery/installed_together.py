"""What an installer reads as if it were one file: a requirements file with all that it includes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter

from mothball.model.document import Document, IndexOption
from mothball.model.records import NamedTuple


class Part(NamedTuple):
    """One file, with the real path of each file that it includes behind the offset of the place where it does."""

    document: Document
    includes: tuple[tuple[int, str], ...]


class Together(NamedTuple):
    """What holds for a file: the index options in force, and the keys of all ``files`` that are installed in one go."""

    options: tuple[IndexOption, ...]
    files: tuple[str, ...]


def installed_together(read: Mapping[str, Part]) -> dict[str, Together]:
    """Return for each file what its installer reads along with it, by the same keys as ``read``.

    An installer is given one file and reads all that it includes as if it were one: the options of any of them hold
    for all. A file that several others include may be installed by way of each of them.
    """
    included = {path for one in read.values() for _, path in one.includes}
    # Files that include one another in a circle have no file above them; each of them is then a start of its own.
    starts = [path for path in read if path not in included]
    gathered: dict[str, list[Together]] = {path: [] for path in read}
    covered: set[str] = set()
    for start in [*starts, *(path for path in read if path in included)]:
        if start in covered:
            continue
        way = _installed_by(start, read)
        covered.update(way.files)
        for path in way.files:
            gathered[path].append(way)
    # Most files have one file above them, and share what it says rather than hold it again.
    return {path: ways[0] if len(ways) == 1 else _any_of(ways) for path, ways in gathered.items()}


def _any_of(ways: list[Together]) -> Together:
    """Return what holds for a file that is installed in several ways: each of their main indexes may be asked."""
    mains = [
        next((option for option in reversed(way.options) if option.name == "index-url" and option.value), None)
        for way in ways
    ]
    main = next((option for option in reversed(mains) if option is not None), None)
    options = dict.fromkeys(option for way in ways for option in way.options if option.name != "index-url")
    extra = (option._replace(name="extra-index-url") for option in mains if option is not None and option != main)
    files = dict.fromkeys(path for way in ways for path in way.files)
    return Together(tuple(dict.fromkeys((*options, *extra, *((main,) if main else ())))), tuple(files))


def _installed_by(start: str, read: Mapping[str, Part]) -> Together:
    """Return all files that an installer of ``start`` reads, and their options in the order in which it meets them.

    The last word on an index is the one that counts. So the way is gone from its end: what a file says counts where
    it is included for the last time.
    """
    reached = {start: None}
    options: list[IndexOption] = []
    waiting = _steps(read[start])
    while waiting:
        step = waiting.pop()
        if isinstance(step, IndexOption):
            options.append(step)
        elif step in read and step not in reached:
            reached[step] = None
            waiting += _steps(read[step])
    return Together(tuple(reversed(options)), tuple(reached))


def _steps(one: Part) -> list[IndexOption | str]:
    """Return the index options and the includes of a file in the order of its lines."""
    steps: list[tuple[int, IndexOption | str]] = [*one.includes]
    steps += ((option.span.start, option) for option in one.document.index_options)
    return [step for _, step in sorted(steps, key=itemgetter(0))]
