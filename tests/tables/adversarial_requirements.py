# ruff: noqa: E501 - one way a line
# fmt: off
"""Ways to add an archived project in requirements files: entries, options, encodings, names of files, includes."""

from __future__ import annotations

from tests.support.added import OFFLINE, STATUSES, lines
from tests.support.adversarial import Files, Link, Outcome, Way
from tests.support.project import snapshot_text
from tests.tables.added import GENERATED

REQUIREMENTS: list[Way] = []

_HASH = "0" * 64


def way(
    title: str,
    change: Files,
    outcome: Outcome = Outcome.REJECTED,
    *,
    base: Files | None = None,
    ci: Outcome | None = None,
    place: str = "",
    remedy: str = "",
) -> None:
    """Append a way with one commit. ``place`` is the first changed path by default."""
    before = base if base is not None else {"requirements.txt": lines("good-a")}
    REQUIREMENTS.append(Way(title, before, (change,), outcome, ci or outcome, place or next(iter(change)), remedy=remedy))


def entry(title: str, text: str | bytes, outcome: Outcome = Outcome.REJECTED) -> None:
    """Append a way that adds ``text`` to requirements.txt."""
    way(title, {"requirements.txt": b"good-a\n" + (text if isinstance(text, bytes) else text.encode())}, outcome)


# --- entries ----------------------------------------------------------------------------------------------------------

