"""Cassettes: a connection recorded once, scrubbed, and replayed without network or credential."""
