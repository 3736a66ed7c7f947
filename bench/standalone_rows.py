"""What bench/standalone.py runs: the microbenchmarks of bench/standalone, and whole programs."""

from __future__ import annotations

import shutil
import subprocess
import sys

from build import MARKER, ROOT
from build import run as build_run
from harness import RunError
from standalone_run import OUT, SOURCES, Row, compiled, programs

sys.path.append(str(ROOT / "integration"))
from cases import Skip  # noqa: E402

PROGRAMS = SOURCES / "programs"
LISP = ROOT / "examples" / "lisp"
LISP_HEAP = 256 << 20
LISP_TIMES = {"json": 100, "mandelbrot": 4, "queens": 4}  # these programs are short: so often in one process
# The programs, most of them those of the tests, and how many processes are measured together where one is too short.
NEKO = {"lists": 1, "million": 1, "strings": 5, "threads": 5}
NIX = {"garbage": 1, "large": 1, "sets": 1, "strings": 2, "lazy": 3}
GAUCHE = ROOT / "build" / "gauche"


def few(rounds):
    """Under callgrind a program is fifty times slower."""
    return str(max(1, int(rounds) // 5))


def microbenchmarks(count):
    """One program, linked with libgc.so.1: the loader finds that of each library."""
    program = compiled("rows", [file for file in sorted(SOURCES.glob("*.c")) if file.name != "measure.c"], "-lgc")
    listed = subprocess.run([program, "--list"], check=True, stdout=subprocess.PIPE, text=True).stdout
    for line in listed.splitlines():
        name, rounds, processes, threads, what = line.split("\t")
        yield Row(name, "microbenchmark", what, [str(program), name, rounds if not count else few(rounds)],
                  processes=int(processes), threads=threads == "1")


def installed(command, package):
    if not shutil.which(command):
        raise Skip(f"{command} is not installed (Debian: apt-get install {package})")


def source(name, language):
    """A program of the tests, or one that is only here."""
    return next(file for folder in (PROGRAMS, programs.SOURCES)
                if (file := folder / language / f"{name}.{language}").exists())


def neko():
    installed("nekoc", "neko")
    out = OUT / "neko"
    out.mkdir(parents=True, exist_ok=True)
    for name, processes in NEKO.items():
        build_run(["nekoc", "-o", out, source(name, "neko")])
        yield Row(f"neko {name}", "program", "the Neko virtual machine", ["neko", str(out / f"{name}.n")],
                  processes=processes, threads=name == "threads")


def nix():
    installed("nix-instantiate", "nix-bin")
    for name, processes in NIX.items():
        command = ["nix-instantiate", "--eval", "--strict", str(source(name, "nix"))]
        yield Row(f"nix {name}", "program", "Nix's evaluator", command, processes=processes)


def lisp():
    """examples/lisp, which is linked with the archive; and compiled with a header that maps its calls to libgc."""
    build_run(["make", "--silent", "-C", ROOT, "build/libgcheap.a"])
    code = sorted(LISP.glob("*.c"))
    ours = compiled("lisp/gcheap", [*code, ROOT / "build" / "libgcheap.a"], f"-I{ROOT}/include")
    other = compiled("lisp/libgc", code, f"-I{SOURCES}/libgc", "-lgc")
    if MARKER not in ours.read_bytes():
        raise RunError(f"{ours} is not linked with libgcheap")
    for name, times in LISP_TIMES.items():
        arguments = ["--heap", str(LISP_HEAP), *[str(LISP / "programs" / f"{name}.scm")] * times]
        yield Row(f"lisp {name}", "program", "examples/lisp", [str(other), *arguments], [str(ours), *arguments])


def gauche():
    """Gauche with its collector replaced."""
    if not GAUCHE.exists():
        raise Skip(f"{GAUCHE.relative_to(ROOT)} is not built")
    raise Skip("it links its collector as an archive: there is no pair of builds to compare yet")


def all_rows(count):
    """The rows, and why others are left out. For counting instructions a microbenchmark does less."""
    rows, reasons = list(microbenchmarks(count)), []
    for group in neko, nix, lisp, gauche:
        try:
            rows += group()
        except Skip as why:
            reasons.append(f"{group.__name__}: {why}")
    return rows, reasons
