#!/usr/bin/env python3
"""Unmodified Debian programs that run on Boehm's collector, on libgcheap in its place:

    integration/programs.py [--stress N]     with N, collecting at every N-th allocation

Each use is run twice, on Debian's libgc and with LD_LIBRARY_PATH on build/boehm/libgc.so.1, and must print the same. Each
process says which of the two it has loaded (collector.py). A program that is not installed is skipped; asymptote and
the last three are only unpacked, since the package of the first needs all of TeX.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import cases
import collector
import unpacked
from cases import Skip

SOURCES = Path(__file__).resolve().parent / "boehm"
PATIENCE = 300  # seconds
# A collection at every so many allocations; 0: only when one is due.
STRESS = int(sys.argv[2]) if sys.argv[1:2] == ["--stress"] else 0
# The least that makes sense for a program or its file. With less, w3m takes minutes for a page of 4000 rows, and nix for its
# large one.
# While it starts, nix keeps its base environment where no collector looks: on Debian's libgc too it crashes in addPrimOp if
# a collection comes then. That takes fewer allocations than this.
LEAST_STRESS = {"nix-instantiate": 1000, "large.nix": 10_000_000, "w3m": 10000, "stalin": 1_000_000, "g2c": 10000}


def environment(where: Path, library: Path | None, logs: Path, more: Path | None = None) -> dict[str, str]:
    """For a run in a directory, on Debian's libgc, or on the one in a directory; the loader writes to the directory `logs`.
    `more` is a directory with further libraries."""
    places = [str(place) for place in (library, more) if place]
    return os.environ | collector.logged(logs) | {
        "LC_ALL": "C.UTF-8", "HOME": str(where), "NIX_STORE_DIR": f"{where}/store", "NIX_STATE_DIR": f"{where}/state",
        "LD_LIBRARY_PATH": ":".join(places)}


def least_stress(word: str) -> int:
    """For a word of a command, which may be a command line for the shell."""
    return max(LEAST_STRESS.get(Path(part).name, 0) for part in word.split() or [""])


def run(command: list[str], where: Path, library: Path | None, more: Path | None = None) -> str:
    """What a command prints; on Debian's libgc, or on the one in a directory."""
    with tempfile.TemporaryDirectory() as logs:
        every = max(STRESS, *(least_stress(word) for word in command))
        stress = {"GCHEAP_STRESS": str(every)} if STRESS and library else {}
        env = environment(where, library, Path(logs), more) | stress
        done = subprocess.run(command, cwd=where, env=env, stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=PATIENCE, text=True, errors="replace", check=False)
        found = collector.loaded(Path(logs), "libgc.so.1")
    name = " ".join(command)
    assert done.returncode == 0, f"{name}: exit code {done.returncode}\n{done.stdout}{done.stderr}"
    assert found, f"{name} has loaded no libgc.so.1"
    ours = [file.resolve() == collector.SHARED.resolve() for file in found]
    assert all(ours) if library else not any(ours), f"{name} has loaded {found}"
    return done.stdout


def same(package: str, command: list[str], prepare=lambda _: None, result=lambda _: "",
         more: Path | None = None) -> str | None:
    """Runs a use on both, each in a directory of its own that `prepare` fills; `result` is what counts beside the output."""
    if not shutil.which(command[0]):
        raise Skip(f"{command[0]} is not installed (Debian: apt-get install {package})")
    outputs = []
    for library in None, collector.built():
        with tempfile.TemporaryDirectory() as name:
            where = Path(name)
            prepare(where)
            text = run(command, where, library, more) + result(where)
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


def test_guile():
    version = shutil.which("guile") and subprocess.run(["guile", "-c", "(display (effective-version))"], check=True,
                                                       stdout=subprocess.PIPE, text=True).stdout
    if version != "3.0":
        raise Skip(f"guile is {version or 'not installed'} (Debian: apt-get install guile-3.0)")
    # Without a compiled copy of the programs, which the first run would leave to the second.
    return each("guile-3.0", "guile", ["guile", "--no-auto-compile"])


def test_ecl():
    return each("ecl", "ecl", ["ecl", "--norc", "--shell"])


def test_poke():
    return each("poke", "poke", ["poke", "--quiet", "-L"])


def test_debfoster():
    for arguments in (["-d", "libc6"], ["-d", "bash"], ["-e", "dpkg"], ["-s"], ["-p", "awk"]):
        same("debfoster", ["debfoster", "-k", "/dev/null", *arguments])


ASYMPTOTE = ("asymptote", "libfftw3-double3", "libgsl27", "libgslcblas0", "libglew2.2", "libsigsegv2")


def test_asymptote():
    place = unpacked.unpack("asymptote", ASYMPTOTE)

    def picture(where: Path) -> str:
        text = (where / "picture.eps").read_text()
        assert "moveto" in text and "%%EOF" in text, text[:1000]
        return re.sub(r"%%CreationDate: .*", "", text)
    for source in sorted((SOURCES / "asymptote").iterdir()):
        same("asymptote", [str(place / "usr/bin/asy"), "-sysdir", str(place / "usr/share/asymptote"), "-f", "eps",
                           "-o", "picture", str(source)], result=picture, more=unpacked.libraries(place))


def written(name: str):
    """What is in the file that a use has written."""
    def text(where: Path) -> str:
        content = (where / name).read_text(errors="replace")
        assert len(content) > 500, content
        return content
    return text


def test_goo():
    place = unpacked.unpack("goo", ("goo",))
    for source in sorted((SOURCES / "goo").iterdir()):
        # It reads its programs from standard input only.
        same("goo", ["sh", "-c", f"GOO_ROOT={place}/usr/lib/goo GOO_EVAL_MODE=ast exec {place}/usr/bin/g2c <{source}"])


def test_stalin():
    library = unpacked.unpack("stalin", ("stalin",)) / "usr" / "lib" / "stalin"
    for source in sorted((SOURCES / "stalin").iterdir()):
        # It compiles to C.
        same("stalin", ["sh", "-c", f"{library}/stalin -I {library} -On -c {source.name} 2>&1 && echo done"],
             lambda where, source=source: shutil.copy(source, where), written(f"{source.stem}.c"))


def test_fauhdlc():
    # Two signals that are driven in one process come in the order of the objects' addresses: no source has them.
    place = unpacked.unpack("fauhdlc", ("fauhdlc",))
    for source in sorted((SOURCES / "fauhdlc").iterdir()):
        same("fauhdlc", ["sh", "-c", f"{place}/usr/bin/fauhdlc --freestanding -o out.fir {source} 2>&1 && echo done"],
             result=written("out.fir"))


if __name__ == "__main__":
    cases.run_all(globals())
