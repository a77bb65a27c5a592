"""A renewed certificate is shown to new connections while the process runs; sessions go on; a broken one changes nothing."""
import hashlib
import pathlib
import shutil
import socket
import ssl
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tandemtest import probe, process                               # noqa: E402
from tandemtest.peers import User                                   # noqa: E402
from tandemtest.tandem import Tandemail                             # noqa: E402

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


if __name__ == "__main__":
    unittest.main(verbosity=2)
