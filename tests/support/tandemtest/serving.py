"""Servers of the standard library (socketserver, http.server) in threads of this process."""
import threading


class Serving:
    """A context manager: while it lasts, `self._servers` answer."""

    def __enter__(self):
        for server in self._servers:
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *error):
        for server in self._servers:
            server.shutdown()
            server.server_close()
