"""Everything that `matcher` and `api` apply to a text: patterns, validators, and functions of one text or record.

They are found by importing every module, so a new one is found without being listed.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from inspect import Parameter
from itertools import chain
from types import ModuleType, NoneType, UnionType
from typing import Annotated, Any, Final, get_args, get_type_hints

from fastapi._compat import ModelField
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel, PydanticUserError, TypeAdapter

import api
import matcher
from api.app import create as create_app
from matcher.records import Capability, Need, Profile, TrackRecord
from matcher.records.fields import MAX_TITLE

# Called with a text. An exception means that the text was refused.
Consumer = Callable[[str], object]
# What makes a consumer different from others, its name, and the consumer itself.
_Found = tuple[str, str, Consumer]

_ONCE: Final = frozenset({"match", "fullmatch", "search"})
_METHODS: Final = _ONCE | {"sub", "subn", "split", "findall", "finditer"}
_PLAIN: Final = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
# Imported only by a program that is being started, or by Alembic.
_NOT_IMPORTED: Final = ("__main__", ".migrations.env")


def modules() -> list[ModuleType]:
    """Return every module of the product."""
    names = [
        info.name
        for package in (matcher, api)
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        if not info.name.endswith(_NOT_IMPORTED)
    ]
    return [importlib.import_module(name) for name in names]


def consumers() -> dict[str, Consumer]:
    """Return every consumer of a text in the product, by a name that says where it is. Equal ones are listed once."""
    found: dict[str, tuple[str, Consumer]] = {}
    for module in modules():
        for key, name, consumer in chain(_patterns(module), _validators(module), _functions(module)):
            found.setdefault(key, (name, consumer))
    for key, name, consumer in _parameters():
        found.setdefault(key, (name, consumer))
    return dict(found.values())


def _patterns(module: ModuleType) -> Iterator[_Found]:
    """Yield the compiled patterns that `module` holds, and those in calls such as `re.sub("…", …)`."""
    calls = [call for call in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(call, ast.Call)]
    used: defaultdict[str, set[str]] = defaultdict(set)
    for call in calls:
        if isinstance(called := call.func, ast.Attribute) and called.attr in _METHODS:
            used[ast.unparse(called.value)].add(called.attr)
            first = call.args[0] if call.args else None
            if ast.unparse(called.value) == "re" and isinstance(first, ast.Constant):
                yield _applied(f"{module.__name__} line {call.lineno}", re.compile(first.value), called.attr)
    for name, value in vars(module).items():
        for pattern in _compiled_in(value):
            for method in used[name] or {"search"}:
                yield _applied(f"{module.__name__}.{name}", pattern, method)


def _compiled_in(value: Any) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict | list | tuple | set | frozenset):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _compiled_in(part)


def _applied(name: str, pattern: re.Pattern[Any], method: str) -> _Found:
    """Return `pattern` as `method` applies it: once to a text, or in every place of the text."""
    apply = getattr(pattern, method if method in _ONCE else "findall")

    def consume(text: str) -> object:
        return apply(text.encode() if isinstance(pattern.pattern, bytes) else text)

    return f"{pattern.pattern!r} {pattern.flags} {method in _ONCE and method}", f"{name}.{method}", consume


def _validators(module: ModuleType) -> Iterator[_Found]:
    """Yield the validators of the annotated types and of the fields of the models that `module` defines."""
    for name, value in vars(module).items():
        if hasattr(value, "__metadata__"):
            yield from _validator(f"{module.__name__}.{name}", value)
        if inspect.isclass(value) and issubclass(value, BaseModel) and value.__module__ == module.__name__:
            for field, info in value.model_fields.items():
                kind = Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation
                yield from _validator(f"{module.__name__}.{name}.{field}", kind)


def _validator(name: str, kind: Any) -> Iterator[_Found]:
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(kind)
    except PydanticUserError:  # a type that only annotates a parameter of the command line
        return
    yield repr(kind), name, adapter.validate_python
    yield f"list {kind!r}", f"{name}, in a list", lambda text: adapter.validate_python([text])


def _functions(module: ModuleType) -> Iterator[_Found]:
    """Yield the functions that `module` defines and that need only one text, or only one record."""
    for name, value in vars(module).items():
        if getattr(value, "__module__", None) != module.__name__:
            continue
        if inspect.isfunction(value):
            yield from _function(f"{module.__name__}.{name}", value)
        elif inspect.isclass(value):
            for method, member in vars(value).items():
                if isinstance(member, classmethod | staticmethod):
                    yield from _function(f"{module.__name__}.{name}.{method}", getattr(value, method))


def _function(name: str, function: Callable[..., Any]) -> Iterator[_Found]:
    parameters = inspect.signature(function).parameters.values()
    required = [each for each in parameters if each.default is each.empty and each.kind in _PLAIN]
    if len(required) != 1:
        return
    try:
        hints = get_type_hints(function)
    except NameError:  # a name that only type checkers import
        return
    hint = hints.get(required[0].name)
    if name.startswith("matcher.cli.") and hints.get("return") is NoneType:  # prints its text
        return
    kinds = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    for kind, value_of in _VALUES.items():
        if kind in kinds:
            yield name, f"{name}({kind.__name__})", partial(_run, function, required[0], value_of)
            return


def _run(function: Callable[..., Any], parameter: Parameter, value_of: Callable[[str], Any], text: str) -> object:
    value = value_of(text)
    result = function(value) if parameter.kind is not parameter.KEYWORD_ONLY else function(**{parameter.name: value})
    return list(result) if inspect.isgenerator(result) else result


def _need(text: str) -> Need:
    return Need.model_construct(id="n", title=text[:MAX_TITLE], description=text, outcomes=(text,))


def _profile(text: str) -> Profile:
    part = Capability.model_construct(title=text[:MAX_TITLE], description=text, outcomes=(text,), cpv=())
    work = TrackRecord.model_construct(title=text[:MAX_TITLE], description=text, buyer=text[:MAX_TITLE], cpv=())
    return Profile.model_construct(id="p", name="p", summary=text, capabilities=(part,), track_record=(work,))


_VALUES: Final[dict[type, Callable[[str], Any]]] = {str: lambda text: text, Need: _need, Profile: _profile}


def _parameters() -> Iterator[_Found]:
    """Yield the validators of the parameters of every route: in the path, the query, headers and cookies."""
    for route in create_app().routes:
        if isinstance(route, APIRoute):
            for dependant in _with_dependencies(route.dependant):
                params = (getattr(dependant, f"{kind}_params") for kind in ("path", "query", "header", "cookie"))
                for field in chain.from_iterable(params):
                    name = f"parameter {field.name} of {route.name}"
                    yield f"{field.name} {field.field_info!r}", name, partial(_validate, field)


def _validate(field: ModelField, text: str) -> object:
    return field.validate(text, {}, loc=())


def _with_dependencies(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for inner in dependant.dependencies:
        yield from _with_dependencies(inner)
