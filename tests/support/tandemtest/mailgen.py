"""Deterministic mail: the same (seed, profile, index) is the same message, on every machine, for ever.

`Generator(seed, profile).mail(index)` returns a `Mail`: bytes with CRLF line ends and no bare CR, LF
or NUL, flags, keywords and an internal date. Any index can be asked alone; memory is the pools
(about 3 MB) plus the one message. Profiles: `real` (median 8 KB, p99 3 MB, at most 12 MB), `bench`
(median 8 KB, p99 300 KB, at most 2 MB), `tiny` (1 to 6 KB). `Generator.big(index, size)` is a message
with one attachment of that many bytes.

The mix is the table KINDS; independent of it, messages may lack a Message-ID, carry an earlier one,
or be an earlier message byte for byte. Command line: `mailgen.py --help`.
"""
import argparse
import base64
import bisect
import dataclasses
import datetime
import hashlib
import math
import os
import pathlib
import quopri
import random as random_module
import sys

if __package__:
    from . import words
else:
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
    from tandemtest import words

# Points of the size distribution: (share of messages, bytes), straight lines in log space between.
SIZES = {
    "real": ((0, 900), (0.5, 8_000), (0.85, 40_000), (0.95, 400_000), (0.99, 3_000_000), (1, 12_000_000)),
    "bench": ((0, 900), (0.5, 8_000), (0.85, 20_000), (0.95, 60_000), (0.99, 300_000), (1, 2_000_000)),
    "tiny": ((0, 1_000), (1, 6_000)),
}
ATTACH_ABOVE = 48_000      # larger messages are attachments, whatever their kind says

# kind, share in percent. The function of the same name with a leading "_" makes the body.
KINDS = (
    ("plain", 52.0), ("utf8", 14.0), ("iso2022jp", 9.0), ("alternative", 8.0), ("attachment", 5.0),
    ("quoted_printable", 3.0), ("eucjp", 1.5), ("shiftjis", 1.5), ("raw_headers", 1.5),
    ("leading_dots", 1.5), ("long_lines", 1.0), ("eight_bit", 0.5), ("broken_mime", 0.5),
    ("many_recipients", 0.3), ("no_date", 0.4), ("empty_body", 0.3))
DUPLICATE, NO_ID, REUSED_ID = 0.01, 0.02, 0.015
FLAGS = (("\\Seen", 0.8), ("\\Answered", 0.2), ("\\Flagged", 0.05), ("\\Draft", 0.01), ("\\Deleted", 0.01))
KEYWORDS = (("$Forwarded", 0.06), ("$label1", 0.04), ("$Junk", 0.02), ("Wichtig", 0.01))
EPOCH = datetime.datetime(2021, 3, 1, tzinfo=datetime.timezone.utc)
JST = datetime.timezone(datetime.timedelta(hours=9))


@dataclasses.dataclass(frozen=True)
class Mail:
    """One message. `date` is its INTERNALDATE (whole seconds); `duplicate_of` an earlier index or None."""
    index: int
    kind: str
    data: bytes
    flags: tuple
    keywords: tuple
    date: datetime.datetime
    duplicate_of: int | None

    @property
    def digest(self):
        return hashlib.sha256(self.data).hexdigest()


