"""Mark the dependencies that no Python version of the project installs."""

from __future__ import annotations

from mothball.model.document import Dependency


def mark_never_installed(dependency: Dependency, requires_python: str = "", poetry_python: str = "") -> Dependency:
    """Mark ``dependency`` if its marker is false for every Python version that the project supports.

    The versions are given as clauses of PEP 440, or as a constraint of Poetry.
    """
    if "python" not in dependency.marker:
        return dependency
    from mothball.formats import python_bounds  # noqa: PLC0415 - most dependencies have no such marker

    if poetry_python:
        bound = python_bounds.lower_bound_of_poetry(poetry_python)
    else:
        bound = python_bounds.lower_bound(requires_python)
    if bound is None or not python_bounds.is_never_true(dependency.marker, bound):
        return dependency
    return dependency._replace(is_never_installed=True)
