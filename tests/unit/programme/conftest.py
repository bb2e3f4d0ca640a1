"""An engine over a small register."""

from __future__ import annotations

import pytest

from matcher.search.engine import Engine
from matcher.store import Store
from tests.support.fakes import engine_over
from tests.support.published import REGISTER
from tests.support.registers import made_register


@pytest.fixture
def engine(file_store: Store) -> Engine:
    with file_store.writing() as writer:
        writer.put_many([(profile, None) for profile in [*REGISTER, *made_register(30, seed=3)]])
    return engine_over(file_store)
