"""The HTML form of a project page (PEP 503): the three metas of its head, and proof that it is a project page.

A scanner of our own rather than html.parser: that one is quadratic on crafted input in every Python before the
summer of 2025 (CVE-2025-6069), builds what is not needed here, and reads on where we can stop: at the first anchor of
a page that has said who it is. Linear in time: every search either consumes what it passes over or ends the scan.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from mothball.index.project_page import MAX_TEXT, PageFacts, another_project
from mothball.model.document import normalize_name
from mothball.model.errors import PageError
from mothball.model.records import NamedTuple

# The head must end and the page must have shown what it is within so many bytes; real pages need about a thousand.
_WINDOW = 256 * 1024

_VERSION, _STATUS, _REASON = "pypi:repository-version", "pypi:project-status", "pypi:project-status-reason"

# Elements that may stand in a head; the first other one is the body's, whether it says so or not (HTML, 13.2.6.4.4).
_HEAD_ELEMENTS = frozenset(
    ["base", "head", "html", "link", "meta", "noframes", "noscript", "script", "style", "template", "title"]
)
# End tags that close a head that nothing has closed yet.
_HEAD_ENDS = frozenset(["/head", "/body", "/html", "/br"])
# Elements whose content is no markup to us, with what closes them. Only a title's content is looked at.
_OPAQUE = {
    name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE)
    for name in ("script", "style", "title", "textarea", "template", "noscript", "noframes", "noembed", "iframe", "xmp")
}
_DISTRIBUTIONS = (".whl", ".tar.gz", ".zip", ".tar.bz2", ".tgz", ".tar.xz", ".tar", ".egg", ".exe", ".msi")

_TAG_NAME = re.compile(r"</?+([a-zA-Z][^\s/>]*+)")
_COMMENT_END = re.compile(r"--!?+>")
_ATTRIBUTE_NAME = re.compile(r"[\s/]*+(>|[^\s/>][^\s/>=]*+)")
_EQUALS = re.compile(r"\s*+=\s*+")
_ATTRIBUTE_VALUE = re.compile(r"\"([^\"]*+)\"|'([^']*+)'|([^\s>\"'][^\s>]*+|(?=>))")
_URL_PATH = re.compile(r"[^?#]*+")


class _Tag(NamedTuple):
    """A tag and where it ends. ``name`` is in lower case, with its slash in an end tag; ``text`` follows it."""

    name: str
    attributes: dict[str, str]
    end: int
    text: str = ""


def read_html(body: bytes, name: str) -> PageFacts:
    """Return what the HTML page ``body`` of the project ``name`` (normalised) says in its head.

    It is this project's page where a title or heading says "Links for NAME" or an anchor leads to a distribution of
    NAME, as in a listed folder. The API's metas prove no more than an API: the list of all projects has its version,
    and every project's page has a status. A status is believed without such proof only where nothing speaks against
    it, as on the bare page of a project without files.

    Raises PageError where none of this is found, where a title or heading names another project, where the page breaks
    off, or where it contradicts itself.
    """
    whole = len(body) <= _WINDOW
    text = (body if whole else body[: body.rfind(b">", 0, _WINDOW) + 1]).decode("utf-8", "replace")
    metas: dict[str, str] = {}
    in_head, proven, strange = True, False, False
    for tag in _tags(text):
        in_head = in_head and _keeps_head(tag)
        if in_head and tag.name == "meta":
            _note(metas, tag)
        elif tag.name == "a":
            own, others = _distribution(tag, name)
            proven, strange = proven or own, strange or others
        elif tag.name in ("title", "h1"):
            proven = _names_project(tag, name) or proven
        if proven and not in_head:
            break
    if in_head and not whole:
        raise PageError(f"the page has a head of more than {_WINDOW // 1024} KiB")
    if in_head and (proven or metas):
        # A connection that is closed early may end the text anywhere: what the rest of the head said is not known.
        raise PageError("the page breaks off in its head")
    if not proven and (strange or _STATUS not in metas):
        raise PageError("the page does not look like a project page: no title, heading or file in it is the project's")
    return PageFacts(metas.get(_VERSION), None, metas.get(_STATUS), metas.get(_REASON, ""))


def _keeps_head(tag: _Tag) -> bool:
    """Return whether a head is still one after ``tag``; other stray end tags mean nothing."""
    return tag.name not in _HEAD_ENDS if tag.name.startswith("/") else tag.name in _HEAD_ELEMENTS


def _note(metas: dict[str, str], tag: _Tag) -> None:
    """Keep what a meta of ours says; raise PageError where an earlier one said something else."""
    key = _unescape(tag.attributes.get("name", "")).lower()
    if key not in (_VERSION, _STATUS, _REASON):
        return
    content = _unescape(tag.attributes.get("content", ""))
    if metas.setdefault(key, content) != content:
        raise PageError(f"the page states {key} twice, and differently")


def _distribution(anchor: _Tag, name: str) -> tuple[bool, bool]:
    """Return whether ``anchor`` leads to a distribution of the project ``name``, and whether to one of another."""
    path = _URL_PATH.match(_unescape(anchor.attributes.get("href", "")))
    file = path[0].rpartition("/")[2].lower() if path else ""
    if not file.endswith(_DISTRIBUTIONS):
        return False, False
    own, _, rest = normalize_name(file).partition(f"{name}-")
    if own or not rest:
        return False, True
    # "foo-bar-1.0" is no version of "foo"; a version that does not begin with a number proves nothing either way.
    return rest.removeprefix("v")[:1].isdigit(), False


def _names_project(tag: _Tag, name: str) -> bool:
    """Return whether a title or heading says "Links for" ``name``; raise PageError where it names another project."""
    words = _unescape(tag.text).lower().partition("links for")[2].split()
    named = words[0].strip("\"'`:;,()") if words else ""
    if named and normalize_name(named) != name:
        raise another_project(named)
    return bool(named)


def _unescape(text: str) -> str:
    """Return ``text`` with its character references resolved, capped."""
    try:
        return html.unescape(text[: 4 * MAX_TEXT])[:MAX_TEXT]
    except ValueError as error:  # a numeric reference of thousands of digits
        raise PageError("the page has a character reference that is none") from error


def _tags(text: str) -> Iterator[_Tag]:
    """Yield the tags of ``text``; raise PageError where it breaks off within a tag, a comment or an opaque element."""
    position = text.find("<")
    while position != -1:
        end = _skipped(text, position)
        if end is None:
            tag = _tag(text, position)
            yield tag
            end = tag.end
        position = text.find("<", end)


def _skipped(text: str, start: int) -> int | None:
    """Return the end of what is no tag at the ``<`` at ``start``; None where it is one."""
    if text.startswith("<!--", start):
        # From two characters on, for HTML ends a comment at "<!-->" too.
        comment_end = _COMMENT_END.search(text, start + 2)
        if comment_end is None:
            raise _broken_off("a comment")
        return comment_end.end()
    if text.startswith(("<!", "<?"), start):
        end = text.find(">", start)
        if end == -1:
            raise _broken_off("a declaration")
        return end + 1
    return None if _TAG_NAME.match(text, start) else start + 1


def _tag(text: str, start: int) -> _Tag:
    """Return the tag at ``start``, with the text of an opaque element or a heading."""
    match = _TAG_NAME.match(text, start)
    assert match is not None  # noqa: S101 - _skipped has looked
    name = match[1].lower()
    attributes, end = _attributes(text, match.end())
    if text[start + 1] == "/":
        return _Tag(f"/{name}", attributes, end)
    if name in _OPAQUE:
        close = _OPAQUE[name].search(text, end)
        if close is None:
            raise _broken_off(f"<{name}>")
        return _Tag(name, attributes, _attributes(text, close.end())[1], text[end : close.start()])
    following = text.find("<", end) if name == "h1" else end
    return _Tag(name, attributes, end, text[end:following])


def _attributes(text: str, position: int) -> tuple[dict[str, str], int]:
    """Return a tag's attributes (the first of a name counts, as in HTML) and where the tag ends."""
    attributes: dict[str, str] = {}
    while (match := _ATTRIBUTE_NAME.match(text, position)) is not None:
        position = match.end()
        if match[1] == ">":
            return attributes, position
        value = ""
        equals = _EQUALS.match(text, position)
        if equals is not None:
            value_match = _ATTRIBUTE_VALUE.match(text, equals.end())
            if value_match is None:
                break
            value = value_match[1] or value_match[2] or value_match[3] or ""
            position = value_match.end()
        attributes.setdefault(match[1].lower(), value)
    raise _broken_off("a tag")


def _broken_off(where: str) -> PageError:
    """Return the error for a page that ends within ``where``."""
    return PageError(f"the page breaks off in the middle of {where}")
