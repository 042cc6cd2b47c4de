"""A receiver of webhooks on loopback, as a participant would run one."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook as Signature


class Receiver:
    """Answers with `status`, one for each post in `script` before; `posts` are the headers and bodies that came."""

    def __init__(self, url):
        self.url, self.posts, self.status, self.script = url, [], 204, []
        self.headers = {}
        self.hang = threading.Event()
        self.hang.set()

    @property
    def names(self):
        return [headers["webhook-id"] for headers, _ in self.posts]


@contextmanager
def receiving(port=0):
    """Run a receiver for as long as the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            receiver.posts.append(({name.lower(): value for name, value in self.headers.items()}, body))
            receiver.hang.wait(30)
            self.send_response(receiver.script.pop(0) if receiver.script else receiver.status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        server.daemon_threads = True
        receiver = Receiver(f"http://127.0.0.1:{server.server_port}/hook")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield receiver
        finally:
            receiver.hang.set()
            server.shutdown()
            thread.join()


def signed(post, secret, now):
    """Say whether a post bears the signature of a secret, made at that moment."""
    headers, body = post
    wanted = Signature(secret).sign(headers["webhook-id"], now, body.decode())
    return wanted in headers["webhook-signature"].split(" ")
