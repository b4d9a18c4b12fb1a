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
from mothball.cli.common import Setup, print_problems, read_paths
from mothball.config.project import UserConfig
from mothball.discovery.discover import DiscoveryResult
from mothball.formats.pep508 import parse_requirement
from mothball.index.credential_sources import credential_sources
from mothball.index.credentials import CredentialStore
from mothball.index.endpoint_access import EndpointAccess
from mothball.index.urls import endpoint_of, is_query_allowed
from mothball.model.document import Dependency, LineIndex, ParseProblem, SkipReason, Span
from mothball.model.errors import UsageError
from mothball.model.results import Severity, Skipped
from mothball.model.sanitize import base_url, one_line, strip_credentials
from mothball.report.json import VERSION, json_text
from mothball.routing.route import DeclaredIndexes, Explanation, IndexRoute, Router

# Number of locations listed for dependencies with the same explanation.
_SHOWN_LOCATIONS = 5
# A path as displayed, and a line.
_Location = tuple[str, int]


def run(arguments: argparse.Namespace) -> int:
    """Print the explanation for a project and return 0, or 2 if a file could not be read. Raises UsageError."""
    name = _project_name(arguments.name)
    setup, discovered = read_paths(arguments)
    if not arguments.paths and not discovered.files:  # the default indexes are explained
        discovered = DiscoveryResult((), discovered.unreadable, tuple(setup.config_resolver.problems))
    explanations = _explanations(name, discovered.files)
    connections = _Connections(setup.user)
    entries = [_entry(found, connections, locations=at) for found, at in explanations.items()]
    if not entries:
        explanation, note = _default_explanation(name, setup, discovered.files)
        entries = [_entry(explanation, connections, note=f"not found in any file{note}")]
    if arguments.output == "json":
        sys.stdout.write(json_text({"version": VERSION, "name": name, "entries": entries}))
    else:
        sys.stdout.write("".join(f"{line}\n" for entry in entries for line in _lines(name, entry)))
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
    return entry.name


def _explanations(name: str, files: Sequence[ResolvedFile]) -> dict[Explanation, list[_Location]]:
    """Return the explanations for all dependencies on ``name``, each with the locations that it applies to."""
    explanations: dict[Explanation, list[_Location]] = {}
    for file in files:
        dependencies = [dependency for dependency in file.document.dependencies if dependency.name == name]
        if dependencies:
            router = file.router()
            lines = LineIndex(file.text)
            for dependency in dependencies:
                location = file.path, lines.number(dependency.name_span.start)
                explanations.setdefault(router.explain(dependency), []).append(location)
    return explanations


def _default_explanation(name: str, setup: Setup, files: Sequence[ResolvedFile]) -> tuple[Explanation | None, str]:
    """Return the explanation for a name that is in no file: with the indexes of the first file that declares any.

    Return also which indexes these are. There is no explanation if the configuration is invalid.
    """
    dependency = Dependency(name, Span(0, 0), Span(0, 0))
    declaring_file = next((file for file in files if file.indexes.declares_any()), None)
    if declaring_file is not None:
        return declaring_file.router().explain(dependency), f"; with the indexes of {declaring_file.path}:"
    resolved_config = setup.config_of(os.getcwd())
    if resolved_config is None:
        return None, ", and the configuration is invalid"
    router = Router(DeclaredIndexes("requirements"), resolved_config.network)
    return router.explain(dependency), "; with the default indexes:"


class _Connections:
    """The user's settings that apply to the connection to an index."""

    def __init__(self, user: UserConfig) -> None:
        self._trusted_hosts = user.trusted_hosts
        self._credentials = CredentialStore(user.credentials)
        self._access = EndpointAccess(user.credentials)

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


def _entry(
    explanation: Explanation | None, connections: _Connections, locations: Sequence[_Location] = (), note: str = ""
) -> dict[str, Any]:
    """Return an entry for JSON, from which the text is derived; docs/json.md describes it.

    ``note`` says which indexes are shown for a name that is in no file.
    """
    route = explanation.route if explanation else None
    indexes = route.indexes if isinstance(route, IndexRoute) else ()
    status_index = route.status_index if isinstance(route, IndexRoute) else None
    return {
        "locations": [{"path": one_line(path, 1000), "line": line} for path, line in locations],
        "note": one_line(note) or None,
        "indexes": [
            {"url": one_line(index.url), "set_by": one_line(index.set_by), **connections.facts(index.url)}
            for index in indexes
        ],
        "status_index": one_line(status_index) if status_index else None,
        "reason": _skip_reason(route, explanation) if explanation and isinstance(route, Skipped) else None,
        "not_queried": [
            {
                "url": one_line(base_url(candidate.url), 200) if candidate.url else None,
                "set_by": one_line(candidate.set_by, 200),
                "reason": one_line(reason, 200),
            }
            for candidate, reason in (explanation.rejected if explanation else ())
        ],
    }


def _skip_reason(skipped: Skipped, explanation: Explanation) -> str:
    """Return why the name is not looked up."""
    details = one_line(explanation.no_index_reason, 200)
    if skipped.reason is SkipReason.CONSENT:  # the details are a sentence of their own
        return details
    return SKIP_REASON_TEXT[skipped.reason] + (f": {details}" if details else "")


def _lines(name: str, entry: dict[str, Any]) -> Iterator[str]:
    locations = entry["locations"]
    shown = ", ".join(one_line(f"{at['path']}:{at['line']}", 200) for at in locations[:_SHOWN_LOCATIONS])
    hidden = f" and {len(locations) - _SHOWN_LOCATIONS} more" if len(locations) > _SHOWN_LOCATIONS else ""
    yield f"{name}: {shown or entry['note']}{hidden}"
    for number, index in enumerate(entry["indexes"], start=1):
        yield f"  {number}. {one_line(index['url'], 200)}  {one_line(index['set_by'], 200)}"
        yield from (f"     {line}" for line in _connection_lines(index))
    if entry["status_index"]:
        yield f"  if these state no status: {one_line(entry['status_index'], 200)}  `status-index`"
    if entry["reason"]:
        yield f"  not looked up: {entry['reason']}"
    for index in entry["not_queried"]:
        yield f"  not queried: {index['url'] or 'no URL'}  {index['set_by']}: {index['reason']}"


def _connection_lines(index: dict[str, Any]) -> Iterator[str]:
    if not index["allowed"]:
        is_valid = bool(index["credentials"])  # for an invalid URL, none are looked for
        yield f"refused: {'plain HTTP is only allowed for `trusted-hosts`' if is_valid else 'the URL is invalid'}"
        return
    if index["credentials"]:
        none = "" if any(source["is_used"] for source in index["credentials"]) else "none: "
        yield f"credentials: {none}{'; '.join(source['note'] for source in index['credentials'])}"
    if index["proxy"]:
        yield f"proxy: {index['proxy']['url']}  {one_line(index['proxy']['set_by'], 200)}"
    if index["certificates"]:
        yield f"certificate authorities: {one_line(index['certificates'], 200)}"
    if index["client_certificate"]:
        yield f"client certificate: {one_line(index['client_certificate'], 200)}"
    if index["url"].startswith("https:") and not index["authenticated"]:
        yield "not authenticated: `insecure-hosts` names the host"
