"""Parse pixi.lock, versions 1 to 7: the packages from Python indexes, with their requirements.

Conda packages are omitted. Versions 4 and later record the indexes of each environment, and 7 that of a package, if it
is not the usual one (rattler_lock).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mothball.formats.locks.stanzas import REGISTRY, PackageSource, index_source, local_source
from mothball.formats.locks.yaml_packages import YamlPackage, YamlSchema, first_value, read_yaml_lock
from mothball.formats.pep508 import skip_reason_for_url
from mothball.formats.yaml.nodes import YamlMapping, YamlScalar, list_items
from mothball.model.document import SkipReason

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mothball.model.document import Document

_SCHEMA = YamlSchema("pixi-lock", ("packages", "package"), newest=7)
# The URL of a direct reference, in version 7.
_DIRECT = "direct+"


def parse(text: str) -> Document:
    """Parse a pixi.lock without byte-order mark. Never raises."""
    return read_yaml_lock(text, _SCHEMA, _packages)


def _packages(root: YamlMapping, items: Iterable[YamlMapping]) -> Iterator[YamlPackage]:
    indexes = tuple(dict.fromkeys(_indexes(root)))
    for item in items:
        location = item.text("pypi")
        if not location and (item.text("kind") == "pypi" or item.text("manager") == "pip"):
            location = item.text("path") or item.text("url")
        if location:
            source = _source(item, location, indexes)
            others = indexes[1:] if indexes[:1] == (source.index_url,) else ()
            yield YamlPackage(item, source, first_value(item, "requires_dist"), others)


def _indexes(root: YamlMapping) -> Iterator[str]:
    """Yield the indexes of all environments."""
    environments = first_value(root, "environments")
    for _, environment in environments.pairs if isinstance(environments, YamlMapping) else ():
        values = environment.values("indexes") if isinstance(environment, YamlMapping) else ()
        for node in values:
            yield from (item.value for item in list_items(node) if isinstance(item, YamlScalar))


def _source(item: YamlMapping, location: str, indexes: tuple[str, ...]) -> PackageSource:
    if location.startswith(_DIRECT):
        return PackageSource(SkipReason.URL)
    if "://" not in location:
        return local_source(location, is_editable=item.text("editable") == "true")
    reason = skip_reason_for_url(location)
    if reason is not SkipReason.URL:
        return PackageSource(reason)
    index = item.text("index") or next(iter(indexes), "")
    return index_source(index) if index else REGISTRY
