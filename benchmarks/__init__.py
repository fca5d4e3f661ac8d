"""Benchmarks: ratios of figures that were measured in the same run, since machines differ and are noisy."""
