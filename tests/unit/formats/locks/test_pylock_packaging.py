"""Comparison of pylock.toml parsing with ``packaging.pylock``."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mothball.formats.locks.toml_locks import parse_pylock as parse
from mothball.model.document import DependencyKind, SkipReason
from tests.support.spans import check_places

reader = pytest.importorskip("packaging.pylock", reason="needs packaging 26.0")

HASHES = {"sha256": "0f1e2d3c4b5a69788796a5b4c3d2e1f0"}
NAMES = ["anchor", "buoy", "chain-link", "dock2", "x"]
INDEXES = st.sampled_from(["https://index.example/simple", "https://other.example/simple/"])
URLS = st.sampled_from(["https://files.example/NAME-VERSION-py3-none-any.whl"])
SDIST: dict[str, Any] = {"url": "https://files.example/NAME-VERSION.tar.gz", "hashes": HASHES}
VERSIONS = st.sampled_from(["1.0", "2", "3.1.4.post1", "1!2.0", "0.1.dev3"])
MARKERS = st.sampled_from(["python_version >= '3.11'", 'sys_platform == "win32" or extra == "é"'])
WHEELS: st.SearchStrategy[Any] = st.lists(
    st.fixed_dictionaries({"url": URLS, "hashes": st.just(HASHES)}), min_size=1, max_size=3
)
LOCAL_WHEEL: dict[str, Any] = {"path": "wheels/NAME-VERSION-py3-none-any.whl", "hashes": HASHES}
# Sources of a package; the format allows one of these.
SOURCES = st.one_of(
    st.fixed_dictionaries({"wheels": WHEELS}, optional={"index": INDEXES}),
    st.fixed_dictionaries({"wheels": st.just([LOCAL_WHEEL])}),
    st.fixed_dictionaries({"sdist": st.just(SDIST), "index": INDEXES}),
    st.fixed_dictionaries(
        {"vcs": st.just({"type": "git", "url": "https://code.example/a.git", "commit-id": "0123abc"})}
    ),
    st.fixed_dictionaries(
        {"directory": st.fixed_dictionaries({"path": st.just("../a")}, optional={"editable": st.booleans()})}
    ),
    st.fixed_dictionaries({"archive": st.just(SDIST)}),
)


@st.composite
def packages(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Return packages according to PEP 751, in any order, some of them twice for different environments."""
    found = []
    for name in draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=6)):
        package: dict[str, Any] = {"name": name} | draw(
            st.fixed_dictionaries({}, optional={"version": VERSIONS, "marker": MARKERS})
        )
        others = draw(st.lists(st.sampled_from(NAMES), max_size=3))
        package |= {"dependencies": [{"name": other} for other in others]} if others else {}
        # ``packaging`` compares file names with the package name.
        source = json.dumps(draw(SOURCES)).replace("NAME", name.replace("-", "_"))
        found.append(package | json.loads(source.replace("VERSION", package.get("version", "1"))))
    return found


def written(lock: dict[str, Any], *, as_headers: bool) -> str:
    """Return a lock as TOML, with headers for the packages or with an array of inline tables."""
    lines = [f"{key} = {to_toml(item)}" for key, item in lock.items() if key != "packages"]
    if not as_headers:
        return "\n".join([*lines, f"packages = {to_toml(lock['packages'])}", ""])
    for package in lock["packages"]:
        lines += ["", "[[packages]]", *(f"{key} = {to_toml(item)}" for key, item in package.items())]
    return "\n".join([*lines, ""])


def to_toml(value: object) -> str:
    match value:
        case dict():
            return f"{{{', '.join(f'{key} = {to_toml(item)}' for key, item in value.items())}}}"
        case list():
            return f"[{', '.join(map(to_toml, value))}]"
        case _:
            return json.dumps(value, ensure_ascii=False)


def expected_skip_reason(package: Any) -> SkipReason | None:
    """Return the expected skip reason of a package parsed by ``packaging``."""
    if package.vcs:
        return SkipReason.VCS
    if package.directory:
        return SkipReason.EDITABLE if package.directory.editable else SkipReason.PATH
    if package.archive:
        return SkipReason.URL
    is_local = package.wheels and all(wheel.path and not wheel.url for wheel in package.wheels)
    return SkipReason.PATH if is_local and not package.index else None


@settings(deadline=None, max_examples=200)
@given(packages(), st.booleans())
def test_packages_match_packaging(made: list[dict[str, Any]], as_headers: bool) -> None:  # noqa: FBT001 - drawn
    text = written({"lock-version": "1.0", "created-by": "a tool", "packages": made}, as_headers=as_headers)
    reference = reader.Pylock.from_dict(tomllib.loads(text))
    document = parse(text)

    assert not document.problems
    check_places(text, document)
    for dependency, package in zip(document.dependencies, reference.packages, strict=True):
        assert (dependency.name, dependency.kind) == (package.name, DependencyKind.LOCKED)
        assert dependency.version == (str(package.version) if package.version else None)
        assert dependency.skip_reason == expected_skip_reason(package)
        assert dependency.index_url == (package.index if dependency.skip_reason is None else None)
        assert bool(dependency.marker) == bool(package.marker)
    required: dict[str, set[str]] = {package.name: set() for package in reference.packages}
    for package in reference.packages:
        required[package.name] |= {other["name"] for other in package.dependencies or ()}
    assert (document.graph is not None) == any(required.values())
    graph = document.graph.requires if document.graph else {}
    for name in graph:
        assert set(graph[name]) == (required[name] & required.keys()) - {name}
