"""A program that insists on its own users and on fixed paths, run without installing it: in a mount
namespace of its own, where copies of /etc/passwd and /etc/group name its users and directories of the
peer stand at the paths it was compiled with. Nothing outside that process sees any of it.

Needs root and the right to mount; `check()` raises `packages.Unavailable` where a container forbids it.
"""
import functools
import os
import pathlib

from . import packages
from .process import PeerError, run

FIRST_ID = 61_000          # of the users that exist in a view only; far from Debian's own


@functools.cache
def check():
    if os.geteuid() != 0:
        raise packages.Unavailable("needs root")
    try:
        run(["unshare", "--mount", "--propagation", "private", "mount", "--bind", "/etc/passwd", "/etc/passwd"])
    except PeerError as error:
        raise packages.Unavailable(f"no mount namespace here: {error}") from None


def accounts(directory, names):
    """Copies of passwd and group in `directory` with a user and a group for each of `names`, at home in
    `directory`/home. Returns ({path: its stand-in}, {name: id})."""
    ids = {name: FIRST_ID + number for number, name in enumerate(names)}
    home = directory / "home"
    home.mkdir(exist_ok=True)
    lines = {"passwd": "".join(f"{name}:x:{one}:{one}::{home}:/bin/sh\n" for name, one in ids.items()),
             "group": "".join(f"{name}:x:{one}:\n" for name, one in ids.items())}
    binds = {}
    for file, more in lines.items():
        copy = directory / file
        copy.write_text(pathlib.Path("/etc", file).read_text().rstrip("\n") + "\n" + more)
        copy.chmod(0o644)
        binds[f"/etc/{file}"] = copy
    return binds, ids


def command(binds, arguments):
    """`arguments` as a command that sees binds' sources at their targets. The targets must exist."""
    mounts = "".join(f"mount --bind '{source}' '{target}' && " for target, source in binds.items())
    return ["unshare", "--mount", "--propagation", "private", "sh", "-c", mounts + 'exec "$@"', "sh", *arguments]