entry("a bare name", "old-a\n")
entry("a pinned name", "old-a==1.0\n")
entry("an arbitrary equality pin", "old-a===1.0\n")
entry("a range", "old-a>=1,<2\n")
entry("a compatible release", "old-a~=1.0\n")
entry("an exclusion", "old-a!=1.0\n")
entry("a name in capitals", "OLD-A\n")
entry("a name with an underscore", "old_a\n")
entry("a name with a dot", "Old.a\n")
entry("a name with several separators", "old-_.-a\n")
entry("a version in parentheses", "old-a (>=1.0)\n")
entry("spaces around the operator", "old-a   ==   1.0\n")
entry("tabs before the name", "\t\told-a\n")
entry("a form feed before the name", "\x0cold-a\n")
entry("a no-break space after the name", "old-a\u00a0\n")
entry("an ideographic space before the name", "\u3000old-a\n")
entry("a vertical tab before the name", "\x0bold-a\n")
entry("an extra", "old-a[tls]\n")
entry("an empty list of extras", "old-a[]\n")
entry("a marker that is true", "old-a; python_version >= '3'\n")
entry("a marker that is false here", "old-a; sys_platform == 'win32'\n")
entry("a marker that is false for every Python, without requires-python", "old-a; python_version < '3'\n")
entry("a marker without a space before the semicolon", "old-a;python_version>='3'\n")
entry("a marker in parentheses with two operands", "old-a; (os_name == 'posix' or os_name != 'posix')\n")
entry("a hash", f"old-a==1.0 --hash=sha256:{_HASH}\n")
entry("a hash on a continued line", f"old-a==1.0 \\\n    --hash=sha256:{_HASH}\n")
entry("a name broken by a continued line", "old-\\\na\n")
entry("a continued line at the end of the file", "old-a \\")
entry("a continued line before the name", "\\\nold-a\n")
entry("a comment line that ends with a backslash before the name", "# see below \\\nold-a\n")
entry("a comment that ends with a backslash, after another entry", "good-b # see below \\\nold-a\n", Outcome.UNRESOLVABLE)
entry("a comment that ends with a backslash, before a line with a backslash only", "good-b # see below \\\n \\\n old-a==1.0\n", Outcome.UNRESOLVABLE)
entry("a comment that ends with a backslash, on a continued line", "good-b \\\n --hash=sha256:00 # x \\\nold-a\n", Outcome.UNRESOLVABLE)
entry("a comment directly after the name", "old-a #old\n")
entry("a number sign without a space after the name", "old-a#egg\n", Outcome.UNREADABLE)
entry("no line end", "old-a")
entry("an option of the entry", "old-a --no-binary=old-a\n")
entry("--config-settings of the entry", 'old-a --config-settings="a=b"\n')
entry("--global-option of the entry", "old-a --global-option=--quiet\n")
entry("--only-binary for all, before it", "--only-binary :all:\nold-a\n")
entry("two names on one line", "good-b old-a\n", Outcome.UNREADABLE)
entry("two names with a comma", "good-b, old-a\n", Outcome.UNREADABLE)
entry("two names with a semicolon", "good-b; old-a\n", Outcome.UNREADABLE)
entry("a name in quotation marks", "'old-a'\n", Outcome.UNREADABLE)
entry("a name as in a list of TOML", '"old-a",\n', Outcome.UNREADABLE)
entry("one equals sign", "old-a=1.0\n", Outcome.UNREADABLE)
entry("a wheel that lies in the repository", "./old_a-1.0-py3-none-any.whl\n", Outcome.SKIPPED)
entry("a variable as the name", "${OLD}\n", Outcome.UNRESOLVABLE)
entry("a variable before the name", "${EMPTY}old-a\n", Outcome.UNRESOLVABLE)
entry("a variable after the name", "old-a${EMPTY}\n", Outcome.UNRESOLVABLE)
entry("a variable in the version", "old-a==${VERSION}\n")
entry("a variable in an extra", "old-a[${EXTRA}]\n")
entry("a variable in a marker", "old-a; python_version > '${V}'\n")
entry("a variable in an include", "-r ${FILE}.txt\n", Outcome.UNREADABLE)
entry("a variable in an index", "--index-url https://${HOST}/simple/\nold-a\n", Outcome.UNRESOLVABLE)
entry("another index", "--index-url https://other.example/simple/\nold-a\n", Outcome.REJECTED)
entry("another extra index", "--extra-index-url https://other.example/simple/\nold-a\n", Outcome.REJECTED)
entry("an index with a user name", "-i https://user@index.example/simple/\nold-a\n")
entry("--no-index with local files", "--no-index\n--find-links ./wheels\nold-a\n", Outcome.UNRESOLVABLE)
entry("--find-links beside the index", "--find-links ./wheels\nold-a\n")
entry("--pre before it", "--pre\nold-a\n")
entry("--trusted-host before it", "--trusted-host index.example\nold-a\n")
entry("an option that pip does not know before it", "--frobnicate\nold-a\n", Outcome.UNREADABLE)
entry("an archived project in a URL requirement", "old-a @ https://code.example/old-a.whl\n", Outcome.SKIPPED)
entry("an archived project from git", "old-a @ git+https://code.example/old-a\n", Outcome.SKIPPED)
entry("a bare URL of a wheel", "https://code.example/old_a-1.0-py3-none-any.whl\n", Outcome.SKIPPED)
entry("a bare git URL with the name", "git+https://code.example/old-a#egg=old-a\n", Outcome.SKIPPED)
entry("an editable git URL with the name", "-e git+https://code.example/old-a#egg=old-a\n", Outcome.SKIPPED)
entry("an editable path that is not there", "-e ./old-a\n", Outcome.SKIPPED)
entry("an egg fragment on a bare name", "old-a#egg=good-b\n", Outcome.UNREADABLE)
entry("-e with a name", "-e old-a\n", Outcome.SKIPPED)
entry("a direct reference to a variable", "old-a @ ${WHERE}\n", Outcome.SKIPPED)
entry("a direct reference to nothing", "old-a @\n", Outcome.UNREADABLE)
entry("an ignore without a reason", "old-a  # mothball: ignore[archived]\n")
entry("an ignore with the placeholder", "old-a  # mothball: ignore[archived] WHY\n")
entry("an ignore with a reason of spaces and dots", "old-a  # mothball: ignore[archived]  ...\n")
entry("an ignore of another rule", "old-a  # mothball: ignore[deprecated] because\n")
entry("an ignore of all rules", "old-a  # mothball: ignore because\n", outcome=Outcome.UNREADABLE)
entry("an ignore on the line above", "# mothball: ignore[archived] because\nold-a\n")
entry("an ignore in another tool's syntax", "old-a  # noqa\n")

