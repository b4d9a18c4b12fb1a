"""Read HTML project pages (PEP 503): meta elements of the head, files, and evidence that it is a project page.

html.parser is not used: it takes quadratic time on crafted input in all Python versions before mid-2025
(CVE-2025-6069), and cannot stop early, at the first anchor of a page that names its project. This scanner takes linear
time: every search either consumes the text that it scans or ends the scan.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from urllib.parse import unquote

from mothball.index.project_page import MAX_TEXT, ProjectPage, check_version, encode_files, file_line, wrong_project
from mothball.model.document import normalize_name
from mothball.model.errors import PageError
from mothball.model.records import NamedTuple

# The list of files of longer pages (in bytes) is not read.
_MAX_LISTED = 8 * 1024 * 1024
# The head and the evidence must be within this many bytes; real pages need about a thousand.
_WINDOW = 256 * 1024

_VERSION, _STATUS, _REASON = "pypi:repository-version", "pypi:project-status", "pypi:project-status-reason"

# Elements of a head; any other one starts the body implicitly (HTML, section 13.2.6.4.4).
_HEAD_ELEMENTS = frozenset(
    ["base", "head", "html", "link", "meta", "noframes", "noscript", "script", "style", "template", "title"]
)
# End tags that close an open head.
_HEAD_ENDS = frozenset(["/head", "/body", "/html", "/br"])
# Elements whose content is not parsed as markup, with their end tags. Only the content of titles is used.
_OPAQUE = {
    name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE)
    for name in ("script", "style", "title", "textarea", "template", "noscript", "noframes", "noembed", "iframe", "xmp")
}
_DISTRIBUTIONS = (".whl", ".tar.gz", ".zip", ".tar.bz2", ".tgz", ".tar.xz", ".tar", ".egg", ".exe", ".msi")

_TAG_NAME = re.compile(r"</?+([a-zA-Z][^\s/>]*+)")
_COMMENT_END = re.compile(r"--!?+>")
# The end of a tag, or an attribute: its name, and its value after an equals sign.
_ATTRIBUTE = re.compile(
    r"""[\s/]*+(?:(>)|([^\s/>][^\s/>=]*+)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s>"'][^\s>]*+|(?=>)))|(?!\s*+=)))"""
)
_URL_PATH = re.compile(r"[^?#]*+")
_BODY_START, _BODY_END = r"(?i)<(?:html|body)[\s>]", r"(?i)</(?:html|body)[\s>]"
# A comment, or the attributes of an anchor. Unclosed ones extend to the end, so that matching takes linear time.
_ANCHOR = re.compile(
    r"""<!--(?>.*?--!?+>|.*)|<a(?=[\s/])((?>(?:[^>"']++|"[^"]*+"|'[^']*+')*))(?:>|\Z)""", re.IGNORECASE | re.DOTALL
)
_ANCHOR_ATTRIBUTE = re.compile(
    r"""(?<=[\s/"'])(href|data-yanked)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++)))?""", re.IGNORECASE
)
_SHA256 = re.compile(r"(?:\A|&)sha256=([0-9a-fA-F]{64})(?![0-9a-fA-F])")


class _Tag(NamedTuple):
    """A tag and its end offset. ``name`` is in lower case, with the slash for end tags; ``text`` follows the tag."""

    name: str
    attributes: dict[str, str]
    end: int
    text: str = ""


def read_html(body: bytes, name: str) -> ProjectPage:
    """Return the HTML page ``body`` of the project ``name`` (normalized): the fields in its head, and its files.

    Evidence for a page of this project is a title or heading "Links for NAME", or an anchor to a distribution of NAME,
    as in a directory listing. The meta elements are no evidence, because the list of all projects and the pages of
    other projects have them as well. Without evidence, a status is only accepted if no file belongs to another project,
    as on the page of a project without files.

    Raises PageError without any of this, if a title or heading names another project, if the page is truncated or
    contradictory, or if its version is not supported.
    """
    whole = len(body) <= _WINDOW
    text = (body if whole else body[: body.rfind(b">", 0, _WINDOW) + 1]).decode("utf-8", "replace")
    metas: dict[str, str] = {}
    in_head, has_evidence, has_other_files = True, False, False
    for tag in _tags(text):
        # Other end tags are ignored.
        in_head = in_head and (tag.name not in _HEAD_ENDS if tag.name[0] == "/" else tag.name in _HEAD_ELEMENTS)
        if in_head and tag.name == "meta":
            _read_meta(metas, tag)
        elif tag.name == "a":
            is_own, is_other = _classify_file(tag, name)
            has_evidence, has_other_files = has_evidence or is_own, has_other_files or is_other
        elif tag.name in ("title", "h1"):
            has_evidence = _names_project(tag, name) or has_evidence
        if has_evidence and not in_head:
            break
    if in_head and not whole:
        raise PageError(f"the page has a head of more than {_WINDOW // 1024} KiB")
    if in_head and (has_evidence or metas):
        # The connection may have been closed early, and the rest of the head may contain a status.
        raise PageError("the page is truncated in its head")
    if not has_evidence and (has_other_files or _STATUS not in metas):
        raise PageError("the page is not a project page: no title, heading or file belongs to the project")
    check_version(metas.get(_VERSION))
    reason = metas.get(_REASON, "") if _STATUS in metas else ""
    return ProjectPage(metas.get(_STATUS), reason, files=_files(body))


