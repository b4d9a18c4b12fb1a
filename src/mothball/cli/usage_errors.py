"""Errors about arguments that the command line does not have, with what was probably meant."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Sequence

from mothball.model.errors import UsageError, closest, suggest
from mothball.model.sanitize import one_line


def unknown_command(argv: Sequence[str], commands: Iterable[str]) -> UsageError:
    """Return the error for ``argv``, which does not begin with one of ``commands``."""
    name = argv[0]
    if name.startswith("-"):
        command = next((argument for argument in argv if argument in commands), "")
        moved = [command, *(argument for argument in argv if argument != command)] if command else []
        help_text = f"options follow the command: `{one_line(' '.join(['mothball', *moved]), 200)}`"
        return UsageError(f"unknown option `{_shown(name)}`", help_text=help_text if command else _see("mothball"))
    if os.path.lexists(name):
        help_text = f"to check it: `mothball check {_shown(name)}`"
    else:
        match = closest(name, tuple(commands))
        help_text = f"did you mean `mothball {match}`?" if match else _see("mothball")
    return UsageError(f"unknown command `{_shown(name)}`", help_text=help_text)


def unknown_argument(
    argument: str, command: argparse.ArgumentParser, options: Iterable[str], formats: Iterable[str]
) -> UsageError:
    """Return the error for an ``argument`` of ``command``, which has ``options`` and the report ``formats``."""
    name, separator, value = argument.partition("=")
    if not argument.startswith("-"):
        return UsageError(f"unexpected argument `{_shown(argument)}`", help_text=_see(command.prog))
    known = [option.removeprefix("--") for option in options if option.startswith("--")]
    start = name.removeprefix("--")
    # An abbreviation is no option, because a new option could make it ambiguous.
    extended = [option for option in known if len(start) > 1 and option.startswith(start)]
    match = next(iter(extended), "") or closest(start, tuple(known))
    if start in formats:
        match, separator, value = "format", " ", start
    help_text = f"did you mean `--{one_line(f'{match}{separator}{value}', 100)}`?" if match else _see(command.prog)
    return UsageError(f"unknown option `{_shown(name)}` of `{command.prog}`", help_text=help_text)


def invalid_choice(argument: str, value: str, choices: tuple[str, ...]) -> UsageError:
    """Return the error for a ``value`` of ``argument``, which takes one of ``choices``."""
    return UsageError(f"invalid value `{_shown(value)}` for {argument}", help_text=suggest(value, choices))


def invalid_report_file(value: str, formats: tuple[str, ...]) -> UsageError:
    """Return the error for a ``value`` of --report that is not ``FORMAT=FILE``."""
    report_format, separator, path = value.partition("=")
    if separator and path:
        return invalid_choice("--report", report_format, formats)
    help_text = f"write it as FORMAT=FILE, where FORMAT is one of: {', '.join(formats)}"
    return UsageError(f"invalid value `{_shown(value)}` for --report", help_text=help_text)


def _shown(argument: str) -> str:
    return one_line(argument, 60)


def _see(program: str) -> str:
    return f"see `{program} --help`"
