"""T-27 and T-28 on the running program: passwords that people log in with, right and wrong, by every protocol and
mechanism, and what can be read afterwards: logs at the lowest level, the data folder, every answer of the API, what
commands print, the process's own entries in /proc.

The account's passwords are not imported: Tandemail knows them from the log-ins only. Searched for as they are, in base64
(at each of three offsets), in hex, and as the digest a mechanism could have left.

    test_secrets.py
"""
import base64
import concurrent.futures
import contextlib
import hashlib
import json
import os
import pathlib
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))
from tandemtest import probe, process                           # noqa: E402
from tandemtest.hostile import connected                        # noqa: E402
from tandemtest.peers import Dovecot, User                      # noqa: E402
from tandemtest.sink import Sink                                # noqa: E402
from tandemtest.tandem import Migration, Tandemail, side_of     # noqa: E402

RIGHT, WRONG, TOKEN = "c4nary-right-8f2b", "c4nary-wrong-77d1", "c4nary-token-03ac"
TARO = User("taro@example.jp", RIGHT)
PATIENCE = 60        # seconds for an answer to a wrong password
SAID = (RIGHT, WRONG, TOKEN)


class SecretsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        stack = contextlib.ExitStack()
        cls.addClassCleanup(stack.close)
        sink = stack.enter_context(Sink())
        cls.dovecot = stack.enter_context(Dovecot([TARO], relay=sink.port))
        cls.tandem = stack.enter_context(Tandemail(
            [Migration("move", "example.jp", side_of(cls.dovecot), {"provider": "builtin"}, [{"address": TARO.address}],
                       {"gateway": {"enabled": False}})],
            sections={"log": {"level": "debug"}, "session": {"oauth": True}}))
        cls.log_in_every_way()
        # What is written down later is written down now.
        cls.tandem.restart()

    @classmethod
    def log_in_every_way(cls):
        for port in ("imap", "imaps"):
            probe.imap(cls.tandem, TARO, port).logout()
            probe.pop3(cls.tandem, TARO, port.replace("imap", "pop3")).quit()
        for port in ("submission", "submissions"):
            for mechanism in ("auth_plain", "auth_login"):
                with probe.smtp(cls.tandem, port, tls=port == "submission") as client:
                    client.user, client.password = TARO.address, RIGHT
                    assert client.auth(mechanism[5:].upper(), getattr(client, mechanism))[0] == 235
        # At once, and from an address each: a wrong password waits for its answer.
        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            for answer in pool.map(cls.refused, *zip(*enumerate(wrong_log_ins()))):
                assert not answer.startswith((b"a OK", b"235")), answer

    @classmethod
    def refused(cls, number, attempt):
        """The last line of the answer."""
        port, lines = attempt
        with connected(cls.tandem.host, cls.tandem.ports[port], number) as raw:
            raw.settimeout(PATIENCE)
            with probe.tls_context(cls.tandem).wrap_socket(raw, server_hostname="localhost") as client:
                client.sendall(b"".join(line + b"\r\n" for line in lines))
                heard = client.makefile("rb")
                for line in heard:
                    if line.startswith((b"a ", b"-ERR", b"5", b"4", b"a OK", b"235")):
                        return line
        raise AssertionError(f"no answer to {lines[0]}")

    def assert_secret(self, text, where):
        for password in SAID:
            for form in forms_of(password):
                self.assertNotIn(form, text, f"{password} in {where}")

    def test_T27_no_file_has_a_password(self):
        """T-27, T-28."""
        files = [path for path in self.tandem.directory.rglob("*") if path.is_file()]
        self.assertTrue({"output.log", "tandemail.conf"} <= {path.name for path in files})
        self.assertIn(b" debug ", self.tandem.log.read_bytes())
        for path in files:
            self.assert_secret(path.read_bytes(), path)

    def test_T27_no_answer_has_a_password(self):
        """T-27."""
        paths = json.loads((ROOT / "webui" / "openapi.json").read_text())["paths"]
        asked = [path for path, methods in paths.items() if "get" in methods and "{" not in path and path != "/api/events"]
        self.assertGreater(len(asked), 5)
        for path in asked:
            with contextlib.suppress(process.PeerError, ValueError):     # those that want more, and no JSON
                self.assert_secret(json.dumps(self.tandem.api("GET", path.removeprefix("/api/"))).encode(), path)
        for command in (["status"], ["clients"], ["queue"], ["check"], ["deliveries", "taro"], ["config", "--check"]):
            done = self.tandem.cli(*command, check=False)
            self.assertTrue(done.stdout + done.stderr, command)
            self.assert_secret(done.stdout + done.stderr, command)

    def test_T27_the_process_shows_none_and_leaves_no_core(self):
        """T-27."""
        proc = pathlib.Path(f"/proc/{self.tandem.process.pid}")
        for name in ("cmdline", "environ", "comm"):
            self.assert_secret((proc / name).read_bytes(), name)
        self.assertRegex((proc / "limits").read_text(), r"Max core file size +0 +0 ")

    def test_T28_a_password_that_worked_is_not_kept(self):
        """T-28: nobody has said that it may be, so the program cannot log in with it."""
        done = self.tandem.cli("check", check=False)
        self.assertIn(b"no password is stored", done.stdout + done.stderr)


def wrong_log_ins():
    """(port, lines) of log-ins that are refused."""
    for user in (TARO.address, "nobody@example.jp", WRONG):
        plain = b64(f"\0{user}\0{WRONG}")
        yield "imaps", [f'a LOGIN {user} "{WRONG}"'.encode()]
        yield "imaps", [b"a LOGIN {%d+}" % len(user), user.encode() + b" {%d+}" % len(WRONG), WRONG.encode()]
        yield "imaps", [b"a AUTHENTICATE PLAIN " + plain]
        yield "imaps", [b"a AUTHENTICATE PLAIN " + b64(f"\0{user}\0{WRONG}\0more")]
        yield "imaps", [b"a AUTHENTICATE OAUTHBEARER " + b64(f"n,a={user},\1auth=Bearer {TOKEN}\1\1"), b"AQ=="]
        yield "imaps", [b"a AUTHENTICATE XOAUTH2 " + b64(f"user={user}\1auth=Bearer {TOKEN}\1\1"), b""]
        yield "imaps", [b"a " + WRONG.encode()]                      # as if it were a command
        yield "pop3s", [b"USER " + user.encode(), b"PASS " + WRONG.encode()]
        yield "pop3s", [b"AUTH PLAIN " + plain]
        yield "submissions", [b"EHLO x", b"AUTH PLAIN " + plain]
        yield "submissions", [b"EHLO x", b"AUTH LOGIN", b64(user), b64(WRONG)]


def b64(text):
    return base64.b64encode(text.encode())


def forms_of(password):
    data = password.encode()
    yield data
    yield data.hex().encode()
    for before in range(3):     # the part whose digits do not depend on what stands around it
        encoded = base64.b64encode(b"\0" * before + data)
        yield encoded[-(-before * 4 // 3):len(encoded) - 4]
    for name in ("md5", "sha1", "sha256"):
        yield hashlib.new(name, data).digest()
        yield hashlib.new(name, data).hexdigest().encode()


if __name__ == "__main__":
    os.umask(0o077)
    unittest.main(verbosity=2)
