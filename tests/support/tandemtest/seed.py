"""Filling a mailbox over IMAP with generated mail, flags, keywords and dates included.

`append(peer, user, mails, folder)` returns nothing; a refusal is a PeerError. Works with every peer,
since APPEND is the one thing all have.
"""
import imaplib

from . import probe
from .process import PeerError


def append(peer, user, mails, folder="INBOX", port="imaps"):
    """`folder` is the server's own name (prefix and separator included)."""
    with probe.imap(peer, user, port) as client:
        if folder != "INBOX":
            client.create(f'"{folder}"')
            client.subscribe(f'"{folder}"')
        for mail in mails:
            flags = "(" + " ".join(mail.flags + mail.keywords) + ")"
            status, answer = client.append(f'"{folder}"', flags, imaplib.Time2Internaldate(mail.date), mail.data)
            if status != "OK":
                raise PeerError(f"APPEND of mail {mail.index} to {folder}: {answer}")
