"""Check Python dependencies for archived, deprecated and quarantined projects (PEP 792)."""

__version__ = "0.1.0"
# A placeholder until the project has a public website: it identifies schemas and requests, and is not shown to users.
PROJECT_URL = "https://mothball.example/"
