"""An object's symbols, and the check of the archive's."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from . import interface
from .config import Config
from .process import Failure, output


class Symbols(NamedTuple):
    """The names in an object or archive."""

    exported: set[str]
    imported: set[str]
    configuration: set[str]  # gcheap_config_…, by which a linker compares configurations
    all: set[str]


def read(path: Path, nm: str = "nm") -> Symbols:
    symbols = Symbols(set(), set(), set(), set())
    for line in output([nm, path]).decode(errors="replace").splitlines():
        words = line.split()
        if len(words) < 2 or len(words[-2]) != 1:
            continue
        kind, name = words[-2:]
        symbols.all.add(name)
        if kind in "Uvw":
            symbols.imported.add(name)
        elif kind.isupper():
            (symbols.configuration if name.startswith("gcheap_config_") else symbols.exported).add(name)
    return symbols


def check(path: Path, config: Config, nm: str) -> None:
    """Fails unless the object exports the public names only, imports what a host provides, and cannot panic."""
    found = read(path, nm)
    public = interface.exports(config)
    panics = {name for name in found.all if any(part in name for part in ("panick", "begin_unwind", "_failed"))}
    complain("does not export", public - found.exported)
    complain("exports what is not public", found.exported - public)
    complain("imports what no host provides", found.imported - interface.imports(config))
    complain("can panic, which the library must not", panics)
    if not any(name.startswith("gcheap_config_block_bytes_") for name in found.configuration):
        raise Failure("gc.o lost its gcheap_config_ symbols")


def complain(what: str, names: Iterable[str]) -> None:
    if names := sorted(names):
        raise Failure(f"gc.o {what}: {' '.join(names)}")
