"""Clients that mean harm, at the ports where people log in: made from a seed, so each can be had again.

    python3 -m tandemtest.hostile attack HOST '{"imap": 143, …}' SEED FIRST COUNT
    python3 -m tandemtest.hostile loris  HOST '{"imap": 143, …}' SEED COUNT

They run in processes of their own, so that a test's own log-ins do not wait for them. `attack` makes connections
FIRST to FIRST + COUNT - 1 of SEED, some at a time, and prints what became of them as JSON. `loris` holds COUNT
connections of which most never say a whole line: it prints {"open": n} when all are there, sends a byte now and then
until its input ends, and prints how many of them the server had ended by then.
Ports are of imap, imaps, pop3, pop3s, submission and submissions. Each client has an address of 127.0.0.0/8 of its own.
"""
import base64
import collections
import dataclasses
import json
import random
import select
import socket
import ssl
import struct
import sys
import threading

CONNECT_BOUND = 30     # seconds, on a busy machine
BOUND = 3              # seconds a client waits for anything
PATIENCE = 0.3         # seconds it listens to what it has no right to hear
AT_ONCE = 48           # clients of one process
IMPLICIT = ("imaps", "pop3s", "submissions")
BYTE_PAUSE = 0.5       # seconds between two rounds of a loris's bytes
MANY = 20_000


@dataclasses.dataclass(frozen=True)
class Attack:
    port: str                  # its name
    before: bytes = b""        # what is said in the clear
    tls: str = ""              # then "whole": a handshake is done; "cut", "bent": its first bytes, and no more
    name: str = ""             # asked for by SNI
    pieces: tuple = ()         # then said, one after the other
    ending: str = "close"      # or "reset", "half" (our end is shut and the answer read), "listen"


def attack(seed, number, ports):
    """Client `number` of `seed`."""
    dice = random.Random(f"{seed}/{number}")
    port = dice.choice(sorted(ports))
    kind = port.rstrip("s") if port in IMPLICIT else port
    before, tls = b"", ""
    if port in IMPLICIT:
        tls = dice.choice(("whole", "whole", "cut", "bent", ""))
    elif dice.random() < 0.2:
        before = {"imap": b"a STARTTLS\r\n", "pop3": b"STLS\r\n", "submission": b"EHLO x\r\nSTARTTLS\r\n"}[kind]
        tls = dice.choice(("whole", "cut", "bent", ""))
    said = dice.choice(WORDS[kind])(dice)
    if dice.random() < 0.25:
        said = said[:dice.randrange(len(said) + 1)]         # half of something
    return Attack(port, before, tls, host_name(dice), tuple(cut(dice, said)),
                  dice.choice(("close", "close", "reset", "half", "half", "listen")))


def cut(dice, data):
    for _ in range(dice.choice((0, 0, 1, 3))):
        at = dice.randrange(len(data) + 1)
        yield data[:at]
        data = data[at:]
    yield data


def host_name(dice):
    return "".join(dice.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=dice.randint(1, 60))) + ".example"


# ---- what they say ------------------------------------------------------------------------------------

def noise(dice):
    return dice.randbytes(dice.randint(1, MANY))


def zeros(dice):
    return b"\0" * dice.randint(1, MANY) + dice.choice((b"", b"\r\n"))


def line_without_end(dice):
    return dice.choice((b"a", b"a LOGIN ", b"USER ", b"EHLO ", b"AUTH PLAIN ")) + dice.choice(
        (b"x", b"(", b"\\", b'"', b"\xff", b"QUJD", b" ", b"{", b"\r")) * dice.choice((100, MANY, 10 * MANY))


def web_browser(dice):
    return (b"POST / HTTP/1.1\r\nHost: " + host_name(dice).encode() + b"\r\n" + b"X-Field: y\r\n" * dice.randint(1, 50)
            + b"\r\nMAIL FROM:<a@b>\r\n")


def proxy_header(dice):
    addresses = bytes([127, 0, 0, 1, 127, 0, 0, 1, 4, 1, 4, 1])
    return dice.choice((
        b"PROXY TCP4 198.51.100.7 127.0.0.1 4711 143\r\n", b"PROXY UNKNOWN\r\n", b"PROXY " + b"9" * 300,
        b"\r\n\r\n\0\r\nQUIT\n\x21\x11" + struct.pack("!H", dice.choice((0, 12, 0xffff))) + addresses,
        b"\r\n\r\n\0\r\nQUIT\n")) + b"a LOGIN x y\r\n"


