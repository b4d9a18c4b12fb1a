from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mothball.formats import table
from mothball.formats.requirements.document import parse
from mothball.model.document import MAX_PROBLEMS, Dependency, DependencyKind, SkipReason, Span
from tests.support.requirements_strategies import FILES
from tests.support.samples import REQUIREMENTS as SAMPLE
from tests.support.spans import check_places
from tests.support.timing import least_seconds


def only_dependency(text: str) -> Dependency:
    document = parse(text)
    assert len(document.dependencies) == 1, document
    return document.dependencies[0]


def without_continuations(text: str) -> str:
    """Return ``text`` without continuations."""
    *continued, last = re.split(r"\r\n|\r|\n", text)
    return "".join(line.strip("\\") for line in continued) + last


def test_complete_sample() -> None:
    document = parse(SAMPLE)
    check_places(SAMPLE, document)
    assert document.format == "requirements"
    assert [
        (dependency.name, dependency.specifier, dependency.skip_reason) for dependency in document.dependencies
    ] == [
        ("django", ">= 4.2, < 5", None),
        ("requests", "==2.32.3", None),
        ("zope-interface", "==6.0", None),
        ("tool", "", SkipReason.EDITABLE),
        ("pkg", "", SkipReason.URL),
        ("private", "==${VERSION}", None),
        ("half", "", SkipReason.INCOMPLETE),
        ("quoted", "", SkipReason.INCOMPLETE),
        ("ours", "==1", None),
        ("theirs", "==2", None),
        ("last", "", None),
    ]
    assert [problem.span.slice(SAMPLE) for problem in document.problems] == [
        "[",
        '"quoted',
        "<<<<<<< HEAD",
        "\N{PARTY POPPER} oops",
    ]
    assert [(ignore.rules, ignore.reason) for ignore in document.ignores] == [
        (("deprecated",), "until spring"),
        (("archived",), ""),
    ]
    assert [(include.target, include.kind, include.span.slice(SAMPLE)) for include in document.includes] == [
        ("base.txt", DependencyKind.REQUIREMENT, "base.txt"),
        ("constraints/all of them.txt", DependencyKind.CONSTRAINT, "constraints/all of them.txt"),
    ]
    assert [(option.name, option.value, option.span.slice(SAMPLE)) for option in document.index_options] == [
        ("index-url", "https://index.example/simple/", "https://index.example/simple/"),
        ("extra-index-url", "https://more.example/simple/", "https://more.example/simple/"),
    ]


def test_parts_of_an_entry_have_spans() -> None:
    text = "\n  Django[argon2, bcrypt] >= 4.2, < 5 ; python_version >= '3.11' --hash=sha256:00  # why\n"
    dependency = only_dependency(text)
    assert dependency.name_span.slice(text) == "Django"
    assert dependency.extras == ("argon2", "bcrypt")
    assert dependency.specifier_span is not None
    assert dependency.specifier_span.slice(text) == dependency.specifier == ">= 4.2, < 5"
    assert dependency.marker == "python_version >= '3.11'"
    assert dependency.entry_span.slice(text) == "Django[argon2, bcrypt] >= 4.2, < 5 ; python_version >= '3.11'"
    assert dependency.kind is DependencyKind.REQUIREMENT


def test_entries_of_a_constraints_file_are_constraints() -> None:
    document = parse("a==1\nb @ https://files.example/b.zip", kind=DependencyKind.CONSTRAINT)
    assert [dependency.kind for dependency in document.dependencies] == [
        DependencyKind.CONSTRAINT,
        DependencyKind.CONSTRAINT,
    ]


def test_entry_span_includes_continuations() -> None:
    text = "  re\\\nquests \\\r\n  == \\\r  2.0\n"
    dependency = only_dependency(text)
    assert dependency.name == "requests"
    assert dependency.name_span.slice(text) == "re\\\nquests"
    assert dependency.specifier == "==   2.0"
    assert dependency.entry_span == Span(2, len(text) - 1)


def test_spans_count_code_points_with_any_line_ending() -> None:
    text = "# \N{PARTY POPPER}\r\na\r# \N{PARTY POPPER}\nb\n\x0cc\n"
    document = parse(text)
    assert [dependency.name_span.slice(text) for dependency in document.dependencies] == ["a", "b", "c"]
    assert not document.problems


