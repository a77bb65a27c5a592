"""Folders that are shared with others, at servers with ACL (RFC 4314): `check` names who may do what, nothing of it is
copied, and folders that the account only sees, other people's and public ones, are left out.

    test_sharing.py [FromDovecot FromCyrus]
"""
import contextlib
import json
import os
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tandemtest import packages                                     # noqa: E402
from tandemtest.peers import Cyrus, Dovecot, User                   # noqa: E402
from tandemtest.peers.cyrus import ADMIN                            # noqa: E402
from tandemtest.probe import imap                                   # noqa: E402
from tandemtest.tandem import Migration, Tandemail, side_of         # noqa: E402

HANAKO, SATO = User("hanako@example.jp", "pass word"), User("sato@example.jp", "another")
LETTER = b"Subject: hello\r\nMessage-ID: <1@example.jp>\r\n\r\nbody\r\n"
DONE_WITH_NOTES = 3

ACL = """\
mail_plugins = acl
protocol imap {{
  mail_plugins = acl imap_acl
}}
namespace public {{
  type = public
  separator = /
  prefix = Public/
  location = maildir:{directory}/mail/public
  subscriptions = no
  list = yes
}}
plugin {{
  acl = vfile:{directory}/global-acl
  acl_anyone = allow
}}
"""


class Sharing:
    @classmethod
    def setUpClass(cls):
        stack = contextlib.ExitStack()
        cls.addClassCleanup(stack.close)
        try:
            cls.old = stack.enter_context(cls.shared())
        except packages.Unavailable as error:
            raise unittest.SkipTest(str(error)) from None
        cls.new = stack.enter_context(Dovecot([HANAKO, SATO]))
        cls.share()
        cls.tandem = stack.enter_context(Tandemail([Migration(
            "move", HANAKO.domain, side_of(cls.old), side_of(cls.new),
            [{"address": HANAKO.address, "old_password": HANAKO.password, "new_password": HANAKO.password}],
            {"gateway": {"enabled": "no"}})]))
        cls.found = json.loads(cls.check("--json"))[0]
        cls.folders = {one["name"]: one for one in cls.found["preview"]["folders"]}

    @classmethod
    def check(cls, *options, language="C"):
        command = [cls.tandem.binary, "check", "--config", cls.tandem.config, HANAKO.address, *options]
        done = subprocess.run(command, env={**os.environ, "LC_ALL": language}, stdout=subprocess.PIPE, timeout=60)
        assert done.returncode == DONE_WITH_NOTES, done
        return done.stdout.decode()

    @classmethod
    def share(cls):
        with imap(cls.old, HANAKO) as client:
            for folder in ("Sales", "Private"):
                client.create(folder)
                client.append(folder, None, None, LETTER)
            for who, rights in ((SATO.address, "lr"), (cls.group, "lrwi"), ("anyone", "px"), ("-" + SATO.address, "wt")):
                status, answer = client.setacl("Sales", who, rights)
                assert status == "OK", answer

    def grants(self, folder):
        return {(one["who"], one["name"], one["denied"]): (one["may"], one["rights"])
                for one in self.folders[folder]["sharing"]["grants"]}

    def test_who_may_do_what(self):
        grants = self.grants("Sales")
        self.assertEqual(grants[("person", SATO.address, False)], (["read"], "lr"))
        self.assertEqual(grants[("anyone", None, False)][0], ["post", "delete"])
        self.assertEqual(grants[("person", SATO.address, True)][0], ["write", "delete"])
        name, = (name for who, name, _ in grants if who == "group")
        self.assertTrue(self.group.endswith(name))
        self.assertEqual(grants[("group", name, False)][0], ["read", "write"])
        self.assertEqual(len(grants), 4)                            # not the owner

    def test_what_is_not_shared(self):
        for folder in ("INBOX", "Private"):
            self.assertEqual(self.folders[folder]["sharing"], {"grants": [], "more": 0})

    def test_it_is_said(self):
        remark, = self.found["remarks"]
        self.assertEqual((remark["kind"], remark["light"], remark["side"]), ("shared_folder", "amber", "old"))
        self.assertIn("共有", remark["next_step_ja"])
        printed = self.check()
        self.assertIn(f"{SATO.address} (may read)", printed)
        self.assertIn("(may read and write)", printed)
        self.assertIn(f"{SATO.address} (may not write or delete)", printed)
        self.assertIn("Sharing is not copied. Set it again on the new side", printed)
        printed = self.check(language="ja_JP.UTF-8")
        self.assertIn(f"{SATO.address}(読み取り)", printed)
        self.assertIn("共有の設定はコピーしません", printed)

    def test_what_the_account_only_sees(self):
        self.assertEqual({self.folders[name]["left_out"] for name in self.of_others}, {"of_others"})
        self.assertEqual(self.found["old"]["messages"], 2)          # Sales and Private


class FromDovecot(Sharing, unittest.TestCase):
    group = "$team"
    of_others = ("Public/News",)

    @classmethod
    def shared(cls):
        peer = Dovecot([HANAKO, SATO])
        peer.extra = ACL.format(directory=peer.directory)
        peer.write("global-acl", "Public/News anyone lr\n")
        return peer

    @classmethod
    def share(cls):
        super().share()
        cls.old.doveadm("-o", "plugin/acl=", "mailbox", "create", "-u", HANAKO.address, "Public/News")
        cls.old.doveadm("-o", "plugin/acl=", "save", "-u", HANAKO.address, "-m", "Public/News", data=LETTER)


class FromCyrus(Sharing, unittest.TestCase):
    group = "group:mail"
    of_others = ("Other Users/sato/Work", "Shared Folders/News")

    @classmethod
    def shared(cls):
        return Cyrus([HANAKO, SATO])

    @classmethod
    def share(cls):
        super().share()
        with imap(cls.old, SATO) as client:
            client.create("Work")
            client.append("Work", None, None, LETTER)
            client.setacl("Work", HANAKO.address, "lr")
        with imap(cls.old, ADMIN) as client:
            client.create("News@example.jp")
            client.setacl("News@example.jp", HANAKO.address, "lr")


if __name__ == "__main__":
    unittest.main(verbosity=2)
