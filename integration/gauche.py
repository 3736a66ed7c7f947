#!/usr/bin/env python3
"""Gauche's own checks, on its bundled Boehm collector and on build/boehm/libgc.a in its place:

    integration/gauche.py core      the tests of its core
    integration/gauche.py all       `make check`: these and the tests of its libraries

Gauche is a Scheme; its source comes from Debian (scripts/get-gauche) and is built once, in build/gauche. Its library is
then linked again with our archive instead of its collector's; nothing is compiled again. The tests run on both. On ours
none may fail, and as many must pass as on the bundled collector. Each process says which of the two it has loaded
(collector.py).
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import cases
import collector

ROOT = collector.ROOT
BUILD = ROOT / "build"
LIBRARY = "libgauche-0.98.so"
OURS = BUILD / "gauche-libgcheap"  # the directory of the library that is linked again
# One file alone takes GCC a minute and a half with -O1, and a second without.
CONFIGURE = ("--enable-multibyte=utf-8", "--enable-ipv6", "--enable-threads=pthreads", "--with-tls=no", "--with-dbm=no",
             "CFLAGS=-O0")
JOBS = f"-j{os.cpu_count() or 1}"
PATIENCE = 2400  # seconds
LEAST = {"core": 21000, "all": 39000}  # Gauche's makefiles can leave out tests and still succeed.


class Counts(NamedTuple):
    """What came of Gauche's checks."""

    checks: int
    passed: int
    failed: int
    aborted: int  # test files that did not get to their end

    def __str__(self) -> str:
        return f"{self.passed} of {self.checks} passed, {self.failed} failed, {self.aborted} aborted"


class Usage(NamedTuple):
    """What a command and those that it started have used."""

    seconds: float
    processor: float  # seconds, too
    peak: int  # KiB of memory, of the greatest process

    def __str__(self) -> str:
        return f"{self.seconds:.0f} s, {self.processor:.0f} s of processor time, peak {self.peak >> 10} MB"