# --- encodings --------------------------------------------------------------------------------------------------------

entry("CRLF line ends", "good-b\r\nold-a\r\n")
entry("CR line ends", "good-b\rold-a\r")
entry("a line separator (U+2028) between names", "good-b\u2028old-a\n", outcome=Outcome.UNREADABLE)
entry("a next-line character (U+0085) between names", "good-b\u0085old-a\n", outcome=Outcome.UNREADABLE)
entry("a file separator (U+001C) between names", "good-b\x1cold-a\n", outcome=Outcome.UNREADABLE)
entry("a line separator after a comment", "# notes\u2028old-a\n", outcome=Outcome.UNREADABLE)
entry("a CR after a comment", "# notes\rold-a\n")
entry("a form feed after a comment", "# notes\x0cold-a\n", outcome=Outcome.UNREADABLE)
entry("a vertical tab after a comment", "# notes\x0bold-a\n", outcome=Outcome.UNREADABLE)
entry("a NUL byte after the name", b"old-a\x00\n", Outcome.UNREADABLE)
entry("a NUL byte in the name", b"old-\x00a\n", Outcome.UNREADABLE)
entry("a zero-width space in the name", "old-\u200ba\n", Outcome.UNREADABLE)
entry("a soft hyphen as separator", "old\u00ada\n", Outcome.UNREADABLE)
entry("a non-breaking hyphen as separator", "old\u2011a\n", Outcome.UNREADABLE)
entry("a Cyrillic letter in the name", "\u043eld-a\n", Outcome.UNREADABLE)
entry("full-width letters", "\uff4f\uff4c\uff44-a\n", Outcome.UNREADABLE)
entry("a Kelvin sign", "old-\u212a\n", Outcome.UNREADABLE)
entry("a right-to-left override before the name", "\u202eold-a\n", Outcome.UNREADABLE)
entry("a byte-order mark in the middle", "\ufeffold-a\n", Outcome.UNREADABLE)
entry("Latin-1 in a comment before it", b"# caf\xe9\nold-a\n", outcome=Outcome.UNREADABLE)
entry("a coding declaration", b"# -*- coding: latin-1 -*-\n# caf\xe9\nold-a\n")
entry("a coding declaration of UTF-7", b"# -*- coding: utf-7 -*-\n+AG8-ld-a\n", Outcome.REJECTED)
for _title, _data in {
    "UTF-8 with a byte-order mark": "old-a\n".encode("utf-8-sig"),
    "UTF-16 with a byte-order mark": "old-a\n".encode("utf-16"),
    "big-endian UTF-16 with a byte-order mark": b"\xfe\xff" + "old-a\n".encode("utf-16-be"),
    "UTF-32 with a byte-order mark": "old-a\n".encode("utf-32"),
}.items():
    way(_title, {"requirements.txt": _data})
way("UTF-16 without a byte-order mark", {"requirements.txt": "old-a\n".encode("utf-16-le")}, Outcome.UNREADABLE)
way("EBCDIC", {"requirements.txt": "old-a\n".encode("cp037")}, Outcome.UNREADABLE)
way("compressed with gzip", {"requirements.txt": b"\x1f\x8b\x08\x00" + b"\x00" * 20}, Outcome.UNREADABLE)
way("a file of more than the size limit", {"requirements.txt": "#" * (33 << 20) + "\nold-a\n"}, Outcome.UNREADABLE)

# --- conflict markers, generators -------------------------------------------------------------------------------------

entry("conflict markers", "<<<<<<< ours\nold-a\n=======\ngood-b\n>>>>>>> theirs\n", Outcome.UNREADABLE)
for _header in GENERATED:
    entry(f"the header {_header.removeprefix('# ')!r} without a graph", f"{_header}\nold-a==1.0\n")
