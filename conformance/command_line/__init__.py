"""Command lines whose help fits one screen."""

from conformance.command_line.one_screen import OneScreenParser

__all__ = ["OneScreenParser"]
