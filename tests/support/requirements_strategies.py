"""Requirements for property tests: valid ones in many spellings, and invalid ones."""

from __future__ import annotations

from hypothesis import strategies as st

SPACE = st.sampled_from(["", "", "", " ", "\t", "  "])
NAMES = st.one_of(
    st.sampled_from(["requests", "Django", "zope.interface", "a", "0", "ruamel_yaml", "foo--bar", "A.b-C_d", "x1"]),
    st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,8}\Z"),
)
_RELEASES = st.sampled_from(["0", "1", "1.0", "2.31.0", "v1.2", "1!2.0", "2024.10.1", "V1!3"])
_SUFFIXES = st.sampled_from(
    [
        "",
        "",
        "",
        "a1",
        ".beta.2",
        "-rc",
        "c3",
        "preview4",
        "_pre_5",
        "alpha",
        "-1",
        ".post1",
        "rev2",
        "-r3",
        ".dev0",
        "DEV",
    ],
)
_TAILS = st.sampled_from(["", "", "", "", ".*", "+local", "+ubuntu-1.2_x"])
_OPERATORS = st.sampled_from(["==", "!=", "<=", ">=", "<", ">", "~=", "==="])


@st.composite
def clauses(draw: st.DrawFn) -> str:
    """Return an operator and a version; the pair may be invalid."""
    suffix = "".join(draw(st.lists(_SUFFIXES, max_size=3)))
    return draw(_OPERATORS) + draw(SPACE) + draw(_RELEASES) + suffix + draw(_TAILS)


@st.composite
def specifiers(draw: st.DrawFn) -> str:
    """Return some clauses, possibly in parentheses."""
    parts = [draw(SPACE) + clause + draw(SPACE) for clause in draw(st.lists(clauses(), max_size=3))]
    joined = ",".join(parts)
    return draw(st.sampled_from([joined, joined, f"({joined})"]))


_VARIABLES = st.sampled_from(
    [
        "python_version",
        "python_full_version",
        "os_name",
        "sys_platform",
        "platform_system",
        "platform_machine",
        "platform_python_implementation",
        "implementation_name",
        "extra",
        "os.name",
        "python_implementation",
        "no_variable",
    ]
)
_VALUES = st.sampled_from(["'3.8'", '"linux"', "''", '"it\'s"', r"'a\'b'", r'"\d"', "'é'", "unquoted"])
_COMPARISONS = st.sampled_from(["==", "!=", "<", ">=", "~=", "===", " in ", " not in ", " not  in ", "in", "="])


@st.composite
def _comparisons(draw: st.DrawFn) -> str:
    left, right = draw(st.sampled_from([(_VARIABLES, _VALUES), (_VALUES, _VARIABLES), (_VARIABLES, _VARIABLES)]))
    return draw(SPACE) + draw(left) + draw(SPACE) + draw(_COMPARISONS) + draw(SPACE) + draw(right) + draw(SPACE)


MARKERS: st.SearchStrategy[str] = st.recursive(
    _comparisons(),
    lambda inner: st.one_of(
        inner.map("({})".format),
        st.tuples(inner, st.sampled_from([" and ", " or ", "and", "or ", ")and("]), inner).map("".join),
    ),
    max_leaves=4,
)


@st.composite
def requirements(draw: st.DrawFn) -> str:
    """Return a text that resembles a requirement and mostly is one."""
    text = draw(SPACE) + draw(NAMES) + draw(SPACE)
    if draw(st.booleans()):
        extras = draw(st.lists(st.tuples(SPACE, NAMES, SPACE).map("".join), max_size=3))
        text += "[" + ",".join(extras) + "]" + draw(SPACE)
    if draw(st.integers(0, 4)) == 0:
        url = draw(st.sampled_from(["https://h.example/a.whl", "git+ssh://g@h/r#egg=x", "file:///a;b", "./a"]))
        text += "@" + draw(SPACE) + url + draw(SPACE)
    else:
        text += draw(specifiers()) + draw(SPACE)
    if draw(st.integers(0, 2)) == 0:
        text += ";" + draw(MARKERS)
    return text + draw(SPACE)


_NOISE = st.text(st.sampled_from(list("ab1._-+*[](){}<>=!~;,@#'\"\\/$: \t\n\r\x00é\u017f\u2028\u00a0")), max_size=3)


@st.composite
def broken_requirements(draw: st.DrawFn) -> str:
    """Return a requirement after a truncation, an insertion or a replacement."""
    text = draw(requirements())
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, min(len(text), start + 3)))
    return text[:start] + draw(_NOISE) + text[end:]


# --- whole files ------------------------------------------------------------------------------------------------------

_OPTION_LINES = st.sampled_from(
    [
        "-r other.txt",
        "-rother.txt",
        "--requirement=other.txt -c no.txt",
        "-c 'two words.txt'",
        "--constraint limits.txt --pre",
        "-i https://index.example/simple/",
        "--index-url=https://index.example/simple/ --extra-index-url https://more.example/simple/",
        "--no-index -f ./wheels --find-links more",
        "--index https://index.example/simple/",
        "--pre --prefer-binary",
        "--require-hashes --trusted-host h.example",
        "--require",
        "--no-such-option",
        "--no-index=1",
        "-r",
        "-r 'open",
        "-e ./missing",
        "-e git+https://git.example/a.git@v1#egg=name",
        "-e 'name @ git+https://git.example/a.git'",
        "a --hash=sha256:00 --hash=sha256:11",
        "a==1.0  --hash=md5:00",
        "a -r other.txt -i https://index.example/simple/",
        "a --config-settings x=1 -C y=2",
        "a --config-settings x",
        "a\t--hash=sha256:00",
        "-- -r other.txt",
        "- a",
        "stray -r",
    ]
)
_OTHER_LINES = st.sampled_from(
    [
        "",
        "   ",
        "# a comment",
        "  # via a, b",
        "a  # a comment \\",
        "# a comment \\",
        "https://files.example/a.zip",
        "https://files.example/a.zip#egg=name ; os_name == 'nt'",
        "git+https://git.example/a.git#egg=name&subdirectory=x",
        "./missing/a",
        "missing/a.tar.gz",
        "name @ https://files.example/a.zip ; os_name == 'nt'",
        "a;",
        "a ; ",
        "\\a\\",
        "\\",
    ]
)
_LINES = st.one_of(requirements(), requirements(), broken_requirements(), _OPTION_LINES, _OTHER_LINES)


@st.composite
def _files(draw: st.DrawFn) -> str:
    text = ""
    for line in draw(st.lists(_LINES, max_size=6)):
        broken = line
        if draw(st.integers(0, 3)) == 0:
            at = draw(st.integers(0, len(line)))
            broken = line[:at] + "\\" + draw(st.sampled_from(["\n", "\r\n", "\n  "])) + line[at:]
        text += broken + draw(st.sampled_from(["\n", "\n", "\r\n", "\r", "  # why\n", ""]))
    return text


FILES: st.SearchStrategy[str] = _files()
