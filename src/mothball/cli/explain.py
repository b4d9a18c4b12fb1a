"""The command ``mothball explain NAME``: which indexes a project is looked up on, and which settings decided that.

No requests are sent, and the keyring is not queried.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from mothball.check.inputs import ResolvedFile
from mothball.check.messages import SKIP_REASON_TEXT
from mothball.check.pipeline import parse_findings
from mothball.check.policy import exit_code
from mothball.cli.common import Setup, credential_settings, print_problems, read_paths
from mothball.formats.pep508 import parse_requirement
from mothball.index.credential_sources import credential_sources
from mothball.index.credentials import CredentialStore
from mothball.index.endpoint_access import EndpointAccess
from mothball.index.urls import endpoint_of, is_query_allowed
from mothball.model.document import Dependency, LineIndex, ParseProblem, Span
from mothball.model.errors import UsageError
from mothball.model.records import NamedTuple
from mothball.model.results import Severity, Skipped
from mothball.model.sanitize import base_url, one_line, strip_credentials
from mothball.report.json import VERSION, json_text
from mothball.routing.candidates import Candidate
from mothball.routing.route import DeclaredIndexes, Explanation, IndexRoute, Router

# Number of locations listed for dependencies with the same explanation.
_SHOWN_LOCATIONS = 5


class _Entry(NamedTuple):
    """An explanation and the locations it applies to, as ``PATH:LINE``.

    ``note`` says which indexes are shown for a name that is in no file. Without an explanation, the configuration is
    invalid.
    """

    explanation: Explanation | None
    locations: tuple[str, ...] = ()
    note: str = ""


def run(arguments: argparse.Namespace) -> int:
    """Print the explanation for a project and return 0, or 2 if a file could not be read.

    Raises UsageError if the name is not a project name.
    """
    name = _project_name(arguments.name)
    setup, discovered = read_paths(arguments)
    entries = [_Entry(found, tuple(at)) for found, at in _explanations(name, discovered.files).items()]
    entries = entries or [_default_entry(name, setup, discovered.files)]
    connections = _Connections(arguments, setup)
    if arguments.output == "json":
        document = {"version": VERSION, "name": name, "entries": [_entry_json(entry, connections) for entry in entries]}
        sys.stdout.write(json_text(document))
    else:
        lines = [line for entry in entries for line in _lines(name, entry, connections)]
        sys.stdout.write("\n".join(lines) + "\n")
    # A line that cannot be parsed may be the reason why a name is not looked up.
    unreadable = list(discovered.unreadable)
    for file in discovered.files:
        errors = parse_findings(file, LineIndex(file.text), setup.settings)
        unreadable += (error for error in errors if error.severity is not Severity.OFF)
    print_problems(unreadable, discovered.problems)
    return exit_code(unreadable, discovered.problems)


def _project_name(argument: str) -> str:
    """Return the normalized project name of ``argument``, a name or requirement. Raises UsageError if it is neither."""
    entry = parse_requirement(argument)
    if isinstance(entry, ParseProblem):
        raise UsageError(one_line(entry.message, 200), help_text=one_line(entry.help, 200))
    return entry.project


def _explanations(name: str, files: Sequence[ResolvedFile]) -> dict[Explanation, list[str]]:
    """Return the explanations for all dependencies on ``name``, each with the locations that it applies to."""
    explanations: dict[Explanation, list[str]] = {}
    for file in files:
        dependencies = [dependency for dependency in file.document.dependencies if dependency.name == name]
        if dependencies:
            router = file.router()
            lines = LineIndex(file.text)
            for dependency in dependencies:
                start = lines.location(file.path, dependency.name_span).start
                explanations.setdefault(router.explain(dependency), []).append(f"{file.path}:{start.line}")
    return explanations


def _default_entry(name: str, setup: Setup, files: Sequence[ResolvedFile]) -> _Entry:
    """Return the explanation for a name that is in no file: with the indexes of the first file that declares any."""
    dependency = Dependency(name, Span(0, 0), Span(0, 0))
    declaring_file = next((file for file in files if file.indexes.declares_any()), None)
    if declaring_file is not None:
        note = f"not found in any file; with the indexes of {declaring_file.path}:"
        return _Entry(declaring_file.router().explain(dependency), note=note)
    resolved_config = setup.config_of(os.getcwd())
    if resolved_config is None:
        return _Entry(None, note="not found in any file, and the configuration is invalid")
    router = Router(DeclaredIndexes("requirements"), resolved_config.network)
    return _Entry(router.explain(dependency), note="not found in any file; with the default indexes:")


class _Connections:
    """The user's settings that apply to the connection to an index."""

    def __init__(self, arguments: argparse.Namespace, setup: Setup) -> None:
        settings = credential_settings(arguments, setup.user)
        self._trusted_hosts = setup.user.trusted_hosts
        self._credentials = CredentialStore(settings)
        self._access = EndpointAccess(settings)

    def facts(self, url: str) -> dict[str, Any]:
        """Return the facts about the connection to the index ``url``, as in JSON; None where nothing is set."""
        endpoint = endpoint_of(url)
        if endpoint is None:
            keys = ("certificates", "client_certificate", "proxy")
            return {"allowed": False, "credentials": [], "authenticated": False, **dict.fromkeys(keys)}
        profile, proxy = self._access.tls_profile(endpoint), self._access.proxy(endpoint)
        certificate = profile.certificate
        return {
            "allowed": is_query_allowed(endpoint, self._trusted_hosts),
            "credentials": [source._asdict() for source in credential_sources(self._credentials, url)],
            "authenticated": profile.verified and endpoint.scheme == "https",
            "certificates": profile.authorities.set_by or None,
            "client_certificate": certificate.set_by if certificate and endpoint.scheme == "https" else None,
            "proxy": {"url": one_line(strip_credentials(proxy.text)), "set_by": proxy.set_by} if proxy else None,
        }


