"""The number of packages that a user installs, and the pins of development dependencies."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))
SETTINGS = PROJECT["tool"]["uv"]


def test_uv_run_installs_at_most_30_packages() -> None:
    installed = {"mothball"}
    pending = [*installed]
    while pending:
        for requirement in map(Requirement, requires(pending.pop()) or ()):
            is_needed = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
            if is_needed and (name := canonicalize_name(requirement.name)) not in installed:
                installed.add(name)
                pending.append(name)

    assert SETTINGS["default-groups"] == []
    assert len(installed) <= 30


def test_every_dependency_is_pinned_by_name_and_version_only() -> None:
    pins = [*map(Requirement, SETTINGS["constraint-dependencies"] + SETTINGS["build-constraint-dependencies"])]
    groups = [one for group in PROJECT["dependency-groups"].values() for one in group if isinstance(one, str)]
    required = [*PROJECT["project"]["dependencies"], *PROJECT["build-system"]["requires"], *groups]

    assert all(re.fullmatch(r"==[^,*]+", str(pin.specifier)) and not pin.url for pin in pins)
    assert {canonicalize_name(Requirement(one).name) for one in required} <= {pin.name for pin in pins}
