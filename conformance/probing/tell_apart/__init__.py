"""Telling apart causes that share a symptom: pure functions over several pieces of evidence."""

from conformance.probing.tell_apart import azure, log_analytics, outage, permissions
from conformance.probing.tell_apart.rules import NETWORK, TELL_APART, TOKENS, WHOLE, clue_of

__all__ = ["NETWORK", "RULES", "TELL_APART", "TOKENS", "WHOLE", "clue_of"]

RULES = (azure, log_analytics, outage, permissions)
"""The modules whose rules make up :data:`TELL_APART`."""
