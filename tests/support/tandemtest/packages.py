"""Debian packages that exclude each other, side by side: downloaded and unpacked, never installed.

`unpacked(name, packages)` gives a directory with the packages' files, from `apt-get download` and
`dpkg -x`, kept in the build tree ($TANDEM_PEERS, or build/peers of this repository) for the next run. Raises
`Unavailable` where that is not possible (no apt, no network), which tests turn into a skip.
"""
import os
import pathlib
import shutil
import tempfile

from .process import PeerError, run


class Unavailable(Exception):
    """The packages cannot be had here; the text says why."""


def unpacked(name, packages):
    repository = pathlib.Path(__file__).resolve().parents[3]
    cache = pathlib.Path(os.environ.get("TANDEM_PEERS", repository / "build" / "peers"))
    target = cache / name
    if (target / "complete").exists():
        return target
    if not shutil.which("apt-get"):
        raise Unavailable("no apt-get here")
    cache.mkdir(parents=True, exist_ok=True)
    work = pathlib.Path(tempfile.mkdtemp(prefix=f"{name}-", dir=cache))
    try:
        run(["apt-get", "-q", "download", *packages], bound=180, cwd=work)
        for archive in sorted(work.glob("*.deb")):
            run(["dpkg", "-x", archive, work / "root"])
            archive.unlink()
        (work / "root" / "complete").write_text("\n".join(packages) + "\n")
        try:
            (work / "root").rename(target)
        except OSError:                       # somebody else was quicker
            if not (target / "complete").exists():
                raise
        return target
    except PeerError as error:
        raise Unavailable(str(error)) from None
    finally:
        shutil.rmtree(work, ignore_errors=True)


def library_path(root):
    """LD_LIBRARY_PATH for the programs below `root`."""
    return ":".join(sorted({str(path.parent) for path in root.rglob("*.so*")}))
