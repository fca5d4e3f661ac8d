"""The pytest plugin: options, sessions, items and the output of a run. No other package imports pytest."""