@pytest.mark.parametrize("character", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028"])
def test_other_line_separators_do_not_end_a_line(character: str) -> None:
    document = parse(f"a{character}b\nc")
    assert [dependency.name for dependency in document.dependencies] == ["c"]
    assert len(document.problems) == 1


@pytest.mark.parametrize(
    "before", ["# a word", "b  # a word", "-e ./b", "./b", "b @ https://host.example/b", "-r b.txt"]
)
@pytest.mark.parametrize("character", ["\x0b", "\x0c ", " \x1c", "\x1d", "\x1e", "\x85\x0c", "\u2028", "\u2029"])
def test_line_that_only_pip_sees_is_a_problem(before: str, character: str) -> None:
    text = f"a\n{before}{character}old-lib==1\nc"
    (problem,) = parse(text).problems
    assert problem.span.slice(text).strip() == "old-lib==1"


@pytest.mark.parametrize(
    "text", ["# a\x0c\nb", "\x0c# a\x0c# b", "a \x0c", "\x0ca", "# a\x1fb", "# a\x0c\r\nb", "# a\x0c \rb"]
)
def test_form_feed_without_hidden_entry_is_accepted(text: str) -> None:
    assert not parse(text).problems


# --- rejected by pip --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("requests=", "requests"),
        ("requests[", "requests"),
        ("requests>", "requests"),
        ("requests>=", "requests"),
        ("requests ~", "requests"),
        ("requests @", "requests"),
        ("requests; python_", "requests"),
        ('"req', "req"),
    ],
)
def test_incomplete_entry_is_a_problem_and_its_name_is_skipped(line: str, name: str) -> None:
    text = f"first\n{line}\nlast"
    document = parse(text)
    assert [(dependency.name, dependency.skip_reason) for dependency in document.dependencies] == [
        ("first", None),
        (name, SkipReason.INCOMPLETE),
        ("last", None),
    ]
    (problem,) = document.problems
    assert text.index(line) <= problem.span.start < problem.span.end <= text.index("\nlast")
    assert document == parse(text)
    check_places(text, document)


@pytest.mark.parametrize("line", ["foo bar", "==1.0", "asdf 1.0", "naïve", "-", "?", "[tool.poetry]", "a==1 b"])
def test_rejected_entry_does_not_affect_other_entries(line: str) -> None:
    text = f"first\n{line}\nlast"
    document = parse(text)
    assert [dependency.name for dependency in document.dependencies if dependency.skip_reason is None] == [
        "first",
        "last",
    ]
    check_places(text, document)


def test_name_at_the_end_of_the_file_is_complete() -> None:
    dependency = only_dependency("reque")
    assert dependency.name == "reque"
    assert dependency.skip_reason is None


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("<<<<<<< HEAD\na\n=======\nb\n>>>>>>> other\n", [0]),
        ("<<<<<<< HEAD\na\n||||||| base\nc\n=======\nb\n>>>>>>> other\n", [0]),
        ("<<<<<<< A\n=======\n>>>>>>> B\n<<<<<<< C\n=======\n>>>>>>> D\n", [0, 28]),
        ("a\n=======\nb\n", [2]),
        ("a\n>>>>>>> other\nb\n", [2]),
        ("a \\\n<<<<<<< HEAD\n  --hash=sha256:1\n", [4]),
    ],
)
def test_merge_conflict_is_one_problem_without_names(text: str, places: list[int]) -> None:
    document = parse(text)
    assert [problem.span.start for problem in document.problems] == places
    assert {problem.message for problem in document.problems} == {"unresolved merge conflict"}
    assert {dependency.name for dependency in document.dependencies} <= {"a", "b", "c"}


@pytest.mark.parametrize("line", ["========", "<<<<<<<HEAD", " <<<<<<< HEAD", "<<<<<< HEAD"])
def test_other_rows_of_symbols_are_rejected_entries(line: str) -> None:
    (problem,) = parse(line).problems
    assert "not a valid requirement" in problem.message