way(
    "a generator's header, and a dependency path that no manifest starts",
    {"requirements.txt": f"{GENERATED[0]}\ngood-a==1.0\nold-a==1.0\n    # via good-b\n"},
)
way(
    "a generator's header that says `via good-a`, in a new file beside requirements.in",
    {
        "requirements.txt": f"{GENERATED[0]}\ngood-a==1.0\n    # via -r requirements.in\nold-a==1.0\n    # via good-a\n",
        "requirements.in": "good-a\n",
    },
    Outcome.WARNING,
    base={},
)
way("a generator's header in a text of another name", {"pins.txt": f"{GENERATED[0]}\nold-a==1.0\n"})
way("a generator's header after 3000 characters", {"pins.txt": f"# {'x' * 3000}\n{GENERATED[0]}\nold-a==1.0\n"}, Outcome.WARNING)

# --- names of files ---------------------------------------------------------------------------------------------------

for _name in (
    "dev-requirements.txt", "requirements-dev.in", "requirements.pip", "Requirements.TXT", "requirements_dev.reqs",
    "requirements.lock", "requirement.txt", "reqs.txt", "deps.txt", "dependencies.txt", "overrides.txt",
    "requirements/a/b/c.txt", "requirements/base.in", "a b/requirements.txt", "\u00fc/requirements.txt",
    "d\n/requirements.txt", "--exit-zero/requirements.txt", ":(top)/requirements.txt", "-r/requirements.txt",
    "a/../requirements.txt".replace("/..", "/..."), ".github/requirements.txt", ".requirements.txt",
    "tests/data/requirements.txt", "templates/requirements.txt", "{{cookiecutter.x}}/requirements.txt",
    "examples/requirements.txt", "docs/requirements.txt", "vendor/requirements.txt", "requirements.txt/requirements.txt",
    "REQUIREMENTS/X.TXT", "my.requirements.v2.txt",
):  # fmt: skip
    way(f"a new file {_name!r}", {_name: lines("old-a")}, base={})
for _name in ("build/requirements.txt", "dist/requirements.txt", ".venv/requirements.txt", "node_modules/x/requirements.txt"):
    way(f"a new file {_name!r}", {_name: lines("old-a")}, base={})
way("a new file 'constraints.txt'", {"constraints.txt": lines("old-a")}, Outcome.WARNING, base={})
way("a new file 'constraints-requirements.txt'", {"constraints-requirements.txt": lines("old-a")}, base={})
way("a new file 'constraints/base.txt'", {"constraints/base.txt": lines("old-a")}, Outcome.WARNING, base={})
way(
    "a requirements file in a directory of constraints",
    {"constraints/requirements.txt": lines("old-a")},
    base={},
)
way("a text of versions with another name", {"pins.txt": lines("old-a==1.0", "good-a==1.0")}, Outcome.WARNING, base={})
way(
    "bare words in a text of another name",
    {"names.txt": lines("old-a", "good-a")},
    Outcome.PASSED,
    base={},
    remedy="include it with `-r`, name it `requirements.txt`, or add it to `[tool.mothball.files]`",
)
way(
    "a text without a suffix that a Dockerfile installs",
    {"pydeps": lines("old-a"), "Dockerfile": "RUN pip install -r pydeps\n"},
    Outcome.NOT_STARTED,
    base={},
    ci=Outcome.PASSED,
    remedy="call it `requirements.txt`",
)
way("prose that is called requirements.txt", {"requirements.txt": "Install old-a first.\n"}, Outcome.UNREADABLE, base={})
way("a name among prose in system-requirements.txt", {"system-requirements.txt": "Linux kernel\nold-a\n"}, Outcome.UNREADABLE, base={})
way("an entry among placeholders in a template", {"template/requirements.txt": "{{ x }}\nold-a\n"}, Outcome.NOTE, base={})
way(
    "an entry among invalid test data",
    {"tests/data/requirements.txt": "old-a\n???\n"},
    Outcome.NOTE,
    base={},
)

# --- includes ---------------------------------------------------------------------------------------------------------