class Generator:
    def __init__(self, seed=1, profile="tiny"):
        self.seed, self.sizes = seed, SIZES[profile]
        random = random_module.Random(f"pool/{seed}")
        raw = base64.b64encode(random.randbytes(57 * 20_000))
        self.base64_pool = b"".join(raw[i:i + 76] + b"\r\n" for i in range(0, len(raw), 76))
        lines = []
        for _ in range(6_000):
            lines.append(words.english_sentence(random).encode())
        self.text_pool = b"\r\n".join(lines) + b"\r\n"
        self.kinds = [kind for kind, _ in KINDS]
        self.kind_limits = [sum(share for _, share in KINDS[:n + 1]) for n in range(len(KINDS))]

    def mail(self, index):
        random = random_module.Random(f"{self.seed}/{index}")
        kind, data, original = self._content(index)
        flags = tuple(flag for flag, share in FLAGS if random.random() < share)
        keywords = tuple(word for word, share in KEYWORDS if random.random() < share)
        return Mail(index, kind, data, flags, keywords, self._date(index), original)

    def mails(self, count, start=0):
        return (self.mail(index) for index in range(start, start + count))

    def big(self, index, size=30_000_000):
        """A message whose one attachment decodes to `size` bytes."""
        random = random_module.Random(f"big/{self.seed}/{index}")
        head = self._head(random, index, "attachment")
        data = head + self._attachment(random, size * 78 // 57, parts=1)
        return Mail(index, "attachment", data, (), (), self._date(index), None)

    def _content(self, index):
        random = random_module.Random(f"content/{self.seed}/{index}")
        if index > 3 and random.random() < DUPLICATE:
            original = random.randrange(index)
            kind, data, first = self._content(original)
            return kind, data, original if first is None else first
        draw = random.random() * self.kind_limits[-1]
        kind = self.kinds[bisect.bisect_right(self.kind_limits, draw)]
        size = self._size(random)
        if size > ATTACH_ABOVE:
            kind = "attachment"
        head = self._head(random, index, kind)
        body = getattr(self, "_" + kind)(random, max(size - len(head), 60))
        return kind, head + body, None

    def _size(self, random):
        share = random.random()
        upper = next(n for n, point in enumerate(self.sizes) if point[0] > share)
        (x0, y0), (x1, y1) = self.sizes[upper - 1], self.sizes[upper]
        return int(math.exp(math.log(y0) + (math.log(y1) - math.log(y0)) * (share - x0) / (x1 - x0)))

    def _date(self, index):
        jitter = random_module.Random(f"date/{self.seed}/{index}").randrange(1_200)
        return (EPOCH + datetime.timedelta(seconds=index * 1_303 + jitter)).astimezone(JST)

    def _message_id(self, index):
        return hashlib.sha1(f"id/{self.seed}/{index}".encode()).hexdigest()[:24]

    # ---- the header -----------------------------------------------------------------------------
    def _head(self, random, index, kind):
        date = self._date(index).strftime("%a, %d %b %Y %H:%M:%S %z").encode()
        sender = b"person%d@partner.example" % random.randrange(1, 300)
        lines = [b"Return-Path: <" + sender + b">"]
        for hop in range(random.randint(1, 4)):
            lines.append(b"Received: from hop%d.example (hop%d.example [192.0.2.%d])\r\n\tby mx%d.example "
                         b"with ESMTPS id %012x;\r\n\t%s" % (hop, hop, random.randrange(1, 255), hop,
                                                              random.getrandbits(48), date))
        lines.append(b"From: " + self._sender_name(random, kind) + b" <" + sender + b">")
        lines.append(b"To: " + self._recipients(random, kind))
        lines.append(b"Subject: " + self._subject(random, index, kind))
        if kind != "no_date":
            lines.append(b"Date: " + date)
        draw = random.random()
        if draw >= NO_ID:
            owner = random.randrange(index) if index > 3 and draw < NO_ID + REUSED_ID else index
            lines.append(b"Message-ID: <%s@partner.example>" % self._message_id(owner).encode())
        if index and random.random() < 0.3:
            earlier = self._message_id(random.randrange(index)).encode()
            lines.append(b"In-Reply-To: <%s@partner.example>" % earlier)
        lines.append(b"MIME-Version: 1.0")
        return b"\r\n".join(lines) + b"\r\n"

    def _recipients(self, random, kind):
        if kind == "many_recipients":
            return b",\r\n ".join(b"member%d@example.jp" % n for n in range(400))
        return b"person%d@example.jp" % random.randrange(1, 200)

    def _sender_name(self, random, kind):
        if kind in ("utf8", "iso2022jp", "eucjp", "shiftjis"):
            return words.encoded_words(random.choice(words.JAPANESE_NAMES), _charset(kind), "B")
        return b'"Person, Some"' if random.random() < 0.3 else b"Some Person"

    def _subject(self, random, index, kind):
        japanese = random.choice(words.JAPANESE_SUBJECTS) * random.choice((1, 1, 1, 3))
        if kind == "raw_headers":
            charset = random.choice(("utf-8", "shift_jis", "latin-1"))
            text = "Réunion à Genève" if charset == "latin-1" else japanese
            return text.encode(charset) + b" %d" % index
        if kind in ("utf8", "iso2022jp", "eucjp", "shiftjis"):
            letter = "Q" if kind == "utf8" and random.random() < 0.4 else "B"
            return words.encoded_words(japanese, _charset(kind), letter) + b" %d" % index
        return words.english_sentence(random, 2, 7)[:-1].encode() + b" %d" % index

    # ---- bodies: each returns the rest of the header, the empty line and the body ---------------
    def _plain(self, random, size):
        return _content_type("us-ascii", "7bit") + self._text(random, size)

    def _no_date(self, random, size):
        return self._plain(random, size)

    def _raw_headers(self, random, size):
        return self._plain(random, size)

    def _many_recipients(self, random, size):
        return self._plain(random, size)

    def _empty_body(self, random, size):
        return b"\r\n"

    def _utf8(self, random, size):
        text = self._japanese(random, size).encode()
        if random.random() < 0.5:
            return _content_type("UTF-8", "8bit") + text
        return _content_type("UTF-8", "base64") + _base64_lines(text[:size * 3 // 4 // 3 * 3])

    def _iso2022jp(self, random, size):
        return _content_type("ISO-2022-JP", "7bit") + self._japanese(random, size).encode("iso-2022-jp")

    def _eucjp(self, random, size):
        return _content_type("EUC-JP", "8bit") + self._japanese(random, size).encode("euc-jp")

    def _shiftjis(self, random, size):
        text = self._japanese(random, size).encode("shift_jis")
        if random.random() < 0.5:
            return _content_type("Shift_JIS", "8bit") + text
        return _content_type("Shift_JIS", "base64") + _base64_lines(text)

    def _quoted_printable(self, random, size):
        text = self._text(random, size) + "Größe: 3 m², façade.\r\n".encode()
        coded = quopri.encodestring(text.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
        return _content_type("UTF-8", "quoted-printable") + coded

    def _alternative(self, random, size):
        mark = b"alt-%012x" % random.getrandbits(48)
        text = self._text(random, size // 3)
        page = b"<html><body><p>" + self._text(random, size // 2) + b"</p></body></html>\r\n"
        return (b'Content-Type: multipart/alternative; boundary="' + mark + b'"\r\n\r\n'
                + b"--" + mark + b"\r\n" + _content_type("us-ascii", "7bit") + text
                + b"--" + mark + b"\r\nContent-Type: text/html; charset=us-ascii\r\n\r\n" + page
                + b"--" + mark + b"--\r\n")

    def _attachment(self, random, size, parts=None, close=True):
        mark = b"mix-%012x" % random.getrandbits(48)
        parts = parts or random.choice((1, 1, 2, 3))
        out = [b'Content-Type: multipart/mixed; boundary="', mark, b'"\r\n\r\nThis is MIME.\r\n--', mark,
               b"\r\n", _content_type("us-ascii", "7bit"), self._text(random, min(size // 4, 2_000))]
        for number in range(parts):
            name = f"{random.choice(words.JAPANESE_SUBJECTS)}{number}.pdf"
            out += [b"--", mark, b"\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n"
                    b"Content-Disposition: attachment; ", words.file_name_parameter(random, name),
                    b"\r\n\r\n"]
            out += self._base64(random, size // parts)
        return b"".join(out) + (b"--" + mark + b"--\r\n" if close else b"")

    def _broken_mime(self, random, size):
        return self._attachment(random, size, close=False)

    def _leading_dots(self, random, size):
        dots = b".\r\n..\r\n.dotted line\r\n\r\nFrom here to there\r\n>From quoted\r\n...\r\n"
        return _content_type("us-ascii", "7bit") + dots + self._text(random, size) + b".\r\n"

    def _long_lines(self, random, size):
        lines, total = [], 0
        while total < size:
            length = random.randint(1_500, 15_000)
            lines.append(self.text_pool[:length].replace(b"\r\n", b" ").rstrip(b"\r"))   # may cut a CRLF in two
            total += length
        return _content_type("us-ascii", "7bit") + b"\r\n".join(lines) + b"\r\n"

    def _eight_bit(self, random, size):
        raw = random.randbytes(size).translate(None, b"\x00\r\n")
        lines = (raw[i:i + 200] for i in range(0, len(raw), 200))
        return b"Content-Type: application/octet-stream\r\n\r\n" + b"\r\n".join(lines) + b"\r\n"

    # ---- material -------------------------------------------------------------------------------
    def _text(self, random, size):
        start = self.text_pool.index(b"\r\n", random.randrange(len(self.text_pool) // 2)) + 2
        text = self.text_pool[start:start + size]
        return text[:text.rfind(b"\r\n") + 2] if b"\r\n" in text else b"Short.\r\n"

    def _japanese(self, random, size):
        lines, total = [], 0
        while total < size:
            line = words.japanese_text(random, random.randint(1, 3))
            lines.append(line)
            total += len(line) * 3
        return "\r\n".join(lines) + "\r\n"

    def _base64(self, random, size):
        lines = max(size // 78, 1)
        whole = len(self.base64_pool) // 78
        while lines > 0:
            start = random.randrange(whole)
            count = min(lines, whole - start)
            yield self.base64_pool[start * 78:(start + count) * 78]
            lines -= count


def _charset(kind):
    return {"utf8": "UTF-8", "iso2022jp": "ISO-2022-JP", "eucjp": "EUC-JP", "shiftjis": "Shift_JIS"}[kind]


def _content_type(charset, encoding):
    return (f"Content-Type: text/plain; charset={charset}\r\n"
            f"Content-Transfer-Encoding: {encoding}\r\n\r\n").encode()


def _base64_lines(data):
    return base64.encodebytes(data).replace(b"\n", b"\r\n")


def write_eml(directory, mail):
    (directory / f"{mail.index:07d}.eml").write_bytes(mail.data)


def write_maildir(directory, mail):
    """A Maildir file with LF line ends, flags and the internal date as its time stamp."""
    letters = {"\\Draft": "D", "\\Flagged": "F", "\\Answered": "R", "\\Seen": "S", "\\Deleted": "T"}
    info = "".join(sorted(letters[flag] for flag in mail.flags))
    seconds = int(mail.date.timestamp())
    data = mail.data.replace(b"\r\n", b"\n")
    path = directory / "cur" / f"{seconds}.M{mail.index}.gen,S={len(data)},W={len(mail.data)}:2,{info}"
    path.write_bytes(data)
    os.utime(path, (seconds, seconds))


def main():
    parser = argparse.ArgumentParser(description="Write deterministic test mail.")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--profile", choices=SIZES, default="tiny")
    parser.add_argument("--format", choices=("eml", "maildir"), default="eml")
    parser.add_argument("--out", type=pathlib.Path, help="directory; nothing is written without it")
    parser.add_argument("--stats", action="store_true", help="print the distribution of sizes and kinds")
    options = parser.parse_args()
    if options.out:
        for name in ("", "cur", "new", "tmp") if options.format == "maildir" else ("",):
            (options.out / name).mkdir(parents=True, exist_ok=True)
    write = write_maildir if options.format == "maildir" else write_eml
    sizes, kinds = [], {}
    for mail in Generator(options.seed, options.profile).mails(options.count, options.start):
        if options.out:
            write(options.out, mail)
        sizes.append(len(mail.data))
        kinds[mail.kind] = kinds.get(mail.kind, 0) + 1
    if options.stats:
        sizes.sort()
        at = [sizes[min(int(len(sizes) * share), len(sizes) - 1)] for share in (0.5, 0.9, 0.99, 1)]
        print(f"messages {len(sizes)} bytes {sum(sizes)} median {at[0]} p90 {at[1]} p99 {at[2]} max {at[3]}")
        print(" ".join(f"{kind}={count}" for kind, count in sorted(kinds.items())))


if __name__ == "__main__":
    main()
