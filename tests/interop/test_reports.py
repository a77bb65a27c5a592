"""Reports that we write are read by Python's email package as we mean them; `tandemail explain` and `deliveries` on the command line.

$WRITE_REPORTS names the program that writes the reports, $TANDEMAIL the binary.
"""
import email
import email.policy
import http.server
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import unittest

LABELS = {"en": "Why: ", "ja": "原因: "}


class Reports(unittest.TestCase):
    """RFC 3464, 6522, 6533 as another implementation reads them."""

    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([os.environ["WRITE_REPORTS"], folder], check=True)
            cls.bytes = {path.name: path.read_bytes() for path in pathlib.Path(folder).iterdir()}

    def read(self, name):
        message = email.message_from_bytes(self.bytes[name], policy=email.policy.SMTPUTF8)
        for part in message.walk():
            self.assertEqual(part.defects, [], name)
        return message

    def status(self, message):
        """The groups of fields of the second part: the message's, then one per recipient."""
        return message.get_payload(1).get_payload()

    def test_shape(self):
        for name in self.bytes:
            message = self.read(name)
            self.assertEqual(message.get_content_type(), "multipart/report")
            self.assertEqual(len(message.get_payload()), 3)
            self.assertEqual(message["Auto-Submitted"], "auto-replied")
            self.assertEqual(message["In-Reply-To"], "<original@sender.example>")
            self.assertEqual(message["From"].addresses[0].addr_spec, "MAILER-DAEMON@gate.example.jp")
            self.assertIn("メール", message["Subject"])
            text = message.get_payload(0).get_content()
            self.assertIn("No such address.", text)
            self.assertIn("宛先が存在しません。", text)

    def test_fields(self):
        message = self.read("headers")
        self.assertEqual(message.get_param("report-type"), "delivery-status")
        about, recipient = self.status(message)
        self.assertEqual(about["Reporting-MTA"], "dns; gate.example.jp")
        self.assertEqual(about["Original-Envelope-Id"], "QQ314159")
        self.assertEqual(recipient["Original-Recipient"], "rfc822; Taro@example.jp")
        self.assertEqual(recipient["Final-Recipient"], "rfc822; taro@example.jp")
        self.assertEqual(recipient["Action"], "failed")
        self.assertEqual(recipient["Status"], "5.1.1")
        self.assertEqual(recipient["Diagnostic-Code"], "smtp; 550 5.1.1 User unknown")

    def test_what_comes_back(self):
        headers = self.read("headers").get_payload(2)
        self.assertEqual(headers.get_content_type(), "text/rfc822-headers")
        self.assertNotIn("The body.", headers.as_string())
        full = self.read("full").get_payload(2)
        self.assertEqual(full.get_content_type(), "message/rfc822")
        self.assertEqual(full.get_payload(0)["Subject"], "hello")
        self.assertEqual(full.get_payload(0).get_content(), "The body.\r\n")
        returned = self.read("eight_bit").get_payload(2).get_payload(0)
        self.assertEqual(returned["Subject"], "あ")
        self.assertIn("\r\n\r\nい\r\n".encode(), self.bytes["eight_bit"])

    def test_two_recipients(self):
        _, failed, delayed = self.status(self.read("two"))
        self.assertEqual((failed["Action"], delayed["Action"]), ("failed", "delayed"))
        self.assertIsNone(failed["Will-Retry-Until"])
        self.assertIsNotNone(delayed["Will-Retry-Until"])

    def test_seven_bits_where_smtputf8_is_missing(self):
        for name in ("headers", "full", "two", "utf8_in_seven_bits"):
            self.assertTrue(self.bytes[name].isascii(), name)
        _, recipient = self.status(self.read("utf8_in_seven_bits"))
        self.assertEqual(recipient["Final-Recipient"], r"utf-8; \x{592A}\x{90CE}@\x{4F8B}\x{3048}.jp")

    def test_international_addresses(self):
        message = self.read("utf8")
        self.assertEqual(message.get_param("report-type"), "global-delivery-status")
        raw = message["To"].addresses[0].addr_spec.encode("utf-8", "surrogateescape")
        self.assertEqual(raw.decode(), "花子@例え.jp")
        status = message.get_payload(1)
        self.assertEqual(status.get_content_type(), "message/global-delivery-status")
        self.assertIn("Final-Recipient: utf-8; 太郎@例え.jp\r\n".encode(), self.bytes["utf8"])


