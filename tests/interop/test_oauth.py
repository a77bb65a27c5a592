"""Log-ins by OAuth at a real Dovecot, with tokens of a token server on this machine: an application's
(Microsoft's way), a service account's (Google's way), and each account's refresh token.

Dovecot asks the token server whose a token is, so nothing that Tandemail made up would open a mailbox.
"""
import contextlib
import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tandemtest import process                                      # noqa: E402
from tandemtest.clients import swaks                                # noqa: E402
from tandemtest.mailgen import Generator                            # noqa: E402
from tandemtest.peers import Dovecot, User                          # noqa: E402
from tandemtest.peers.base import temporary_directory               # noqa: E402
from tandemtest.probe import imap                                   # noqa: E402
from tandemtest.tandem import Migration, Tandemail, side_of         # noqa: E402
from tandemtest.sink import Sink                                    # noqa: E402
from tandemtest.token_server import JWT_BEARER, TokenServer         # noqa: E402

DOMAIN = "example.jp"
HANAKO, TARO = User(f"hanako@{DOMAIN}", "pass word"), User(f"taro@{DOMAIN}", "secret two")
DONE, NEEDS_YOU = 0, 4
SECRET = "canary-client-secret"
MAILS = 12


class Base:
    users = (HANAKO, TARO)

    def setUp(self):
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        self.directory = temporary_directory("oauth")
        stack.callback(process.run, ["rm", "-rf", self.directory])
        self.tokens = stack.enter_context(TokenServer(self.directory))
        self.old = stack.enter_context(Dovecot(self.users, introspection=self.tokens.introspection))
        self.new = stack.enter_context(Dovecot(self.users))
        for user in self.users:
            with imap(self.old, user) as client:
                for mail in Generator(11).mails(MAILS):
                    client.append("INBOX", None, None, mail.data)
        old = side_of(self.old, oauth_token_url=self.tokens.url, **self.settings())
        self.tandem = Tandemail([Migration(
            "move", DOMAIN, old, side_of(self.new),
            [{"address": one.address, "new_password": one.password, **self.row(one)} for one in self.users],
            {"gateway": {"enabled": "no"}})])
        self.tandem.prepare()
        stack.callback(self.tandem.stop)

    def row(self, user):
        return {}

    def secret_file(self, name, text):
        path = self.directory / name
        path.write_text(text)
        path.chmod(0o600)
        return path

    def sync_once(self, *words):
        done = self.tandem.cli("sync", "--once", *words, check=False)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def assert_copied(self):
        code, out, err = self.sync_once()
        self.assertEqual(code, DONE, out + err)
        for user in self.users:
            self.assertIn(f"{user.address}: {MAILS} of {MAILS} messages are on both sides", out)

    def assert_verified(self):
        self.tandem.start()
        done = self.tandem.cli("verify", check=False)
        self.assertEqual(done.returncode, DONE, done.stdout.decode() + done.stderr.decode())
        self.assertIn(f"{len(self.users)} accounts: {len(self.users)} clean", done.stdout.decode())

    def assert_nothing_told(self, *texts):
        if self.tandem.log.exists():                                # else `serve` never ran
            texts += (self.tandem.log_text(),)
        for secret in (SECRET, *self.tokens.granted, *self.tokens.refresh):
            for text in texts:
                self.assertNotIn(secret, text)


class Microsoft(Base, unittest.TestCase):
    """One application, no passwords. (Dovecot lets a token open one mailbox only.)"""
    users = (HANAKO,)

    def settings(self):
        self.tokens.clients, self.tokens.opens = {"app": SECRET}, HANAKO.address
        return {"oauth": "microsoft", "oauth_client_id": "app",
                "oauth_client_secret_file": self.secret_file("secret", SECRET + "\n")}

    def test_an_account_is_copied_and_verified_and_a_wrong_secret_is_said(self):
        self.assert_copied()
        self.assertEqual(self.tokens.asked, ["client_credentials"])
        self.assert_verified()
        found = json.loads(self.tandem.cli("check", "--json").stdout)[0]
        self.assertTrue(found["old"]["logged_in"])
        self.assertEqual(len(self.tokens.asked), 2)                 # one for each process
        self.tandem.process.stop()
        self.secret_file("secret", "canary-wrong-secret")
        code, out, err = self.sync_once()
        self.assertEqual(code, NEEDS_YOU)
        self.assertIn(f"{HANAKO.address} on the old side: the OAuth token server localhost gives no token: "
                      "the client secret is wrong", err)
        self.assertIn("AADSTS7000215", err)
        self.assertIn("not its id, into oauth_client_secret_file", err)
        self.tandem.launch()
        done = self.tandem.cli("check", check=False)
        self.assertEqual(done.returncode, NEEDS_YOU)
        self.assertIn("the client secret is wrong", done.stdout.decode())
        japanese = process.run([self.tandem.binary, "check", "--config", self.tandem.config], check=False,
                               env={"LANG": "ja_JP.UTF-8"})
        self.assertIn("シークレットの ID ではなく値", japanese.stdout.decode())
        remark = self.tandem.api("GET", f"check/{HANAKO.address}")["remarks"][0]
        self.assertEqual(remark["kind"], "no_token")
        self.assertIn("not its id", remark["next_step"])
        self.assertIn("シークレットの ID ではなく値", remark["next_step_ja"])
        self.assert_nothing_told(out, err, done.stdout.decode())
        self.assertNotIn("canary-wrong-secret", out + err + done.stdout.decode())

    def test_a_token_that_is_refused_at_once_is_not_asked_for_again(self):
        self.tokens.opens = TARO.address
        code, out, err = self.sync_once()
        self.assertEqual(code, NEEDS_YOU, out)
        self.assertIn("Add-MailboxPermission", err)
        self.assertEqual(len(self.tokens.asked), 1)
        self.assert_nothing_told(out, err)


