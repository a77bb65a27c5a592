"""Mail that breaks rules, as old mailboxes hold it, and what real servers make of it when they are given it.

`MESSAGES`: {name: bytes}; each has its name in its subject where it has one. `kept(server, data)`: the bytes that
server ("dovecot", "cyrus", "courier", "tandemail") gives back after an APPEND of `data`, None where it refuses. Found
by trying; the tests that compare with it fail when a server begins to do otherwise.

- Dovecot 2.3 (Maildir): LF alone becomes CRLF, CR before CRLF goes, NUL is given out as 0x80.
- Cyrus 3.6: refuses NUL, LF alone, and a header that has a line without an end, or without a name and a colon right
  behind it ("From " at the very beginning is let through); bytes above 127 in the header become X.
- Courier 5.0: LF alone becomes CRLF, CR elsewhere goes, a last line without an end gets one.
- Tandemail keeps every byte.
"""
import re

HEAD = (b"From: a@b.example\r\nTo: c@d.example\r\nSubject: %b\r\nDate: Mon, 2 Mar 2026 10:00:00 +0900\r\n"
        b"Message-ID: <%b@b.example>\r\n")


def _mail(name, body, more=b""):
    return HEAD % (name.encode(), name.encode()) + more + b"\r\n" + body


MESSAGES = {
    "NUL in the body": _mail("NUL in the body", b"a\0b\r\n"),
    "NUL in the header": _mail("NUL in the header", b"x\r\n", b"X-Null: a\0b\r\n"),
    "LF alone": _mail("LF alone", b"one\ntwo\r\nthree\n"),
    "CR alone": _mail("CR alone", b"one\rtwo\r\nthree\r\r\n"),
    "LF only": _mail("LF only", b"one\r\ntwo\r\n").replace(b"\r\n", b"\n"),
    "8-bit header": _mail("8-bit header", b"x\r\n", b"X-Raw: \x82\xa0 \xe9\r\n"),
    "no header": b"\r\njust text\r\n",
    "no body": HEAD % (b"no body", b"no-body"),
    "no empty line": b"Subject: no empty line\r\nFrom: a@b.example",
    "no colon": _mail("no colon", b"x\r\n", b"this line is no field\r\nX-After: 1\r\n"),
    "space before the colon": _mail("space before the colon", b"x\r\n", b"X-Space : 1\r\n"),
    "text only": b"no header at all\r\njust two lines\r\n",
    "mbox line": b"From a@b.example Mon Mar  2 10:00:00 2026\r\n" + _mail("mbox line", b"x\r\n"),
    "no date, no sender": b"Subject: no date, no sender\r\n\r\nx\r\n",
    "last line without an end": _mail("last line without an end", b"one\r\ntwo"),
    "long header line": _mail("long header line", b"x\r\n", b"X-Long: " + b"y" * 100_000 + b"\r\n"),
    "long body line": _mail("long body line", b"z" * 1_000_000 + b"\r\n"),
    "empty body": _mail("empty body", b""),
    "broken MIME": _mail("broken MIME", b"--x\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--y\r\n\r\nq\r\n",
                         b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"x\r\n"),
    "dots": _mail("dots", b".\r\n..\r\n.x\r\n"),
    "empty fold": _mail("empty fold", b"x\r\n", b"X-Fold: a\r\n \r\n\tb\r\n"),
    "control bytes": _mail("control bytes", b"\x01\x02\x7f\x1b[31m\x85\xff\r\n"),
    "one byte": b"x",
    "one line end": b"\r\n",
    "twins": _mail("twins", b"the same three times\r\n"),
    "twins, second": _mail("twins", b"the same three times\r\n"),
    "twins, third": _mail("twins", b"the same three times\r\n"),
}


def kept(server, data):
    return {"dovecot": _dovecot, "cyrus": _cyrus, "courier": _courier, "tandemail": bytes}[server](data)


def _dovecot(data):
    return re.sub(rb"(?<!\r)\n", b"\r\n", data.replace(b"\r\n", b"\n")).replace(b"\0", b"\x80")


def _courier(data):
    lines = data.replace(b"\r", b"")
    return (lines + b"\n" * (not lines.endswith(b"\n"))).replace(b"\n", b"\r\n")


def _cyrus(data):
    header, empty, body = _split(data)
    lines = [line for line in header.split(b"\r\n") if line and line[:1] not in b" \t"]
    names = all(re.match(rb"[^\s:]+:", line) for line in lines[header.startswith(b"From "):])
    ended = empty or data.endswith(b"\r\n")
    if b"\0" in data or re.search(rb"(?<!\r)\n", data) or not names or not ended:
        return None
    return re.sub(rb"[\x80-\xff]", b"X", header) + empty + body


def _split(data):
    if data.startswith(b"\r\n"):
        return b"", b"\r\n", data[2:]
    return data.partition(b"\r\n\r\n")
