"""Add the hook to .pre-commit-config.yaml, or extend ``files``, the files that hook runners pass to it.

Comments and formatting are kept: only new characters are inserted. The events of the edited text are compared with
those of the old one, so that nothing else has changed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

import yaml

from mothball.edits.model import Edit, apply, end_of_line, newline_of
from mothball.formats.names import INCLUDE_SUFFIXES, INDEX_CONFIGURATIONS, PATTERNS
from mothball.formats.yaml.scan import read_yaml, yaml_loader
from mothball.model.document import LineIndex, Span
from mothball.model.errors import ConfigError
from mothball.model.records import NamedTuple
from mothball.model.sanitize import join_names, one_line

HOOK_ID = "mothball"
_ENTRY = "mothball check --added"
_REPOS = "repos"
_NOT_ONE_A_LINE = "the hook is not written with one key a line"
_BY_HAND = "extend its `files` by hand"
FULL_CHECK = "the hook runs a full check, so it does not reject added dependencies"
FULL_CHECK_HELP = "add `--added` to its `entry`, or remove `entry` and `args` if `repo` is the repository of mothball"
# In code points. Real configurations have a few kilobytes.
_MAX_LENGTH = 200_000
# What a scalar may contain without quotes.
_PLAIN = r"[A-Za-z/.~][A-Za-z0-9/.:@_~+-]*[A-Za-z0-9/]"
# The first and the last line of the expression of files; an alternative is on each line between them.
_FIRST, _LAST = "(?xsi)^(?:.*/)?(?:", ")$"


class HookSource(NamedTuple):
    """The repository of the hook, and its tag or commit. Without them, the hook runs the installed mothball."""

    repo: str = ""
    rev: str = ""


def hook_entry(source: HookSource, paths: Sequence[str]) -> str:
    """Return an item for ``repos``; the hook is also passed ``paths``, relative to the repository."""
    files = _files_lines(hook_files(paths), "    ")
    if source.repo:
        # Without `files`, those of the repository apply.
        lines = [
            f"- repo: {_scalar(source.repo)}",
            f"  rev: {_scalar(source.rev)}",
            "  hooks:",
            f"  - id: {HOOK_ID}",
            *(files if paths else ()),
        ]
    else:
        lines = [
            "- repo: local",
            "  hooks:",
            f"  - id: {HOOK_ID}",
            f"    name: {HOOK_ID}",
            f"    entry: {_ENTRY}",
            '    args: ["--"]  # last, so that no file name is parsed as an option',
            "    language: system  # the mothball on PATH",
            *files,
            "    types: []",
            "    types_or: [file, symlink]",
            "    require_serial: true",
            "    stages: [pre-commit, pre-merge-commit, manual]",
        ]
    return "".join(f"{line}\n" for line in lines)


def hook_entry_toml(source: HookSource, paths: Sequence[str]) -> str:
    """Return the tables of ``hook_entry`` for prek.toml."""
    repo = yaml.safe_load(hook_entry(source, paths))[0]
    (hook,) = repo.pop("hooks")
    tables = (("[[repos]]", repo), ("[[repos.hooks]]", hook))
    return "".join(
        f"{header}\n" + "".join(f"{key} = {_toml_value(value)}\n" for key, value in table.items())
        for header, table in tables
    )


def _toml_value(value: object) -> str:
    """Return a value as TOML: a literal string if it has several lines, else JSON, which TOML includes."""
    if isinstance(value, str) and "\n" in value and "'''" not in value:
        return f"'''\n{value}'''"
    # TOML, like YAML, has no escapes for surrogates.
    return json.dumps(value, ensure_ascii=False)


def add_hook(text: str, source: HookSource, paths: Sequence[str]) -> str:
    """Return the configuration ``text`` with the hook, which is passed ``paths`` beside the files of known names.

    ``text`` is returned unchanged if it has the hook and needs no change. Raises ConfigError if the hook must be added
    by hand, and with a help text if it is there and must be extended by hand.
    """
    _validate(text)
    root = _compose(text)
    hook = _hook(root)
    if hook is None:
        return _with_entry(text, root, hook_entry(source, paths).replace("\n", newline_of(text)))
    if runs_full_check(_text(hook, "entry"), _arguments(hook)):
        raise ConfigError(FULL_CHECK, help_text=FULL_CHECK_HELP)
    if not paths or _text(hook, "pass_filenames") == "false":
        return text
    files = _value(hook, "files")
    return _with_files(text, hook, paths) if files is None else _with_extended_files(text, hook, files, paths)


def runs_full_check(entry: str, arguments: Iterable[str]) -> bool:
    """Return True if a hook with ``entry`` and ``args`` runs mothball, but not for added dependencies only.

    What other commands do, such as a script, is not known.
    """
    command = " ".join((entry, *arguments))
    return bool(re.search(r"\bmothball\s+check\b", command)) and not re.search(r"--(?:added|since|from-ref)\b", command)


def _validate(text: str) -> None:
    if len(text) > _MAX_LENGTH:
        raise ConfigError(f"longer than {_MAX_LENGTH:,} characters")
    error = read_yaml(text).error
    if error is not None:
        line = LineIndex(text).position(min(error.offset, len(text.rstrip()))).line  # as `mothball check` does
        raise ConfigError(f"invalid YAML in line {line}: {one_line(error.message, 60)}")


# --- the expression of files -----------------------------------------------------------------------------------------


def hook_files(paths: Iterable[str] = ()) -> str:
    """Return the verbose regular expression in the hook's ``files``.

    It matches every name that mothball reads, every name that an include may lead to (any lock, too), the names of
    files that configure indexes, all in any case, and ``paths``, which are relative to the repository.
    """
    return _expression(map(_escaped, paths))


def extended_hook_files(expression: str, paths: Iterable[str]) -> str | None:
    """Return ``expression`` with ``paths``, None if this module did not write it, maybe in an earlier version."""
    first, *lines, last = expression.strip().split("\n") if "\n" in expression else ("", "")
    if (first, last) != (_FIRST, _LAST):
        return None
    present = (line.strip().removesuffix("|") for line in lines)
    return _expression((*present, *map(_escaped, paths)))


def unmatched(paths: Iterable[str]) -> list[str]:
    """Return those of ``paths`` that the expression of the hook does not match."""
    matches = re.compile(hook_files()).search
    return [path for path in paths if not matches(path)]


def _expression(more: Iterable[str]) -> str:
    names = [
        re.escape(name).replace(r"\*", "[^/]*")
        for pattern in PATTERNS
        for name in pattern.names
        if not name.endswith(INCLUDE_SUFFIXES)
    ]
    endings = "|".join(suffix.removeprefix(".") for suffix in INCLUDE_SUFFIXES)
    names += [*map(re.escape, INDEX_CONFIGURATIONS), rf"[^/]*\.(?:{endings})"]
    alternatives = "|\n".join(f"  {name}" for name in dict.fromkeys((*names, *more)))
    return f"{_FIRST}\n{alternatives}\n{_LAST}"


def _escaped(path: str) -> str:
    """Return an expression for ``path`` without line breaks and other characters that YAML does not permit."""
    return "".join(re.escape(character) if character.isprintable() else "." for character in path)


# --- a new entry ------------------------------------------------------------------------------------------------------


def _with_entry(text: str, root: yaml.Node | None, entry: str) -> str:
    """Return ``text`` with ``entry`` at the end of ``repos``. Raises ConfigError."""
    repos, newline = _value(root, _REPOS), newline_of(text)
    if repos is None:
        last_line_end = "" if not text or text.endswith(("\n", "\r")) else newline
        added = f"{_REPOS}:{newline}{entry}"
        edited = f"{text}{last_line_end}{added}"
    else:
        added, edited = entry, _appended(text, repos, entry.rstrip(), newline)
    is_inserted = _inserted_at(text, edited, added) is not None
    if not is_inserted or len(_items(_value(_compose(edited), _REPOS))) != len(_items(repos)) + 1:
        raise ConfigError("`repos` cannot be extended without changes of its other items")
    return edited


def _appended(text: str, repos: yaml.Node, entry: str, newline: str) -> str:
    """Return ``text`` with ``entry`` after the last item of ``repos``, in the column of the first one."""
    if not isinstance(repos, yaml.SequenceNode) or not repos.value:
        start = len(text[: repos.start_mark.index].rstrip(" "))
        return apply(text, [Edit(Span(start, repos.end_mark.index), f"{newline}{entry}")])
    first = repos.value[0].start_mark
    indent = re.match(r" *", text[first.index - first.column :])
    # Comments and blank lines after the last item belong to what follows.
    kept = text[: repos.end_mark.index].splitlines(keepends=True)
    while kept and (not kept[-1].strip() or kept[-1].lstrip().startswith("#")):
        kept.pop()
    position = len("".join(kept).rstrip("\r\n"))
    lines = [f"{indent[0] if indent else ''}{line}" for line in entry.splitlines()]
    return apply(text, [Edit(Span(position, position), newline + newline.join(lines))])


# --- an existing hook -------------------------------------------------------------------------------------------------


def _hook(root: yaml.Node | None) -> yaml.MappingNode | None:
    """Return the first hook that runs mothball for added dependencies, else the first that has its ID."""
    found: yaml.MappingNode | None = None
    for repo in _items(_value(root, _REPOS)):
        for hook in _items(_value(repo, "hooks")):
            is_ours = _text(hook, "id") == HOOK_ID or _text(hook, "entry").startswith(_ENTRY)
            if is_ours and isinstance(hook, yaml.MappingNode):
                if not runs_full_check(_text(hook, "entry"), _arguments(hook)):
                    return hook
                found = found or hook
    return found


def _arguments(hook: yaml.Node) -> list[str]:
    return [item.value for item in _items(_value(hook, "args")) if isinstance(item, yaml.ScalarNode)]


def _with_files(text: str, hook: yaml.MappingNode, paths: Sequence[str]) -> str:
    """Return ``text`` with ``files`` after the ``id`` of ``hook``. Raises ConfigError."""
    key, value = next(((key, value) for key, value in hook.value if key.value == "id"), (hook, hook))
    position, newline = end_of_line(text, value.end_mark.index), newline_of(text)
    lines = _files_lines(hook_files(paths), " " * key.start_mark.column)
    edited = apply(text, [Edit(Span(position, position), newline + newline.join(lines))])
    start = _inserted_at(text, edited, "\n".join(lines)) or 0
    if [value for value, *_ in _events(text)[max(start - 2, 0) : start]] != ["id", HOOK_ID]:
        raise ConfigError(_NOT_ONE_A_LINE, help_text=_BY_HAND)
    return edited


def _with_extended_files(text: str, hook: yaml.MappingNode, files: yaml.Node, paths: Sequence[str]) -> str:
    """Return ``text`` with ``paths`` in ``files``, the expression of ``hook``. Raises ConfigError."""
    before = _text(hook, "files")
    after = extended_hook_files(before, paths)
    if after is None:
        message = f"the hook has its own `files`, which must match {join_names(paths, 5)}"
        raise ConfigError(message, help_text=_BY_HAND)
    if after == before:
        return text
    key = next(key for key, value in hook.value if value is files)
    start = files.start_mark.index
    end = start + len(text[start : files.end_mark.index].rstrip())
    block = newline_of(text).join(_files_lines(after, " " * key.start_mark.column)).lstrip().removeprefix("files: ")
    edited = apply(text, [Edit(Span(start, end), block)])
    old, events = _events(text), _events(edited)
    changes = [pair for pair in zip(old, events, strict=False) if pair[0] != pair[1]]
    if len(old) != len(events) or [(one[0], other[0]) for one, other in changes] != [(before, after)]:
        raise ConfigError(_NOT_ONE_A_LINE, help_text=_BY_HAND)
    return edited


def _files_lines(expression: str, indent: str) -> list[str]:
    return [f"{indent}files: |-", *(f"{indent}  {line}" for line in expression.split("\n"))]


# --- YAML -------------------------------------------------------------------------------------------------------------


def _compose(text: str) -> yaml.Node | None:
    """Return the node of the only document. Raises ConfigError."""
    try:
        node: yaml.Node | None = yaml.compose(text, Loader=yaml_loader())
    except (yaml.YAMLError, RecursionError) as error:
        raise ConfigError("not one YAML document") from error
    if node is not None and not isinstance(node, yaml.MappingNode):
        raise ConfigError("not a YAML mapping")
    return node


def _events(text: str) -> list[tuple[str, ...]]:
    """Return value, anchor, tag and type of all events of a text within documents; none if it is invalid.

    Unlike a comparison of nodes, one of events takes linear time, whatever aliases the text has.
    """
    try:
        events = list(yaml.parse(text, Loader=yaml_loader()))
    except yaml.YAMLError:
        return []
    return [
        (*(getattr(event, name, None) or "" for name in ("value", "anchor", "tag")), type(event).__name__)
        for event in events
        if isinstance(event, yaml.NodeEvent | yaml.CollectionEndEvent)
    ]


def _inserted_at(text: str, edited: str, added: str) -> int | None:
    """Return where ``edited`` has the events of ``added`` beside those of ``text``; None if it has other differences.

    ``added`` is a collection, of which only the items are inserted if ``text`` has events.
    """
    old, events, new = _events(text), _events(edited), _events(added)
    start = next((at for at, pair in enumerate(zip(old, events, strict=False)) if pair[0] != pair[1]), 0)
    inserted = new[1:-1] if old else new
    return start if events == [*old[:start], *inserted, *old[start:]] else None


def _value(node: yaml.Node | None, key: str) -> yaml.Node | None:
    pairs: Iterable[tuple[yaml.Node, yaml.Node]] = node.value if isinstance(node, yaml.MappingNode) else ()
    return next((value for name, value in pairs if name.value == key), None)


def _text(node: yaml.Node, key: str) -> str:
    value = _value(node, key)
    return value.value if isinstance(value, yaml.ScalarNode) else ""


def _items(node: yaml.Node | None) -> list[yaml.Node]:
    return node.value if isinstance(node, yaml.SequenceNode) else []


def _scalar(text: str) -> str:
    return text if re.fullmatch(_PLAIN, text) and yaml.safe_load(text) == text else json.dumps(text, ensure_ascii=False)
