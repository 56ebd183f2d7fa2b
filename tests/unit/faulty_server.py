"""A web server on this machine that misbehaves on demand."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FaultyServer:
    """Serve `content` at every path; each request uses up one of `faults`, then all is well.

    Faults: cut (half of the rest, then the connection ends), wrong (a byte changed), html,
    disguised (an HTML page labeled as data), gone (503), whole (ignores Range), shifted (sends
    another range), chunked cut, slow.
    """

    def __init__(self, content, faults=()):
        self.content = content
        self.faults = list(faults)
        self.ranges = []  # the Range header of every request, None without one
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        # A client that is killed breaks the connection; that is what some tests are about.
        self._server.handle_error = lambda *_: None
        self.url = f"http://127.0.0.1:{self._server.server_port}/data.bin"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def _handler(self):
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                owner.ranges.append(self.headers.get("Range"))
                owner._answer(self, owner.faults.pop(0) if owner.faults else "")
                self.close_connection = True

        return Handler

    def _answer(self, request, fault):
        content, start = self.content, 0
        if fault == "gone":
            return request.send_error(503)
        if fault in ("html", "disguised"):
            content = b"\n<!DOCTYPE html><title>Quota exceeded</title>"
        elif fault == "wrong":
            content = content[:-1] + bytes([content[-1] ^ 1])
        asked = request.headers.get("Range")
        if asked and fault not in ("html", "disguised", "whole"):
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
            if start >= len(content):
                return request.send_error(416)
        if fault == "shifted":
            start += 1
        body = content[start:]
        request.send_response(206 if start else 200)
        if start:
            span = f"bytes {start}-{len(content) - 1}/{len(content)}"
            request.send_header("Content-Range", span)
        kind = "text/html; charset=utf-8" if fault == "html" else "application/octet-stream"
        request.send_header("Content-Type", kind)
        if fault == "chunked cut":
            request.send_header("Transfer-Encoding", "chunked")
            request.end_headers()
            half = body[: len(body) // 2]
            return request.wfile.write(b"%x\r\n%s\r\n" % (len(half), half))
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        if fault == "cut":
            return request.wfile.write(body[: len(body) // 2])
        if fault == "slow":
            for place in range(0, len(body), len(body) // 20):
                request.wfile.write(body[place : place + len(body) // 20])
                time.sleep(0.1)
            return None
        return request.wfile.write(body)
