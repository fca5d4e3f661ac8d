"""Replacement of trio: httpcore imports trio if the driver of a browser installed it, and never uses it in tests."""

raise ImportError("processes that tests start do without trio")
