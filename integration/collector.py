"""The library with the interface of Boehm's collector, for the tests with programs that run on it; and how it is shown that
a process has loaded it: the loader says so in that very run (LD_DEBUG=files), and the marker in the file that it loaded."""

from __future__ import annotations

import functools
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT / "build" / "boehm" / "libgc.so.1"
ARCHIVE = SHARED.with_name("libgc.a")
MARKER = b"libgcheap 0.1.0"


@functools.cache
def built() -> Path:
    """The directory of the libraries, with their marker; built once."""
    subprocess.run([sys.executable, ROOT / "tools" / "build.py", "boehm", SHARED.parent], check=True)
    for library in SHARED, ARCHIVE:
        assert MARKER in library.read_bytes(), f"{library} is not libgcheap"
    return SHARED.parent


def logged(place: Path) -> dict[str, str]:
    """The environment in which each process writes into a directory what it loads."""
    return {"LD_DEBUG": "files", "LD_DEBUG_OUTPUT": f"{place}/log"}


def loaded(place: Path, name: str) -> list[Path]:
    """What each of these processes has loaded as the library of that name."""
    return [Path(line.split("calling init: ")[1].strip()) for file in place.glob("log.*")
            for line in file.read_text(errors="replace").splitlines()
            if "calling init: " in line and f"/{name}" in line]
