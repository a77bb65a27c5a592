"""Thunderbird itself (Debian's package), without a screen: one person's account, preset in a profile of its own.

It is driven by Marionette, its own remote control: JSON with its length before it over TCP, scripts that run with
Thunderbird's rights and use the very objects its windows use. What it does on the wire is its own.
`Thunderbird(host, user)` with `host` anything with `ports` (imaps, submission), `tls_name` and `ca_file`.
"""
import base64
import json
import os
import pathlib
import socket
import ssl

from . import process
from .peers.base import Peer

BOUND = 120          # seconds one thing may take; it is a large program
PREFERENCES = {
    "app.donation.eoy.version.viewed": 999, "app.update.enabled": False, "datareporting.policy.dataSubmissionEnabled": False,
    "mail.provider.suppress_dialog_on_startup": True, "mail.shell.checkDefaultClient": False, "mail.rights.version": 1,
    "mail.spellcheck.inline": False, "mailnews.start_page.enabled": False, "mail.biff.show_alert": False,
    "services.settings.server": "data:,", "toolkit.telemetry.enabled": False, "signon.rememberSignons": True,
    "mail.accountmanager.accounts": "account1,account2", "mail.accountmanager.defaultaccount": "account1",
    "mail.accountmanager.localfoldersserver": "server2", "mail.account.account2.server": "server2",
    "mail.server.server2.type": "none", "mail.server.server2.hostname": "Local Folders",
    "mail.server.server2.userName": "nobody", "mail.server.server2.name": "Local Folders",
    "mail.account.account1.server": "server1", "mail.account.account1.identities": "id1", "mail.server.server1.type": "imap",
    "mail.server.server1.socketType": 3, "mail.server.server1.authMethod": 3, "mail.server.server1.login_at_startup": False,
    "mail.server.server1.check_new_mail": False, "mail.server.server1.use_idle": True,
    "mail.identity.id1.valid": True, "mail.identity.id1.smtpServer": "smtp1", "mail.identity.id1.compose_html": False,
    "mail.smtpservers": "smtp1", "mail.smtp.defaultserver": "smtp1", "mail.smtpserver.smtp1.type": "smtp",
    "mail.smtpserver.smtp1.try_ssl": 2, "mail.smtpserver.smtp1.authMethod": 3,
}
# What every script may use; `done` ends it.
TOOLS = """
const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const done = arguments[arguments.length - 1];
const server = MailServices.accounts.accounts.map(one => one.incomingServer).find(one => one.type == "imap");
const folder = name => name == "INBOX" ? server.rootFolder.getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox)
                                       : server.rootFolder.findSubFolder(name);
const update = name => folder(name).QueryInterface(Ci.nsIMsgImapMailFolder).updateFolderWithListener(null, null);
const ended = (begin) => new Promise((good, bad) => begin({
  QueryInterface: ChromeUtils.generateQI(["nsIUrlListener", "nsIMsgCopyServiceListener"]),
  OnStartRunningUrl() {}, OnStopRunningUrl(url, status) { status ? bad(new Error("status " + status)) : good(); },
  onStartCopy() {}, onProgress() {}, setMessageKey() {}, getMessageId() {},
  onStopCopy(status) { status ? bad(new Error("copy " + status)) : good(); } }));
const messages = name => [...folder(name).messages];
const find = (name, subject) => messages(name).filter(one => one.mime2DecodedSubject == subject);
"""


