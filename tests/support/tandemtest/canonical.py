"""What of a message must be the same on both sides, and its digest.

`exact(data)`: every byte, for mail that was copied. `in_transit(data)`: the message without the
lines that servers on the way add or rewrite (TRACE_HEADERS), for mail that was delivered. Line ends
count as CRLF in both, because IMAP has no others.
"""
import hashlib
import re

TRACE_HEADERS = (b"received", b"return-path", b"delivered-to", b"x-original-to", b"authentication-results",
                 b"received-spf", b"x-spam-status", b"x-spam-level")


def exact(data):
    return hashlib.sha256(with_crlf(data)).hexdigest()


def in_transit(data):
    header, separator, body = split(with_crlf(data))
    kept = [line for line in fields(header) if line.partition(b":")[0].strip().lower() not in TRACE_HEADERS]
    return hashlib.sha256(b"".join(kept) + separator + body.rstrip(b"\r\n")).hexdigest()


def unfolded(data):
    """As `in_transit`, with the header's white space counted as one space and folds undone: for
    clients that fold long header lines anew (getmail)."""
    header, separator, body = split(with_crlf(data))
    lines = [b" ".join(line.split()) + b"\r\n" for line in fields(header)]
    return in_transit(b"".join(lines) + separator + body)


def with_crlf(data):
    return data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def split(data):
    """(header with its last CRLF, the empty line, body)."""
    if data.startswith(b"\r\n"):
        return b"", b"\r\n", data[2:]
    header, empty, body = data.partition(b"\r\n\r\n")
    return (header + b"\r\n", b"\r\n", body) if empty else (data, b"", b"")


def fields(header):
    """The header's fields, each with its folded lines."""
    found = []
    for line in header.splitlines(keepends=True):
        if found and line[:1] in (b" ", b"\t"):
            found[-1] += line
        else:
            found.append(line)
    return found


def field(data, name):
    """The value of the first field called `name` (bytes, lower case), unfolded; None without one."""
    header = re.match(rb"(?:[^\r\n]+(?:\r?\n|$))*", data).group()
    for line in fields(with_crlf(header)):
        key, colon, value = line.partition(b":")
        if colon and key.strip().lower() == name:
            return re.sub(rb"\r\n[ \t]", b" ", value).strip()
    return None
