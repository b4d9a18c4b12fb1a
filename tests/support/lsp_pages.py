"""Project pages for scripted indexes."""

from __future__ import annotations

import json

from tests.support.scripted_index import Reply

_JSON = "application/vnd.pypi.simple.v1+json"


def page(name: str, status: str | None = None, reason: str = "", *, delay: float = 0.0) -> Reply:
    """Return the page of a project that has version 1.0, with a status or without."""
    file = {"filename": f"{name}-1.0.tar.gz", "url": f"{name}-1.0.tar.gz", "hashes": {}}
    content: dict[str, object] = {"meta": {"api-version": "1.4"}, "name": name, "files": [file]}
    if status is not None:
        content["project-status"] = {"status": status, "reason": reason}
    return Reply(200, json.dumps(content).encode(), _JSON, delay=delay)
