"""Benchmarks: speed as ratios within one run. Not part of the tests; `make bench` runs them all."""
