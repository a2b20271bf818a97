"""Small servers on this machine: a folder over HTTP, and the same folder as a bucket that speaks S3."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Served:
    """What was asked for: how often each file, and how many requests at the same time."""

    def __init__(self, folder: Path, url: str, wait_s: float) -> None:
        self.folder = folder
        self.url = url
        self.wait_s = wait_s
        self.gets: Counter[str] = Counter()
        self.most_at_once = 0
        self._under_way = 0
        self._lock = threading.Lock()

    @contextmanager
    def noted(self, method: str, key: str) -> Iterator[None]:
        with self._lock:
            self._under_way += 1
            self.most_at_once = max(self.most_at_once, self._under_way)
            if method == "GET":
                self.gets[key] += 1
        try:
            threading.Event().wait(self.wait_s)
            yield
        finally:
            with self._lock:
                self._under_way -= 1


class _Handler(BaseHTTPRequestHandler):
    """Files under a folder, whole or in parts; an S3 bucket of the name ``bucket`` answers with S3's own errors."""

    protocol_version = "HTTP/1.1"
    served: Served

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self) -> None:
        key = unquote(urlsplit(self.path).path).lstrip("/").removeprefix("bucket/")
        with self.served.noted(self.command, key):
            file = self.served.folder / key
            if not file.is_file():
                self._send(404, b"<Error><Code>NoSuchKey</Code><Message>none</Message></Error>", "application/xml")
                return
            whole = file.read_bytes()
            asked = self.headers.get("Range")
            if asked is None:
                self._send(200, whole, "application/octet-stream")
                return
            first, _, last = asked.removeprefix("bytes=").partition("-")
            start = int(first) if first else len(whole) - int(last)
            stop = min(int(last) + 1, len(whole)) if first and last else len(whole)
            self._send(206, whole[start:stop], "application/octet-stream", f"bytes {start}-{stop - 1}/{len(whole)}")

    def _send(self, status: int, body: bytes, kind: str, part: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Last-Modified", "Wed, 01 Jan 2025 00:00:00 GMT")
        self.send_header("ETag", '"1"')
        self.send_header("Accept-Ranges", "bytes")
        if part:
            self.send_header("Content-Range", part)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)


@contextmanager
def serve(folder: Path, *, wait_s: float = 0.0) -> Iterator[Served]:
    """Serve a folder until the block is left; every answer takes ``wait_s`` as a network does [s]."""
    handler = type("Handler", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    served = Served(folder, f"http://127.0.0.1:{server.server_address[1]}", wait_s)
    handler.served = served
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
