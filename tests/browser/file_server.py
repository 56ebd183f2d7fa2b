"""A web server on this machine, for the files of a folder."""

import contextlib
import functools
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer


class _QuietHandler(SimpleHTTPRequestHandler):
    def __init__(self, *args, headers, **kwargs):
        self.headers_of_all = headers
        super().__init__(*args, **kwargs)

    def do_GET(self):
        # A test may write a file twice within a second, and its date would not tell.
        del self.headers["If-Modified-Since"]
        super().do_GET()

    def end_headers(self):
        for name, value in self.headers_of_all.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def serving(folder, headers=None):
    """Serve a folder on a free port of this machine, and give its address.

    `headers` are sent with every answer.
    """
    handler = functools.partial(_QuietHandler, directory=str(folder), headers=headers or {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    # How often it looks whether it should stop, in seconds: the end of a test waits for that.
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
