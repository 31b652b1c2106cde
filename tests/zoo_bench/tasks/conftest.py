"""A publisher on the loopback interface, and a machine that has neither cache nor `ZOO_DATA`."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import platformdirs
import pytest

from zoo_bench.tasks import published
from zoo_bench.tasks.published import PublishedFile


@dataclass
class Publisher:
    """What it serves is in `bodies`; what it was asked for, in order, in `requests`."""

    url: str
    bodies: dict[str, bytes] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    missing_bytes: int = 0
    length: str | None = None
    is_silent: bool = False
    is_over: threading.Event = field(default_factory=threading.Event)

    def publishes(self, name: str, body: bytes, sha256: str | None = None) -> PublishedFile:
        """The file `name` of the task `3i4k`, with the checksum of this body unless given."""
        self.bodies[f"/{name}"] = body
        return PublishedFile(
            folder="3i4k",
            name=name,
            url=f"{self.url}/{name}",
            sha256=sha256 or hashlib.sha256(body).hexdigest(),
        )


def _handler(publisher: Callable[[], Publisher]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            served = publisher()
            served.requests.append(self.path)
            body = served.bodies.get(self.path)
            if body is None:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", served.length or str(len(body)))
            self.end_headers()
            if served.is_silent:
                served.is_over.wait()
            self.wfile.write(body[: len(body) - served.missing_bytes])

        def log_message(self, *args):
            pass

    return Handler


@pytest.fixture
def publisher(monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    # a proxy of the machine must not come between
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(lambda: served))
    served = Publisher(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield served
    served.is_over.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that downloads of the task `3i4k` go to."""
    monkeypatch.delenv("ZOO_DATA", raising=False)
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda app: tmp_path / "cache" / app)
    published._say_once.cache_clear()
    return tmp_path / "cache" / "intentzoo" / "tasks" / "3i4k"


@pytest.fixture
def zoo_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str | bytes], Path]:
    """A function that puts a file into `ZOO_DATA`."""
    root = tmp_path / "data"
    root.mkdir()
    monkeypatch.setenv("ZOO_DATA", str(root))

    def put(name: str, content: str | bytes) -> Path:
        path = root / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return put
