"""The programs that copy mailboxes, each as an object for sync.py.

`prepared(job)` is a context manager that writes the tool's configuration and gives a function that does
one pass: for one pair of accounts, or for all of them where `all_at_once`. A pass that fails raises.
"""
import contextlib
import os
import shutil
import subprocess

import machine
from figures import Wrong
from tandemtest import process
from tandemtest.tandem import Migration, Tandemail, side_of

BOUND = 900
LOOK = 0.02      # seconds between looks at the memory of a program


class Tool:
    name = "writer"
    ours = False
    all_at_once = False
    over_imap = True    # at least to the source
    adds = 0            # bytes that the tool adds to each message

    @contextlib.contextmanager
    def prepared(self, job):
        yield lambda pair: self.one(job, *pair)

    def one(self, job, source, target):
        raise NotImplementedError


class Ours(Tool):
    name, ours, all_at_once = "tandemail sync --once", True, True

    def __init__(self, binary):
        self.binary = binary

    @contextlib.contextmanager
    def prepared(self, job):
        with installed(self.binary, job.source, job.target, job.pairs) as peer:
            def step(_):
                job.peak = max(job.peak, sync_once(peer))
            yield step


def sync_once(peer):
    """One pass over all accounts; how many MiB of memory it had at the most, looked at as it runs (what the kernel says at the
    end is what its parent had, if that was more)."""
    words = [peer.binary, "sync", "--config", peer.config, "--once"]
    peak = 0
    with subprocess.Popen([str(word) for word in words], stdout=subprocess.DEVNULL) as running:
        while running.returncode is None:
            peak = max(peak, machine.peak_memory(running.pid))
            with contextlib.suppress(subprocess.TimeoutExpired):
                running.wait(LOOK)
    if running.returncode:
        raise Wrong(f"sync --once: exit {running.returncode}")
    return peak


@contextlib.contextmanager
def installed(binary, source, target, pairs):
    """Tandemail with the accounts `pairs` imported, not running."""
    accounts = [{"address": one.address, "old_login": one.address, "old_password": one.password,
                 "new_login": other.address, "new_password": other.password} for one, other in pairs]
    peer = Tandemail([Migration("bench", pairs[0][0].domain, side_of(source), side_of(target), accounts,
                                {"gateway": {"enabled": False}})], binary=binary)
    try:
        peer.prepare()
        yield peer
    finally:
        shutil.rmtree(peer.directory, ignore_errors=True)


class Mbsync(Tool):
    name = "mbsync"
    adds = len("X-TUID: 123456789012\r\n")     # it leaves its own header line in the copies

    def one(self, job, source, target):
        directory = job.directory / source.local
        if not directory.exists():
            directory.mkdir()
            (directory / "password").write_text(source.password)
            stores = "".join(
                f"IMAPStore {name}\nHost {peer.tls_name}\nPort {peer.ports['imaps']}\nUser {user.address}\n"
                f"PassCmd \"cat {directory}/password\"\nSSLType IMAPS\nAuthMechs LOGIN\nCertificateFile {peer.ca_file}\n"
                f"SystemCertificates no\nTimeout 300\n\n"
                for name, peer, user in (("far", job.source, source), ("near", job.target, target)))
            (directory / "mbsyncrc").write_text(
                stores + "Channel all\nFar :far:\nNear :near:\nPatterns *\nCreate Near\nSync Pull\n"
                f"CopyArrivalDate yes\nSyncState {directory}/state/\n")
            (directory / "state").mkdir()
        process.run(["mbsync", "-c", directory / "mbsyncrc", "-q", "all"], bound=BOUND)


class Interimap(Tool):
    name = "interimap"

    def one(self, job, source, target):
        directory = job.directory / source.local
        if not directory.exists():
            directory.mkdir(mode=0o700)
            sides = "".join(
                f"[{name}]\ntype = imaps\nhost = {peer.tls_name}\nport = {peer.ports['imaps']}\n"
                f"username = {user.address}\npassword = {user.password}\nSSL_CAfile = {peer.ca_file}\n"
                f"compress = NO\n\n"
                for name, peer, user in (("local", job.target, target), ("remote", job.source, source)))
            path = directory / "config"
            path.write_text(f"database = {directory}/state.db\n\n{sides}")
            path.chmod(0o600)
        process.run(["interimap", "--config", directory / "config", "--quiet"], bound=BOUND,
                    env={**os.environ, "HOME": str(directory), "XDG_DATA_HOME": str(directory)})


class DoveadmOverImap(Tool):
    name = "doveadm backup (IMAP into storage)"

    def one(self, job, source, target):
        settings = {"imapc_host": job.source.tls_name, "imapc_port": job.source.ports["imaps"], "imapc_ssl": "imaps",
                    "ssl_client_ca_file": job.source.ca_file, "imapc_user": source.address,
                    "imapc_password": source.password, "imapc_features": "rfc822.size fetch-headers"}
        given = [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]
        job.target.doveadm(*given, "backup", "-R", "-u", target.address, "imapc:", bound=BOUND)


class DoveadmBetweenStores(Tool):
    name, over_imap = "doveadm backup (no IMAP at all)", False

    def one(self, job, source, target):
        # doveadm hands its own configuration down in the environment: the other side must not see it.
        job.source.doveadm("backup", "-u", source.address, "env", "-i", f"PATH={os.environ['PATH']}", "doveadm", "-c",
                           job.target.directory / "dovecot.conf", "dsync-server", "-u", target.address, bound=BOUND)


class Imapsync(Tool):
    name = "imapsync"          # by UID and with its cache: without them it leaves out what it takes for a duplicate

    def one(self, job, source, target):
        directory = job.directory / source.local
        directory.mkdir(exist_ok=True)
        sides = [word for number, peer, user in ((1, job.source, source), (2, job.target, target))
                 for word in (f"--host{number}", "127.0.0.1", f"--port{number}", str(peer.ports["imaps"]),
                              f"--ssl{number}", f"--user{number}", user.address, f"--password{number}", user.password)]
        process.run([os.environ["IMAPSYNC"], *sides, "--nolog", "--noreleasecheck", "--no-modulesversion",
                     "--tmpdir", directory, "--useuid"], bound=BOUND, cwd=directory)


def tools(options):
    found = [Ours(options.tandemail)] if options.ours else []
    found += [Mbsync(), Interimap(), DoveadmOverImap(), DoveadmBetweenStores()]
    return found + ([Imapsync()] if os.environ.get("IMAPSYNC") else [])
