"""Cassettes: recordings of a connection, scrubbed, and replayed without network or credential."""