# --- options ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "-r a.txt",
        "-ra.txt",
        "-r   a.txt",
        "--requirement a.txt",
        "--requirement=a.txt",
        "--requirem a.txt",
        "-r 'a.txt'",
        '-r"a.txt"',
        "-r a.\\\ntxt",
        "-r a.txt # x",
        "--pre -r a.txt",
        # pip uses one of several includes and ignores other options on the line.
        "-r a.txt -r b.txt",
        "-r a.txt -c b.txt",
        "-c b.txt -r a.txt",
        "-r a.txt -i https://index.example/simple/",
    ],
)
def test_included_requirements_file_has_its_span(line: str) -> None:
    document = parse(line)
    (include,) = document.includes
    assert (include.target, include.kind) == ("a.txt", DependencyKind.REQUIREMENT)
    assert without_continuations(include.span.slice(line)) == "a.txt"
    assert not document.problems
    assert not document.index_options


@pytest.mark.parametrize("line", ["-c a.txt", "-ca.txt", "--constraint a.txt", "--constraint=a.txt"])
def test_included_constraints_file_is_a_constraint(line: str) -> None:
    (include,) = parse(line).includes
    assert (include.target, include.kind) == ("a.txt", DependencyKind.CONSTRAINT)


@pytest.mark.parametrize(
    ("line", "rest"),
    [
        ("-r a.txt b.txt", "b.txt"),
        ("-r a.txt -r b.txt", "-r b.txt"),
        ("-c a.txt \t-c 'b.txt' # why", "-c 'b.txt'"),
        ("-r 'a.txt' \\\n  b.txt", "b.txt"),
        ("-r 'a b.txt'", None),
        ('--requirement="a.txt" # why', None),
    ],
)
def test_text_after_an_include_is_unresolvable(line: str, rest: str | None) -> None:
    document = parse(f"good\n{line}\n")
    found = [problem.span.slice(f"good\n{line}\n") for problem in document.unresolvable]
    assert found == ([rest] if rest else [])
    assert not document.problems


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("-i URL", [("index-url", "URL")]),
        ("-iURL", [("index-url", "URL")]),
        ("--index-url=URL", [("index-url", "URL")]),
        ("--index-url URL", [("index-url", "URL")]),
        ("--pypi-url URL", [("index-url", "URL")]),
        ("--extra-index-url URL", [("extra-index-url", "URL")]),
        ("--no-index", [("no-index", "")]),
        ("-f URL", [("find-links", "URL")]),
        ("--find-links=./wheels", [("find-links", "./wheels")]),
        ("--no-index -f ./wheels", [("no-index", ""), ("find-links", "./wheels")]),
        ("-i https://${USER}@index.example/", [("index-url", "https://${USER}@index.example/")]),
        ("-i A -i B", [("index-url", "A"), ("index-url", "B")]),
        ("--pre --prefer-binary --require-hashes --no-binary :all: --only-binary=x --trusted-host h", []),
        ("--use-feature fast-deps --no-require-hashes --all-releases x --only-final y --hash sha256:1", []),
        ("--global-option=x -C key=value --config-settings=a=b", []),
        ("-- -i URL", []),
        ("-i URL stray words", [("index-url", "URL")]),
        # pip ignores index options on a line with an entry.
        ("requests -i URL", []),
        ("-e . -i URL", []),
    ],
)
def test_index_options_are_returned(line: str, expected: list[tuple[str, str]]) -> None:
    document = parse(line)
    assert [(option.name, option.value) for option in document.index_options] == expected
    assert not document.problems
    for option in document.index_options:
        assert option.span.slice(line) == option.value or option.name == "no-index"


