"""proxy: the IMAP session proxy beside nginx's, Dovecot's and perdition, and beside no proxy at all.

One Dovecot is behind all of them. Clients come over TLS (full handshakes, certificates checked) from
load_client.cpp, which is compiled here. nginx's mail proxy speaks to the backend without TLS; the row
"nginx, TLS behind" puts its own stream module with proxy_ssl behind it, so that both legs have TLS as with
Tandemail and Dovecot. Groups: log-ins per second, bulk FETCH of 1 MB messages in MB/s, and the proxy's own
memory per idle session (PSS of all its processes, before and with 1,000 and 10,000 sessions in IDLE). Behind
10,000 stands our built-in server, since a Dovecot has a process of its own for each. Perdition is left out
there for the same reason. Where a process may have fewer than 20,200 descriptors there are fewer sessions.
"CPU ms each" is the proxy's own CPU time per log-in, of "per 100 MB" per 100 MB: the backend's is not in it.
"""
import contextlib
import json
import os
import resource
import subprocess

from figures import Contender, Group, Sample, Wrong
import machine
from tandemtest import mailgen, process, seed
from tandemtest.peers import Dovecot, Nginx, Perdition, User
from tandemtest.tandem import Migration, Tandemail, side_of

VERSIONS = ("nginx", "dovecot-core", "perdition", "libssl3")
OURS = "Tandemail, TLS behind"
DOMAIN = "bench.example"
USERS = [User(f"user{number}@{DOMAIN}", "secret") for number in range(50)]
SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "load_client.cpp")
BIG_MESSAGES = 64            # of 1 MB, in the INBOX of the first four users
BOUND = 600
DESCRIPTORS = 100_000        # of one process
OTHERS = 100                 # descriptors of a process that are no session's, halved
WORKERS = 8                  # of nginx before the crowd: a session has four descriptors in its two legs
# Room for thousands of sessions, log-ins in the fast mode.
CROWD = """\
default_client_limit = 20000
default_process_limit = 5000
service imap-login {
  service_count = 0
  process_min_avail = 2
  client_limit = 10000
}
"""
# Processes that serve more than one: a backend that is not what limits its proxies more than it must.
BACKEND = CROWD + """\
service imap {
  process_limit = 5000
  service_count = 256
  process_min_avail = 4
}
"""
# A Dovecot without accounts that sends everybody to the backend, whose certificate it does not check (its
# log-in processes do not read ssl_client_ca_file here): a little less work than the others have.
FORWARD = """\
default_client_limit = 20000
default_process_limit = 5000
service imap-login {{
  service_count = 0
  process_min_avail = 2
  client_limit = 10000
  vsz_limit = 8G
}}
passdb {{
  driver = static
  args = proxy=y host={host} hostip=127.0.0.1 port={port} ssl=any-cert nopassword=y
}}
"""


