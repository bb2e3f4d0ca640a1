"""The matching engine: takes needs and capability profiles, and returns ranked partners with explanations."""

import os

# OpenMP reads this once, when the first library that uses it is loaded. By default, its idle threads wait in a busy
# loop, which slows a query many times if another process is busy. See docs/decisions.md.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
