"""What mail programs are told to set themselves up, read by others' parsers, and then done as told: log in, send."""
import contextlib
import http.client
import imaplib
import json
import pathlib
import plistlib
import smtplib
import socket
import ssl
import sys
import unittest
import xml.etree.ElementTree as ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tandemtest import probe                                        # noqa: E402
from tandemtest.peers import Dovecot, User                          # noqa: E402
from tandemtest.process import run                                  # noqa: E402
from tandemtest.sink import Sink                                    # noqa: E402
from tandemtest.tandem import Migration, Tandemail, side_of         # noqa: E402

HANAKO, TARO = User("hanako@example.jp", "pass word"), User("taro@example.jp", "another")
LETTER = b"Subject: hello\r\n\r\nbody\r\n"
POX = "http://schemas.microsoft.com/exchange/autodiscover"
REQUEST = """<?xml version="1.0" encoding="utf-8"?>
<Autodiscover xmlns="{0}/outlook/requestschema/2006"><Request><EMailAddress>{1}</EMailAddress>
<AcceptableResponseSchema>{0}/outlook/responseschema/2006a</AcceptableResponseSchema></Request></Autodiscover>"""


def decoded(rows, directory):
    """What zbar reads in a QR code given as rows of True (dark), each module drawn 4 × 4."""
    size = (len(rows) + 8) * 4
    image = bytearray(b"\xff" * (size * size))
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            for line in range(4 * (y + 4), 4 * (y + 5)) if dark else ():
                image[line * size + 4 * (x + 4):line * size + 4 * (x + 5)] = bytes(4)
    path = pathlib.Path(directory) / "code.pgm"
    path.write_bytes(b"P5 %d %d 255\n" % (size, size) + image)
    return run(["zbarimg", "--quiet", "--raw", path]).stdout.decode().strip()


def rows_of(text):
    """The code that `clients setup` drew in half blocks: an empty block is dark."""
    above, below = {"█": False, "▀": False, "▄": True, " ": True}, {"█": False, "▀": True, "▄": False, " ": True}
    drawn = [line for line in text.splitlines() if line.startswith("█") and line.endswith("█")]
    return [[half[block] for block in line[4:-4]] for line in drawn for half in (above, below)][4:-4]


class DiscoveryTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sink = cls.enterClassContext(Sink())
        cls.sides = [Dovecot([HANAKO, TARO], relay=cls.sink.port) for _ in range(2)]
        for side in cls.sides:
            cls.addClassCleanup(side.stop)
            side.start()
        accounts = [{"address": user.address, "old_password": user.password, "new_password": user.password}
                    for user in (HANAKO, TARO)]
        cls.target = Tandemail([Migration("move", "example.jp", *map(side_of, cls.sides), accounts=accounts,
                                         sections={"gateway": {"enabled": False}})],
                               hostname="mail.example.jp")
        cls.target.port_names = [name for name in Tandemail.port_names if not name.startswith("pop3")]
        cls.addClassCleanup(cls.target.stop)
        cls.target.start()

    def ask(self, path, body=None, host="autoconfig.example.jp", headers=None):
        """(status, content type, body), asked under the name `host`; nobody looks at the certificate, whose
        names for this are the operator's."""
        context = ssl._create_unverified_context()
        connection = http.client.HTTPSConnection("127.0.0.1", self.target.ports["https"], context=context, timeout=20)
        with contextlib.closing(connection):
            connection.request("POST" if body else "GET", path, body, {"Host": host, **(headers or {})})
            answer = connection.getresponse()
            return answer.status, answer.getheader("Content-Type"), answer.read()

    def log_in(self, server, port, user):
        self.assertEqual(server, "mail.example.jp")
        context = probe.tls_context(self.target)
        with socket.create_connection(("127.0.0.1", port), timeout=20) as plain, \
                context.wrap_socket(plain, server_hostname=server):
            pass                                                    # the certificate has the name that was told
        with imaplib.IMAP4_SSL("localhost", port, ssl_context=context) as session:
            session.login(user, HANAKO.password)
            self.assertEqual(session.select()[0], "OK")

    def send(self, port, user):
        context = probe.tls_context(self.target)
        self.sink.forget()
        with smtplib.SMTP_SSL("localhost", port, context=context) as session:
            session.login(user, HANAKO.password)
            session.sendmail(HANAKO.address, ["friend@elsewhere.example"], LETTER)
        letter, = self.sink.wait_for(1)
        self.assertEqual(letter.recipients, ("friend@elsewhere.example",))

    def test_thunderbird(self):
        address = HANAKO.address
        status, kind, body = self.ask(f"/mail/config-v1.1.xml?emailaddress={address}")
        self.assertEqual((status, kind), (200, "text/xml; charset=utf-8"))
        run(["xmllint", "--noout", "-"], data=body)
        self.assertEqual(self.ask("/.well-known/autoconfig/mail/config-v1.1.xml", host="example.jp")[2], body)
        self.assertEqual(self.ask("/mail/config-v1.1.xml?emailaddress=nobody@example.jp")[2], body)
        root = ElementTree.fromstring(body)
        self.assertEqual((root.tag, root.get("version")), ("clientConfig", "1.1"))
        self.assertEqual(root.findtext("emailProvider/domain"), "example.jp")
        offered = [(one.get("type"), one.findtext("port"), one.findtext("socketType"))
                   for one in root.find("emailProvider") if one.tag in ("incomingServer", "outgoingServer")]
        ports = self.target.ports
        self.assertEqual(offered, [("imap", str(ports["imaps"]), "SSL"), ("imap", str(ports["imap"]), "STARTTLS"),
                                   ("smtp", str(ports["submissions"]), "SSL"),
                                   ("smtp", str(ports["submission"]), "STARTTLS")])
        first = root.find("emailProvider/incomingServer")
        user = first.findtext("username").replace("%EMAILADDRESS%", address)
        self.log_in(first.findtext("hostname"), int(first.findtext("port")), user)
        last = root.find("emailProvider/outgoingServer")
        self.send(int(last.findtext("port")), user)

    def test_outlook(self):
        request = REQUEST.format(POX, HANAKO.address)
        for path in ("/autodiscover/autodiscover.xml", "/Autodiscover/Autodiscover.xml"):
            status, kind, body = self.ask(path, request, "autodiscover.example.jp", {"Content-Type": "text/xml"})
            self.assertEqual((status, kind), (200, "text/xml; charset=utf-8"))
        root = ElementTree.fromstring(body)
        inner = f"{{{POX}/outlook/responseschema/2006a}}"
        found = {one.findtext(f"{inner}Type"): one for one in root.iter(f"{inner}Protocol")}
        self.assertEqual(sorted(found), ["IMAP", "SMTP"])
        imap = found["IMAP"]
        self.assertEqual((imap.findtext(f"{inner}SSL"), imap.findtext(f"{inner}Encryption")), ("on", "SSL"))
        self.log_in(imap.findtext(f"{inner}Server"), int(imap.findtext(f"{inner}Port")),
                    imap.findtext(f"{inner}LoginName"))
        refused = self.ask("/autodiscover/autodiscover.xml", "<no", "autodiscover.example.jp")[2]
        self.assertEqual(ElementTree.fromstring(refused).findtext(f".//{{{POX}/responseschema/2006}}ErrorCode"), "600")
        status, _, body = self.ask(f"/autodiscover/autodiscover.json/v1.0/{HANAKO.address}?Protocol=AutodiscoverV1")
        self.assertEqual(status, 200)
        self.assertTrue(json.loads(body)["Url"].endswith("/autodiscover/autodiscover.xml"))

    def test_apple(self):
        status, kind, body = self.ask(f"/mail/profile.mobileconfig?address={HANAKO.address}")
        self.assertEqual((status, kind), (200, "application/x-apple-aspen-config"))
        # Signed with the certificate that TLS shows; openssl gives back what was signed, if it is whole.
        verify = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-purpose", "any", "-CAfile"]
        signed = run([*verify, self.target.ca_file], data=body).stdout
        changed = run([*verify, self.target.ca_file], data=body.replace(b"EmailTypeIMAP", b"EmailTypeIMPA"), check=False)
        self.assertNotEqual(changed.returncode, 0)
        profile = plistlib.loads(signed, fmt=plistlib.FMT_XML)
        account, = profile["PayloadContent"]
        self.assertEqual((profile["PayloadType"], account["PayloadType"]), ("Configuration", "com.apple.mail.managed"))
        self.assertEqual(len({profile["PayloadUUID"], account["PayloadUUID"]}), 2)
        self.assertNotIn("IncomingPassword", account)
        self.assertIs(account["IncomingMailServerUseSSL"], True)
        self.log_in(account["IncomingMailServerHostName"], account["IncomingMailServerPortNumber"],
                    account["IncomingMailServerUsername"])
        self.send(account["OutgoingMailServerPortNumber"], account["OutgoingMailServerUsername"])

    def test_people(self):
        for language, words in (("ja,en;q=0.5", "メールソフトの設定"), ("en", "Set up your mail program")):
            status, kind, body = self.ask("/mail/setup", headers={"Accept-Language": language})
            self.assertEqual((status, kind), (200, "text/html; charset=utf-8"))
            self.assertIn(words, body.decode())
            run(["xmllint", "--html", "--nowarning", "--noout", "-"], data=body)
        # The port for programs has nothing else.
        for path in ("/api/health", "/index.html", "/api/overview"):
            self.assertEqual(self.ask(path)[0], 404)

    def test_qr_codes_and_command_line(self):
        port = self.target.ports["https"]
        page = f"https://mail.example.jp:{port}/mail/setup"
        told = self.target.cli_json("clients", "setup")
        self.assertEqual(told["link"], page)
        self.assertEqual(decoded([[one == "1" for one in row] for row in told["qr"]], self.target.directory), page)
        drawn = self.target.cli("clients", "setup", HANAKO.address).stdout.decode()
        self.assertEqual(decoded(rows_of(drawn), self.target.directory),
                         f"https://mail.example.jp:{port}/mail/profile.mobileconfig?address=hanako%40example.jp")
        self.assertIn(f"imap        mail.example.jp port {self.target.ports['imaps']}, SSL/TLS", drawn)
        body = self.ask(f"/mail/config-v1.1.xml?emailaddress={HANAKO.address}")[2]
        self.assertEqual(self.target.cli("clients", "autoconfig", "example.jp").stdout, body)
        refused = self.target.cli("clients", "autoconfig", "elsewhere.example", check=False)
        self.assertEqual(refused.returncode, 1)
        records = {record["name"]: record["value"] for record in told["records"]}
        self.assertEqual(records["_imaps._tcp.example.jp."], f"0 1 {self.target.ports['imaps']} mail.example.jp.")
        self.assertEqual(records["_pop3s._tcp.example.jp."], "0 0 0 .")
        self.assertEqual(told["records"], self.target.cli_json("dns"))

    def test_census(self):
        """Who logs in with what is known, over a restart too; who has not come is named."""
        context = probe.tls_context(self.target)
        with imaplib.IMAP4_SSL("localhost", self.target.ports["imaps"], ssl_context=context) as session:
            self.assertEqual(session.xatom("ID", '("name" "Thunderbird" "version" "128.4")')[0], "OK")
            session.login(HANAKO.address, HANAKO.password)
        self.assertEqual(self.target.restart(), 0)
        done = self.target.cli("clients", "thunderbird", "--json", check=False)
        self.assertEqual(done.returncode, 3)                        # TARO has not come
        told = json.loads(done.stdout)
        self.assertEqual((told["accounts"], told["seen"], told["not_seen"]), (2, 1, []))
        client, = told["clients"]
        self.assertEqual((client["address"], client["protocol"], client["program"], client["from"]),
                         (HANAKO.address, "imap", "Thunderbird 128.4", "127.0.0.1"))
        self.assertEqual((client["tls"], client["host"], client["advice"]), ("TLSv1.3", "localhost", "other_name"))
        shown = self.target.cli("clients", check=False).stdout.decode()
        self.assertIn("taro@example.jp  has not come through Tandemail", shown)
        self.assertIn("that name must go on leading here", shown)
        self.assertNotIn(HANAKO.password, shown + done.stdout.decode())


if __name__ == "__main__":
    unittest.main(verbosity=2)
