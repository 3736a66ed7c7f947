#!/usr/bin/env python3
"""Checks the sources of every language:  tools/lint.py [rust] [c] [python] [shell]      (default: all four)

Rust     cargo fmt and clippy
C        gcc with many warnings, each of them an error; files that need headers of others are left out, and named
Python   ruff (rules in ruff.toml), and mypy on what is fully typed
shell    shellcheck
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / "build" / "lint" / "bin"  # of `make lint-tools`
CARGO = os.environ.get("CARGO", "cargo").split()
# Together with the standalone library the heap has that one's configuration, so clippy sees it alone, too; and the code of
# the libraries for C, which has no tests.
RUST = (
    ["fmt", "--all", "--check"],
    ["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"],
    ["clippy", "--quiet", "--package", "gcheap", "--all-targets", "--", "-D", "warnings"],
    ["clippy", "--quiet", "--package", "gcheap", "--lib", "--features", "archive", "--", "-D", "warnings"],
    ["clippy", "--quiet", "--package", "gcheap-standalone", "--lib", "--features", "archive", "--", "-D", "warnings"],
)
C_FLAGS = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-Iinclude"]
C_BOEHM = ("bench/heaps/boehm.c", "bench/standalone/")  # with Debian's gc/gc.h, not with ours
CXX = {"include/gc/gc_cpp.h", "include/gc/gc_allocator.h"}  # headers for C++ only
# More flags, by the beginning of the path; a file is compiled once for each set that fits it.
C_MORE = (
    ("bench/harness/", ["-DBENCH_SMALL=1"]),
    ("bench/baremetal/", ["-DBENCH_SMALL=1"]),
    ("bench/hunt/", ["-DBENCH_SMALL=1"]),
    ("bench/heaps/boehm.c", ["-Ibench/harness"]),
    ("c_tests/test_options.c", ["-DHOST_WEAKREF=1", "-DHOST_SPLIT_HEAP_AUTO=1", "-DHOST_VALGRIND=1"]),
)
C_ALWAYS = re.compile("bench/h(arness|unt)/")  # compiled without those flags, too
# Headers of MicroPython, and of Boehm's collector.
OTHERS_HEADER = re.compile(r'fatal error: ((?:py|genhdr|shared|extmod)/\S+|gc\.h): No such file')
TYPED = ("tools", "integration/fresh.py", "integration/install.py")  # mypy --strict


class Missing(Exception):
    """A linter that is not installed, and how to get it."""


def find(tool: str, how: str) -> str:
    for place in (str(VENV), os.environ.get("PATH")):
        if found := shutil.which(tool, path=place):
            return found
    raise Missing(f"{tool} is missing: {how}")


def files(*patterns: str) -> list[str]:
    """Files of the repository; those of the directory, where there is no git, as in a source archive."""
    if (ROOT / ".git").exists():
        command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns]
        found = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    else:
        found = [str(path.relative_to(ROOT)) for pattern in patterns for path in ROOT.rglob(pattern.lstrip("/"))]
    return sorted(name for name in set(found) if (ROOT / name).is_file() and not name.startswith(("build/", "target/")))


def run(*command: str) -> bool:
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0


def rust() -> bool:
    results = [run(*CARGO, *arguments) for arguments in RUST]
    return all(results)


def c() -> bool:
    gcc = find("gcc", "apt-get install gcc")
    good, left_out = True, []
    for name in files("*.c", "include/*.h"):
        sets = [flags for start, flags in C_MORE if name.startswith(start)]
        if not sets or C_ALWAYS.match(name):
            sets.append([])
        for flags in sets:
            usual = [flag for flag in C_FLAGS if not name.startswith(C_BOEHM) or flag != "-Iinclude"]
            command = [gcc, *usual, *flags, "-xc", name]
            if name in CXX:
                command = [gcc, *(flag for flag in usual if not flag.startswith("-std")), "-xc++", name]
            done = subprocess.run(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, check=False)
            if OTHERS_HEADER.search(done.stderr):
                left_out.append(name)
            elif done.returncode:
                good = False
                print(f"$ {' '.join(command)}\n{done.stderr}", end="")
    print(f"    left out, since they need other projects' headers: {' '.join(left_out)}")
    return good


def python() -> bool:
    lint_tools = "make lint-tools gets it from PyPI"
    ruff, mypy = find("ruff", lint_tools), find("mypy", lint_tools)
    good = [
        run(ruff, "check", "--quiet", "--output-format", "concise", "."),
        run(mypy, "--strict", "--no-error-summary", *(name for name in TYPED if (ROOT / name).exists())),
    ]
    return all(good)


def is_shell(name: str) -> bool:
    with open(ROOT / name, "rb") as file:
        return re.match(rb"#!.*\b(ba)?sh\b", file.readline()) is not None


def shell() -> bool:
    shellcheck = find("shellcheck", "apt-get install shellcheck")
    scripts = [name for name in files("*") if name.endswith(".sh") or ("." not in Path(name).name and is_shell(name))]
    return run(shellcheck, "--severity=warning", *scripts)


LANGUAGES: dict[str, Callable[[], bool]] = {"rust": rust, "c": c, "python": python, "shell": shell}


def main() -> None:
    names = sys.argv[1:] or list(LANGUAGES)
    if unknown := set(names) - set(LANGUAGES):
        sys.exit(f"lint: no language {', '.join(unknown)}; there are: {', '.join(LANGUAGES)}")
    bad = []
    for name in names:
        print(f"lint: {name}", flush=True)
        try:
            good = LANGUAGES[name]()
        except Missing as why:
            print(f"lint: {why}")
            good = False
        bad += [] if good else [name]
    if bad:
        sys.exit(f"lint: something is wrong in: {', '.join(bad)}")


if __name__ == "__main__":
    main()
