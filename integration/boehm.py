#!/usr/bin/env python3
"""The interface of Boehm's collector, function by function:  integration/boehm.py

Each program of c_tests/boehm is built with bdwgc's headers, and run on Debian's libgc and on ours; then it is built with our
headers and our archive. All three must print the same. What a program prints does not depend on how conservative a collector
is. Without libgc-dev only the last build is checked, against what is in its .out file.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import cases
import collector

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "c_tests" / "boehm"
BUILD = ROOT / "build" / "boehm-tests"
BDWGC = Path("/usr/include/gc/gc.h")
LANGUAGES = {".c": ("gcc", ["-std=gnu11"]), ".cc": ("g++", ["-std=c++17"])}
FLAGS = ["-O1", "-g", "-Wall", "-Wextra", "-Werror", "-Wno-deprecated-declarations"]
FEW_ALLOCATIONS = {"variables.c", "sizes.c"}
PATIENCE = 100  # seconds


def compile_(source: Path, name: str, *flags: object) -> Path:
    compiler, language = LANGUAGES[source.suffix]
    if not shutil.which(compiler):
        raise cases.Skip(f"{compiler} is missing: apt-get install {compiler}")
    BUILD.mkdir(parents=True, exist_ok=True)
    out = BUILD / f"{source.stem}-{name}"
    command = [str(word) for word in (compiler, *language, *FLAGS, source, "-o", out, *flags)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == 0, f"$ {' '.join(command)}\n{done.stdout}"
    return out


def output(program: Path, library: Path | None = None, **more: str) -> str:
    env = {key: value for key, value in os.environ.items() if not key.startswith(("GC_", "GCHEAP_", "LD_"))} | more
    if library:
        env["LD_LIBRARY_PATH"] = str(library)
    done = subprocess.run([program], env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=PATIENCE, check=False)
    where = library or "its own library"
    assert done.returncode == 0, f"{program} on {where}: exit code {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def same(what: str, found: str, expected: str) -> None:
    assert found == expected, f"{what}:\n{found}expected:\n{expected}"


def check(source: Path) -> str | None:
    library = collector.built()
    expected = source.with_suffix(".out").read_text()
    cxx = source.suffix == ".cc"
    archives = [library / name for name in (["libgccpp.a"] if cxx else []) + ["libgc.a"]]
    ours = compile_(source, "ours", f"-I{ROOT / 'include'}", *archives, "-lpthread")
    assert collector.MARKER in ours.read_bytes(), f"{ours} is not linked with libgcheap"
    same("our headers and archive", output(ours), expected)
    same("with many collections", output(ours, GCHEAP_STRESS="97"), expected)
    if source.name in FEW_ALLOCATIONS:
        same("with a collection at every allocation", output(ours, GCHEAP_STRESS="1"), expected)
    if not BDWGC.exists():
        return "only with our headers: bdwgc's are missing: apt-get install libgc-dev"
    theirs = compile_(source, "theirs", *(["-lgccpp"] if cxx else []), "-lgc", "-lpthread")
    same("bdwgc's headers, Debian's libgc", output(theirs), expected)
    same("bdwgc's headers, our library", output(theirs, library), expected)
    return None


def test_all_programs_of_the_directory_have_output() -> None:
    sources = {path.stem for path in SOURCES.iterdir() if path.suffix in LANGUAGES}
    assert sources == {path.stem for path in SOURCES.glob("*.out")} and len(sources) >= 6, sources


def symbols(library: Path) -> set[str]:
    """What a shared library defines for programs."""
    lines = subprocess.run(["nm", "-D", "--defined-only", library], check=True, stdout=subprocess.PIPE, text=True).stdout
    return {line.split()[-1] for line in lines.splitlines()}


def test_all_that_is_missing_is_listed() -> None:
    theirs = next(Path("/usr/lib").glob("*-linux-gnu*/libgc.so.1"), None)
    if not theirs or not shutil.which("nm"):
        raise cases.Skip("Debian's libgc is missing: apt-get install libgc1 binutils")
    page = (ROOT / "docs" / "BOEHM.md").read_text()
    rows = page.split("## What is missing")[1].split("\n|---|---|\n")[1].split("\n\n")[0]
    listed = {f"GC_{name}" for row in rows.splitlines() for name in re.findall("`([a-z_]+)`", row.split("|")[1])}
    # The end of the data, which some linkers name.
    missing = symbols(theirs) - symbols(collector.built() / "libgc.so.1") - {"_end"}
    assert listed == missing, f"docs/BOEHM.md lists in vain {listed - missing}, and does not list {missing - listed}"


def tests_of_programs() -> dict[str, object]:
    found = sorted(path for path in SOURCES.iterdir() if path.suffix in LANGUAGES)
    return {f"test_{path.name}": lambda path=path: check(path) for path in found}


if __name__ == "__main__":
    names = sys.argv[1:]
    tests = {name: test for name, test in globals().items() if name.startswith("test_all")} | tests_of_programs()
    cases.run_all({name: test for name, test in tests.items() if not names or any(word in name for word in names)})
