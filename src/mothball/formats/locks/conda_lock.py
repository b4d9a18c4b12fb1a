"""Parse conda-lock.yml, version 1: the packages that pip installs, with their requirements.

Conda packages are omitted. The format does not record indexes. A package has a ``source`` if its requirement is a URL
(conda-lock, "Unified lockfile").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mothball.formats.locks.stanzas import REGISTRY, PackageSource
from mothball.formats.locks.yaml_packages import YamlPackage, YamlSchema, first_value, read_yaml_lock
from mothball.formats.pep508 import skip_reason_for_url
from mothball.formats.yaml.nodes import YamlMapping
from mothball.model.document import SkipReason

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mothball.model.document import Document

_SCHEMA = YamlSchema("conda-lock", ("package",), newest=1)


def parse(text: str) -> Document:
    """Parse a conda-lock.yml without byte-order mark. Never raises."""
    return read_yaml_lock(text, _SCHEMA, _packages)


def _packages(_: YamlMapping, items: Iterable[YamlMapping]) -> Iterator[YamlPackage]:
    for item in items:
        if item.text("manager") == "pip":
            yield YamlPackage(item, _source(item), first_value(item, "dependencies"))


def _source(item: YamlMapping) -> PackageSource:
    source = first_value(item, "source")
    reason = skip_reason_for_url(item.text("url")) if item.text("url") else SkipReason.URL
    if reason is SkipReason.URL and not isinstance(source, YamlMapping):
        return REGISTRY
    return PackageSource(reason)
