"""Pipenv: ``[[source]]`` of a Pipfile, and Pipfile.lock, which records the index of each package.

The first source answers for all that names no other one, unless ``install_search_all_sources`` is set. Where
``PIPENV_PYPI_MIRROR`` is, it stands for the default index.
"""

from __future__ import annotations

from mothball.config.installers import UserIndex
from mothball.routing.candidates import Candidate, Choice, Question, is_public, of_tool, of_user, passed


def choose(question: Question) -> Choice:
    """Return whom Pipenv would ask."""
    indexes, mirror, default = question.indexes, question.settings.mirror, question.default
    if not indexes:
        return _mirrored(Choice((default.candidate,)), None if default.is_chosen else mirror)
    sources = [of_tool(one) for one in indexes]
    searched = sources if indexes[0].role == "searched" else sources[:1]
    if not all(one.address for one in searched):
        return Choice(nobody=f"{searched[0].by} has no address yet")
    over = passed(sources[len(searched) :], "only the first source is asked for what names none")
    return _mirrored(Choice((*searched[1:], searched[0]), over), mirror)


def mirrored(candidate: Candidate, mirror: UserIndex | None) -> Candidate:
    """Return the mirror in place of the default index."""
    return of_user(mirror) if mirror is not None and is_public(candidate) else candidate


def _mirrored(choice: Choice, mirror: UserIndex | None) -> Choice:
    asked = tuple(mirrored(one, mirror) for one in choice.asked)
    gone = [one for one in choice.asked if one not in asked]
    return choice._replace(asked=asked, passed=choice.passed + passed(gone, f"{asked[-1].by} takes its place"))
