"""The structure of the package: no loose modules, few dependencies between packages, no import cycles."""

from __future__ import annotations

from tests.support.module_graph import read_graph

# Lower it when a dependency between packages is removed. Discovery and the language server depend on routing, because
# they supply the facts from which it alone decides.
MOST_DEPENDENCIES = 46
# Private classes of the same name; none may be added.
DUPLICATES = frozenset({"_Line", "_Reader"})


def test_structure_of_the_package() -> None:
    graph = read_graph()
    print(f"\n{graph.summary()}")

    assert graph.loose_modules() == []
    assert graph.cycles() == []
    assert len(graph.package_dependencies()) <= MOST_DEPENDENCIES
    assert set(graph.duplicate_classes()) <= DUPLICATES
