"""The URLs of mothball's website."""

from __future__ import annotations

PROJECT_URL = "https://mothball.example/"


def rule_url(rule: str) -> str:
    """Return the URL of the page about ``rule``, which `mothball rule NAME` also prints."""
    return f"{PROJECT_URL}rules/{rule}"
