"""Benchmarks, which measure speed as ratios within one run. They are not tests; `make bench` runs them all."""