@pytest.mark.parametrize(
    ("line", "underlined", "message", "help_text"),
    [
        ("--index-ulr URL", "--index-ulr", "`--index-ulr` is not a valid option", "did you mean `--index-url`?"),
        ("--index-ulr=URL", "--index-ulr=URL", "`--index-ulr` is not a valid option", "did you mean `--index-url`?"),
        ("--re a.txt", "--re", "not a valid option", "did you mean"),
        ("--zzzzzz", "--zzzzzz", "not a valid option", "remove it"),
        ("-x", "-x", "`-x` is not a valid option", "remove it"),
        ("-r", "-r", "`-r` needs a value", "--requirement VALUE"),
        ("--requirement", "--requirement", "needs a value", "--requirement VALUE"),
        ("--requirement=", "--requirement=", "needs a file name", "write `--requirement FILE`"),
        ("-r ''", "''", "needs a file name", "write `--requirement FILE`"),
        ("--no-index=yes", "--no-index=yes", "does not take a value", "write `--no-index` without a value"),
        ('-r "a b', '"a b', "unclosed quote", "close the quote"),
        ("-r 'a b", "'a b", "unclosed quote", "close the quote"),
        ("-r a\\ # x", "\\", "trailing backslash", "remove the backslash"),
        ("a --hash=md5:00", "md5:00", "needs a sha256", "--hash=sha256:"),
        ("a --hash=00", "00", "needs a sha256", "--hash=sha256:"),
        ("a --config-settings x", "x", "a key and a value", "KEY=VALUE"),
        ("--first --second", "--first", "`--first` is not a valid option", "remove it"),
    ],
)
def test_rejected_option_is_a_problem_with_help(line: str, underlined: str, message: str, help_text: str) -> None:
    (problem,) = parse(line).problems
    assert problem.span.slice(line) == underlined
    assert message in problem.message
    assert help_text in problem.help


@pytest.mark.parametrize("line", ["--ind", "--extra-i", "-i", "--indxe-url https://i.example/", '--index-url "x'])
def test_incomplete_option_may_be_an_index_option(line: str) -> None:
    document = parse(f"a\n{line}\n")
    assert [option.name for option in document.index_options] == ["unknown"]
    assert [dependency.name for dependency in document.dependencies] == ["a"]
    assert len(document.problems) == 1


def test_invalid_option_hides_neither_entry_nor_later_index() -> None:
    assert only_dependency("requests==1 --wrong").skip_reason is None
    (option,) = parse("--wrong -i URL").index_options
    assert option.value == "URL"


def test_quotes_and_backslashes_in_options_follow_the_shell() -> None:
    text = r'''-i ht"tp"s://h/'a b'\ "c\"d\e"'''
    (option,) = parse(text).index_options
    assert option.value == r'https://h/a b c"d\e'
    assert option.span == Span(3, len(text) - 1)


# --- other sources ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "name", "reason"),
    [
        ("a @ https://files.example/a.zip", "a", "url"),
        ("a[x]@https://files.example/a.zip", "a", "url"),
        ("a @ https://files.example/a.zip;os_name=='nt'", "a", "url"),
        ("a @ file:///srv/a.zip", "a", "path"),
        ("a @ ./a.whl", "a", "path"),
        ("a @ git+https://git.example/a@v1", "a", "vcs"),
        ("a @ git+ssh://git@git.example/a.git ; os_name == 'nt'", "a", "vcs"),
        ("https://files.example/a.zip#egg=a", "a", "url"),
        ("https://files.example/a.zip#sha256=0&egg=a&subdirectory=b", "a", "url"),
        ("HTTP://files.example/a.zip#egg=a", "a", "url"),
        ("git+https://git.example/a#egg=a", "a", "vcs"),
        ("git+https://git.example/a#egg=a[extra] ; os_name == 'nt'", "a", "vcs"),
        ("git://git.example/a#egg=a", "a", "vcs"),
        ("hg+http://hg.example/a#egg=a==1.0", "a", "vcs"),
        ("file:./a#egg=a", "a", "path"),
        ("./a#egg=a", "a", "path"),
        ("-e git+https://git.example/a#egg=a", "a", "editable"),
        ("--editable=git+https://git.example/a#egg=a", "a", "editable"),
        ("-e ./a#egg=a", "a", "editable"),
        ("-e 'a @ git+https://git.example/a'", "a", "editable"),
        ('-e "a[x] @ git+https://git.example/a"', "a", "editable"),
        ("a${SPECIFIER_HERE} ", None, None),
        ("a ${SPECIFIER}", "a", "variable"),
        ("a @ https://${TOKEN}@files.example/a.zip", "a", "variable-reference"),
        ("git+https://${TOKEN}@git.example/a#egg=a", "a", "variable-reference"),
        ("git+https://git.example/a#egg=${NAME}", None, None),
        ("git+https://git.example/a#egg=a-${NAME}", None, None),
        ("a-${NAME}==1", None, None),
        ("a-${NAME}", None, None),
        ("${NAME}==1", None, None),
        ("${NAME}", None, None),
        ("${NAME} nonsense", None, None),
        ("https://${TOKEN}@files.example/a.zip", None, None),
        ("-e ${PLACE}", None, None),
        ("-e git+https://git.example/a#egg=${NAME}", None, None),
        ("https://files.example/a-1.0-py3-none-any.whl", None, None),
        ("git+https://git.example/a", None, None),
        ("ftp://files.example/a.zip", None, None),
        (".", None, None),
        ("..", None, None),
        (".[all,server]", None, None),
        ("./a", None, None),
        ("./a[x] ; os_name == 'nt'", None, None),
        ("/srv/a", None, None),
        ("~/a", None, None),
        ("sub/dir", None, None),
        ("sub\\dir", None, None),
        ("C:\\wheels\\a", None, None),
        ("a.whl", None, None),
        ("a-1.0.tar.gz", None, None),
        ("A-1.0.ZIP ; os_name == 'nt'", None, None),
        ("a.zip[x]", None, None),
        ("./a@1.zip", None, None),
        ("-e .", None, None),
        ("-e .[dev]", None, None),
        ("-e ../a", None, None),
    ],
)
def test_entries_from_other_sources_are_skipped(line: str, name: str | None, reason: str | None) -> None:
    text = f"first\n{line}  # why\nlast"
    document = parse(text)
    assert not document.problems
    between = document.dependencies[1:-1]
    assert [(dependency.name, dependency.skip_reason) for dependency in between] == (
        [(name, SkipReason(reason))] if name and reason else []
    )
    check_places(text, document)


