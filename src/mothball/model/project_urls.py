"""The URL of mothball's website."""

from __future__ import annotations

# A placeholder until the project has a public website: it identifies schemas and requests, and is not shown to users.
PROJECT_URL = "https://mothball.example/"
