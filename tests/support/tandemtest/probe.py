"""Short ways to a peer with Python's own protocol clients: logged in, TLS checked, with a time limit.

`peer` is anything with `host`, `ports` and `ca_file` (every class in `peers`, and `Tandemail`).
"""
import imaplib
import poplib
import smtplib
import socket
import ssl

from .process import PeerError

BOUND = 20    # seconds any single answer may take


def tls_context(peer):
    return ssl.create_default_context(cafile=str(peer.ca_file))


def imap(peer, user, port="imaps"):
    """A logged-in IMAP client; `port` is "imaps" or "imap" (then STARTTLS). Use with `with`."""
    if port == "imaps":
        client = imaplib.IMAP4_SSL(peer.host, peer.ports[port], ssl_context=tls_context(peer), timeout=BOUND)
    else:
        client = imaplib.IMAP4(peer.host, peer.ports[port], timeout=BOUND)
        client.starttls(tls_context(peer))
    client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)      # imaplib sends a command in pieces
    try:
        client.login(user.address, user.password)
    except imaplib.IMAP4.error as error:
        client.shutdown()
        raise PeerError(f"log-in of {user.address} refused: {error}") from None
    return client


def pop3(peer, user, port="pop3s"):
    """A logged-in POP3 client; `port` is "pop3s" or "pop3" (then STLS). The caller calls quit()."""
    if port == "pop3s":
        client = poplib.POP3_SSL(peer.host, peer.ports[port], context=tls_context(peer), timeout=BOUND)
    else:
        client = poplib.POP3(peer.host, peer.ports[port], timeout=BOUND)
        client.stls(tls_context(peer))
    client.user(user.address)
    client.pass_(user.password)
    return client


def smtp(peer, port="smtp", tls=False, user=None):
    """An SMTP client that said EHLO, over TLS at "submissions"; `tls` does STARTTLS, `user` authenticates. Use with `with`."""
    kind, more = smtplib.SMTP, {}
    if port == "submissions":
        kind, more = smtplib.SMTP_SSL, {"context": tls_context(peer)}
    client = kind(peer.host, peer.ports[port], local_hostname="client.test.example", timeout=BOUND, **more)
    try:
        client.ehlo()
        if tls:
            client.starttls(context=tls_context(peer))
            client.ehlo()
        if user:
            client.login(user.address, user.password)
    except smtplib.SMTPException:
        client.close()
        raise
    return client
