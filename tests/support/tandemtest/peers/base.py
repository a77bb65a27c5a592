"""What every peer is: a temporary directory, ports of its own, one process, a log.

A peer's class says which ports it needs (`port_names`), writes its files (`configure`) and gives the
command (`command`). `start()` returns when every port in `ready_ports` answers; a port taken by
somebody else in between is tried again with others. Used as a context manager, a peer is stopped on
the way out, and its log is printed when the way out is an exception.
"""
import dataclasses
import pathlib
import shutil
import sys
import tempfile

from .. import certificate, process


@dataclasses.dataclass(frozen=True)
class User:
    """An account: `address` is the log-in name as well."""
    address: str
    password: str

    @property
    def local(self):
        return self.address.partition("@")[0]

    @property
    def domain(self):
        return self.address.partition("@")[2]


def temporary_directory(name):
    """A new directory under the system's, which peers running as other users may enter."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix=f"tandem-{name}-"))
    directory.chmod(0o755)
    return directory


class Peer:
    name = "peer"
    host = "127.0.0.1"
    tls_name = "localhost"     # for clients that check names but not addresses in a certificate
    port_names = ()
    start_attempts = 4

    def __init__(self, keep=False):
        """`keep`: leave the directory behind after stop()."""
        self.directory = temporary_directory(self.name)
        self.log = self.directory / "output.log"
        self.ports, self.process, self._keep, self._authority = {}, None, keep, None
        self._ports = None         # keeps others from our ports for as long as we may start again

    # ---- what a peer says about itself ----------------------------------------------------------
    def configure(self):
        """Writes every file the command needs; `self.ports` is filled."""

    def command(self):
        raise NotImplementedError

    def environment(self):
        return None

    def ready_ports(self):
        return list(self.ports.values())

    def logs(self):
        """The files to show when something fails."""
        return [self.log]

    # ---- life -----------------------------------------------------------------------------------
    def start(self):
        for attempt in range(self.start_attempts):
            self.take_ports()
            try:
                self.configure()
            finally:
                self._ports.release()
            try:
                self.launch()
                return self
            except process.PeerError as error:
                text = self.log_text()
                if self.process:
                    self.process.stop()
                if attempt + 1 == self.start_attempts or "ddress already in use" not in text:
                    raise process.PeerError(f"{self.name}: {error}\n{text}") from None

    def take_ports(self):
        """Fills `self.ports`; they are held until `self._ports.release()`."""
        self._ports = process.Ports(*self.port_names)
        self.ports = self._ports.numbers

    def launch(self):
        """Starts the command with the files and ports there are and waits until it answers."""
        self.process = process.Process(self.command(), self.log, self.environment(), self.directory)
        for port in self.ready_ports():
            process.until(lambda port=port: process.answers(port), process.START_BOUND,
                          f"{self.name} on port {port}", self.process)

    def stop(self):
        """Ends the peer; its directory goes unless it was to be kept."""
        if self.process:
            self.process.stop()
        if not self._keep:
            shutil.rmtree(self.directory, ignore_errors=True)

    def leftovers(self):
        """Ids of processes this peer started that still live."""
        return process.session_members(self.process.pid) if self.process else []

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, kind, error, trace):
        if kind is not None:
            print(f"---- {self.name}: log ----\n{self.log_text()}", file=sys.stderr)
        self.stop()

    # ---- helpers for the classes below ----------------------------------------------------------
    def log_text(self, limit=20_000):
        texts = []
        for path in self.logs():
            if path.exists():
                texts.append(path.read_text(errors="replace")[-limit:])
        return "\n".join(texts)

    def authority(self):
        if self._authority is None:
            self._authority = certificate.Authority(self.directory / "tls")
        return self._authority

    def certificate(self, names=("localhost", "127.0.0.1")):
        """This peer's own certificate; `self.ca_file` is what a client must trust."""
        return self.authority().issue(names)

    @property
    def ca_file(self):
        return self.authority().file

    def write(self, name, text, mode=0o644):
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return path
