"""The time limit for the verification of one connection."""

from __future__ import annotations

DEADLINE = 60.0
"""Seconds, by default. A silent host takes a quarter of it; the rest is for waits that services ask for."""