def _entry_json(entry: _Entry, connections: _Connections) -> dict[str, Any]:
    explanation = entry.explanation
    places = [location.rpartition(":") for location in entry.locations]
    document: dict[str, Any] = {
        "locations": [{"path": one_line(path, 1000), "line": int(line)} for path, _, line in places],
        "note": one_line(entry.note) or None,
        "indexes": [],
        "status_index": None,
        "reason": None,
        "not_queried": [],
    }
    if explanation is None:
        return document
    route = explanation.route
    if isinstance(route, IndexRoute):
        document["indexes"] = [
            {"url": one_line(index.url), "set_by": one_line(index.set_by), **connections.facts(index.url)}
            for index in route.indexes
        ]
        document["status_index"] = one_line(route.status_index) if route.status_index else None
    else:
        document["reason"] = _skip_reason(route, explanation.no_index_reason)
    document["not_queried"] = [
        {"url": address or None, "set_by": set_by, "reason": reason}
        for address, set_by, reason in _rejected(explanation)
    ]
    return document


def _lines(name: str, entry: _Entry, connections: _Connections) -> Iterator[str]:
    shown = [one_line(location, 200) for location in entry.locations[:_SHOWN_LOCATIONS]]
    hidden = len(entry.locations) - len(shown)
    yield f"{name}: {', '.join(shown) or one_line(entry.note)}{f' and {hidden} more' if hidden else ''}"
    if entry.explanation is None:
        return
    route = entry.explanation.route
    if isinstance(route, IndexRoute):
        for number, index in enumerate(route.indexes, start=1):
            yield from _index_lines(number, index, connections)
        if route.status_index is not None:
            yield f"  if these state no status: {one_line(route.status_index, 200)}  `status-index`"
    else:
        yield f"  not looked up: {_skip_reason(route, entry.explanation.no_index_reason)}"
    for address, set_by, reason in _rejected(entry.explanation):
        yield f"  not queried: {address or 'no URL'}  {set_by}: {reason}"


def _index_lines(number: int, index: Candidate, connections: _Connections) -> Iterator[str]:
    facts = connections.facts(index.url)
    yield f"  {number}. {one_line(index.url, 200)}  {one_line(index.set_by, 200)}"
    if not facts["allowed"]:
        is_valid = endpoint_of(index.url) is not None
        reason = "plain HTTP is only allowed for `trusted-hosts`" if is_valid else "the URL is invalid"
        yield f"     refused: {reason}"
        return
    if facts["credentials"]:
        none = "" if any(source["is_used"] for source in facts["credentials"]) else "none: "
        yield f"     credentials: {none}{'; '.join(source['note'] for source in facts['credentials'])}"
    if facts["proxy"]:
        yield f"     proxy: {facts['proxy']['url']}  {one_line(facts['proxy']['set_by'], 200)}"
    if facts["certificates"]:
        yield f"     certificate authorities: {one_line(facts['certificates'], 200)}"
    if facts["client_certificate"]:
        yield f"     client certificate: {one_line(facts['client_certificate'], 200)}"
    if index.url.startswith("https:") and not facts["authenticated"]:
        yield "     not authenticated: `insecure-hosts` names the host"


def _skip_reason(skipped: Skipped, no_index_reason: str) -> str:
    """Return why the name is not looked up."""
    return SKIP_REASON_TEXT[skipped.reason] + (f": {one_line(no_index_reason, 200)}" if no_index_reason else "")


def _rejected(explanation: Explanation) -> Iterator[tuple[str, str, str]]:
    """Yield URL, setting and reason of the indexes that are not queried, sanitized; the URL may be empty."""
    for candidate, reason in explanation.rejected:
        address = one_line(base_url(candidate.url), 200) if candidate.url else ""
        yield address, one_line(candidate.set_by, 200), one_line(reason, 200)
