"""Apply tables that override where a dependency comes from.

``[tool.uv.sources]``, and Poetry's tables that supplement ``[project]``, turn a requirement that looks like one from an
index into one from a repository, a path or an explicit index. They are matched by normalized name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mothball.model.document import Dependency, SkipReason, normalize_name
from mothball.model.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_EXTRAS = "project.optional-dependencies"


class SourceOverride(NamedTuple):
    """An entry that sets where the requirements of one name come from.

    ``scope`` is the section that the override applies to, ``project.optional-dependencies`` for all extras, or empty
    for all sections. ``skip_reason`` is the reason not to look them up, None if they come from an index.
    ``is_partial`` is set if the override has a marker and so does not apply in all environments. ``index_url`` is the
    only index to query; ``index_name`` is the name of an index that the file does not declare. ``local_path`` is the
    path of a local project.
    """

    name: str
    scope: str
    skip_reason: SkipReason | None
    is_partial: bool = False
    index_url: str | None = None
    index_name: str = ""
    local_path: str = ""


class _CombinedOverride:
    """All overrides of one name in one scope."""

    __slots__ = ("count", "index_name", "index_urls", "is_partial", "is_skipped", "local_path", "skip_reason")

    def __init__(self) -> None:
        self.count = 0
        self.is_skipped = True
        self.is_partial = False
        self.skip_reason: SkipReason | None = None
        self.index_urls: list[str] = []
        self.index_name = ""
        self.local_path = ""

    def add(self, override: SourceOverride) -> None:
        self.count += 1
        self.is_skipped = self.is_skipped and override.skip_reason is not None
        self.is_partial = self.is_partial or override.is_partial
        if self.skip_reason is None:
            self.skip_reason, self.local_path = override.skip_reason, override.local_path
        self.index_urls += [override.index_url] if override.index_url else []
        self.index_name = self.index_name or override.index_name


def apply_source_overrides(
    dependencies: Iterable[Dependency], overrides: Iterable[SourceOverride]
) -> Iterator[Dependency]:
    """Apply ``overrides`` to ``dependencies``: skip those that come from no index, pin those with an explicit one.

    A single partial override leaves the other environments to the index, as documented for uv sources. Several
    overrides are assumed to cover all environments: their markers are not evaluated, and a name that may not be on an
    index must not be sent there. If several name an index, the dependency may come from any of these.
    """
    by_name: dict[str, dict[str, _CombinedOverride]] = {}
    for override in overrides:
        scopes = by_name.setdefault(override.name, {})
        scopes.setdefault(normalize_name(override.scope), _CombinedOverride()).add(override)
    for dependency in dependencies:
        overridden = by_name.get(dependency.name)
        if overridden is None or dependency.skip_reason is not None:
            yield dependency
        else:
            applicable = [overridden[scope] for scope in _scopes(dependency) if scope in overridden]
            urls = list(dict.fromkeys(url for override in applicable for url in override.index_urls))
            skip_reason, local_path = _skip_reason(applicable)
            yield dependency._replace(
                skip_reason=skip_reason,
                index_url=urls[0] if urls else dependency.index_url,
                alternative_indexes=tuple(urls[1:]) if urls else dependency.alternative_indexes,
                index_name=next(
                    (override.index_name for override in applicable if override.index_name), dependency.index_name
                ),
                local_path=local_path,
            )


def _scopes(dependency: Dependency) -> Iterator[str]:
    yield ""
    yield normalize_name(dependency.section)
    if dependency.section.startswith(_EXTRAS):
        yield normalize_name(_EXTRAS)


def _skip_reason(overrides: list[_CombinedOverride]) -> tuple[SkipReason | None, str]:
    """Return why the dependency is not looked up, and its local path; no reason if an environment uses an index."""
    if not all(override.is_skipped for override in overrides):
        return None, ""
    if any(override.is_partial for override in overrides) and sum(override.count for override in overrides) == 1:
        return None, ""
    return next(((override.skip_reason, override.local_path) for override in overrides), (None, ""))