def base64_without_end(dice):
    begin = dice.choice((b"a AUTHENTICATE PLAIN\r\n", b"AUTH PLAIN\r\n", b"EHLO x\r\nAUTH LOGIN\r\n",
                         b"a AUTHENTICATE SCRAM-SHA-256 biws\r\n", b"AUTH CRAM-MD5\r\n"))
    return begin + dice.choice((b"QUJD", b"====", b"\r\n", b"*\r\n", b"!\r\n")) * dice.choice((10, MANY // 4))


def stranger(dice):
    """User name and password of nobody, as PLAIN has them."""
    return base64.b64encode(b"\0" + host_name(dice).encode() + b"@example.jp\0" + dice.randbytes(6).hex().encode())


def imap_literals(dice):
    size = dice.choice((b"4294967295", b"4294967296", b"18446744073709551615", b"99999999999999999999", b"-1", b"9",
                        b"16384", b"1000000", b""))
    plus = dice.choice((b"", b"+"))
    return (b"a LOGIN {" + size + plus + b"}\r\n") * dice.choice((1, 2, 2_000)) + b"x" * dice.choice((0, 10, MANY))


def imap_id(dice):
    return b"a ID (" + b'"k" "v" ' * dice.choice((1, 31, 1_000)) + dice.choice((b"", b")\r\n")) + b"b NOOP\r\n"


def imap_login(dice):
    name = host_name(dice).encode()
    return dice.choice((b'a LOGIN "' + name + b'@example.jp" "wrong"\r\n',
                        b"a LOGIN {%d+}\r\n" % len(name) + name + b" {3+}\r\nx\0y\r\n",
                        b"a AUTHENTICATE PLAIN " + stranger(dice) + b"\r\n"))


def imap_commands(dice):
    return b"".join(dice.choice((b"a STARTTLS\r\nb LOGIN x y\r\n", b"a NOOP\r\n", b"a CAPABILITY\r\n", b"\r\n", b"* * *\r\n",
                                 b"a AUTHENTICATE LOGIN\r\n*\r\n", b"a SELECT INBOX\r\n", b"a ENABLE X\r\n",
                                 b"a AUTHENTICATE NOSUCH\r\n")) for _ in range(dice.choice((1, 3, 100))))


def pop3_commands(dice):
    return b"".join(dice.choice((b"STLS\r\nUSER x\r\n", b"CAPA\r\n", b"\r\n", b"USER x\r\n", b"AUTH LOGIN\r\n*\r\n", b"RETR 1\r\n",
                                 b"AUTH NOSUCH\r\n", b"APOP x y\r\n")) for _ in range(dice.choice((1, 3, 100))))


def pop3_login(dice):
    return dice.choice((b"USER " + host_name(dice).encode() + b"\r\nPASS wrong\r\n", b"AUTH PLAIN " + stranger(dice) + b"\r\n",
                        b"APOP " + host_name(dice).encode() + b" " + b"0" * 32 + b"\r\n"))


def smtp_commands(dice):
    return b"EHLO x\r\n" + b"".join(dice.choice((
        b"STARTTLS\r\nMAIL FROM:<injected@example.jp>\r\n", b"MAIL FROM:<a@b>\r\n", b"RCPT TO:<a@b>\r\n", b"DATA\r\n", b"\r\n",
        b"BDAT 9223372036854775807 LAST\r\n", b"AUTH LOGIN\r\n*\r\n", b"RSET\r\n", b"XCLIENT ADDR=198.51.100.7\r\n", b"NOOP\r\n",
        b"VRFY x\r\n", b"EHLO y\r\n")) for _ in range(dice.choice((1, 3, 100))))


def smtp_login(dice):
    return b"EHLO x\r\nAUTH PLAIN " + stranger(dice) + b"\r\n"


COMMON = (noise, zeros, line_without_end, web_browser, proxy_header, base64_without_end)
WORDS = {
    "imap": (*COMMON, imap_literals, imap_literals, imap_id, imap_login, imap_commands),
    "pop3": (*COMMON, pop3_commands, pop3_login),
    "submission": (*COMMON, smtp_commands, smtp_login),
}


# ---- how they say it ------------------------------------------------------------------------------------

def connected(host, port, number):
    """From an address that no other client has: 127.1.0.0 and up."""
    one = socket.socket()
    one.settimeout(CONNECT_BOUND)
    one.setsockopt(socket.IPPROTO_IP, 24, 1)              # IP_BIND_ADDRESS_NO_PORT
    one.bind((socket.inet_ntoa(struct.pack("!I", 0x7f010000 + number % 0xfe0000)), 0))
    one.connect((host, port))
    one.settimeout(BOUND)
    return one


def tls_context():
    """Asks for any name, believes any certificate."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def hello(context, name):
    """The first bytes of a handshake."""
    outgoing = ssl.MemoryBIO()
    try:
        context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=name).do_handshake()
    except ssl.SSLWantReadError:
        return outgoing.read()


def carry_out(wanted, one, dice, context):
    """Whether the server ended it: "ended", or "left" by the client."""
    if wanted.port not in IMPLICIT:
        one.recv(1)                                        # the greeting has begun
    if wanted.before:
        one.sendall(wanted.before)
    if wanted.before and wanted.tls:
        read_until(one, (b"OK", b"BAD", b"220", b"502", b"554"))
    if wanted.tls == "whole":
        one = context.wrap_socket(one, server_hostname=wanted.name)
    elif wanted.tls:
        first = bytearray(hello(context, wanted.name))
        if wanted.tls == "bent":
            for _ in range(dice.randint(1, 8)):
                first[dice.randrange(len(first))] = dice.randrange(256)
        one.sendall(first[:dice.randrange(len(first))] if wanted.tls == "cut" else first)
    with one:
        for piece in wanted.pieces:
            one.sendall(piece)
        return end(one, wanted.ending)


def read_until(one, words):
    heard = b""
    while not any(word in heard for word in words):
        more = one.recv(4096)
        if not more:
            return
        heard += more


def end(one, how):
    if how == "reset":
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if how == "half":
        one.shutdown(socket.SHUT_WR)
    if how == "listen":
        one.settimeout(PATIENCE)
        one.recv(4096)
    while how == "half":
        if not one.recv(65536):
            return "ended"
    return "left"


def attack_all(host, ports, seed, first, count):
    """{what became of a client: how many}."""
    outcomes, lock, context = collections.Counter(), threading.Lock(), tls_context()
    numbers = iter(range(first, first + count))

    def work():
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            outcome = attack_once(host, ports, seed, number, context)
            with lock:
                outcomes[outcome] += 1

    threads = [threading.Thread(target=work) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def attack_once(host, ports, seed, number, context):
    wanted = attack(seed, number, ports)
    try:
        one = connected(host, ports[wanted.port], number)
    except OSError as error:
        return f"not connected: {error}"
    with one:
        try:
            return carry_out(wanted, one, random.Random(number), context)
        except TimeoutError:
            return "left"
        except (OSError, ValueError):                     # ValueError: SSL objects say so of themselves
            return "ended"


# ---- slow loris ---------------------------------------------------------------------------------------

SLOW_WORDS = {"imap": b'a LOGIN "' + b"x" * MANY, "pop3": b"USER " + b"x" * MANY, "submission": b"EHLO " + b"x" * MANY}


class Loris:
    """One connection: says nothing at all, or a byte at a time of a line (or a handshake) that has no end."""

    def __init__(self, host, ports, number, context):
        self.port = sorted(ports)[number % len(ports)]
        self.socket, self.ended = connected(host, ports[self.port], number), False
        secured = self.port in IMPLICIT and number // len(ports) % 2 == 0
        if secured:
            self.socket = context.wrap_socket(self.socket, server_hostname="loris.example")
        slow = SLOW_WORDS[self.port.rstrip("s") if self.port in IMPLICIT else self.port]
        if self.port in IMPLICIT and not secured:
            slow = hello(context, "loris.example")[:-1]
        self.words = iter(slow if number // len(ports) % 4 < 3 else b"")
        self.socket.setblocking(False)

    def go_on(self):
        """A byte more, if it has one; takes what the server said."""
        if self.ended:
            return
        try:
            for byte in self.words:
                self.socket.send(bytes([byte]))
                break
            while self.socket.recv(4096):
                pass
            self.ended = True
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return
        except OSError:
            self.ended = True


def loris_all(host, ports, seed, count):
    context = tls_context()
    all_of_them = [Loris(host, ports, seed + number, context) for number in range(count)]
    print(json.dumps({"open": len(all_of_them)}), flush=True)
    while not select.select([sys.stdin], [], [], BYTE_PAUSE)[0]:
        for one in all_of_them:
            one.go_on()
    for one in all_of_them:
        one.go_on()
        one.socket.close()
    return {"ended": sum(one.ended for one in all_of_them)}


def main(what, host, ports, *numbers):
    work = {"attack": attack_all, "loris": loris_all}[what]
    print(json.dumps(work(host, json.loads(ports), *map(int, numbers))))


if __name__ == "__main__":
    main(*sys.argv[1:])