class Relay(unittest.TestCase):
    """What a scanner sends to other domains goes out by Dovecot's submission server, with the application's token."""
    ADDRESS, FRIEND = "127.0.0.9", "friend@partner.example"

    def test_scans_go_out_by_token(self):
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        directory = temporary_directory("oauth")
        stack.callback(process.run, ["rm", "-rf", directory])
        tokens, sink = stack.enter_context(TokenServer(directory)), stack.enter_context(Sink())
        tokens.clients, tokens.opens = {"app": SECRET}, HANAKO.address
        secret = directory / "secret"
        secret.write_text(SECRET + "\n")
        secret.chmod(0o600)
        old = stack.enter_context(Dovecot([HANAKO], introspection=tokens.introspection, relay=sink.port))
        side = side_of(old, smtp="smtp://127.0.0.1:1?tls=never", oauth_token_url=tokens.url, oauth="microsoft",
                       oauth_client_id="app", oauth_client_secret_file=secret)
        relay = {"from": self.ADDRESS, "sender": HANAKO.address, "tls": "optional", "via": "old", "via_user": HANAKO.address}
        tandem = stack.enter_context(Tandemail([Migration(
            "move", DOMAIN, side, {"provider": "builtin"}, [{"address": TARO.address}],
            {"gateway": {"mirror": "off"}, "relay": relay})], relay=True))
        for count in (1, 2):
            swaks(tandem, f"Subject: scan {count}\r\n\r\nA page.\r\n".encode(), HANAKO.address, [self.FRIEND],
                  port="relay", starttls=False, source=self.ADDRESS)
            received = process.until(lambda: len(sink.received()) == count and sink.received(), 30, "the scan outside")
            self.assertEqual(received[-1].recipients, (self.FRIEND,))
        self.assertEqual(tokens.asked, ["client_credentials"])      # one token for both
        self.assertNotIn(SECRET, tandem.log_text())
        for token in tokens.granted:
            self.assertNotIn(token, tandem.log_text())


class Google(Base, unittest.TestCase):
    """A service account that acts for people, a token for each."""

    def settings(self):
        key, public = self.directory / "key.pem", self.directory / "public.pem"
        process.run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", key])
        process.run(["openssl", "pkey", "-in", key, "-pubout", "-out", public])
        self.tokens.service_keys = {"move@project.iam.gserviceaccount.com": public}
        account = {"type": "service_account", "client_email": "move@project.iam.gserviceaccount.com",
                   "private_key_id": "1", "private_key": key.read_text()}
        return {"oauth": "google", "oauth_key_file": self.secret_file("key.json", json.dumps(account))}

    def test_accounts_are_copied_and_verified_and_a_void_key_is_said(self):
        self.assert_copied()
        self.assertEqual(self.tokens.asked, [JWT_BEARER] * 2)
        self.assert_verified()
        self.tandem.process.stop()
        self.tokens.service_keys = {}
        code, out, err = self.sync_once(TARO.address)
        self.assertEqual(code, NEEDS_YOU)
        self.assertIn("the service account's key is not valid any more", err)
        self.assert_nothing_told(out, err)
        self.assertNotIn("PRIVATE KEY", out + err)


class RefreshToken(Base, unittest.TestCase):
    """Each account's own, in its password's column; the server gives another with every use."""

    def settings(self):
        self.tokens.clients, self.tokens.rotates = {"app": SECRET}, True
        return {"oauth": "refresh-token", "oauth_client_id": "app",
                "oauth_client_secret_file": self.secret_file("secret", SECRET)}

    def row(self, user):
        self.tokens.refresh[f"canary-{user.local}"] = user.address
        return {"old_password": f"canary-{user.local}"}

    def test_accounts_are_copied_and_rotated_tokens_are_kept(self):
        for _ in range(3):
            self.assert_copied()
        self.assertEqual(self.tokens.asked, ["refresh_token"] * 6)
        self.assertNotIn("canary-taro", self.tokens.refresh)
        self.assert_verified()
        self.tandem.process.stop()
        self.tokens.refresh.clear()
        code, out, err = self.sync_once(TARO.address)
        self.assertEqual(code, NEEDS_YOU)
        self.assertIn("the refresh token has expired or was revoked", err)
        self.assertIn("import the new refresh token", err)
        self.assert_nothing_told(out, err)


if __name__ == "__main__":
    unittest.main(verbosity=2)
