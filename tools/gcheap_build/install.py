"""make install and make uninstall: the standalone library where C programs look for one.

Beside what programs need, an installation has a record: a list of its files, and of the directories that had to be made for
them. By that record they are removed, whatever version it was, and when another version is installed in their place.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from . import finders, library, manual
from .process import ROOT, Failure

HEADERS = ("gcheap.h", "gcheap_atb.h")


class Places(NamedTuple):
    """Where the parts of the library go: absolute paths, as they will be when it is used."""

    prefix: str
    libdir: str
    includedir: str
    mandir: str
    pkgconfigdir: str
    cmakedir: str

    @property
    def record(self) -> str:
        return f"{self.libdir}/gcheap/installed.json"


class Entry(NamedTuple):
    """What is installed at one path: a file, or a link."""

    content: bytes = b""
    mode: int = 0o644
    link: str = ""  # to what


class Record(NamedTuple):
    """What has been installed. Paths as in Places."""

    version: str
    staged: bool  # below a DESTDIR
    files: list[str]
    directories: list[str]


def places(settings: Iterable[str]) -> tuple[str, Places]:
    """DESTDIR, and the places; from KEY=VALUE words. Of a key's two spellings (PREFIX, prefix) the first with a value
    counts, and without any it has its default."""
    given: dict[str, str] = {}
    for setting in settings:
        key, is_setting, value = setting.partition("=")
        if not is_setting or key.lower() not in ("destdir", "datarootdir", *Places._fields):
            raise Failure(f"{setting}: not a directory's name and the directory, such as PREFIX=/usr")
        given[key.lower()] = given.get(key.lower()) or value

    def place(key: str, default: str) -> str:
        path = given.get(key) or default
        if not path.startswith("/") or "\n" in path:
            raise Failure(f"{key.upper()}={path}: must be a whole path, from / on (DESTDIR need not)")
        return os.path.normpath("/" + path.lstrip("/"))

    prefix = place("prefix", "/usr/local")
    libdir = place("libdir", f"{prefix}/lib")
    datarootdir = place("datarootdir", f"{prefix}/share")
    destdir = given.get("destdir") or ""
    return os.path.abspath(destdir) if destdir else "", Places(
        prefix, libdir, place("includedir", f"{prefix}/include"), place("mandir", f"{datarootdir}/man"),
        place("pkgconfigdir", f"{libdir}/pkgconfig"), place("cmakedir", f"{libdir}/cmake/gcheap"))


def entries(built: Path, to: Places) -> dict[str, Entry]:
    """Everything that is installed, by its path."""
    version = library.version()
    shared = f"libgcheap.so.{version}"
    for name in "libgcheap.a", shared:
        if not (built / name).is_file():
            raise Failure(f"{built} has no {name}: `make` builds it")
    code = (built / shared).read_bytes()
    links = sorted(file.name for file in built.glob("libgcheap.so*") if file.is_symlink() and os.readlink(file) == shared)
    if len(links) != 2 or links[0] != "libgcheap.so":
        raise Failure(f"{built} should have libgcheap.so and another link to {shared}, and has {' '.join(links) or 'none'}")
    found = {f"{to.libdir}/libgcheap.a": Entry((built / "libgcheap.a").read_bytes()),
             f"{to.libdir}/{shared}": Entry(code, 0o755),
             **{f"{to.libdir}/{name}": Entry(link=shared) for name in links}}
    for name in HEADERS:
        found[f"{to.includedir}/{name}"] = Entry((ROOT / "include" / name).read_bytes())
    pointer_bytes = 8 if code[4] == 2 else 4  # the class of an ELF file
    texts = {f"{to.pkgconfigdir}/gcheap.pc": finders.pkg_config(version, to.prefix, to.libdir, to.includedir)}
    for name, text in finders.cmake(version, links[1], pointer_bytes, to.cmakedir, to.libdir, to.includedir).items():
        texts[f"{to.cmakedir}/{name}"] = text
    for name, text in manual.pages(version).items():
        texts[f"{to.mandir}/man3/{name}"] = text
    found |= {path: Entry(text.encode()) for path, text in texts.items()}
    return found


def install(built: Path, settings: Iterable[str]) -> None:
    destdir, to = places(settings)
    found = entries(built, to)
    old = read(destdir, to)
    made = [] if old is None else directories(old, destdir)
    for directory in sorted({os.path.dirname(path) for path in (*found, to.record)}):
        made += make(destdir, directory)
    # First of all, so that what a full disk leaves behind can be removed.
    files = sorted({*found, *(old.files if old else [])})
    record = Record(library.version(), bool(destdir), files, sorted(set(made)))
    write(destdir, to.record, Entry(text_of(record)))
    for path, entry in found.items():
        write(destdir, path, entry)
    if old and (gone := set(old.files) - set(found)):
        for path in gone:
            remove(destdir, path)
    write(destdir, to.record, Entry(text_of(record._replace(files=sorted(found)))))
    print(f"libgcheap {library.version()} is installed in {destdir}{to.prefix}"
          + ("" if destdir else "; ldconfig (as root) makes programs find its shared library"))


def uninstall(settings: Iterable[str]) -> None:
    destdir, to = places(settings)
    record = read(destdir, to)
    if record is None:
        print(f"libgcheap is not installed in {destdir}{to.prefix}: there is no {destdir}{to.record}")
        return
    for path in record.files:
        remove(destdir, path)
    remove(destdir, to.record)
    # The longest first, those within others. DESTDIR itself is "/" and comes last.
    for path in sorted(directories(record, destdir), key=len, reverse=True):
        try:
            os.rmdir(destdir + path)
        except OSError:
            pass  # holds something of others, or is gone already
    print(f"libgcheap {record.version} is no longer installed in {destdir}{to.prefix}")


def text_of(record: Record) -> bytes:
    return (json.dumps(record._asdict(), indent=1) + "\n").encode()


def read(destdir: str, to: Places) -> Record | None:
    """The record of what is installed there; None if nothing is."""
    path = destdir + to.record
    try:
        with open(path, encoding="utf-8") as file:
            record = Record(**json.load(file))
        paths = [*record.files, *record.directories]
        if all(isinstance(name, str) and name == os.path.normpath(name) and name.startswith("/") for name in paths):
            return record
    except FileNotFoundError:
        return None
    except (TypeError, ValueError):
        pass
    raise Failure(f"{path} is damaged: remove it, and what is installed beside it, by hand")


def directories(record: Record, destdir: str) -> list[str]:
    """The directories that the installation made. What was made below a DESTDIR, and then moved, may have been put into
    directories that existed. But those that are named after the library are its own."""
    if record.staged == bool(destdir):
        return record.directories
    return [path for path in record.directories if os.path.basename(path) == "gcheap"]


def make(destdir: str, path: str) -> list[str]:
    """Makes a directory and those around it, for all to read. Returns which had to be made, from DESTDIR on."""
    if os.path.isdir(destdir + path):
        return []
    if path == "/":
        os.makedirs(os.path.dirname(destdir), exist_ok=True)
        made = []
    else:
        made = make(destdir, os.path.dirname(path))
    os.mkdir(destdir + path)
    os.chmod(destdir + path, 0o755)
    return [*made, path]


def write(destdir: str, path: str, entry: Entry) -> None:
    """Puts a file or a link in its place at once: programs that use the one before it go on with that."""
    place = destdir + path
    with tempfile.TemporaryDirectory(prefix=".gcheap.", dir=os.path.dirname(place)) as scratch:
        new = os.path.join(scratch, "new")
        if entry.link:
            os.symlink(entry.link, new)
        else:
            with open(new, "wb") as file:
                file.write(entry.content)
            os.chmod(new, entry.mode)
        os.replace(new, place)


def remove(destdir: str, path: str) -> None:
    try:
        os.unlink(destdir + path)
    except FileNotFoundError:
        pass