def run(command: list[str | Path], where: Path, log: Path, **env: str) -> Usage:
    """Runs a command, which must succeed; what it prints goes to a file."""
    # The caller's make would hand its own settings on.
    clean = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    start = time.monotonic()
    with log.open("w") as file:
        process = subprocess.Popen(["timeout", str(PATIENCE), *command], cwd=where, env=clean | {"LC_ALL": "C.UTF-8"} | env,
                                   stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    words = " ".join(map(str, command))
    assert process.returncode == 0, f"$ {words}: exit code {process.returncode}\n" + end_of(log)
    return Usage(time.monotonic() - start, used.ru_utime + used.ru_stime, used.ru_maxrss)


def end_of(log: Path) -> str:
    return "\n".join([*log.read_text(errors="replace").splitlines()[-25:], f"({log})"])


@functools.cache
def tree() -> Path:
    """Gauche's tree, built on its own collector, with our library beside it."""
    done = subprocess.run([ROOT / "scripts" / "get-gauche"], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise cases.Skip("Gauche's source cannot be fetched, see above")
    gauche = Path(done.stdout.splitlines()[-1])
    built = gauche / "built"
    if not built.exists():
        print("Gauche is built, which takes some minutes", flush=True)
        run(["./configure", *CONFIGURE], gauche, BUILD / "gauche-configure.log")
        print(f"    built: {run(['make', JOBS], gauche, BUILD / 'gauche-make.log')}", flush=True)
        built.touch()
    collector.built()
    link_again(gauche)
    return gauche


def link_again(gauche: Path) -> None:
    """Links Gauche's library again with our archive, in a directory of its own, by the line of its own makefile."""
    log = BUILD / "gauche-link.log"
    run(["make", "-n", "-W", "libgc_pic.a", LIBRARY], gauche / "src", log)
    lines = [line for line in log.read_text().splitlines() if " libgc_pic.a " in line]
    assert len(lines) == 1, f"the line that links {LIBRARY} is not in {log}"
    OURS.mkdir(parents=True, exist_ok=True)
    # Programs ask for it by the name that it has with its version.
    ours = OURS / os.readlink(gauche / "src" / LIBRARY)
    line = lines[0].replace(" libgc_pic.a ", f" {collector.ARCHIVE} ").replace(f" -o {LIBRARY} ", f" -o {ours} ")
    run(["sh", "-c", line], gauche / "src", log)


def check_processes(logs: Path, directory: Path) -> int:
    """How many processes were on Gauche's library: all on the one in this directory, which is with the right collector."""
    found = collector.loaded(logs, LIBRARY)
    assert found, "no process has loaded Gauche's library"
    strangers = {file for file in found if file.resolve().parent != directory}
    assert not strangers, f"processes have loaded {strangers} instead of that in {directory}"
    for file in set(found):
        assert (collector.MARKER in file.read_bytes()) == (directory == OURS), f"{file} has the wrong collector"
    return len(found)


def using(directory: Path, logs: Path) -> dict[str, str]:
    """The environment in which processes load the library in a directory, and write down what they have loaded."""
    # In tests Gauche starts itself again with its own directory first in LD_LIBRARY_PATH, unless it believes that it has.
    return {"LD_LIBRARY_PATH": str(directory), "GAUCHE_CHANGED_LD_PATH": "1", **collector.logged(logs)}


def core_files(gauche: Path) -> str:
    """The files of the core's tests, without the one that needs a network."""
    return " ".join(name for name in (gauche / "test" / "TESTS").read_text().split() if name != "net.scm")


def counts(record: Path) -> Counts:
    """What Gauche's test runner has counted over all files."""
    text = record.read_text()
    found = re.fullmatch(r"Total: +(\d+) tests, +(\d+) passed, +(\d+) failed, +(\d+) aborted\.\n", text)
    assert found, f"{record} has {text!r}"
    return Counts(*map(int, found.groups()))


def checked(part: str, directory: Path) -> Counts:
    """Runs a part of Gauche's checks on the library in a directory."""
    gauche = tree()
    command = {"core": ["make", "-s", "-C", "src", "test", f"TESTFILES={core_files(gauche)}"],
               "all": ["make", "-s", "check"]}[part]
    record = gauche / "test.record"
    record.unlink(missing_ok=True)
    log = BUILD / f"gauche-{part}-{directory.name}.log"
    with tempfile.TemporaryDirectory() as logs:
        usage = run(command, gauche, log, **using(directory, Path(logs)))
        processes = check_processes(Path(logs), directory)
    result = counts(record)
    print(f"    {part} on {directory.name}: {result}, {processes} processes, {usage}", flush=True)
    assert result.failed == result.aborted == 0, f"{result}\n" + end_of(log)
    return result


def bundled(part: str) -> Counts:
    """What passes on Gauche's own collector; noted in its tree, so that it is run once for each build."""
    gauche = tree()
    noted = gauche / f"{part}.record"
    if not noted.exists():
        checked(part, gauche / "src")
        shutil.copy(gauche / "test.record", noted)
    return counts(noted)


def as_many_pass(part: str) -> None:
    """On our collector, as on Gauche's own."""
    expected = bundled(part)
    assert expected.passed >= LEAST[part], f"only {expected} on Gauche's own collector: were tests left out?"
    result = checked(part, OURS)
    assert result == expected, f"{expected} on Gauche's own collector, {result} on libgcheap"


def test_another_collector_would_be_noticed() -> None:
    """The other tests prove something only if this check of theirs can fail."""
    gauche = tree()
    for directory, other in (gauche / "src", OURS), (OURS, gauche / "src"):
        with tempfile.TemporaryDirectory() as logs:
            run(["src/gosh", "-ftest", "-Eexit"], gauche, BUILD / "gauche-start.log", **using(directory, Path(logs)))
            check_processes(Path(logs), directory)
            try:
                check_processes(Path(logs), other)
            except AssertionError:
                continue
        raise AssertionError(f"{directory} passes for {other}")


def test_core() -> None:
    as_many_pass("core")


def test_all() -> None:
    as_many_pass("all")


if __name__ == "__main__":
    parts = sys.argv[1:]
    if not parts or set(parts) - set(LEAST):
        sys.exit(__doc__)
    left_out = {f"test_{part}" for part in LEAST if part not in parts}
    cases.run_all({name: test for name, test in globals().items() if name not in left_out})
