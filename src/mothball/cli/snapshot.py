"""``mothball snapshot``: write the statuses of all names found, to be used offline."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from datetime import date

from mothball.check.pipeline import check
from mothball.check.policy import exit_code
from mothball.cli.common import open_session, read_paths
from mothball.index.snapshot import render_snapshot
from mothball.model.errors import UnreadableFileError
from mothball.model.findings import Report, Rule
from mothball.model.lookup import Answer, Missing, Skipped, Unavailable
from mothball.model.sanitize import as_logged
from mothball.report.concise import concise_line, problem_line

_LEFT_OUT = (Rule.UNVERIFIED, Rule.UNREADABLE, Rule.MISSING)


def run(arguments: argparse.Namespace) -> int:
    """Write the snapshot, tell on stderr what it could not hold, and return the exit code: 3 when names are lacking."""
    setup, found = read_paths(arguments)
    settings = setup.settings._replace(use_ignores=False, keep_config_ignores=False)
    with open_session(arguments, setup.user) as session:
        report = check(found.files, session.look_up, settings, found.unreadable, found.problems)
    left_out = [finding for finding in report.findings if finding.rule in _LEFT_OUT]
    problems = (*report.problems, *session.problems())
    for line in (*map(concise_line, left_out), *map(problem_line, problems)):
        sys.stderr.write(f"{line}\n")
    # That the index does not have a project is an answer; what it could not tell is not.
    code = exit_code([finding for finding in left_out if finding.rule is not Rule.MISSING], problems)
    answers = _answers(report)
    held = sum(map(_is_held, answers.values()))
    if code and not held:
        # An index that is down must not cost the snapshot that was written when it was up.
        sys.stderr.write("nothing was learnt, and no snapshot is written\n")
    else:
        # An answer out of the cache must not look younger than it is: the oldest one dates the snapshot.
        oldest = min((one.origin.checked_at for one in answers.values() if _is_held(one)), default=settings.now)
        day = date.fromisoformat(time.strftime("%Y-%m-%d", time.localtime(oldest)))
        _write(render_snapshot(answers, generated=day, index_url=_answering_index(answers)), arguments.output)
        sys.stderr.write(f"{held} of {len(answers)} names are in the snapshot\n")
    return code


def _answers(report: Report) -> dict[str, Answer]:
    """Return what was learnt of each name; of several indexes, the first that has it speaks."""
    answers: dict[str, Answer] = {}
    for item in report.dependencies:
        name, lookup = item.dependency.name, item.lookup
        if not isinstance(lookup, Skipped) and not (name in answers and _is_held(answers[name])):
            answers[name] = lookup
    return answers


def _answering_index(answers: Mapping[str, Answer]) -> str:
    """Return the index that answered for most names: a snapshot names it for information."""
    answering = Counter(answer.origin.index_url for answer in answers.values() if _is_held(answer))
    return next((index for index, _ in answering.most_common(1)), "")


def _is_held(answer: Answer) -> bool:
    return not isinstance(answer, Missing | Unavailable)


def _write(text: str, path: str | None) -> None:
    """Write to stdout, or to ``path`` in one step, so that nobody ever reads half a snapshot."""
    if path is None or path == "-":
        sys.stdout.write(as_logged(text))
        return
    # Beside the file that a link leads to, with the rights that the umask gives: people read and share it.
    path = os.path.realpath(path)
    unfinished = f"{path}.{os.getpid()}.new"
    try:
        try:
            with open(unfinished, "x", encoding="utf-8", newline="\n") as file:
                file.write(text)
            os.replace(unfinished, path)
        except BaseException:
            with suppress(OSError):
                os.unlink(unfinished)
            raise
    except OSError as error:
        cause = f"it cannot be written ({error.strerror or error})"
        raise UnreadableFileError(path, cause, help_text="choose another place with -o") from error
