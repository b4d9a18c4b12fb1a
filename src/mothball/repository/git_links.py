"""Compare what symbolic links lead to: a link changes if the link itself changes, or the file that it leads to."""

from __future__ import annotations

from collections.abc import Mapping

from mothball.formats.names import has_dependency_name
from mothball.repository.git_repository import Difference, Entry, Repository
from mothball.repository.git_tree import GitTree


def links_at_base(links: Mapping[str, Entry], touched: Mapping[str, Difference]) -> dict[str, Entry]:
    """Return the links of the base tree by path, from those of the target tree and all differences."""
    unchanged = {path: entry for path, entry in links.items() if path not in touched}
    before = {path: difference.before for path, difference in touched.items()}
    return unchanged | {path: entry for path, entry in before.items() if entry and entry.is_link}


def follow_links(
    touched: Mapping[str, Difference], base: GitTree, target: GitTree, repository: Repository
) -> dict[str, Difference]:
    """Return ``touched``, the differences of two trees by path, with the entries of the files that links lead to.

    A link to a directory has no entry, and a link that leads nowhere its own. An unchanged link is added if the path
    that it leads through changes, and if it has the name of a dependency file. Raises GitError.
    """
    changed = [path for path, difference in touched.items() if _has_link(difference)]
    unchanged = [path for path in target.links() if path not in touched and has_dependency_name(path)]
    target.read_links(unchanged)
    touched_paths = set(map(repository.absolute, touched)) if unchanged else set()
    affected = [path for path in unchanged if not touched_paths.isdisjoint(target.followed(repository.absolute(path)))]
    followed = dict(touched)
    for path in (*changed, *affected):
        absolute = repository.absolute(path)
        followed[path] = Difference(path, base.entry(absolute), target.entry(absolute))
    return followed


def _has_link(difference: Difference) -> bool:
    return any(entry is not None and entry.is_link for entry in (difference.before, difference.after))
