"""A renewed certificate is shown to new connections while the process runs; sessions go on; a broken one changes nothing.
`tandemail check` says which of the names in use the certificates do not cover."""
import hashlib
import json
import pathlib
import shutil
import socket
import ssl
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tandemtest import probe, process                               # noqa: E402
from tandemtest.peers import Dovecot, User                          # noqa: E402
from tandemtest.tandem import Migration, Tandemail, side_of         # noqa: E402

HANAKO = User("hanako@example.jp", "pass word")


def shown(target, port="imaps"):
    """The digest of the certificate that a new connection is shown."""
    context = probe.tls_context(target)
    with socket.create_connection((target.host, target.ports[port]), timeout=20) as plain, \
            context.wrap_socket(plain, server_hostname="localhost") as secured:
        return hashlib.sha256(secured.getpeercert(binary_form=True)).hexdigest()


class CertificatesTest(unittest.TestCase):
    def test_renewal(self):
        target = Tandemail([], mailboxes=[HANAKO])
        self.addCleanup(target.stop)
        target.start()
        first = shown(target)
        with probe.imap(target, HANAKO) as session:
            held = target.authority().directory / "held.pem"
            names = (target.hostname, "localhost", "127.0.0.1")
            in_use = target.certificate(names)                      # the same files, written anew
            in_use.key.chmod(0o600)
            process.until(lambda: shown(target) != first, 30, "the new certificate")
            renewed = shown(target)
            self.assertEqual(shown(target, "pop3s"), renewed)

            shutil.copy(in_use.chain, held)
            in_use.chain.write_text("half of a certif")
            process.until(lambda: "W-TLS-1" in target.log_text(), 30, "the warning")
            self.assertEqual(shown(target), renewed)
            shutil.copy(held, in_use.chain)
            self.assertEqual(session.noop()[0], "OK")
        self.assertEqual(shown(target), renewed)


class NamesTest(unittest.TestCase):
    """A web server passes on what autoconfig asks; a person's program still has a name of long ago."""

    def test_check(self):
        store = Dovecot([HANAKO])
        self.addCleanup(store.stop)
        store.start()
        old = side_of(store, smtp="smtp://127.0.0.1:1?tls=never")
        target = Tandemail([Migration("move", HANAKO.domain, old, {"provider": "builtin"},
                                      [{"address": HANAKO.address, "old_password": HANAKO.password}],
                                      {"gateway": {"mirror": "off"}})])
        target.port_names = tuple(name for name in target.port_names if name != "https") + ("http",)
        self.addCleanup(target.stop)
        target.start()
        found = self.check(target, 3)
        self.assertEqual(found[0]["name"], target.hostname)
        self.assertEqual((found[0]["light"], found[0]["what"]), ("green", None))
        self.assertRegex(found[0]["until"], r"^\d{4}-\d\d-\d\d$")
        self.assertEqual([(one["name"], one["light"]) for one in found[1:]],
                         [("autoconfig.example.jp", "amber"), ("autodiscover.example.jp", "amber")])
        self.assertIn("-d autoconfig.example.jp", found[1]["next_step"]["en"])
        self.log_in_as("imap.example.jp", target)
        process.until(lambda: len(target.api("GET", "clients")["clients"]) == 1, 20, "the census")
        found = self.check(target, 4)
        self.assertEqual((found[3]["name"], found[3]["light"]), ("imap.example.jp", "red"))

        names = (target.hostname, "localhost", "127.0.0.1", "*.example.jp")
        target.certificate(names).key.chmod(0o600)                  # the same files
        self.assertEqual({one["light"] for one in self.check(target, 0)}, {"green"})
        told = process.run([target.binary, "check", "--config", target.config], env={"LANG": "ja_JP.UTF-8"}, check=False)
        self.assertRegex(told.stdout.decode(), r"green imap\.example\.jp: \S+, 有効期限 20")

    def check(self, target, code):
        done = target.cli("check", "--certificates", "--json", check=False)
        self.assertEqual(done.returncode, code, done.stderr.decode())
        return json.loads(done.stdout)

    def log_in_as(self, name, target):
        context = ssl.create_default_context(cafile=str(target.ca_file))
        context.check_hostname = False
        with socket.create_connection((target.host, target.ports["imaps"]), timeout=20) as plain, \
                context.wrap_socket(plain, server_hostname=name) as secured:
            secured.recv(1000)
            secured.sendall(f'a LOGIN {HANAKO.address} "{HANAKO.password}"\r\n'.encode())
            while b"a OK" not in secured.recv(4000):
                pass


if __name__ == "__main__":
    unittest.main(verbosity=2)