def bench(options):
    client = compiled(options)
    with contextlib.ExitStack() as stack:
        start = stack.enter_context
        backend = start(Dovecot(USERS, extra=BACKEND))
        for user in USERS[:4]:
            seed.append(backend, user, mailgen.Generator(seed=3).mails(1))
            fill(backend, user)
        makers = fronts(backend, options)
        reached = {**{name: start(make()) for name, make in makers.items()}, "no proxy": backend}
        small = 5 if options.quick else 1

        def group(title, unit, function, cells):
            return Group(title, unit, [Contender(name, lambda cell, peer=peer: function(client, peer, backend, cell),
                                                 name == OURS) for name, peer in reached.items()], cells)

        yield group("Log-ins", "log-ins/s", logins, {
            "1 client": (1, 600 // small), "16 clients at once": (16, 3_000 // small)})
        yield group("Bulk FETCH", "MB/s", fetch, {
            "1 session": (1, 8 // small + 1), "4 sessions": (4, 16 // small + 1)})
        yield Group("Memory per idle session", "KiB of the proxy's PSS per session",
                    [Contender(name, lambda cell, make=make: idle(client, make, cell), name == OURS)
                     for name, make in makers.items()], {"1,000 sessions": 1_000 // small}, better="lower", warm_up=False)
        if not options.ours:
            return
        many = allow_many()
        crowd = fronts(start(built_in(options)), options, workers=WORKERS)
        del crowd["perdition, TLS behind"]
        yield Group("Memory of a crowd of idle sessions", "KiB of the proxy's PSS per session",
                    [Contender(name, lambda cell, make=make: idle(client, make, cell), name == OURS)
                     for name, make in crowd.items()], {f"{many // small:,} sessions": many // small}, better="lower",
                    warm_up=False)


def fronts(backend, options, workers=None):
    """What is measured, by name: functions that make a proxy before `backend`, nginx with so many `workers`."""
    makers = {
        "Dovecot as proxy, TLS behind": lambda: Dovecot([], extra=FORWARD.format(
            host=backend.tls_name, port=backend.ports["imaps"])),
        "nginx, no TLS behind": lambda: Nginx(None, backend=(backend.host, backend.ports["imap"]), workers=workers),
        "nginx, TLS behind": lambda: Nginx(None, backend=(backend.host, backend.ports["imaps"]),
                                           backend_ca=backend.ca_file, workers=workers),
        "perdition, TLS behind": lambda: Perdition((backend.host, backend.ports["imaps"]), backend.ca_file),
    }
    if options.ours:
        makers = {OURS: lambda: session_proxy(backend, options), **makers}
    return makers


def allow_many():
    """10,000, if this machine lets a process have so many descriptors; else what it allows."""
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))
        return 10_000
    except (ValueError, OSError):
        return min(10_000, resource.getrlimit(resource.RLIMIT_NOFILE)[1] // 2 - OTHERS)


def built_in(options):
    peer = Tandemail([], sections={"server": {"domains": DOMAIN}, "limits": {"connections_per_address": 20_000}}, binary=options.tandemail)
    peer.mailboxes = USERS
    return peer


def compiled(options):
    program = options.build / "load_client"
    if not program.exists() or program.stat().st_mtime < os.stat(SOURCE).st_mtime:
        process.run(["clang++-19", "-std=c++20", "-O2", "-o", program, SOURCE, "-lssl", "-lcrypto", "-pthread"],
                    bound=BOUND)
    return program


def fill(backend, user):
    """Gives the user BIG_MESSAGES messages of 1 MB, by copying one."""
    backend.save(user, mailgen.Generator(seed=2).big(0, 760_000).data, "Big")
    for _ in range(BIG_MESSAGES):
        backend.doveadm("copy", "-u", user.address, "INBOX", "mailbox", "Big", "all")


def session_proxy(backend, options):
    side = side_of(backend)
    accounts = [{"address": user.address, "old_password": user.password, "new_password": user.password}
                for user in USERS]
    migration = Migration("bench", DOMAIN, side, {"provider": "builtin"}, accounts, {"gateway": {"enabled": False}})
    return Tandemail([migration], sections={"limits": {"connections_per_address": 20_000}}, binary=options.tandemail)


def command(client, mode, peer, threads, count):
    return [str(client), mode, str(peer.ports["imaps"]), str(peer.ca_file), str(4 if mode == "fetch" else len(USERS)),
            str(threads), str(count)]


def logins(client, peer, backend, cell):
    threads, count = cell
    before = machine.cpu_seconds(peer)
    done = json.loads(process.run(command(client, "logins", peer, threads, count), bound=BOUND).stdout)
    more = {"ms at p50": done["p50"], "ms at p99": done["p99"]}
    if peer is not backend:
        more["CPU ms each"] = 1000 * (machine.cpu_seconds(peer) - before) / count
    return Sample(count / done["seconds"], more)


def fetch(client, peer, backend, cell):
    threads, count = cell
    before = machine.cpu_seconds(peer)
    done = json.loads(process.run(command(client, "fetch", peer, threads, count), bound=BOUND).stdout)
    if done["bytes"] < count * BIG_MESSAGES * 1_000_000:
        raise Wrong(f"{peer.name}: {done['bytes']} bytes are too few for {count} times {BIG_MESSAGES} MB")
    more = {}
    if peer is not backend:
        more["CPU ms per 100 MB"] = 1e11 * (machine.cpu_seconds(peer) - before) / done["bytes"]
    return Sample(done["bytes"] / 1e6 / done["seconds"], more)


def idle(client, make, count):
    """Memory of a new proxy with `count` idle sessions less its memory before the first, by session."""
    with make() as peer:
        fresh_pss, fresh_rss = machine.memory(peer)
        with subprocess.Popen(command(client, "idle", peer, 8, count), stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as running:
            ready = json.loads(running.stdout.readline() or "{}")
            pss, rss = machine.memory(peer)
            alive = json.loads(running.communicate(b"\n", timeout=BOUND)[0] or "{}")
    if ready.get("ready") != count or alive.get("alive") != count:
        raise Wrong(f"{peer.name}: {ready} and {alive} of {count} sessions")
    return Sample((pss - fresh_pss) / count, {"RSS KiB each": (rss - fresh_rss) / count,
                                              "PSS MiB before": fresh_pss / 1024})
