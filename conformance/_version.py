"""The versions of this package. Every room may import them: this module imports nothing."""

__version__ = "0.1.0"
CHECKS_VERSION = "2026.12"
"""The version of the set of checks (calendar)."""
