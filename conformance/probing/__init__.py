"""How questions are put: probes, the engine that gathers their evidence, tokens, transport and guard."""