_WITH_INCLUDE = {"requirements.txt": "-r base.txt\n", "base.txt": lines("good-a")}
way("a new include of a new text", {"requirements.txt": "-r base.txt\n", "base.txt": lines("old-a")}, place="base.txt")
way(
    "a new include of an existing text",
    {"requirements.txt": "-r base.txt\n"},
    base={"requirements.txt": "", "base.txt": lines("old-a")},
    place="base.txt",
)
way("a new name in an included text", {"base.txt": lines("good-a", "old-a")}, base=_WITH_INCLUDE)
way("--requirement=FILE", {"requirements.txt": "--requirement=base.txt\n", "base.txt": "old-a\n"}, place="base.txt")
way("--requirement FILE", {"requirements.txt": "--requirement base.txt\n", "base.txt": "old-a\n"}, place="base.txt")
way("-rFILE", {"requirements.txt": "-rbase.txt\n", "base.txt": "old-a\n"}, place="base.txt")
way("-r with a quoted file name", {"requirements.txt": '-r "base file.txt"\n', "base file.txt": "old-a\n"}, place="base file.txt")
way(
    "-r with an escaped space",
    {"requirements.txt": "-r base\\ file.txt\n", "base file.txt": "old-a\n"},
    place="base file.txt",
)
way("two includes on one line", {"requirements.txt": "-r a.txt -r b.txt\n", "a.txt": "", "b.txt": "old-a\n"}, place="requirements.txt", outcome=Outcome.UNRESOLVABLE)
way("an include with a comment", {"requirements.txt": "-r a.txt # base\n", "a.txt": "old-a\n"}, place="a.txt")
way("an include of a file URL", {"requirements.txt": "-r file:base.txt\n", "base.txt": "old-a\n"}, Outcome.UNREADABLE)
way("an include of a URL", {"requirements.txt": "-r https://code.example/r.txt\n"}, Outcome.UNREADABLE)
way("an include of a missing file", {"requirements.txt": "-r gone.txt\n"}, Outcome.UNREADABLE)
way("an include of a file outside the repository", {"requirements.txt": "-r ../../outside.txt\n"}, Outcome.UNREADABLE)
way("an include by an absolute path", {"requirements.txt": "-r /etc/requirements.txt\n"}, Outcome.UNREADABLE)
way("an include of itself with an entry", {"requirements.txt": "-r requirements.txt\nold-a\n"})
way(
    "a circle of includes",
    {"requirements.txt": "-r a.txt\n", "a.txt": "-r b.txt\n", "b.txt": "-r a.txt\nold-a\n"},
    place="b.txt",
)
way(
    "a chain of 40 includes",
    {
        "requirements.txt": "-r 0.txt\n",
        **{f"{i}.txt": f"-r {i + 1}.txt\n" for i in range(40)},
        "40.txt": "old-a\n",
    },
    place="40.txt",
)
way("an include of a text with any suffix", {"requirements.txt": "-r deps.list\n", "deps.list": "old-a\n"}, place="deps.list")
way("an include of a Markdown file", {"requirements.txt": "-r deps.md\n", "deps.md": "old-a\n"}, Outcome.UNREADABLE)
way("an include of a program", {"requirements.txt": "-r deps.py\n", "deps.py": "old-a\n"}, Outcome.UNREADABLE)
way("an include through a link", {"requirements.txt": "-r l.txt\n", "l.txt": Link("x"), "x": "old-a\n"}, place="x")
way("an include with `..` that stays inside", {"a/requirements.txt": "-r ../b/x.txt\n", "b/x.txt": "old-a\n"}, place="b/x.txt")
way("an include with a backslash", {"requirements.txt": "-r a\\\\b.txt\n", "a/b.txt": "old-a\n"}, Outcome.UNREADABLE)
way("an include in another case", {"requirements.txt": "-r BASE.txt\n", "base.txt": "old-a\n"}, Outcome.UNREADABLE)
way(
    "a new name in an included text that hook runners do not pass",
    {"deps.list": lines("good-a", "old-a")},
    Outcome.NOT_STARTED,
    base={"requirements.txt": "-r deps.list\n", "deps.list": lines("good-a")},
    ci=Outcome.REJECTED,
    remedy="rename the text, or add it to `files` of the hook; the change that adds the include is warned",
)
way("constraints that are included", {"requirements.txt": "-r constraints.txt\n", "constraints.txt": "old-a\n"}, place="constraints.txt")
way(
    "constraints that become requirements",
    {"requirements.txt": "-r limits.txt\n"},
    base={"requirements.txt": "-c limits.txt\n", "limits.txt": "old-a\n"},
    place="limits.txt",
)
way(
    "a file that is both required and a constraint",
    {"requirements.txt": "-c limits.txt\n-r limits.txt\n", "limits.txt": "old-a\n"},
    place="limits.txt",
)
way(
    "an include in a constraints file that is required elsewhere",
    {"requirements.txt": "-r a.txt\n", "a.txt": "-c b.txt\n-r b.txt\n", "b.txt": "old-a\n"},
    place="b.txt",
)
way(
    "a constraint on a name that is not required",
    {"requirements.txt": "good-a\n-c limits.txt\n", "limits.txt": "old-a\n"},
    Outcome.WARNING,
    place="limits.txt",
)
way("constraints at a URL, and an archived name", {"requirements.txt": "-c https://code.example/c.txt\nold-a\n"})

