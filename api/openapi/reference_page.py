"""HTML pages written from the OpenAPI document. They load no scripts and nothing from other sites."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from html import escape
from typing import Any, Final

from api.problems.catalogue import PROBLEM_TYPES, ProblemType

_STYLE: Final = """
body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem;color:#1d1d1d;background:#fff}
pre{background:#f2f4f5;padding:.75rem;overflow:auto;border:1px solid #768692}
table{border-collapse:collapse;width:100%}
caption{text-align:left;font-weight:bold;padding:.5rem 0}
th,td{border:1px solid #768692;padding:.4rem .6rem;text-align:left;vertical-align:top}
h2{margin-top:2.5rem;border-top:4px solid #005eb8;padding-top:.5rem}
h2,li,code,td:first-child,td:last-child{overflow-wrap:anywhere}
@media(max-width:30rem){th,td{padding:.2rem}}
a{color:#004a91}
a:focus{outline:3px solid #1d1d1d;background:#ffeb3b}
"""
_SENTENCE: Final = re.compile(r"(?<=\.) ")
# Backticks are the only markup in descriptions.
_CODE_SPAN: Final = re.compile("`([^`]+)`")


def routes_page(document: dict[str, Any]) -> str:
    """Return a page that lists every route in an OpenAPI `document`, with parameters, example bodies and responses."""
    routes = [
        (method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    info = document["info"]
    title = f"{info['title']} {info['version']}"
    contents = [
        f'<li><a href="#{escape(route["operationId"])}">{method} {escape(path)}</a> {_brief(route)}</li>'
        for method, path, route in routes
    ]
    problems = [f'<li><a href="{kind.type}">{kind.status} {escape(kind.title)}</a></li>' for kind in PROBLEM_TYPES]
    sections = [line for method, path, route in routes for line in _route(method, path, route)]
    return _page(
        title,
        [
            *_paragraphs(info["description"]),
            '<p>To generate a client, use <a href="/openapi.json">the OpenAPI document</a>.</p>',
            f'<nav aria-label="Routes"><ul>{"".join(contents)}</ul></nav>',
            *sections,
            f'<h2 id="problems">Problems</h2><ul>{"".join(problems)}</ul>',
        ],
    )


def problem_page(problem_type: ProblemType) -> str:
    """Return a page that explains `problem_type`."""
    back = '<p><a href="/docs#problems">All types of problem</a></p>'
    explanation = f"<p>Status {problem_type.status}. {_prose(problem_type.meaning)}</p>"
    return _page(problem_type.title, [explanation, back])


def _page(title: str, body: list[str]) -> str:
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    head += f"<title>{escape(title)}</title><style>{_STYLE}</style>"
    main = "\n".join([f"<h1>{escape(title)}</h1>", *body])
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body><main>\n{main}\n</main></body></html>\n'


def _route(method: str, path: str, route: dict[str, Any]) -> Iterator[str]:
    yield f'<h2 id="{escape(route["operationId"])}">{method} <code>{escape(path)}</code></h2>'
    yield from _paragraphs(route["description"])
    if parameters := route.get("parameters"):
        rows = [
            (p["name"], p["in"], "yes" if p.get("required") else "no", p.get("description", "")) for p in parameters
        ]
        yield _table("Parameters", ("name", "in", "required", "description"), rows)
    for media in route.get("requestBody", {}).get("content", {}).values():
        for example in media.get("examples", {}).values():
            yield f"<h3>{escape(example.get('summary', 'Example request'))}</h3>{_code(example['value'])}"
    responses = sorted(route["responses"].items())
    yield _table(
        "Responses", ("status", "description"), [(code, response["description"]) for code, response in responses]
    )
    for code, response in responses:
        example = response.get("content", {}).get("application/json", {}).get("example")
        if example is not None:
            yield f"<h3>Example response: {code}</h3>{_code(example)}"


def _brief(route: dict[str, Any]) -> str:
    """Return the first sentence of the route's description."""
    return _prose(_SENTENCE.split(" ".join(route["description"].split()), maxsplit=1)[0])


def _paragraphs(text: str) -> Iterator[str]:
    """Yield the paragraphs of a description, which are separated by empty lines."""
    yield from (f"<p>{_prose(paragraph)}</p>" for paragraph in text.strip().split("\n\n"))


def _prose(text: str) -> str:
    """Return a description as HTML, with the text between backticks marked as code."""
    return _CODE_SPAN.sub(r"<code>\1</code>", escape(text))


def _table(caption: str, names: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    lines = "".join("<tr>" + "".join(f"<td>{_prose(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>"


def _code(value: Any) -> str:
    return f'<pre tabindex="0"><code>{escape(json.dumps(value, indent=2, ensure_ascii=False))}</code></pre>'
