"""Diagnosis rules: pure functions of several pieces of evidence that distinguish causes with the same symptom."""

from conformance.probing.diagnosis import (
    azure,
    claims,
    defender,
    entra,
    ingestion,
    log_analytics,
    outage,
    permissions,
    sentinel,
)
from conformance.probing.diagnosis.rules import NETWORK, TELL_APART, TOKENS, WHOLE, rules_for

__all__ = ["NETWORK", "RULES", "TELL_APART", "TOKENS", "WHOLE", "rules_for"]

RULES = (azure, claims, defender, entra, ingestion, log_analytics, outage, permissions, sentinel)
"""The modules whose rules make up :data:`TELL_APART`."""
