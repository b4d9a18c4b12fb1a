"""Check Python dependencies for archived, deprecated and quarantined projects (PEP 792)."""

__version__ = "0.1.0"
