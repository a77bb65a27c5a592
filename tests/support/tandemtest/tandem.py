"""The `tandemail` binary as a peer: its files in a temporary directory, its ports its own.

`Tandemail(migrations, hostname=…)` with `Migration(name, domain, old, new, …)`; a side is a dict of
the keys of [old] or [new], `side_of(peer)` makes it for a peer on loopback. Accounts are
rows for the CSV import. `start()` writes tandemail.conf and migrations/NAME.conf, imports the accounts
and runs `tandemail serve`; `stop()`, `restart()`, `kill9()` do what they say and keep the data;
`cli(*args)` runs any command on the same configuration. The binary is $TANDEMAIL or `binary`.
"""
import csv
import dataclasses
import datetime
import http.client
import json
import os
import pathlib
import urllib.error
import urllib.parse
import urllib.request

from . import process
from .peers.base import Peer
from .process import PeerError, run

LISTENERS = ("smtp", "submission", "submissions", "imap", "imaps", "pop3", "pop3s", "web", "https")
API_BOUND = 60         # seconds any one answer of the API may take
CSV_COLUMNS = ("address", "old_login", "old_password", "new_login", "new_password", "note")


@dataclasses.dataclass
class Migration:
    """One migrations/NAME.conf. `sections` adds or overrides keys: {"gateway": {"mirror": "off"}}.
    `accounts`: dicts with the columns of CSV_COLUMNS, missing ones empty."""
    name: str
    domain: str
    old: dict
    new: dict
    accounts: list = dataclasses.field(default_factory=list)
    sections: dict = dataclasses.field(default_factory=dict)


def side_of(store, mx=None, **more):
    """The keys of a side for peers on loopback: `store` has the mailboxes and takes what
    people send, `mx` is the mail exchanger."""
    keys = {"imap": f"imaps://{store.tls_name}:{store.ports['imaps']}?ca={store.ca_file}"}
    if "pop3s" in store.ports:
        keys["pop3"] = f"pop3s://{store.tls_name}:{store.ports['pop3s']}?ca={store.ca_file}"
    if "submission" in store.ports:
        keys["submission"] = f"submission://{store.tls_name}:{store.ports['submission']}?ca={store.ca_file}"
    if mx is not None:
        keys["smtp"] = f"smtp://127.0.0.1:{mx.ports['smtp']}?tls=never"
    return {**keys, "login": "{address}", **more}


def binary_path():
    path = os.environ.get("TANDEMAIL")
    if not path or not os.access(path, os.X_OK):
        raise PeerError(f"no tandemail binary: set TANDEMAIL (now {path!r})")
    return pathlib.Path(path).resolve()


