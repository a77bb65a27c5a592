"""Processes, ports and deadlines for peers: nothing here sleeps, nothing is killed by name.

A peer's process leads its own session, so that whatever it starts can be found and ended by that
session's id. It gets SIGTERM when the thread that started it ends, so that a killed test leaves
nothing behind: start peers from the main thread. Waiting is always for an event (a process's end, a socket) with a bound.
"""
import os
import pathlib
import random
import select
import signal
import socket
import subprocess
import time

START_BOUND = 30.0     # seconds a peer may take until it answers on its ports
STOP_BOUND = 10.0      # seconds between SIGTERM and SIGKILL
RETRY_PAUSE = 0.02     # seconds between two looks at something that sends no event


class PeerError(RuntimeError):
    """A peer did not start, did not answer, or did not stop."""


class Ports:
    """Free loopback ports for programs that open them themselves, each held (bound, not listening) until `release()`
    just before use. They lie below those that the kernel gives away by itself, to whoever connects or asks for any
    port; and whoever else has a `Ports` gets others until this one goes. So nobody else listens there in between: the
    program would be without its port, or share it, and its clients would speak with a stranger."""

    def __init__(self, *names):
        self._held, self._claims, self.numbers = {}, [], {}
        for name in names:
            holder, claim = next(filter(None, map(_claim, _candidates())))
            self._held[name] = holder
            self._claims.append(claim)
            self.numbers[name] = holder.getsockname()[1]

    def release(self):
        for holder in self._held.values():
            holder.close()
        self._held = {}

    def __del__(self):
        self.release()
        for claim in self._claims:
            claim.close()


def _candidates():
    first_of_kernel = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    chance = random.SystemRandom()                  # a test's seed is not to make it another's neighbour
    while True:
        yield chance.randrange(max(1024, first_of_kernel // 2), max(2048, first_of_kernel))


def _claim(number):
    """Two sockets: one has the port, one a name that only one can have, and that goes with it. Nothing: taken."""
    holder = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        claim.bind(f"\0tandem-test-port-{number}")
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", number))
        return holder, claim
    except OSError:
        holder.close()
        claim.close()
        return None


class Process:
    """One started program: its output goes to `log`, its session is its own."""

    def __init__(self, arguments, log, env=None, cwd=None):
        self.log = pathlib.Path(log)
        with open(self.log, "ab") as output:
            self._popen = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", *(str(argument) for argument in arguments)], stdin=subprocess.DEVNULL,
                stdout=output, stderr=output, env=env, cwd=cwd, start_new_session=True)
        self.pid = self._popen.pid
        self._pidfd = os.pidfd_open(self.pid)

    def wait(self, seconds):
        """Waits for the end, at most `seconds`; the exit code, or None when it still runs."""
        if self._popen.returncode is None and select.select([self._pidfd], [], [], seconds)[0]:
            self._popen.wait()
        return self._popen.returncode

    def running(self):
        return self.wait(0) is None

    def signal(self, number):
        if self.running():
            self._popen.send_signal(number)

    def stop(self, bound=STOP_BOUND):
        """SIGTERM, and SIGKILL after `bound`, to the program; then to whatever is left of its session
        (Dovecot's children linger after their master). Returns the program's exit code."""
        if self._pidfd is None:
            return self._popen.returncode
        self.signal(signal.SIGTERM)
        if self.wait(bound) is None:
            self.kill()
        deadline = time.monotonic() + bound
        left = session_members(self.pid)
        for pid in left:
            _signal(pid, signal.SIGTERM)
        for pid in left:
            _wait_for_stranger(pid, max(deadline - time.monotonic(), 0))
        os.close(self._pidfd)
        self._pidfd = None
        return self._popen.returncode

    def kill(self):
        """SIGKILL to the program and everything in its session, at once."""
        for pid in {self.pid, *session_members(self.pid)}:
            _signal(pid, signal.SIGKILL)
        self.wait(STOP_BOUND)


def session_members(session):
    """The ids of living processes whose session is `session` (a process started by `Process`)."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            status = pathlib.Path(f"/proc/{entry}/stat").read_text()
        except OSError:
            continue
        fields = status.rpartition(")")[2].split()
        if int(fields[3]) == session and fields[0] != "Z":
            found.append(int(entry))
    return found


def _wait_for_stranger(pid, bound):
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        if not select.select([descriptor], [], [], bound)[0]:
            _signal(pid, signal.SIGKILL)
            select.select([descriptor], [], [], STOP_BOUND)
    finally:
        os.close(descriptor)


def _signal(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def until(condition, seconds, what, process=None):
    """Asks `condition()` until it is true; PeerError naming `what` after `seconds`, or at once when
    `process` ends meanwhile. Returns condition's value."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise PeerError(f"{what}: not within {seconds:g} s")
        if process is None:
            select.select([], [], [], RETRY_PAUSE)
        elif process.wait(RETRY_PAUSE) is not None:
            raise PeerError(f"{what}: process ended with {process.wait(0)}")


def answers(port, host="127.0.0.1"):
    """True when something accepts connections on that port."""
    try:
        socket.create_connection((host, port), timeout=2).close()
        return True
    except OSError:
        return False


def run(arguments, bound=60, env=None, check=True, data=None, cwd=None):
    """Runs a command to its end; returns its CompletedProcess with bytes output.
    PeerError with the command's own words when it fails and `check`."""
    words = [str(argument) for argument in arguments]
    try:
        done = subprocess.run(words, input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env,
                              timeout=bound, cwd=cwd, stdin=subprocess.DEVNULL if data is None else None)
    except subprocess.TimeoutExpired as error:
        raise PeerError(f"{words[0]}: not finished within {bound} s\n{(error.stdout or b'').decode('utf-8', 'replace')}"
                        f"\n{(error.stderr or b'').decode('utf-8', 'replace')}") from None
    if check and done.returncode:
        raise PeerError(f"{' '.join(words)}: exit {done.returncode}\n{done.stdout.decode('utf-8', 'replace')}"
                        f"\n{done.stderr.decode('utf-8', 'replace')}")
    return done
