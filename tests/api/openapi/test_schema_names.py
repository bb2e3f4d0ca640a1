"""The names of schemas in the OpenAPI document, which become class names in generated clients."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import BaseModel

from api.app import create
from api.problems.responses import Problem
from matcher.foundations.settings import Settings
from tests.api.conftest import fake_engine


@pytest.fixture(scope="module")
def app() -> FastAPI:
    return create(Settings(), engine_of=fake_engine)


def models_in(annotation: Any) -> Iterator[type]:
    """Yield the Pydantic models and dataclasses in a type annotation, but not the ones in their fields."""
    if isinstance(annotation, type) and not get_origin(annotation):
        if issubclass(annotation, BaseModel) or is_dataclass(annotation):
            yield annotation
        return
    for argument in get_args(annotation):
        yield from models_in(argument)


def field_types(model: type) -> Iterator[Any]:
    """Yield the annotations of the fields of a Pydantic model or a dataclass."""
    if issubclass(model, BaseModel):
        yield from (field.annotation for field in model.model_fields.values())
    else:
        hints = get_type_hints(model)
        yield from (hints[field.name] for field in fields(model))  # type: ignore[arg-type]


def reachable(app: FastAPI) -> set[type]:
    """Return every model in the requests and responses of `app`, and in its problem responses."""
    pending: list[type] = [Problem]
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute) and route.include_in_schema:
            pending += models_in(route.response_model)
            if route.body_field is not None:
                pending += models_in(route.body_field.field_info.annotation)
    models: set[type] = set()
    while pending:
        model = pending.pop()
        if model not in models:
            models.add(model)
            pending += [found for annotation in field_types(model) for found in models_in(annotation)]
    return models


def test_no_schema_name_is_qualified_by_its_module(app: FastAPI) -> None:
    names = app.openapi()["components"]["schemas"]
    assert len(names) > 50
    assert [name for name in names if "__" in name] == []


def test_every_model_has_a_name_of_its_own(app: FastAPI) -> None:
    by_name: dict[str, list[str]] = defaultdict(list)
    for model in reachable(app):
        by_name[model.__name__].append(model.__module__)
    assert {name: modules for name, modules in by_name.items() if len(modules) > 1} == {}


def test_every_model_is_a_schema_of_the_document(app: FastAPI) -> None:
    objects = {name for name, schema in app.openapi()["components"]["schemas"].items() if schema["type"] == "object"}
    assert {model.__name__ for model in reachable(app)} == objects
