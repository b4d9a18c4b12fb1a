"""Where people can read about a project: its page on the index that answered for it, and nowhere else. Pure."""

from __future__ import annotations

from urllib.parse import urlsplit

from mothball.config.project import DEFAULT_INDEX_HOSTS
from mothball.model.lookup import Lookup, NotStated, Source, Stated, Unrecognised


def project_page(name: str, lookup: Lookup) -> str | None:
    """Return the address of the page of the project ``name`` (normalised), None where there is none to show.

    Only an index that has the project is named: it has been told the name already. Links are https.
    """
    if not isinstance(lookup, Stated | NotStated | Unrecognised) or lookup.origin.source is Source.SNAPSHOT:
        return None
    index = lookup.origin.index_url
    try:
        parts = urlsplit(index)
    except ValueError:
        return None
    if parts.scheme != "https" or not parts.hostname or not index.isascii() or not index.isprintable():
        return None
    if parts.hostname in DEFAULT_INDEX_HOSTS:
        return f"https://{parts.hostname}/project/{name}/"
    # What would end a link in Markdown ends this one for us.
    return None if any(sign in index for sign in " <>()[]\"'`\\") else f"{index}{name}/"
