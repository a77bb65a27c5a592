"""What the figures were measured on and with: the machine, versions of programs, CPU time and memory.

CPU and memory are those of all processes of a peer's session (`Peer.process.pid` leads it), read from
/proc: a server of many processes and one of a single process are counted alike.
"""
import contextlib
import datetime
import os
import pathlib
import platform
import re
import subprocess
import tempfile
import time

from tandemtest import process

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(*peers):
    """CPU time used so far by the peers' processes, ended children included."""
    total = 0
    for peer in peers:
        for pid in process.session_members(peer.process.pid):
            try:
                fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            total += sum(int(field) for field in fields[11:15])    # utime stime cutime cstime
    return total / TICKS


def apart(*sides):
    """Gives the peers `sides` the last processor to themselves, as a host of their own has, and everything else that
    is running or will be started from here the others. Nothing happens where there is only one."""
    every = sorted(os.sched_getaffinity(0))
    if len(every) < 2:
        return
    theirs = {pid for peer in sides for pid in process.session_members(peer.process.pid)}
    for pid in theirs:
        _pin(pid, every[-1:])
    for pid in _descendants(os.getpid()) - theirs:
        _pin(pid, every[:-1])


def _pin(pid, processors):
    """All threads of the process; what it starts later inherits it."""
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            os.sched_setaffinity(int(task.name), processors)
        except ProcessLookupError:
            continue


def _descendants(top):
    parents = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found, grown = {top}, True
    while grown:
        more = {pid for pid, parent in parents.items() if parent in found} - found
        found, grown = found | more, bool(more)
    return found


def memory(peer):
    """(PSS, RSS) in KiB of all processes of the peer: PSS counts shared pages once in all."""
    pss = rss = 0
    for pid in process.session_members(peer.process.pid):
        try:
            text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        pss += int(re.search(r"^Pss:\s+(\d+)", text, re.MULTILINE).group(1))
        rss += int(re.search(r"^Rss:\s+(\d+)", text, re.MULTILINE).group(1))
    return pss, rss


def peak_memory(pid):
    """MiB that a process has had resident at the most, so far; 0 once it has ended."""
    with contextlib.suppress(OSError):
        found = re.search(r"^VmHWM:\s+(\d+) kB", pathlib.Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
        return int(found.group(1)) / 1024 if found else 0
    return 0


def empty_page_cache():
    """So that no round pays for what those before it wrote: on a virtual machine memory that was not used of late has to be had
    from the host first. Root only; anybody else measures without."""
    os.sync()
    with contextlib.suppress(OSError):
        pathlib.Path("/proc/sys/vm/drop_caches").write_text("1")


def flushes_per_second(directory=None):
    """What the disk below `directory` does alone: writes of 5 KB, each with fdatasync."""
    with tempfile.NamedTemporaryFile(dir=directory) as file:
        started, done = time.monotonic(), 0
        while time.monotonic() - started < 0.5:
            os.write(file.fileno(), b"x" * 5_000)
            os.fdatasync(file.fileno())
            done += 1
        return done / (time.monotonic() - started)


def describe():
    """One line: when, on what."""
    model = re.search(r"model name\s*:\s*(.+)", pathlib.Path("/proc/cpuinfo").read_text())
    kib = int(re.search(r"MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text()).group(1))
    now = datetime.datetime.now(datetime.timezone.utc)
    return (f"{now:%Y-%m-%d %H:%M} UTC, {os.cpu_count()} × {model.group(1) if model else platform.machine()}, "
            f"{kib / 2 ** 20:.0f} GiB, Linux {platform.release()}, {filesystem(tempfile.gettempdir())}, "
            f"{flushes_per_second():,.0f} flushes/s of 5 KB by one writer, load average before {load()}")


def load():
    return " ".join(f"{value:.1f}" for value in os.getloadavg())


def filesystem(path):
    """The type of the file system that holds `path`."""
    best, kind = "", "unknown"
    for line in pathlib.Path("/proc/mounts").read_text().splitlines():
        _, mount, name = line.split()[:3]
        inside = os.path.realpath(path) == mount or os.path.realpath(path).startswith(mount.rstrip("/") + "/")
        if inside and len(mount) >= len(best):
            best, kind = mount, name
    return kind


def versions(packages):
    """"postfix 3.7.11-0+deb12u1, …" of the installed Debian packages."""
    found = []
    for package in packages:
        done = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        if done.returncode == 0 and done.stdout:
            found.append(f"{package} {done.stdout.decode()}")
    return ", ".join(found)
