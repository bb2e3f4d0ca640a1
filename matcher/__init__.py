"""The engine: needs and capability profiles in, a ranked and explained list of partners out."""

import os

# OpenMP reads this once, when the first library that uses it is loaded. Its threads otherwise wait for each other
# in a busy loop, which beside another busy process makes a query many times as slow; see docs/decisions.md.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