@pytest.mark.parametrize("line", ["a==${VERSION}", "a[${EXTRA}]>=1", "a>=1 ; os_name == '${OS}'"])
def test_variable_outside_of_name_and_url_does_not_skip_the_entry(line: str) -> None:
    (dependency,) = parse(line).dependencies

    assert (dependency.name, dependency.skip_reason) == ("a", None)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("a==$VERSION", "a"),
        ("a==${lower}", "a"),
        ("a @ https://files.example/a.zip ; nonsense", "a"),
        ("https://files.example/a.zip#egg=a ; nonsense", "a"),
        ("./a ; nonsense", None),
        ("a @ ;x", "a"),
        ("foo:bar", None),
    ],
)
def test_similar_text_is_rejected(line: str, name: str | None) -> None:
    document = parse(line)
    assert len(document.problems) == 1
    assert [dependency.name for dependency in document.dependencies] == ([name] if name else [])
    assert all(dependency.skip_reason is not None for dependency in document.dependencies)


def test_invalid_marker_after_a_url_is_reported_as_a_marker() -> None:
    text = "https://files.example/a.zip ; nonsense"
    (problem,) = parse(text).problems
    assert problem.span.slice(text) == "nonsense"
    assert problem.message.startswith("`nonsense` is not a valid marker")


def test_empty_marker_is_accepted() -> None:
    dependency = only_dependency("a ;")
    assert (dependency.name, dependency.marker, dependency.skip_reason) == ("a", "", None)


def test_marker_of_a_url_is_kept() -> None:
    assert only_dependency("a @ https://files.example/a.zip;os_name=='nt'").marker == "os_name=='nt'"
    assert only_dependency("https://files.example/a.zip#egg=a ; os_name=='nt'").marker == "os_name=='nt'"


