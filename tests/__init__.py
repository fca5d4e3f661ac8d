"""The tests, which are the specification of this suite."""
