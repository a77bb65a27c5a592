"""Makes an IMAP server look like Gmail where it matters here: a proxy on loopback, without TLS, that offers X-GM-EXT-1 and
answers FETCH of X-GM-MSGID, with an id made of the Message-ID: so a message that is in several folders is one to its
client, as Gmail's labels are. `bodies` counts the whole messages that went through it.
"""
import hashlib
import re
import socket
import socketserver
import ssl
import threading

from .serving import Serving

ASKED = b"X-GM-MSGID"
INSTEAD = b"BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]"
ANSWER = re.compile(rb"\* (\d+) FETCH \((?:UID (\d+) )?BODY\[HEADER\.FIELDS \(\"?MESSAGE-ID\"?\)\] \{(\d+)\}\r\n", re.IGNORECASE)
LITERAL = re.compile(rb"\{(\d+)\+?\}\r\n$")
WHOLE = re.compile(rb"BODY\[\] \{\d+\}\r\n$")


def id_of(header):
    """63 bits: some readers know no others."""
    return int.from_bytes(hashlib.sha256(header.strip()).digest()[:8], "big") >> 1


class Gmail(Serving):
    def __init__(self, peer):
        """`peer` has a port imaps and a ca_file."""
        self.peer, self.bodies = peer, 0
        self._context = ssl.create_default_context(cafile=str(peer.ca_file))
        self._context.check_hostname = False
        outer = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                outer._serve(self.request)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
        self._servers = [Server(("127.0.0.1", 0), Handler)]
        self.port = self._servers[0].server_address[1]

    def side(self, **more):
        return {"imap": f"imap://127.0.0.1:{self.port}?tls=never", "login": "{address}", **more}

    def _serve(self, client):
        plain = socket.create_connection((self.peer.host, self.peer.ports["imaps"]))
        server = self._context.wrap_socket(plain, server_hostname=self.peer.host)
        for one in (client, server):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=self._ask, args=(client, server), daemon=True).start()
        try:
            self._answer(server, client)
        except OSError:
            pass                                     # whoever went first
        finally:
            client.close()
            server.close()

    @staticmethod
    def _ask(client, server):
        """The client's commands; it only reads here, so no message goes this way."""
        lines = client.makefile("rb")
        try:
            for line in lines:
                server.sendall(line.replace(ASKED, INSTEAD))
            server.shutdown(socket.SHUT_RDWR)
        except (OSError, ValueError):
            pass

    def _answer(self, server, client):
        lines = server.makefile("rb")
        while line := lines.readline():
            asked, literal = ANSWER.fullmatch(line), LITERAL.search(line)
            if asked:
                line = self._id_answer(asked, lines)
            elif literal:
                self.bodies += bool(WHOLE.search(line))
                line += lines.read(int(literal.group(1)))
            elif b"CAPABILITY IMAP4rev1" in line:
                line = line.replace(b"CAPABILITY IMAP4rev1", b"CAPABILITY IMAP4rev1 X-GM-EXT-1")
            client.sendall(line)

    @staticmethod
    def _id_answer(asked, lines):
        number, uid, size = asked.groups()
        told = id_of(lines.read(int(size)))
        rest = lines.readline()                      # what stands behind the header: `)`, or ` UID 7)`
        uid = uid or re.search(rb"UID (\d+)", rest).group(1)
        return b"* %s FETCH (X-GM-MSGID %d UID %s)\r\n" % (number, told, uid)
