"""A small SMTP server that takes everything and writes it down: the outside world of a test.

`Sink()` listens on loopback (`port`) in this process; `received()` gives what came so far, and
`wait_for(count)` waits for that many with a bound. No TLS, no log-in, no refusals.
"""
import dataclasses
import re
import socketserver
import threading

from .process import PeerError


@dataclasses.dataclass(frozen=True)
class Letter:
    sender: str
    recipients: tuple
    data: bytes


class Sink:
    host = "127.0.0.1"

    def __init__(self):
        self._changed, self._letters = threading.Condition(), []
        self._server = socketserver.ThreadingTCPServer((self.host, 0), self._handler())
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *error):
        self._server.shutdown()
        self._server.server_close()

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
                self._say("220 sink.test.example ESMTP")
                self._reset()
                for line in iter(self.rfile.readline, b""):
                    if not self._answer(line.strip()):
                        return

            def _reset(self):
                self._sender, self._recipients = "", []

            def _answer(self, line):
                word = line[:4].upper()
                if word == b"EHLO":
                    self._say("250-sink.test.example\r\n250 8BITMIME")
                elif word == b"MAIL":
                    self._reset()
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
