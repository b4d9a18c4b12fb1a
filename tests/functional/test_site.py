"""The pages of the documentation site. `.ci/run` builds it, which fails on links and anchors that do not exist."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
# A page with the text of a file in the root, and a link to it for those who read the page in the repository.
INCLUDED = re.compile(
    r'--8<-- "([A-Z]+\.md)"\n\n'
    r'<p class="repository-only">In the repository, this page is <a href="\.\./\1">\1</a>\.</p>\n'
)


def in_navigation(entry: Any) -> Iterator[str]:
    """Yield the paths in an entry of the navigation."""
    if isinstance(entry, str):
        yield entry
        return
    for each in entry.values() if isinstance(entry, dict) else entry:
        yield from in_navigation(each)


def test_navigation_has_every_page_once() -> None:
    project = tomllib.loads((ROOT / "zensical.toml").read_text("utf-8"))["project"]
    assert sorted(in_navigation(project["nav"])) == sorted(page.relative_to(DOCS).as_posix() for page in PAGES)


def test_included_documents_link_only_to_pages() -> None:
    # The strict build does not check the links of an included document.
    names = [page.name for page in PAGES if INCLUDED.fullmatch(page.read_text("utf-8"))]
    assert names
    for name in names:
        for target in re.findall(r"\]\(([^)]+)\)", (ROOT / name).read_text("utf-8")):
            assert (DOCS / target.partition("#")[0]).is_file(), f"{name}: {target}"


def test_link_to_the_repository_is_hidden_on_the_site() -> None:
    assert ".repository-only {\n  display: none;\n}\n" in (DOCS / "stylesheets/site.css").read_text("utf-8")
