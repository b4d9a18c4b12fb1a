"""Tables that send names elsewhere: an entry of one table is fetched from where another table says.

uv's sources, and the tables in which Poetry adds to what ``[project]`` says, turn a requirement that looks like one of
an index into one of a repository or a path. Names are joined in their normalised form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mothball.model.document import Dependency, SkipReason, normalize_name
from mothball.model.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_EXTRAS = "project.optional-dependencies"


class SourceOverride(NamedTuple):
    """Where the requirements of one name come from.

    ``scope`` is the section that this is said of, or ``project.optional-dependencies`` for all extras; empty for all
    sections. ``skip_reason`` is why no index may be asked, None where an index answers after all. ``is_partial`` is set
    where this holds only in some environments, of which the others are not spoken of. ``index_url`` is the one index
    that is asked instead of all others; ``index_name`` is the name of one that the file does not declare.
    """

    name: str
    scope: str
    skip_reason: SkipReason | None
    is_partial: bool = False
    index_url: str | None = None
    index_name: str = ""


class _Sum:
    """What all overrides of one name in one scope come to."""

    __slots__ = ("count", "index_name", "index_urls", "is_partial", "is_skipped", "reason")

    def __init__(self) -> None:
        self.count = 0
        self.is_skipped = True
        self.is_partial = False
        self.reason: SkipReason | None = None
        self.index_urls: list[str] = []
        self.index_name = ""

    def add(self, override: SourceOverride) -> None:
        self.count += 1
        self.is_skipped = self.is_skipped and override.skip_reason is not None
        self.is_partial = self.is_partial or override.is_partial
        self.reason = self.reason or override.skip_reason
        self.index_urls += [override.index_url] if override.index_url else []
        self.index_name = self.index_name or override.index_name


def apply_source_overrides(
    dependencies: Iterable[Dependency], overrides: Iterable[SourceOverride]
) -> Iterator[Dependency]:
    """Apply ``overrides`` to ``dependencies``: skip those that come from no index, pin those with an explicit one.

    A single partial override leaves the other environments to the index (uv, "Platform-specific sources"). Several
    overrides are assumed to cover all environments: their markers are not evaluated, and a name that may not be on an
    index must not be sent there. If several name an index, the dependency may come from any of these.
    """
    by_name: dict[str, dict[str, _Sum]] = {}
    for override in overrides:
        by_name.setdefault(override.name, {}).setdefault(normalize_name(override.scope), _Sum()).add(override)
    for dependency in dependencies:
        scopes = by_name.get(dependency.name)
        if scopes is None or dependency.skip_reason is not None:
            yield dependency
        else:
            sums = [scopes[one] for one in _scopes(dependency) if one in scopes]
            urls = list(dict.fromkeys(url for one in sums for url in one.index_urls))
            yield dependency._replace(
                skip_reason=_reason(sums),
                index_url=urls[0] if urls else dependency.index_url,
                alternative_indexes=tuple(urls[1:]) if urls else dependency.alternative_indexes,
                index_name=next((one.index_name for one in sums if one.index_name), dependency.index_name),
            )


def _scopes(dependency: Dependency) -> Iterator[str]:
    yield ""
    yield normalize_name(dependency.section)
    if dependency.section.startswith(_EXTRAS):
        yield normalize_name(_EXTRAS)


def _reason(sums: list[_Sum]) -> SkipReason | None:
    """Return why no index may be asked: None where any of ``sums`` leaves something to one."""
    if not all(one.is_skipped for one in sums):
        return None
    if any(one.is_partial for one in sums) and sum(one.count for one in sums) == 1:
        return None
    return next((one.reason for one in sums), None)
