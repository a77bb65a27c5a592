"""SMTP as bytes: a client that sends what it is told, and a relay that writes down what passes.

`Session(host, port)` reads the banner; `ask(line)` sends one line and reads its reply, `send(bytes)`
sends anything at all. `Relay(host, port)` stands before a server and keeps the bytes each client sent it.
"""
import re
import socket
import threading

BOUND = 30    # seconds any one reply may take


class Session:
    def __init__(self, host, port):
        self._socket = socket.create_connection((host, port), timeout=BOUND)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._stream = self._socket.makefile("rb")
        self.banner = self.reply()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._stream.close()
        self._socket.close()

    def send(self, data):
        self._socket.sendall(data)

    def reply(self):
        """(code, the whole reply); (0, b"") when the server has closed."""
        lines = []
        while True:
            try:
                line = self._stream.readline()
            except ConnectionResetError:
                line = b""
            if not line:
                return 0, b"".join(lines)
            lines.append(line)
            if line[3:4] != b"-":
                return int(line[:3]), b"".join(lines)

    def rest(self):
        """Everything until the server closes."""
        heard = []
        try:
            while data := self._stream.read1(65536):
                heard.append(data)
        except ConnectionResetError:
            pass
        return b"".join(heard)

    def start_tls(self, context, name):
        """The handshake, after the answer to STARTTLS."""
        self._stream.close()
        self._socket = context.wrap_socket(self._socket, server_hostname=name)
        self._stream = self._socket.makefile("rb")

    def ask(self, line):
        self.send(line + b"\r\n")
        return self.reply()

    def begin(self, sender, recipients, helo=b"client.test.example"):
        """EHLO, MAIL and RCPT: until DATA or BDAT may follow. The codes of the RCPTs."""
        self.ask(b"EHLO " + helo)
        self.ask(b"MAIL FROM:<" + sender.encode() + b">")
        return [self.ask(b"RCPT TO:<" + one.encode() + b">")[0] for one in recipients]

    def data(self, content):
        """DATA and `content` as it is, with whatever end it has; the code of the answer to it."""
        self.ask(b"DATA")
        self.send(content)
        return self.reply()[0]

    def bdat(self, pieces):
        """Each piece as a chunk, the last with LAST; the code of the answer to that."""
        code = 0
        for number, piece in enumerate(pieces):
            last = b" LAST" if number + 1 == len(pieces) else b""
            self.send(b"BDAT %d%s\r\n" % (len(piece), last) + piece)
            code = self.reply()[0]
        return code


class Relay:
    """Loopback port `port`; `said` has for each connection the bytes its client sent."""

    def __init__(self, host, port):
        self._target, self.said = (host, port), []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.host, self.port = self._listener.getsockname()
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def contents(self):
        """What stood between each DATA and its end, the end's dot not included."""
        found = []
        for said in list(self.said):
            found += re.findall(rb"(?:^|\r\n)DATA\r\n(.*?\r\n)\.\r\n", bytes(said), re.DOTALL)
        return found

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client):
        said = bytearray()
        self.said.append(said)
        with client, socket.create_connection(self._target) as server:
            back = threading.Thread(target=_pump, args=(server, client, None), daemon=True)
            back.start()
            _pump(client, server, said)
            back.join()


def _pump(source, target, record):
    """Bytes until the end; whoever they went to is told of it."""
    try:
        while data := source.recv(65536):
            if record is not None:
                record += data
            target.sendall(data)
    except OSError:
        pass
    try:
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass
