"""Questions to the services: probes, the engine that gathers their evidence, tokens, transport and guard."""

from conformance.probing import arm, data_collection, defender, entra, graph, log_analytics, sentinel

QUESTIONS = (entra, arm, data_collection, log_analytics, sentinel, graph, defender)
"""The modules whose probes make up :data:`conformance.probing.probe.PROBES`, one per API."""