class Explain(unittest.TestCase):
    """The command: words, files, standard input, both languages, exit codes."""

    WORDS = "552 5.2.2 <a@example.jp> Quota exceeded (mailbox for user is full)"
    BOUNCE = ("From: MAILER-DAEMON@mx.example.jp\nTo: me@example.com\nSubject: failure notice\n\n"
              "<a@example.jp>:\nRemote host said: 550 5.1.1 no such user\n")

    def explain(self, *arguments, given="", **environment):
        return subprocess.run([os.environ["TANDEMAIL"], "explain", *arguments], input=given, text=True,
                              capture_output=True, timeout=60, env={"LANG": "C", **environment})

    def told(self, *arguments, **options):
        done = self.explain("--json", *arguments, **options)
        self.assertEqual(done.stderr, "")
        return json.loads(done.stdout)

    def test_words(self):
        done = self.explain(self.WORDS)
        self.assertEqual(done.returncode, 0)
        self.assertIn("Why: The mailbox is full.", done.stdout)
        self.assertIn("Who acts: the owner of the mailbox", done.stdout)
        one, = self.told(self.WORDS)["recipients"]
        self.assertEqual((one["class"], one["entry"], one["temporary"]), ("mailbox_full", "dc-quota", False))
        self.assertEqual((one["code"], one["status"], one["confidence"]), (552, "5.2.2", "high"))
        self.assertEqual(self.told(*self.WORDS.split())["recipients"], [one])

    def test_language(self):
        for environment, language in (({"LANG": "ja_JP.UTF-8"}, "ja"), ({"LANG": "en_US.UTF-8"}, "en"),
                                      ({"LANG": "ja_JP.UTF-8", "LC_ALL": "C"}, "en"), ({"LANG": "de_DE"}, "en")):
            self.assertIn(LABELS[language], self.explain(self.WORDS, **environment).stdout)
        self.assertIn(LABELS["ja"], self.explain("--language", "ja", self.WORDS).stdout)

    def test_a_bounce_from_a_file_and_from_standard_input(self):
        with tempfile.NamedTemporaryFile("w", suffix=".eml") as file:
            file.write(self.BOUNCE)
            file.flush()
            from_file = self.told("--file", file.name)
        self.assertEqual(from_file["kind"], "bounce")
        self.assertEqual(from_file, self.told("-", given=self.BOUNCE))
        one, = from_file["recipients"]
        self.assertEqual((one["recipient"], one["class"]), ("a@example.jp", "unknown_mailbox"))

    def test_several_bounces_in_one_file(self):
        line = "From MAILER-DAEMON Thu Apr 29 23:34:45 2015\n"
        told = self.told("-", given=line + self.BOUNCE + "\n" + line + self.BOUNCE.replace("a@", "b@"))
        self.assertEqual([one["recipient"] for one in told["recipients"]], ["a@example.jp", "b@example.jp"])

    def test_whose_words_they_are(self):
        words = "550 5.7.27 xyzzy"
        for arguments in (["--host", "gmail-smtp-in.l.google.com"], ["--provider", "google"]):
            self.assertEqual(self.told(*arguments, words)["recipients"][0]["entry"], "gm-5727")
        self.assertEqual(self.told(words)["recipients"][0]["entry"], "")

    def test_exit_codes(self):
        self.assertEqual(self.explain(self.WORDS).returncode, 0)
        self.assertEqual(self.explain("550 xyzzy").returncode, 3)      # only a guess
        self.assertEqual(self.explain("--file", "/nowhere").returncode, 1)
        self.assertEqual(self.explain("-", given="").returncode, 1)
        self.assertEqual(self.explain().returncode, 2)
        self.assertEqual(self.explain("--language", "fr", self.WORDS).returncode, 2)
        self.assertEqual(self.explain("--file", "x", self.WORDS).returncode, 2)

    def test_words_cannot_control_the_terminal(self):
        done = self.explain("-", given=self.BOUNCE.replace("no such user", "no \x1b[2J such user"))
        self.assertNotIn("\x1b", done.stdout)
        self.assertIn("\\x1b", done.stdout)


REFUSED = {
    "trace_id": "t1", "at": "2026-11-24T00:00:00Z", "sender": "a@example.com", "recipient": "b@example.jp", "size": 1,
    "home": {"side": "new", "state": "refused", "server_words": "552 5.2.2 full", "explanation": {
        "class": "mailbox_full", "temporary": False, "sure": False,
        "cause": {"en": "It is full.", "ja": "満杯です。"}, "next_step": {"en": "Empty it.", "ja": "空けてください。"}}},
    "mirror": {"side": "old", "state": "none", "server_words": None}, "fallback": False}


class Api(http.server.BaseHTTPRequestHandler):
    """The API as far as `deliveries` asks it."""

    def do_GET(self):
        body = json.dumps({"deliveries": [REFUSED], "owed": {"count": 0, "oldest_at": None},
                           "debts": {"count": 0, "oldest_at": None}}).encode()
        self.send_response(200 if self.headers["Authorization"] == "Bearer token" else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Deliveries(unittest.TestCase):
    """What `tandemail deliveries` says of a refusal."""

    def test_a_refusal_is_explained_in_the_language_of_the_environment(self):
        with http.server.HTTPServer(("127.0.0.1", 0), Api) as server, tempfile.TemporaryDirectory() as folder:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            data = pathlib.Path(folder, "data")
            data.mkdir(mode=0o700)
            (data / "api.token").write_text("token\n")
            (data / "api.token").chmod(0o600)
            config = pathlib.Path(folder, "tandemail.conf")
            config.write_text(f"data = {data}\nhostname = mx.example.jp\n[listen]\n"
                              f"web = 127.0.0.1:{server.server_address[1]}\n")
            for language, words in (("C", "probably: It is full. Empty it."), ("ja_JP.UTF-8", "おそらく: 満杯です。 空けてください。")):
                done = subprocess.run([os.environ["TANDEMAIL"], "deliveries", "--config", str(config)], text=True,
                                      capture_output=True, timeout=60, env={"LANG": language})
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertIn("    552 5.2.2 full\n    " + words, done.stdout)
            server.shutdown()


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
