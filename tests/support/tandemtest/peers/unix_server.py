"""A server on a Unix socket inside the test process, for daemons that ask somebody else about log-ins."""
import pathlib
import socket
import threading


class UnixServer:
    """Serves from the moment it is made until close(); each connection in a thread of its own. Subclasses answer."""

    def __init__(self, path: pathlib.Path):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(path))
        path.chmod(0o777)
        self._socket.listen(64)
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _serve(self):
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(client,), daemon=True).start()

    def _one(self, client):
        with client, client.makefile("rb") as stream:
            client.sendall(self.answer(stream))

    def answer(self, stream):
        """The bytes to send back for the question that `stream` (a binary file) holds."""
        raise NotImplementedError