# --- links ------------------------------------------------------------------------------------------------------------

way("a link to a text", {"requirements.txt": Link("deps.data"), "deps.data": lines("old-a")}, base={})
way("a chain of links", {"requirements.txt": Link("a"), "a": Link("b"), "b": lines("old-a")}, base={})
way("a link out of the repository", {"requirements.txt": Link("../../x.txt")}, Outcome.UNRESOLVABLE, base={})
way("a link by an absolute path", {"requirements.txt": Link("/etc/requirements.txt")}, Outcome.UNRESOLVABLE, base={})
way("a link to nothing", {"requirements.txt": Link("nowhere")}, Outcome.UNRESOLVABLE, base={})
way("a link to itself", {"requirements.txt": Link("requirements.txt")}, Outcome.UNRESOLVABLE, base={})
way("a link of another format to a requirements file", {"deps.in": Link("x.data"), "x.data": lines("old-a")}, Outcome.REJECTED, base={})
way(
    "a link to a directory with a requirements file",
    {"app": Link("parts"), "parts/requirements.txt": lines("old-a")},
    base={},
    place="parts/requirements.txt",
)
way("a link with a name of an option", {"--strict-requirements.txt": Link("x"), "x": lines("old-a")}, base={})
way(
    "the target of an existing link, under a name that hook runners do not pass",
    {"deps.data": lines("good-a", "old-a")},
    Outcome.NOT_STARTED,
    base={"requirements.txt": Link("deps.data"), "deps.data": lines("good-a")},
    ci=Outcome.REJECTED,
    place="requirements.txt",
    remedy="link to a file with a name that hook runners pass, or add the target to `files` of the hook",
)

# --- configuration of mothball and of installers ----------------------------------------------------------------------

_ADDED = {"requirements.txt": lines("good-a", "old-a")}


def configured(title: str, text: str, outcome: Outcome = Outcome.REJECTED, *, remedy: str = "", place: str = "") -> None:
    """Append a way that also changes mothball.toml."""
    way(title, {**_ADDED, "mothball.toml": text}, outcome, remedy=remedy, place=place)


