"""Debian packages that are only unpacked, into build/debian: for programs whose installation would bring much that a test
does not need. Fetched once by apt-get, which knows where from."""

from __future__ import annotations

import functools
import shutil
import subprocess
import tempfile
from pathlib import Path

from cases import Skip

PLACE = Path(__file__).resolve().parent.parent / "build" / "debian"


@functools.cache
def unpack(name: str, packages: tuple[str, ...]) -> Path:
    """The directory with the packages' files, as from / on. Skips the test if they cannot be had here."""
    place = PLACE / name
    if place.is_dir():
        return place
    for tool in "apt-get", "dpkg":
        if not shutil.which(tool):
            raise Skip(f"{name} is unpacked from Debian's packages, and there is no {tool}")
    PLACE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=PLACE) as scratch:
        fetched = subprocess.run(["apt-get", "download", "-q", *packages], cwd=scratch, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, text=True, check=False)
        files = sorted(Path(scratch).glob("*.deb"))
        if fetched.returncode != 0 or len(files) != len(packages):
            why = fetched.stdout.strip().splitlines()[-1:] or ["nothing was fetched"]
            raise Skip(f"Debian's packages {' '.join(packages)} cannot be fetched: {why[0]}")
        new = Path(scratch) / "new"
        for file in files:
            subprocess.run(["dpkg", "-x", file, new], check=True)
        new.rename(place)
    return place


def libraries(place: Path) -> Path:
    """The directory with the shared libraries of what was unpacked."""
    found = sorted((place / "usr" / "lib").glob("*-linux-gnu*"))
    assert found, f"{place} has no libraries"
    return found[0]
