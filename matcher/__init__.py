"""The matching engine: takes needs and capability profiles, and returns ranked partners with explanations."""

import os

# OpenMP reads this variable once, when the first library that uses OpenMP is loaded. By default, its idle threads wait
# in a busy loop. If another process is busy, that makes a query many times slower. See docs/decisions.md.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