configured("an ignore without a reason in the configuration", f'{OFFLINE}[ignore]\nold-a = {{ rules = ["archived"] }}\n')
configured("an ignore with a placeholder in the configuration", f'{OFFLINE}[ignore]\nold-a = {{ rules = ["archived"], reason = "WHY" }}\n')
configured("an expired ignore in the configuration", f'{OFFLINE}[ignore]\nold-a = {{ rules = ["archived"], reason = "x", until = 2020-01-01 }}\n')
configured("an ignore of a pattern", f'{OFFLINE}[ignore]\n"old-*" = {{ rules = ["archived"], reason = "x" }}\n', Outcome.UNREADABLE, place="mothball.toml")
configured("a key that does not exist", f"{OFFLINE}allow = ['old-a']\n", Outcome.UNREADABLE, place="mothball.toml")
configured("a configuration that does not parse", "= x\n", Outcome.UNREADABLE, place="mothball.toml")
configured("a snapshot that is not there", OFFLINE.replace("statuses", "nowhere"), Outcome.UNREADABLE, place="nowhere.json")
configured("a snapshot outside the repository", OFFLINE.replace("statuses", "../../x"), Outcome.UNREADABLE, place="requirements.txt")
configured("no snapshot, offline", OFFLINE.replace("snapshot", "#"), Outcome.UNVERIFIED, place="requirements.txt")
configured("another index in the configuration", OFFLINE.replace("index.example", "other.example"), Outcome.REJECTED, place="requirements.txt")
configured("an index on loopback", 'index-url = "http://127.0.0.1:9/simple/"\n', Outcome.UNVERIFIED, place="requirements.txt")
configured("the severity `off`", f'{OFFLINE}[severity]\narchived = "off"\n', Outcome.PASSED, remedy="`mothball check --policy base`", place="mothball.toml")
way("the snapshot without the status, offline", {**_ADDED, "statuses.json": snapshot_text({**STATUSES, "old-a": "active"})}, Outcome.PASSED, remedy="`mothball check --policy base`", place="statuses.json")
configured("the severity `warning`", f'{OFFLINE}[severity]\narchived = "warning"\n', Outcome.WARNING, place="requirements.txt")
configured("the file in `exclude`", f'exclude = ["requirements.txt"]\n{OFFLINE}', Outcome.PASSED, remedy="`mothball check --policy base`", place="mothball.toml")
configured("a `private` pattern that matches it", f'private = ["old-*"]\n{OFFLINE}', Outcome.REJECTED, place="requirements.txt")
configured("an ignore with a reason", f'{OFFLINE}[ignore]\nold-a = {{ rules = ["archived"], reason = "x" }}\n', Outcome.NOTE, place="requirements.txt")
configured('`statuses = "none"` for the index', f'{OFFLINE}[indexes."https://index.example/simple/"]\nstatuses = "none"\n')
for _format in ("setup-cfg", "script", "conda-env", "pre-commit", "setup-py"):
    configured(f"the format {_format} for the file", f'{OFFLINE}[files]\n"requirements.txt" = "{_format}"\n')
way("a nested configuration with the format script for its files", {"a/requirements.txt": "# /// script\n# dependencies = ['good-a']\n# ///\nold-a\n", "a/mothball.toml": '[files]\n"*.txt" = "script"\n'})
way("a nested configuration that ignores it", {"a/mothball.toml": '[ignore]\nold-a = { rules = ["archived"] }\n', "a/requirements.txt": "old-a\n"}, place="a/requirements.txt")
way("a uv.toml with another index", {**_ADDED, "uv.toml": 'index-url = "https://other.example/simple/"\n'}, Outcome.REJECTED)
way("a uv.toml that does not parse", {**_ADDED, "uv.toml": "= x\n"}, Outcome.UNRESOLVABLE, place="requirements.txt")
way("a pip.conf in the repository", {**_ADDED, "pip.conf": "[global]\nindex-url = https://other.example/simple/\n"})
way("unquoted spaces in a file name, as uv reads it", {"requirements.txt": "-r a.txt b.txt\n", "a.txt": "good-a\n", "a.txt b.txt": "old-a\n"}, Outcome.UNRESOLVABLE)
way("a number sign in a file name", {"requirements.txt": "-r a.txt#x\n", "a.txt#x": "old-a\n"}, place="a.txt#x")
way("a tilde as the name of a directory", {"requirements.txt": "-r ~/a.txt\n", "~/a.txt": "old-a\n"}, place="~/a.txt")
