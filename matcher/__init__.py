"""The engine: needs and capability profiles in, a ranked and explained list of partners out."""

import os

# OpenMP reads this once, when the first library that uses it is loaded. Its threads otherwise wait for each other
# in a busy loop: beside another busy process on two cores, a query then took fifty times as long to encode.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
