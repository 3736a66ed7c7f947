#!/usr/bin/env python3
"""Compiles and runs every program in docs/STANDALONE.md and compares what it prints:  integration/guide.py"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GUIDE = ROOT / "docs" / "STANDALONE.md"
BUILD = ROOT / "build" / "guide"
BUILDS = [(compiler, level) for compiler in ("gcc", "clang") for level in ("-O0", "-O2")]
# A section with a program, and the rest of it: what it prints, perhaps with variables in its environment.
IN_SECTION = r"(?:(?!^## ).)*?"
PROGRAM = re.compile(rf"^## (\d+)\. ([^\n]+)\n{IN_SECTION}^```c\n(.*?)^```$((?:(?!^## ).)*)", re.M | re.S)
BLOCK = re.compile(r"^```(sh|text)\n(.*?)^```$", re.M | re.S)
LEAST_PROGRAMS = 10


def runs(rest: str) -> list[tuple[dict[str, str], str]]:
    """How the program is run, from what follows it: the variables, and what it prints then."""
    found, env = [], {}
    for kind, text in BLOCK.findall(rest):
        if kind == "text":
            found.append((env, text))
        elif text.endswith(" ./program\n"):
            env = dict(word.split("=", 1) for word in text.split()[:-1])
    return found


def without_numbers(text: str) -> str:
    """Without the numbers in the library's own lines: times, and sizes that differ from machine to machine."""
    return re.sub(r"^libgcheap: .*$", lambda line: re.sub(r"(?<= )\d+(\.\d+)?", "N", line[0]), text, flags=re.M)


class Failure(Exception):
    """A program that does not do what the guide says."""


def run(command: list[str | Path], env: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, cwd=ROOT, env=os.environ | (env or {}), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", timeout=600)
    if done.returncode != 0:
        raise Failure(f"$ {' '.join(map(str, command))}\n{done.stdout}(exit code {done.returncode})")
    return done.stdout


def check(number: str, program: str, rest: str, compiler: str, level: str) -> None:
    name = f"{number}-{compiler}{level}"
    source = BUILD / f"{number}.c"
    source.write_text(program)
    run([compiler, "-std=gnu11", "-Wall", "-Wextra", "-Werror", level, "-Iinclude", source, "build/libgcheap.a", "-o",
         BUILD / name])
    for env, expected in runs(rest):
        printed = run([BUILD / name], env)
        if without_numbers(printed) != without_numbers(expected):
            raise Failure(f"{env}: it prints\n{printed}and should print\n{expected}")


def main() -> None:
    BUILD.mkdir(parents=True, exist_ok=True)
    run(["make", "--silent", "build/libgcheap.a"])
    text = GUIDE.read_text()
    programs = PROGRAM.findall(text)
    complete = len([rest for *_, rest in programs if runs(rest)]) == text.count("```c\n") >= LEAST_PROGRAMS
    counts = {"passed": int(complete), "failed": int(not complete), "skipped": 0}
    if not complete:
        print(f"FAILED: of {text.count('```c')} programs in {GUIDE.name}, not all stand before what they print")
    for number, title, program, rest in programs:
        for compiler, level in BUILDS:
            test = f"{number}. {title}: {compiler} {level}"
            if not shutil.which(compiler):
                print(f"skipped {test}: apt-get install {compiler}")
                counts["skipped"] += 1
                continue
            try:
                check(number, program, rest, compiler, level)
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
