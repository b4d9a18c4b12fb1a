"""mothball knows which of your dependencies their maintainers have put away (PEP 792)."""

__version__ = "0.1.0"