class Tandemail(Peer):
    name = "tandemail"
    port_names = LISTENERS

    def __init__(self, migrations, hostname="mail.test.example", sections=None, mailboxes=(), binary=None,
                 keep=False, relay=False):
        """`relay`: with a relay port, for migrations with a [relay].
        `sections`: more of tandemail.conf, {"log": {"level": "debug"}}; the key "" is the top.
        `mailboxes`: Users of the built-in server, made before the first start."""
        super().__init__(keep)
        self.migrations, self.hostname, self.sections = list(migrations), hostname, dict(sections or {})
        self.binary = pathlib.Path(binary) if binary else binary_path()
        self.config, self.data = self.directory / "tandemail.conf", self.directory / "data"
        self.mailboxes = list(mailboxes)
        self.port_names += ("relay",) if relay else ()
        self._certificate, self._imported = None, False

    def configure(self):
        self._certificate = self._certificate or self.certificate((self.hostname, "localhost", "127.0.0.1"))
        self._certificate.key.chmod(0o600)
        self.data.mkdir(mode=0o700, exist_ok=True)
        parts = {
            "": {"data": self.data, "hostname": self.hostname,
                 "secrets_key": self.directory / "secrets.key"},
            "listen": {name: f"127.0.0.1:{self.ports[name]}" for name in self.port_names},
            "tls": {"certificate": self._certificate.chain, "key": self._certificate.key},
            "limits": {"connections_per_address": 10_000, "connections_per_minute": 0},      # every client here is 127.0.0.1
        }
        if self.mailboxes:
            parts["server"] = {"domains": sorted({user.domain for user in self.mailboxes})}
        self.write("tandemail.conf", ini_text(merge(parts, self.sections)), 0o600)
        for migration in self.migrations:
            parts = {"": {"domain": migration.domain}, "old": migration.old, "new": migration.new}
            self.write(f"migrations/{migration.name}.conf", ini_text(merge(parts, migration.sections)), 0o600)

    def prepare(self):
        """Writes the files and imports the accounts without starting `serve`: enough for `cli`."""
        self.take_ports()
        self.configure()
        self._ports.release()
        self._import_all()

    def launch(self):
        """Returns when it is answered: the ports are open before there is somebody to answer."""
        self._import_all()
        super().launch()
        process.until(self._answers, process.START_BOUND, "an answer of the API", self.process)

    def _answers(self):
        try:
            return self.api("GET", "accounts")
        except (PeerError, OSError):
            return None

    def _import_all(self):
        if not self._imported:
            for user in self.mailboxes:
                self.cli("mailbox", "add", user.address, data=user.password.encode() + b"\n")
            for migration in self.migrations:
                self.import_accounts(migration)
            self._imported = True

    def command(self):
        return [self.binary, "serve", "--config", self.config]

    def import_accounts(self, migration):
        if not migration.accounts:
            return
        path = self.directory / f"accounts-{migration.name}.csv"
        with open(path, "w", newline="", encoding="utf-8") as file:
            path.chmod(0o600)
            writer = csv.DictWriter(file, CSV_COLUMNS, restval="")
            writer.writeheader()
            writer.writerows(migration.accounts)
        self.cli("import", path)

    def cli(self, *arguments, check=True, data=None, bound=120):
        """Runs `tandemail ARGUMENTS…`; its CompletedProcess (bytes). PeerError on failure if `check`."""
        return run([self.binary, arguments[0], "--config", self.config, *arguments[1:]], bound=bound, check=check, data=data)

    def cli_json(self, *arguments):
        return json.loads(self.cli(*arguments, "--json").stdout)

    # ---- what an operator does: by the command line, or the API that it and the page use ----------
    def api(self, method, path, body=None):
        """The answer as JSON; PeerError with the answer's own words for anything but 2xx."""
        token = (self.data / "api.token").read_text().strip()
        request = urllib.request.Request(f"http://127.0.0.1:{self.ports['web']}/api/{path}", method=method, headers={
            "Authorization": f"Bearer {token}", "Content-Type": "application/json"},
            data=None if body is None else json.dumps(body).encode())
        try:
            with urllib.request.urlopen(request, timeout=API_BOUND) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            raise PeerError(f"{method} {path}: {error.code} {error.read().decode('utf-8', 'replace')}") from None
        except (OSError, http.client.HTTPException) as error:
            raise PeerError(f"{method} {path}: {error}") from None

    def accounts(self):
        """All accounts, as in the API's schema Account."""
        return self.api("GET", "accounts")["accounts"]

    def homes(self):
        """{address: "old" or "new"}."""
        return {account["address"]: account["home"] for account in self.accounts()}

    @staticmethod
    def synced_at(account):
        """When the last whole pass over this account ended, seconds since 1970; None: never."""
        text = account["synced_at"]
        return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() if text else None

    def sync(self, addresses=None):
        """Begins to copy, or makes a pass now; all accounts unless named."""
        names = addresses or [account["address"] for account in self.accounts()]
        return self.api("POST", "sync", {"accounts": names})["changed"]

    def wait_for_a_pass(self, bound=60):
        """Until every account has had a whole pass; PeerError with what those say that have had none."""
        def without():
            lagging[:] = [account for account in self.accounts() if not account["synced_at"]]
            return lagging
        lagging = []
        try:
            process.until(lambda: not without(), bound, "a whole pass over each account")
        except PeerError as error:
            raise PeerError("\n  ".join([str(error), *map(json.dumps, lagging)])) from None

    def cut_over(self, addresses, bound=60):
        self._switch("cutover", addresses, bound)

    def roll_back(self, addresses, bound=60):
        self._switch("rollback", addresses, bound)

    def _switch(self, word, addresses, bound):
        """By the command line; `bound`: seconds per account. Returns when all have moved; else PeerError."""
        if not addresses:
            return
        done = self.cli(word, *addresses, "--yes", check=False, bound=bound * len(addresses))
        if done.returncode:
            raise PeerError(f"{word}: exit {done.returncode}\n{done.stdout.decode()}{done.stderr.decode()}")

    def deliveries(self, search):
        """What the gateway's journal says of messages with this trace id or address."""
        return self.api("GET", "deliveries?q=" + urllib.parse.quote(search))["deliveries"]

    # ---- life and death -------------------------------------------------------------------------
    def restart(self):
        """Stops cleanly and starts again on the same ports and data; the exit code of the stop."""
        code = self.process.stop()
        self.launch()
        return code

    def kill9(self):
        """SIGKILL; the data stays. `launch()` starts it again."""
        self.process.kill()
        self.process.stop()


def merge(parts, more):
    merged = {name: dict(keys) for name, keys in parts.items()}
    for name, keys in more.items():
        merged.setdefault(name, {}).update(keys)
    return merged


def ini_text(sections):
    """`{section: {key: value or list of values}}` as the configuration's syntax; None drops a key."""
    lines = []
    for name in sorted(sections, key=bool):     # the part before any [section] goes first
        if name:
            lines.append(f"[{name}]")
        for key, value in sections[name].items():
            for one in value if isinstance(value, (list, tuple)) else [value]:
                if one is not None:
                    lines.append(f"{key} = {_word(one)}")
    return "\n".join(lines) + "\n"


def _word(value):
    return {True: "true", False: "false"}.get(value, value) if isinstance(value, bool) else value