# --- comments ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "a  # mothball: ignore[archived] why",
        "# mothball: ignore[archived] why",
        "a \\\n  ==1  # mothball: ignore[archived] why",
        "a==1 \\\n  # mothball: ignore[archived] why",
        "a==1 \\\n  # mothball: ignore[archived] why\\\nb",
        "a==1 \\\n --hash=sha256:0  # mothball: ignore[archived] why\\\n --hash=sha256:1",
        "a\\\n\\ # mothball: ignore[archived] why\\\n",
        "    # via b  # mothball: ignore[archived] why\r\n",
    ],
)
def test_ignore_may_end_any_line(text: str) -> None:
    document = parse(text)
    (ignore,) = document.ignores
    assert (ignore.rules, ignore.reason.rstrip("\\")) == (("archived",), "why")
    assert ignore.span.slice(text).startswith("# mothball: ignore[archived] why")
    assert not document.problems


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("a\nb  # mothball: ignore[archived] why", "b  # mothball: ignore[archived] why"),
        ("a\n# mothball: ignore[archived] why\nb", "# mothball: ignore[archived] why"),
        ("a==1 \\\n --hash=x \\\n --hash=y  # mothball: ignore[archived] why\nb", None),
        ("a==1 \\\n # mothball: ignore[archived] why\nb", None),
    ],
)
def test_ignore_applies_to_its_whole_logical_line(text: str, about: str | None) -> None:
    (ignore,) = parse(text).ignores
    assert ignore.applies_to.slice(text) == (about or text.removesuffix("\nb"))


def test_hash_without_preceding_space_is_not_a_comment() -> None:
    document = parse("git+https://git.example/a#egg=a\na#mothball: ignore[archived]")
    assert not document.ignores
    assert document.dependencies[0].name == "a"
    assert len(document.problems) == 1


def test_invalid_directive_is_a_problem_with_its_span() -> None:
    text = "a=\nb  # mothball: ignore[archvied]\nc="
    problems = parse(text).problems
    assert [problem.span.slice(text) for problem in problems] == ["=", "# mothball: ignore[archvied]", "="]
    assert "did you mean `archived`" in problems[1].help


# --- hostile and incomplete text --------------------------------------------------------------------------------------


@given(FILES)
def test_spans_of_any_file_match_the_text(text: str) -> None:
    check_places(text, parse(text))


@given(st.text(max_size=80), st.text(st.sampled_from(list("ab=1-r\\\n\r\t #\"'[]{}$;@/<>!~.")), max_size=80))
def test_no_text_raises(anything: str, likely: str) -> None:
    for text in (anything, likely):
        check_places(text, parse(text))


UNITS: list[Any] = [
    "[",
    "{",
    '"',
    "\\",
    "x",
    "(",
    " ",
    "-",
    "/",
    "${A",
    "${A}",
    "#egg=",
    "a;",
    "a @ ",
    "\n",
    "\r",
    " #",
]


@pytest.mark.alone
@pytest.mark.parametrize(
    "unit", [*UNITS, "a\\\n", "\\\n", ' -"', "--hash='", "<<<<<<< \n", "# mothball: ignore[\n", ".zip"]
)
@pytest.mark.parametrize("before", ["", "x ", "-r "])
def test_parsing_takes_linear_time(unit: str, before: str) -> None:
    def cost(size: int) -> float:
        text = before + unit * (size // len(unit))
        return least_seconds(lambda: table.parse("requirements", text))

    # Ten times the text; quadratic time would be a hundred times as long.
    assert cost(200_000) < 50 * (cost(20_000) + 0.005)


@pytest.mark.parametrize("text", ["a[\n" * 300, "a\n" * 100_002])
def test_nothing_is_read_from_a_file_with_too_many_errors_or_entries(text: str) -> None:
    document = table.parse("requirements", text)
    assert document.dependencies == ()
    assert 0 < len(document.problems) <= MAX_PROBLEMS + 1


@pytest.mark.parametrize(
    ("line", "rest"),
    [
        ("- old-lib", "- old-lib"),
        ("-- old-lib", "-- old-lib"),
        ("--pre old-lib==1 x", "old-lib==1 x"),
        ("--no-index old-lib", "old-lib"),
        ("-i https://index.example/simple old-lib", "old-lib"),
        ("-e . old-lib", "old-lib"),
        ("good --hash=sha256:0 old-lib", "old-lib"),
        ("-", None),
        ("--pre", None),
        ("--pre --", None),
    ],
)
def test_text_that_pip_ignores_is_unresolvable(line: str, rest: str | None) -> None:
    text = f"{line}  # comment\n"
    found = [problem.span.slice(text) for problem in parse(text).unresolvable]
    assert found == ([rest] if rest else [])