def _files(body: bytes) -> str | None:
    """Return the list of files (see ``encode_files``), without upload times, which HTML does not have.

    None if the page is too long, or is truncated: then files may be missing.
    """
    if len(body) > _MAX_LISTED or body.rfind(b"<") > body.rfind(b">"):
        return None
    text = body.decode("utf-8", "replace")
    if re.search(_BODY_START, text) and not re.search(_BODY_END, text):
        return None
    anchors = (match[1] for match in _ANCHOR.finditer(text) if match[1])
    return encode_files([line for line in map(_file_line, anchors) if line])


def _file_line(attributes: str) -> str:
    """Return the line of the file that an anchor with ``attributes`` links to, empty without one.

    The name is the last segment of the path, the digest is in the fragment (PEP 503), and a yanked file has the
    attribute ``data-yanked``, whose value is the reason (PEP 592).
    """
    values: dict[str, str] = {}
    for match in _ANCHOR_ATTRIBUTE.finditer(f" {attributes}"):
        values.setdefault(match[1].lower(), match[2] or match[3] or match[4] or "")
    url, _, fragment = _unescape(values.get("href", "")).partition("#")
    name = unquote(url.partition("?")[0].rpartition("/")[2])
    if not name.lower().endswith(_DISTRIBUTIONS):
        return ""
    digest = _SHA256.search(fragment)
    yanked = values.get("data-yanked")
    return file_line(name, None, digest[1] if digest else None, None if yanked is None else _unescape(yanked))


def _read_meta(metas: dict[str, str], tag: _Tag) -> None:
    """Add a relevant meta element to ``metas``. Raises PageError if an earlier one has different content."""
    key = _unescape(tag.attributes.get("name", "")).lower()
    if key not in (_VERSION, _STATUS, _REASON):
        return
    content = _unescape(tag.attributes.get("content", ""))
    if metas.setdefault(key, content) != content:
        raise PageError(f"the page has two different values of {key}")


def _classify_file(anchor: _Tag, name: str) -> tuple[bool, bool]:
    """Return whether ``anchor`` links to a distribution of the project ``name``, and whether to one of another."""
    path = _URL_PATH.match(_unescape(anchor.attributes.get("href", "")))
    file = path[0].rpartition("/")[2].lower() if path else ""
    if not file.endswith(_DISTRIBUTIONS):
        return False, False
    prefix, _, version = normalize_name(file).partition(f"{name}-")
    if prefix or not version:
        return False, True
    # "foo-bar-1.0" is not a version of "foo"; without a number at the start, the file may belong to either project.
    return version.removeprefix("v")[:1].isdigit(), False


def _names_project(tag: _Tag, name: str) -> bool:
    """Return True if a title or heading is "Links for NAME". Raises PageError if it names another project."""
    words = _unescape(tag.text).lower().partition("links for")[2].split()
    project = words[0].strip("\"'`:;,()") if words else ""
    if project and normalize_name(project) != name:
        raise wrong_project(project)
    return bool(project)


def _unescape(text: str) -> str:
    """Resolve character references; the result is limited to ``MAX_TEXT`` code points."""
    try:
        return html.unescape(text[: 4 * MAX_TEXT])[:MAX_TEXT]
    except ValueError as error:  # a numeric reference of thousands of digits
        raise PageError("the page has an invalid character reference") from error


def _tags(text: str) -> Iterator[_Tag]:
    """Yield the tags of ``text``. Raises PageError if it ends within a tag, a comment or an opaque element."""
    position = text.find("<")
    while position != -1:
        if text.startswith("<!--", position):
            # The search starts after two characters, because "<!-->" is a complete comment in HTML.
            comment_end = _COMMENT_END.search(text, position + 2)
            if comment_end is None:
                raise _truncated("a comment")
            end = comment_end.end()
        elif text.startswith(("<!", "<?"), position):
            end = text.find(">", position) + 1
            if end == 0:
                raise _truncated("a declaration")
        elif (match := _TAG_NAME.match(text, position)) is not None:
            tag = _tag(text, match)
            yield tag
            end = tag.end
        else:  # a literal "<"
            end = position + 1
        position = text.find("<", end)


def _tag(text: str, match: re.Match[str]) -> _Tag:
    """Return the tag whose name is ``match``, with the text of an opaque element or a heading."""
    name = match[1].lower()
    attributes, end = _attributes(text, match.end())
    if match[0][1] == "/":
        return _Tag(f"/{name}", attributes, end)
    if name in _OPAQUE:
        close = _OPAQUE[name].search(text, end)
        if close is None:
            raise _truncated(f"<{name}>")
        return _Tag(name, attributes, _attributes(text, close.end())[1], text[end : close.start()])
    following = text.find("<", end) if name == "h1" else end
    return _Tag(name, attributes, end, text[end:following])


def _attributes(text: str, position: int) -> tuple[dict[str, str], int]:
    """Return the attributes of a tag (the first of each name, as in HTML) and the end offset of the tag."""
    attributes: dict[str, str] = {}
    while (match := _ATTRIBUTE.match(text, position)) is not None:
        position = match.end()
        if match[1]:
            return attributes, position
        attributes.setdefault(match[2].lower(), match[3] or match[4] or match[5] or "")
    raise _truncated("a tag")


def _truncated(where: str) -> PageError:
    return PageError(f"the page is truncated in {where}")
