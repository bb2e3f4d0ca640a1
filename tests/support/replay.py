"""A local notice service that serves release packages, with faults on request."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from matcher.sources.notices_api import NoticeService
from tests.support.notices import package


@dataclass
class Replay:
    """The pages of a service by number, and its faults. The first requests get one fault each, in order.

    A fault is a status with its headers, "cut" (the connection closes during the response), "drop" (the connection
    closes before the response), "half" (a complete response with half a page) or "html" (an HTML page).
    """

    pages: list[list[dict[str, Any]]]
    faults: list[Any] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)
    address: str = ""
    elsewhere: str | None = None
    circular: bool = False

    def service(self) -> NoticeService:
        return NoticeService("find-a-tender", f"{self.address}/ocdsReleasePackages", "updatedFrom", "updatedTo")

    def body(self, number: int) -> bytes:
        following = 0 if self.circular else number + 1
        links = {"next": f"{self.elsewhere or self.address}/ocdsReleasePackages?cursor=C{following}"}
        more = {"links": links} if number + 1 < len(self.pages) else {}
        return json.dumps(package(*self.pages[number], **more)).encode()


@contextmanager
def replaying(*pages: list[dict[str, Any]], faults: list[Any] | None = None) -> Iterator[Replay]:
    """Serve `pages` inside the block."""
    replay = Replay(list(pages), list(faults or []))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            replay.requests.append(self.path)
            replay.agents.add(self.headers["User-Agent"])
            cursor = parse_qs(urlsplit(self.path).query).get("cursor", ["C0"])[0]
            body = replay.body(int(cursor[1:]))
            fault = replay.faults.pop(0) if replay.faults else None
            if fault == "drop":
                self.close_connection = True
            elif isinstance(fault, tuple):
                self._answer(fault[0], b"Rate limit of 12 exceeded.", **fault[1])
            elif fault == "half":
                self._answer(200, body[: len(body) // 2])
            elif fault == "html":
                self._answer(200, b"<html>Sorry, there is a problem with the service</html>")
            elif fault == "cut":
                self._answer(200, body[: len(body) // 2], **{"Content-Length": str(len(body))})
                self.close_connection = True
            else:
                self._answer(200, body)

        def _answer(self, status: int, body: bytes, **headers: str) -> None:
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    replay.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield replay
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