class Thunderbird(Peer):
    name = "thunderbird"
    port_names = ("marionette",)

    def __init__(self, host, user, keep=False):
        super().__init__(keep)
        self.server, self.user = host, user
        self._stream, self._number = None, 0

    # ---- life -----------------------------------------------------------------------------------
    def configure(self):
        one, where, name = "mail.server.server1.", self.server.tls_name, self.user.address
        preferences = {
            **PREFERENCES, "marionette.port": self.ports["marionette"], one + "hostname": where, one + "userName": name,
            one + "port": self.server.ports["imaps"], one + "name": name, "mail.identity.id1.useremail": name,
            "mail.identity.id1.fullName": "Hanako", "mail.smtpserver.smtp1.hostname": where,
            "mail.smtpserver.smtp1.port": self.server.ports["submission"], "mail.smtpserver.smtp1.username": name}
        self.write("profile/user.js", "".join(
            f"user_pref({json.dumps(key)}, {json.dumps(value)});\n" for key, value in preferences.items()))

    def command(self):
        return ["thunderbird", "--headless", "--no-remote", "--profile", self.directory / "profile", "--marionette",
                "--remote-allow-system-access"]

    def environment(self):
        return {**os.environ, "HOME": str(self.directory), "MOZ_HEADLESS": "1", "LC_ALL": "C.UTF-8"}

    def launch(self):
        super().launch()
        connection = socket.create_connection((self.host, self.ports["marionette"]), timeout=BOUND)
        self._stream = connection.makefile("rwb")
        connection.close()                                            # the stream holds it
        self._receive()                                               # its greeting
        self._call("WebDriver:NewSession", {"capabilities": {}})
        self._call("WebDriver:SetTimeouts", {"script": BOUND * 1000})
        self._call("Marionette:SetContext", {"value": "chrome"})
        self._enter()

    def stop(self):
        if self._stream:
            self._stream.close()
            self._stream = None
        super().stop()

    def _enter(self):
        """What a person does once: trusts the company's authority and types the passwords."""
        certificate = base64.b64encode(ssl.PEM_cert_to_DER_cert(pathlib.Path(self.server.ca_file).read_text())).decode()
        self.run("""
          Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB).addCertFromBase64(arguments[0], "CT,,");
          for (const place of ["imap://" + arguments[1], "smtp://" + arguments[1]]) {
            const info = Cc["@mozilla.org/login-manager/loginInfo;1"].createInstance(Ci.nsILoginInfo);
            info.init(place, null, place, arguments[2], arguments[3], "", "");
            await Services.logins.addLoginAsync(info);
          }""", certificate, self.server.tls_name, self.user.address, self.user.password)

    # ---- what a person does ---------------------------------------------------------------------
    def receive(self, wanted, folder="INBOX"):
        """Looks for new mail until the folder shows `wanted` messages; all of it, as `shown` says."""
        self.run("""
          if (!folder(arguments[0]))
            await ended(one => MailServices.imap.discoverAllFolders(server.rootFolder, one, null));
          update(arguments[0]);""", folder)
        process.until(lambda: len(self.shown(folder)) == wanted, BOUND, f"{wanted} messages in {folder}")
        return self.shown(folder)

    def shown(self, folder="INBOX"):
        """[{subject, read, flagged, tags}] of what the folder shows, in its order."""
        return self.run("""
          return messages(arguments[0]).map(one => ({ subject: one.mime2DecodedSubject, read: one.isRead,
            flagged: one.isFlagged, tags: one.getStringProperty("keywords") }));""", folder)

    def text(self, subject, folder="INBOX"):
        """The source of the message with this subject."""
        return self.run("""
          const uri = folder(arguments[1]).getUriForMsg(find(arguments[1], arguments[0])[0]);
          return await new Promise((good, bad) => {
            const stream = Cc["@mozilla.org/scriptableinputstream;1"].createInstance(Ci.nsIScriptableInputStream);
            let text = "";
            MailServices.messageServiceFromURI(uri).streamMessage(uri, {
              QueryInterface: ChromeUtils.generateQI(["nsIStreamListener"]), onStartRequest() {},
              onDataAvailable(request, input, offset, count) { stream.init(input); text += stream.readBytes(count); },
              onStopRequest(request, status) { status ? bad(new Error("status " + status)) : good(text); }
            }, null, null, false, "", false);
          });""", subject, folder)

    def flag(self, subject, folder="INBOX"):
        self.run("folder(arguments[1]).markMessagesFlagged(find(arguments[1], arguments[0]), true);", subject, folder)

    def read(self, subject, folder="INBOX"):
        self.run("folder(arguments[1]).markMessagesRead(find(arguments[1], arguments[0]), true);", subject, folder)

    def make_folder(self, name):
        self.run("""
          const name = arguments[0];
          await new Promise(good => {
            MailServices.mfn.addListener({ QueryInterface: ChromeUtils.generateQI(["nsIMsgFolderListener"]),
              folderAdded(one) { if (one.name == name) good(); } }, MailServices.mfn.folderAdded);
            server.rootFolder.createSubfolder(name, null);
          });""", name)

    def move(self, subject, target, folder="INBOX"):
        self.run("""
          await ended(one => MailServices.copy.copyMessages(folder(arguments[2]), find(arguments[2], arguments[0]),
            folder(arguments[1]), true, one, null, false));""", subject, target, folder)

    def send(self, to, subject, text):
        """Writes a message and sends it; the copy goes to Sent."""
        self.run("""
          const identity = MailServices.accounts.defaultAccount.defaultIdentity;
          const fields = Cc["@mozilla.org/messengercompose/composefields;1"].createInstance(Ci.nsIMsgCompFields);
          fields.from = identity.email; fields.to = arguments[0]; fields.subject = arguments[1]; fields.body = arguments[2];
          await new Promise((good, bad) => {
            const send = Cc["@mozilla.org/messengercompose/send;1"].createInstance(Ci.nsIMsgSend);
            send.createAndSendMessage(null, identity, MailServices.accounts.defaultAccount.key, fields, false, false,
              Ci.nsIMsgCompDeliverMode.Now, null, "text/plain", fields.body, null, null, {
                QueryInterface: ChromeUtils.generateQI(["nsIMsgSendListener"]), onStartSending() {}, onProgress() {},
                onSendProgress() {}, onStatus() {}, onTransportSecurityError() {}, onGetDraftFolderURI() {},
                onSendNotPerformed() { bad(new Error("not sent")); },
                onStopSending(id, status, message) { status ? bad(new Error("sent " + status + message)) : good(); }
              }, "", "", Ci.nsIMsgCompType.New);
          });""", to, subject, text)

    # ---- Marionette -----------------------------------------------------------------------------
    def run(self, script, *arguments):
        """The script's value; PeerError with its own words if it fails."""
        text = (TOOLS + "(async (...arguments) => {" + script + "\n})(...[...arguments].slice(0, -1)).then("
                "value => done({ value: value === undefined ? null : value }), error => done({ error: String(error) }));")
        answer = self._call("WebDriver:ExecuteAsyncScript", {"script": text, "args": list(arguments), "sandbox": "system"})
        if answer["value"].get("error"):
            raise process.PeerError(f"Thunderbird: {answer['value']['error']}")
        return answer["value"]["value"]

    def _call(self, name, parameters):
        self._number += 1
        text = json.dumps([0, self._number, name, parameters]).encode()
        self._stream.write(b"%d:%b" % (len(text), text))
        self._stream.flush()
        _, _, error, answer = self._receive()
        if error:
            raise process.PeerError(f"Thunderbird: {name}: {error.get('message', error)}")
        return answer

    def _receive(self):
        length = b""
        while not length.endswith(b":"):
            byte = self._stream.read(1)
            if not byte:
                raise process.PeerError("Thunderbird has gone")
            length += byte
        return json.loads(self._stream.read(int(length[:-1])))
