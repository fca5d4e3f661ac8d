"""Asking the services: probes, the engine that gathers their evidence, tokens, transport and guard."""

from conformance.probing import arm, defender, entra, graph, log_analytics, sentinel

QUESTIONS = (entra, arm, log_analytics, sentinel, graph, defender)
"""The modules whose probes make up :data:`conformance.probing.probe.PROBES`, one per API."""
