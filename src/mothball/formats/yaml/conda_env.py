"""Parse a conda environment.yml: the requirements in ``pip:`` lists, and the conda packages.

A conda package does not refer to a project on a Python index, so it is listed but skipped. conda passes a ``pip:`` list
to pip as a requirements file in the directory of the environment file (conda, "Managing environments"). The list
``python`` of Ansible Builder is read as well: its execution-environment.yml has ``dependencies``, too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mothball.formats.broken import MAX_LENGTH, too_long_document
from mothball.formats.requirements.strings import Section, collect
from mothball.formats.yaml.scan import (
    YamlMapping,
    YamlNode,
    YamlScalar,
    list_items,
    list_problem,
    read_pip_lists,
    scan_yaml,
    unvisited,
)
from mothball.model.document import Dependency, Document, SkipReason, normalize_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mothball.formats.yaml.scan import YamlScan

_DEPENDENCIES = "dependencies"
_PIP = "pip"
_PYTHON = "python"
# An optional channel with subdirectory, then the name, which may start with an underscore.
_CONDA_NAME = r"\s*+(?>(?:[^\s:]++::)?)\s*+([A-Za-z0-9_][\w.-]*+)(?=[\s=<>!~\[,|]|\Z)"
_FORMAT = "conda-env"


def parse(text: str) -> Document:
    """Parse a conda environment file without byte-order mark. Never raises."""
    # Other tools use the same file names: without the key, in plain or escaped form, the file is not read, so that its
    # syntax errors are not reported and PyYAML is not imported.
    if _DEPENDENCIES not in text and "\\" not in text:
        return Document(_FORMAT)
    if len(text) > MAX_LENGTH:
        return too_long_document(_FORMAT, text)
    scan = scan_yaml(_FORMAT, text)
    if isinstance(scan, Document):
        return scan if _DEPENDENCIES in text else Document(_FORMAT)
    mappings = [document for document in scan.documents if isinstance(document, YamlMapping)]
    seen: set[int] = set()
    conda = list(unvisited([value for mapping in mappings for value in mapping.values(_DEPENDENCIES)], seen))
    items = [item for node in conda for item in unvisited(list_items(node), seen)]
    pip = [value for item in items if isinstance(item, YamlMapping) for value in item.values(_PIP)]
    tables = [node for node in conda if isinstance(node, YamlMapping)]
    python = [value for table in tables for value in table.values(_PYTHON) if not isinstance(value, YamlScalar)]
    # `dependencies` may be a mapping without `pip`: other tools use the same file names.
    own = (node for node in conda if not isinstance(node, YamlMapping) or node.values(_PIP))
    problems = [problem for node in own for problem in list_problem(_DEPENDENCIES, node)]
    problems += (problem for value in pip for problem in list_problem(_PIP, value))
    lists = [(value, Section(f"{_DEPENDENCIES}.{_PIP}")) for value in unvisited(pip, seen)]
    lists += ((value, Section(f"{_DEPENDENCIES}.{_PYTHON}")) for value in unvisited(python, seen))
    return collect(_FORMAT, dict.fromkeys((*read_pip_lists(scan, lists), *problems, *_conda_packages(scan, items))))


def _conda_packages(scan: YamlScan, items: Iterable[YamlNode]) -> Iterator[Dependency]:
    for item in items:
        content = scan.content(item) if isinstance(item, YamlScalar) else None
        name = re.match(_CONDA_NAME, content.text) if content is not None else None
        if content is not None and name is not None:
            stripped = content.text.strip()
            start = content.text.index(stripped)
            yield Dependency(
                normalize_name(name[1]),
                content.locate(*name.span(1)),
                content.locate(start, start + len(stripped)),
                section=_DEPENDENCIES,
                skip_reason=SkipReason.CONDA,
            )
