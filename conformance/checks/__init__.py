"""The checks, their declaration and their judgement."""
