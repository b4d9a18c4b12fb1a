"""Reports for tests of output formats: one with every kind of content, and hostile ones."""

from __future__ import annotations

from hypothesis import strategies as st

from mothball.check.messages import EntrySource, finding_message, not_stated_message
from mothball.check.pipeline import check
from mothball.config.project import ProjectConfig
from mothball.model.document import Dependency, DependencyKind, LineIndex, Location, Position, SkipReason, Span
from mothball.model.results import (
    Cause,
    CheckedDependency,
    Finding,
    IndexResult,
    KnownStatus,
    Missing,
    Origin,
    Problem,
    ProjectStatus,
    Release,
    Report,
    Rule,
    Severity,
    Skipped,
    Source,
    StatusNotStated,
    Summary,
    Suppression,
    Unavailable,
    UnrecognizedStatus,
)
from tests.support.check_inputs import (
    ACTIVE,
    ARCHIVED,
    DAY,
    DOWN,
    MISSING,
    QUARANTINED,
    SETTINGS,
    UNRECOGNIZED,
    LookUp,
    ignore,
    origin,
    resolved_config,
    source,
)
from tests.support.hostile import TEXTS

_REQUIREMENTS = """\
-i https://index.example/simple
old-lib[x]==1.2
\tbad-lib   # mothball: ignore[archived] no
odd-lib
calm-lib
quiet-lib
kept-lib  # mothball: ignore[archived] until June, #812
down-lib
ours @ https://code.example/ours.whl
wrong=1
"""
_CONSTRAINTS = "gone-lib\nold-lib<2\nmute-lib\n"
_ANSWERS: dict[str, IndexResult] = {
    "old-lib": ARCHIVED,
    "bad-lib": QUARANTINED,
    "odd-lib": UNRECOGNIZED,
    "kept-lib": ARCHIVED,
    "down-lib": DOWN,
    "gone-lib": MISSING,
    "calm-lib": KnownStatus(ProjectStatus.DEPRECATED, "", origin(Source.SNAPSHOT, age=3 * DAY)),
    "quiet-lib": KnownStatus(ProjectStatus.ACTIVE, "", origin(Source.STALE, age=2 * DAY)),
    "mute-lib": StatusNotStated(origin(index="https://mirror.example/simple/")),
}


def full_report() -> Report:
    """Return a report with every kind of lookup, finding and problem, as a check creates it."""
    under = resolved_config(ProjectConfig(ignores=(ignore("fled-lib", until="2026-11-17"),)), whole_scope=False)
    files = [
        source(_REQUIREMENTS, under=under),
        source(_CONSTRAINTS, "requirements/constraints.txt", under, kind=DependencyKind.CONSTRAINT),
    ]
    unread = [Finding(Rule.UNREADABLE, Severity.ERROR, "not valid UTF-8", "save it as UTF-8", path="latin.txt")]
    problems = [Problem(Severity.WARNING, "unknown key", "did you mean `x`?", "mothball.toml", Position(3, 1))]
    return check(files, LookUp(_ANSWERS, ACTIVE), SETTINGS, unread, problems)


def plain_report(names: int = 1) -> Report:
    """Return an empty report."""
    text = "".join(f"lib-{number}\n" for number in range(names))
    return check([source(text)], LookUp(), SETTINGS)


def unverified_report(*answers: IndexResult, text: str = "") -> Report:
    """Return a report on projects ``a-lib``, ``b-lib``, ... with these lookup results."""
    names = [f"{chr(ord('a') + number)}-lib" for number in range(len(answers))]
    return check([source(text or "\n".join(names))], LookUp(dict(zip(names, answers, strict=True))), SETTINGS)


# --- hostile ----------------------------------------------------------------------------------------------------------

_POSITIONS = st.builds(Position, st.integers(1, 9), st.integers(1, 300))
_RELEASES = st.none() | st.builds(Release, TEXTS, TEXTS)
_ORIGINS = st.builds(
    Origin, st.builds("https://index.example/{}/".format, TEXTS), st.floats(0, 2e9), st.sampled_from(Source)
)
_LOOKUPS = st.one_of(
    st.builds(KnownStatus, st.sampled_from(ProjectStatus), TEXTS, _ORIGINS, release=_RELEASES, files=st.none()),
    st.builds(UnrecognizedStatus, TEXTS, TEXTS, _ORIGINS, release=_RELEASES, files=st.none()),
    st.builds(StatusNotStated, _ORIGINS, release=_RELEASES, files=st.none()),
    st.builds(Missing, _ORIGINS),
    st.builds(Unavailable, st.sampled_from(Cause), TEXTS, _ORIGINS),
    st.builds(Skipped, st.sampled_from(SkipReason)),
)


@st.composite
def _locations(draw: st.DrawFn, path: str) -> Location:
    start = draw(_POSITIONS)
    end = Position(start.line + draw(st.integers(0, 1)), start.column + draw(st.integers(0, 20)))
    return Location(path, start, end, draw(st.none() | TEXTS))


@st.composite
def _findings(draw: st.DrawFn) -> Finding:
    path = draw(TEXTS)
    name, lookup = draw(TEXTS), draw(_LOOKUPS)
    # Findings get their texts from check/messages.py, which sanitizes them.
    in_lock = finding_message(name, lookup, source=EntrySource(is_generated=True))
    words = draw(st.sampled_from([finding_message(name, lookup), in_lock, not_stated_message(name, 2)]))
    return Finding(
        draw(st.sampled_from(Rule)),
        draw(st.sampled_from([Severity.ERROR, Severity.WARNING, Severity.NOTE])),
        words.message,
        words.help,
        words.reason,
        path=path,
        location=draw(st.none() | _locations(path)),
        name=draw(st.none() | st.just(name)),
        lookup=draw(st.none() | st.just(lookup)),
        suppressed=draw(st.none() | st.builds(Suppression, st.sampled_from(["comment", "config"]), TEXTS)),
        ignore_entry=words.ignore_entry,
    )


@st.composite
def _dependencies(draw: st.DrawFn) -> CheckedDependency:
    dependency = Dependency(
        draw(TEXTS), Span(0, 1), Span(0, 1), specifier=draw(TEXTS), section=draw(TEXTS), version=draw(st.none() | TEXTS)
    )
    via = tuple(draw(st.lists(TEXTS, max_size=2)))
    lines = LineIndex(draw(TEXTS))
    return CheckedDependency(dependency, draw(TEXTS), lines, draw(_LOOKUPS), transitive=bool(via), via=via)


_PROBLEMS = st.builds(
    Problem,
    st.sampled_from([Severity.ERROR, Severity.WARNING, Severity.NOTE]),
    TEXTS,
    TEXTS,
    TEXTS,
    st.none() | _POSITIONS,
)


@st.composite
def hostile_reports(draw: st.DrawFn) -> Report:
    """Return a report in which every untrusted text is hostile."""
    return Report(
        tuple(draw(st.lists(_dependencies(), max_size=3))),
        tuple(draw(st.lists(_findings(), max_size=5))),
        tuple(draw(st.lists(_PROBLEMS, max_size=3))),
        Summary(*draw(st.lists(st.integers(0, 3), min_size=len(Summary._fields), max_size=len(Summary._fields)))),
    )
