"""Array types for signatures. The docstring of each function states the shapes of its arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
# Row numbers.
Rows = NDArray[np.int64]
# Embeddings, cosines and other numbers in single precision.
Vectors = NDArray[np.float32]
