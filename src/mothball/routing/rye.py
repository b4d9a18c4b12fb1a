"""Rye: ``[[tool.rye.sources]]``.

All sources are asked beside the default index, whose place one named ``default`` takes; the lists of files among them
are no indexes.
"""

from __future__ import annotations

from mothball.routing.candidates import Choice, Question, of_tool, passed

_DEFAULT = "default"
_LINKS = "find-links"


def choose(question: Question) -> Choice:
    """Return whom Rye would ask."""
    sources = [one for one in question.indexes if one.role != _LINKS]
    for source in sources:
        if not source.url:
            return Choice(nobody=f"{of_tool(source).by} has no address yet")
    over = passed((of_tool(one) for one in question.indexes if one.role == _LINKS), "it is a list of files")
    extras = [of_tool(one) for one in sources if one.name != _DEFAULT]
    mains = [of_tool(one) for one in sources if one.name == _DEFAULT]
    if mains:
        over += passed([question.default.candidate], f"{mains[0].by} takes its place")
    return Choice((*extras, *(mains or [question.default.candidate])), over)
