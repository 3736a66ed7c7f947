#!/usr/bin/env python3
"""Unmodified Debian programs that run on Boehm's collector, on libgcheap in its place:

    integration/programs.py [--stress N]     with N, collecting at every N-th allocation

Each use is run twice, on Debian's libgc and with LD_LIBRARY_PATH on build/boehm/libgc.so.1, and must print the same. That
the second run was on libgcheap, the loader says in that very run (LD_DEBUG=files), and the marker in the file that it
loaded. A program that is not installed is skipped; nothing is fetched.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import cases
from cases import Skip

ROOT = Path(__file__).resolve().parent.parent
SOURCES = Path(__file__).resolve().parent / "boehm"
LIBRARY = ROOT / "build" / "boehm" / "libgc.so.1"
MARKER = b"libgcheap 0.1.0"
PATIENCE = 300  # seconds
# A collection at every so many allocations; 0: only when one is due.
STRESS = int(sys.argv[2]) if sys.argv[1:2] == ["--stress"] else 0
# The least that makes sense for a program or its file. With less, w3m takes minutes for a page of 4000 rows, and nix for its
# large one.
# While it starts, nix keeps its base environment where no collector looks: on Debian's libgc too it crashes in addPrimOp if
# a collection comes then. That takes fewer allocations than this.
LEAST_STRESS = {"nix-instantiate": 1000, "large.nix": 10_000_000, "w3m": 10000}


@functools.cache
def built() -> Path:
    """The library, with its marker; built once."""
    subprocess.run([sys.executable, ROOT / "tools" / "build.py", "boehm", LIBRARY.parent], check=True)
    assert MARKER in LIBRARY.read_bytes(), f"{LIBRARY} is not libgcheap"
    return LIBRARY


def loaded(place: Path) -> list[str]:
    """The libgc.so.1 that each process of a run has loaded, from what the loader wrote."""
    return [line.split("calling init: ")[1].strip() for file in place.glob("log.*")
            for line in file.read_text(errors="replace").splitlines()
            if "calling init: " in line and "/libgc.so.1" in line]


def run(command: list[str], where: Path, library: Path | None) -> str:
    """What a command prints; on Debian's libgc, or on the library."""
    with tempfile.TemporaryDirectory() as logs:
        every = max(STRESS, *(LEAST_STRESS.get(Path(word).name, 0) for word in command))
        stress = {"GCHEAP_STRESS": str(every)} if STRESS and library else {}
        env = os.environ | stress | {"LC_ALL": "C.UTF-8", "HOME": str(where), "LD_DEBUG": "files",
                            "LD_DEBUG_OUTPUT": f"{logs}/log", "NIX_STORE_DIR": f"{where}/store",
                            "NIX_STATE_DIR": f"{where}/state", "LD_LIBRARY_PATH": str(library.parent) if library else ""}
        done = subprocess.run(command, cwd=where, env=env, stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=PATIENCE, text=True, errors="replace", check=False)
        found = loaded(Path(logs))
    name = " ".join(command)
    assert done.returncode == 0, f"{name}: exit code {done.returncode}\n{done.stdout}{done.stderr}"
    assert found, f"{name} has loaded no libgc.so.1"
    ours = [Path(file).resolve() == LIBRARY.resolve() for file in found]
    assert all(ours) if library else not any(ours), f"{name} has loaded {found}"
    return done.stdout


def same(package: str, command: list[str], prepare=lambda _: None, result=lambda _: "") -> str | None:
    """Runs a use on both, each in a directory of its own that `prepare` fills; `result` is what counts beside the output."""
    if not shutil.which(command[0]):
        raise Skip(f"{command[0]} is not installed (Debian: apt-get install {package})")
    outputs = []
    for library in None, built():
        with tempfile.TemporaryDirectory() as name:
            where = Path(name)
            prepare(where)
            text = run(command, where, library) + result(where)
            outputs.append(text.replace(str(where), "HERE"))
    assert outputs[0] == outputs[1], f"{command}: libgc\n{outputs[0][:2000]}\nlibgcheap\n{outputs[1][:2000]}"
    assert outputs[0].strip(), f"{command} prints nothing"
    return None


def each(package: str, name: str, command: list[str]) -> str | None:
    """The same for every source file of a program's; the command's last word is the file."""
    sources = sorted((SOURCES / name).iterdir())
    assert len(sources) >= 5, sources
    for source in sources:
        same(package, [*command, str(source)])
    return None


def test_neko():
    if not shutil.which("nekoc"):
        raise Skip("neko is not installed (Debian: apt-get install neko)")
    for source in sorted((SOURCES / "neko").iterdir()):
        # The compiler runs on the collector, too.
        same("neko", ["nekoc", "-o", ".", str(source)], result=lambda where: f"{sorted(os.listdir(where))}")
        same("neko", ["neko", source.stem], prepare=lambda where, source=source: subprocess.run(
            ["nekoc", "-o", where, source], check=True, stdout=subprocess.DEVNULL))


def test_nix():
    return each("nix-bin", "nix", ["nix-instantiate", "--eval", "--strict"])


def test_parser3():
    return each("parser3-cgi", "parser3", ["parser3"])


def page(rows: int) -> str:
    table = "".join(f"<tr><td>{i}<td>{i * i}<td><a href='#{i}'>link {i}</a>" for i in range(rows))
    return ("<html><title>A page</title><body><h1>Heading</h1><p>Text with &auml;&ouml;&uuml; and <b>bold</b> words."
            f"<ul><li>one<ul><li>two<ol><li>three</ol></ul></ul><table border=1>{table}</table>"
            "<form><input name=a value=x><select><option>p<option>q</select><textarea>text</textarea></form>"
            "</body></html>")


def test_w3m():
    def write(where: Path) -> None:
        (where / "page.html").write_text(page(40))
        (where / "long.html").write_text(page(4000))
        (where / "plain.txt").write_text("\n".join(f"line {i} " + "word " * 30 for i in range(500)))
        (where / "nested.html").write_text("<table border=1><tr><td>" * 12 + "deep" + "</table>" * 12)
    for arguments in (["-dump", "page.html"], ["-dump", "-cols", "40", "long.html"], ["-dump", "nested.html"],
                      ["-dump_extra", "page.html"], ["-halfdump", "page.html"], ["-dump", "-T", "text/html", "plain.txt"],
                      ["-dump_source", "page.html"]):
        same("w3m", ["w3m", *arguments], write)


def test_mmv():
    def write(where: Path) -> None:
        for i in range(200):
            (where / f"file{i:03}.old").write_text(str(i))
        (where / "sub").mkdir()

    def names(where: Path) -> str:
        return " ".join(sorted(str(path.relative_to(where)) for path in where.rglob("*")))
    for arguments in (["file*.old", "new#1.txt"], ["-c", "file00*.old", "copy#1"], ["-l", "file0?0.old", "link#1"],
                      ["-n", "file*.old", "x#1"], ["file1*.old", "sub/#1"]):
        same("mmv", ["mmv", *arguments], write, names)


def test_chase():
    def write(where: Path) -> None:
        (where / "target").write_text("")
        for i in range(30):
            (where / f"link{i}").symlink_to(f"link{i - 1}" if i else "target")
        (where / "dir").mkdir()
        (where / "dir" / "up").symlink_to("../link5")
        (where / "far").symlink_to(where / "dir" / "up")
    for name in "link0", "link29", "dir/up", "far", "target":
        same("chase", ["chase", name], write)


if __name__ == "__main__":
    cases.run_all(globals())
