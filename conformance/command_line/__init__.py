"""Command lines with help that fits on one screen."""

from conformance.command_line.one_screen import OneScreenParser

__all__ = ["OneScreenParser"]
