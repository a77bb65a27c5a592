"""A small SMTP server that takes everything and writes it down: the outside world of a test.

`Sink()` listens on loopback (`port`) in this process; `received()` gives what came so far, and
`wait_for(count)` waits for that many with a bound. No log-in, no refusals. `offers`: what EHLO says; more
may be offered than it does anything about. `certificate`: offers STARTTLS. `sessions`: the MAIL commands of
each session so far.
"""
import contextlib
import dataclasses
import re
import socketserver
import ssl
import threading

from .process import PeerError
from .serving import Serving


@dataclasses.dataclass(frozen=True)
class Letter:
    sender: str
    recipients: tuple
    data: bytes


class Sink(Serving):
    host = "127.0.0.1"

    def __init__(self, offers=("8BITMIME",), certificate=None):
        self.offers, self.sessions = tuple(offers), []
        self._tls = None
        if certificate is not None:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(certificate.chain, certificate.key)
        self._changed, self._letters = threading.Condition(), []
        server = socketserver.ThreadingTCPServer((self.host, 0), self._handler())
        server.daemon_threads = True
        self._servers = [server]
        self.port = server.server_address[1]

    def received(self):
        with self._changed:
            return list(self._letters)

    def wait_for(self, count, bound=30):
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._letters) >= count, bound):
                raise PeerError(f"{len(self._letters)} of {count} letters after {bound} s")
            return list(self._letters)

    def forget(self):
        with self._changed:
            self._letters.clear()

    def _take(self, letter):
        with self._changed:
            self._letters.append(letter)
            self._changed.notify_all()

    def _handler(sink):                                            # noqa: N805 (self is the handler's)
        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                self._mails, self._secure = [], False
                sink.sessions.append(self._mails)
                self._say("220 sink.test.example ESMTP")
                self._reset()
                with contextlib.ExitStack() as stack:
                    stack.callback(lambda: self.connection.close())    # STARTTLS puts another in its place
                    for line in iter(self._line, b""):
                        if not self._answer(line.strip()):
                            return

            def _reset(self):
                self._sender, self._recipients = "", []

            def _line(self):
                try:
                    return self.rfile.readline()
                except OSError:                                    # a client that ends without a word
                    return b""

            def _start_tls(self):
                self._say("220 2.0.0 Go on")
                self.connection = sink._tls.wrap_socket(self.connection, server_side=True)
                self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
                self._secure = True

            def _answer(self, line):
                word = line[:4].upper()
                if word == b"EHLO":
                    offers = [*sink.offers, *(["STARTTLS"] if sink._tls and not self._secure else [])]
                    lines = ["sink.test.example", *offers]
                    self._say("\r\n".join(f"250-{one}" for one in lines[:-1]) + f"\r\n250 {lines[-1]}")
                elif line.upper() == b"STARTTLS" and sink._tls:
                    self._start_tls()
                elif word == b"MAIL":
                    self._reset()
                    self._mails.append(line.decode())
                    self._sender = _path(line)
                    self._say("250 2.1.0 Ok")
                elif word == b"RCPT":
                    self._recipients.append(_path(line))
                    self._say("250 2.1.5 Ok")
                elif word == b"DATA":
                    self._say("354 Go on")
                    sink._take(Letter(self._sender, tuple(self._recipients), self._content()))
                    self._say("250 2.0.0 Ok")
                else:
                    self._say("221 2.0.0 Bye" if word == b"QUIT" else "250 2.0.0 Ok")
                return word != b"QUIT"

            def _content(self):
                lines = iter(self.rfile.readline, b".\r\n")
                return b"".join(line[1:] if line.startswith(b".") else line for line in lines)

            def _say(self, text):
                self.wfile.write(text.encode() + b"\r\n")

        return Handler


def _path(line):
    return re.search(rb"<([^>]*)>", line).group(1).decode()
