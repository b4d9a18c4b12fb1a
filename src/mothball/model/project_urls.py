"""Where mothball lives. One constant, so that a move is one line."""

from __future__ import annotations

PROJECT_URL = "https://mothball.example/"


def rule_url(rule: str) -> str:
    """Return the address of the page about ``rule``; `mothball rule NAME` shows the same page."""
    return f"{PROJECT_URL}rules/{rule}"
