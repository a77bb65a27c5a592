"""Passes a connection on, byte by byte as it comes, and keeps what went each way: what was on the wire."""
import socket
import socketserver
import threading

from .serving import Serving


class Recorder(Serving):
    """A port on loopback in front of another. `asked`: what clients sent, `answered`: what they were sent, of all connections."""

    def __init__(self, port):
        self._to, self._lock = port, threading.Lock()
        self.asked, self.answered = bytearray(), bytearray()
        outer = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                outer._serve(self.request)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
        self._servers = [Server(("127.0.0.1", 0), Handler)]
        self.port = self._servers[0].server_address[1]

    def _serve(self, client):
        server = socket.create_connection(("127.0.0.1", self._to))
        for one in (client, server):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=self._carry, args=(client, server, self.asked), daemon=True).start()
        self._carry(server, client, self.answered)
        client.close()
        server.close()

    def _carry(self, source, target, kept):
        try:
            while piece := source.recv(65536):
                with self._lock:
                    kept += piece
                target.sendall(piece)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass                                     # whoever went first
