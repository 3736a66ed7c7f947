#!/usr/bin/env python3
"""Compiles and runs every program in docs/STANDALONE.md and compares what it prints:  integration/guide.py"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GUIDE = ROOT / "docs" / "STANDALONE.md"
BUILD = ROOT / "build" / "guide"
BUILDS = [(compiler, level) for compiler in ("gcc", "clang") for level in ("-O0", "-O2")]
# A section with a program, and the next block of text: what it prints.
IN_SECTION = r"(?:(?!^## ).)*?"
PROGRAM = re.compile(rf"^## (\d+)\. ([^\n]+)\n{IN_SECTION}^```c\n(.*?)^```${IN_SECTION}^```text\n(.*?)^```$", re.M | re.S)
LEAST_PROGRAMS = 10


class Failure(Exception):
    """A program that does not do what the guide says."""


def run(command: list[str | Path]) -> str:
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", timeout=600)
    if done.returncode != 0:
        raise Failure(f"$ {' '.join(map(str, command))}\n{done.stdout}(exit code {done.returncode})")
    return done.stdout


def check(number: str, program: str, expected: str, compiler: str, level: str) -> None:
    name = f"{number}-{compiler}{level}"
    source = BUILD / f"{number}.c"
    source.write_text(program)
    run([compiler, "-std=gnu11", "-Wall", "-Wextra", "-Werror", level, "-Iinclude", source, "build/libgcheap.a", "-o",
         BUILD / name])
    printed = run([BUILD / name])
    if printed != expected:
        raise Failure(f"it prints\n{printed}and should print\n{expected}")


def main() -> None:
    BUILD.mkdir(parents=True, exist_ok=True)
    run(["make", "--silent", "build/libgcheap.a"])
    text = GUIDE.read_text()
    programs = PROGRAM.findall(text)
    complete = len(programs) == text.count("```c\n") >= LEAST_PROGRAMS
    counts = {"passed": int(complete), "failed": int(not complete), "skipped": 0}
    if not complete:
        print(f"FAILED: of {text.count('```c')} programs in {GUIDE.name}, {len(programs)} stand before what they print")
    for number, title, program, expected in programs:
        for compiler, level in BUILDS:
            test = f"{number}. {title}: {compiler} {level}"
            if not shutil.which(compiler):
                print(f"skipped {test}: apt-get install {compiler}")
                counts["skipped"] += 1
                continue
            try:
                check(number, program, expected, compiler, level)
            except (Failure, OSError, subprocess.TimeoutExpired) as why:
                print(f"FAILED {test}\n{why}", flush=True)
                counts["failed"] += 1
            else:
                print(f"ok {test}", flush=True)
                counts["passed"] += 1
    print("guide: " + ", ".join(f"{number} {result}" for result, number in counts.items()))
    sys.exit(counts["failed"] != 0)


if __name__ == "__main__":
    main()
