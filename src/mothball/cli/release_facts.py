"""The releases of a project as text and JSON. Imports packaging, which a check does not need."""

from __future__ import annotations

from typing import Any

from mothball.index.releases import ReleaseFacts, Releases
from mothball.model.sanitize import join_names, one_line

_SHOWN_VERSIONS = 10


def release_lines(releases: Releases, specifier: str) -> list[str]:
    """Return what to show of ``releases``, and of those that ``specifier`` allows, if there is one."""
    oldest, yanked = releases.oldest(), releases.yanked()
    lines = [f"  = oldest release: {_version(oldest)} ({oldest.date})"] if oldest else []
    lines.append(f"  = files: {releases.files} of {_versions(len(releases))}")
    if yanked:
        shown = [f"{_version(each)} ({_reason(each)})" if each.yanked else _version(each) for each in yanked]
        lines.append(f"  = yanked: {join_names(shown, _SHOWN_VERSIONS)}")
    if specifier:
        count, newest = len(releases.allowed(specifier)), releases.newest(specifier)
        found = f"{_versions(count)}, the highest is {_version(newest)}" if newest else "no version"
        lines.append(f"  = matches {one_line(specifier, 100)}: {found}")
    return lines


def release_json(releases: Releases, specifier: str) -> dict[str, Any]:
    """Return the fields for JSON; docs/json.md describes them."""
    oldest, newest = releases.oldest(), releases.newest(specifier)
    matching = {
        "specifier": one_line(specifier, 100),
        "versions": len(releases.allowed(specifier)),
        "highest": newest and _version(newest),
    }
    return {
        "files": releases.files,
        "versions": len(releases),
        "oldest": oldest and {"version": _version(oldest), "date": oldest.date},
        "yanked": [{"version": _version(each), "reason": _reason(each)} for each in releases.yanked()],
        "matching": matching if specifier else None,
    }


def _version(release: ReleaseFacts) -> str:
    return one_line(release.version, 60)


def _reason(release: ReleaseFacts) -> str:
    return one_line(release.yanked or "", 100)


def _versions(count: int) -> str:
    return f"{count} version{'' if count == 1 else 's'}"
