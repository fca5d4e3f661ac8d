"""The report forms for many connections at once."""
