"""The versions of this package. Every subpackage may import this module, so it imports nothing."""

__version__ = "0.1.0"
CHECKS_VERSION = "2026.12"
"""The version of the set of checks (calendar)."""
