"""The fields of all JSON output: the tables in docs/json.md, and a check of real output against them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from mothball.check.inputs import NotJudged
from mothball.model.document import DependencyKind, SkipReason
from mothball.model.results import Cause, ProjectStatus, Rule, Severity, Source
from mothball.report.json import VERSION

_TYPES = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "object": dict,
    "array of objects": list,
    "array of strings": list,
}
# A value of a configuration file: a string, number, boolean, array or object.
_ANY = "any"
_REPORTED = [severity for severity in Severity if severity is not Severity.OFF]


class Field(NamedTuple):
    """A field, or several with one description.

    ``values`` are the possible values, if their number is limited. ``of`` is the kind of the object, or of the objects
    in the array: a key of ``OBJECTS``.
    """

    names: str
    type: str
    description: str
    values: Iterable[object] = ()
    null: bool = False
    of: str = ""


def _place(description: str, *, null: bool = False) -> tuple[Field, ...]:
    return (
        Field("path", "string", "the file", null=null),
        Field("line column end_line end_column", "integer", f"{description}; the end is exclusive", null=null),
    )


# Each object of the output, by its heading in the documentation.
OBJECTS: dict[str, tuple[Field, ...]] = {
    "report": (
        Field("version", "integer", "the version of this format", [VERSION]),
        Field("generated_at", "string", "when the report was made (UTC)"),
        Field("tool", "object", "the program that made it", of="tool"),
        Field("root", "string", "the absolute directory that relative paths start from"),
        Field(
            "revision",
            "string",
            "the checked commit (`--to-ref`), else that of HEAD, which uncommitted changes are based on",
            null=True,
        ),
        Field("summary", "object", "counts", of="summary"),
        Field("dependencies", "array of objects", "all dependencies", of="dependency"),
        Field("findings", "array of objects", "all broken rules, including suppressed findings", of="finding"),
        Field(
            "problems",
            "array of objects",
            "other problems, such as an invalid configuration or an unusable cache",
            of="problem",
        ),
        Field("unnamed", "array of objects", "entries without a name", of="unnamed"),
    ),
    "tool": (
        Field("name", "string", "`mothball`"),
        Field("version", "string", "its version"),
    ),
    "summary": (
        Field("files", "integer", "checked files"),
        Field("dependencies", "integer", "dependencies, including entries without a name"),
        Field("checked", "integer", "dependencies whose status is known: the lookup is `stated`"),
        Field("findings", "integer", "findings that are not suppressed"),
        Field("errors warnings", "integer", "findings of that severity that are not suppressed"),
        Field("ignored", "integer", "suppressed findings"),
        Field("skipped", "integer", "dependencies that were not looked up, including entries without a name"),
        Field("unverified", "integer", "dependencies whose lookup is `unavailable`"),
        Field("unresolvable", "integer", "dependencies whose name or index cannot be determined; not in `skipped`"),
        Field("not_stated", "integer", "dependencies whose lookup is `not-stated`"),
        Field("missing", "integer", "dependencies whose lookup is `missing`"),
        Field("unrecognized", "integer", "dependencies whose lookup is `unrecognized`"),
        Field("repinned", "integer", "changed versions of dependencies that were there before; not in `dependencies`"),
        Field("not_judged", "integer", "pinned versions that could not be judged"),
    ),
    "dependency": (
        *_place("the position of the name"),
        Field("name", "string", "the normalized name (PEP 503)"),
        Field("kind", "string", "what the entry is", DependencyKind),
        Field("section", "string", "`project.dependencies`, `dependency-groups.dev`, …", null=True),
        Field("specifier", "string", "the version specifier as written", null=True),
        Field("version", "string", "the locked version", null=True),
        Field("transitive", "boolean", "whether this is a transitive dependency"),
        Field("via", "array of strings", "the dependency path, shortened to twelve names and `…`"),
        Field("never_installed", "boolean", "whether the marker is false for every Python version of the project"),
        Field("not_judged", "string", "why the pinned version could not be judged", NotJudged, null=True),
        Field("lookup", "object", "the lookup result", of="lookup"),
    ),
    "lookup": (
        Field(
            "kind",
            "string",
            "the kind of result",
            ["stated", "not-stated", "unrecognized", "missing", "unavailable", "skipped"],
        ),
        Field("status", "string", "the status if `kind` is `stated`, the marker if it is `unrecognized`", null=True),
        Field("cause", "string", "why the lookup failed, if `kind` is `unavailable`", Cause, null=True),
        Field(
            "reason",
            "string",
            "the reason that the index states; for `unavailable` a detail; for `skipped` see below",
            null=True,
        ),
        Field("index", "string", "the URL of the queried index, without credentials", null=True),
        Field("checked_at", "string", "when the status was looked up (UTC)", null=True),
        Field("source", "string", "the origin of the result, `stale` for an expired cache entry", Source, null=True),
        Field(
            "authenticated",
            "boolean",
            "`false` if the user's `insecure-hosts` names the host, so that TLS is not verified",
            null=True,
        ),
    ),
    "finding": (
        Field("rule", "string", "the broken rule", Rule),
        Field("severity", "string", "the severity", _REPORTED),
        *_place("the position", null=True),
        Field("name", "string", "the normalized name", null=True),
        Field("version", "string", "the pinned version, if the rule is about it", null=True),
        Field("message", "string", "what is wrong"),
        Field("help", "string", "what to do", null=True),
        Field("successor", "string", "the replacement that the configuration names (`successors`)", null=True),
        Field("suppressed", "object", "the ignore that suppresses the finding", null=True, of="suppression"),
        Field("related_locations", "array of objects", "positions of the same dependency in lock files", of="position"),
    ),
    "suppression": (
        Field("kind", "string", "an ignore comment or an ignore entry", ["comment", "config"]),
        Field("reason", "string", "the reason of the ignore, possibly empty"),
    ),
    "position": _place("the position of the name"),
    "problem": (
        Field("severity", "string", "the severity", _REPORTED),
        Field("path", "string", "the file", null=True),
        Field("line column", "integer", "the position", null=True),
        Field("message", "string", "what is wrong"),
        Field("help", "string", "what to do", null=True),
    ),
    "unnamed": (
        *_place("the position of the entry"),
        Field("reason", "string", "one of the reasons of `skipped`"),
    ),
    "explanation": (
        Field("version", "integer", "the version of this format", [VERSION]),
        Field("name", "string", "the normalized name (PEP 503)"),
        Field(
            "entries", "array of objects", "dependencies that are looked up on the same indexes", of="explained entry"
        ),
    ),
    "explained entry": (
        Field("locations", "array of objects", "the dependencies; empty if the name is in no file", of="line"),
        Field("note", "string", "which indexes are shown for a name that is in no file", null=True),
        Field("indexes", "array of objects", "the queried indexes, in order", of="queried index"),
        Field("status_index", "string", "the index that is queried if these state no status", null=True),
        Field("reason", "string", "why the name is not looked up", null=True),
        Field("not_queried", "array of objects", "other indexes of the settings", of="passed-over index"),
    ),
    "line": (Field("path", "string", "the file"), Field("line", "integer", "the line of the name")),
    "queried index": (
        Field("url", "string", "the URL, without credentials"),
        Field("set_by", "string", "the setting: a variable, an option, or a key with file and line"),
        Field(
            "allowed",
            "boolean",
            "whether requests are sent; `false` for plain HTTP to a host that is not trusted, and for an invalid URL",
        ),
        Field("credentials", "array of objects", "where credentials are looked for, in order", of="credential source"),
        Field("authenticated", "boolean", "whether the index is authenticated by verified TLS"),
        Field("certificates", "string", "the setting of the certificate authorities; `null`: the system", null=True),
        Field("client_certificate", "string", "the setting of the client certificate", null=True),
        Field("proxy", "object", "the proxy", null=True, of="proxy"),
    ),
    "credential source": (
        Field("source", "string", "the kind of source or the variable, such as `index URL`, `netrc`, `keyring`"),
        Field("note", "string", "what was found there, or why it is not used"),
        Field("is_used", "boolean", "whether these credentials are sent"),
    ),
    "proxy": (
        Field("url", "string", "the URL, without credentials"),
        Field("set_by", "string", "its setting"),
    ),
    "passed-over index": (
        Field("url", "string", "the URL, without credentials", null=True),
        Field("set_by", "string", "its setting"),
        Field("reason", "string", "why it is not queried"),
    ),
    "effective configuration": (
        Field("version", "integer", "the version of this format", [VERSION]),
        Field("project_configuration", "string", "the file that applies to the current directory", null=True),
        Field("user_configuration", "string", "the user configuration file, which may not exist"),
        Field("cache", "string", "the cache directory"),
        Field("settings", "array of objects", "the effective settings, by key", of="setting"),
        Field("ignored", "array of objects", "settings that are not used", of="ignored setting"),
    ),
    "setting": (
        Field("key", "string", "the key, with the keys of its tables: `severity.archived`, `pip.cert`; or a variable"),
        Field("value", _ANY, "the value, without secrets"),
        Field("origin", "string", "`default`, `environment`, a variable or an option, or file and line"),
        Field("has_secret", "boolean", "whether a part of the value is not shown"),
    ),
    "ignored setting": (
        Field("setting", "string", "the setting: a variable, or a key with file and line"),
        Field("reason", "string", "why it is not used"),
    ),
}
# The values of a field that depend on the kind of the lookup result.
_BY_KIND = {"stated": ("status", ProjectStatus), "skipped": ("reason", SkipReason)}


def verify(document: Any, kind: str = "report") -> None:
    """Raise AssertionError unless an object has exactly the documented fields, types and values, in this order."""
    fields = {name: field for field in OBJECTS[kind] for name in field.names.split()}
    assert list(document) == list(fields), kind
    for name, value in document.items():
        field, place = fields[name], f"{kind}.{name}: {value!r}"
        assert (value is None and field.null) or field.type == _ANY or type(value) is _TYPES[field.type], place
        assert value is None or not field.values or value in list(field.values), place
        objects: list[Any] = value if isinstance(value, list) else [value]
        for nested in objects if field.of and value else ():
            verify(nested, field.of)
    if kind == "lookup" and document["kind"] in _BY_KIND:
        name, values = _BY_KIND[document["kind"]]
        assert document[name] in list(values), document
