"""An engine over a small register."""

from __future__ import annotations

import pytest

from matcher.engine import Engine
from matcher.store import Store
from tests.fakes import engine_over
from tests.published import REGISTER
from tests.registers import made_register


@pytest.fixture
def engine(file_store: Store) -> Engine:
    with file_store.writing() as writer:
        writer.put_many([(profile, None) for profile in [*REGISTER, *made_register(30, seed=3)]])
    return engine_over(file_store)
