"""The specification of this suite, as tests."""
