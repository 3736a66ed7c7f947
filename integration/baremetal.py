#!/usr/bin/env python3
"""MicroPython's own tests on microcontrollers in QEMU, with gc.c and with libgcheap: no test may be lost.

    [MORE_TESTS=extmod] integration/baremetal.py [MPS2_AN385] [MICROBIT] [SABRELITE] [VIRT_RV32]    (default: all four)

The boards are those of ports/qemu. Tests count as in integration/suite.py. The results of gc.c's firmware are kept
until the firmware or the tests change. On a board that loses output (MICROBIT) a test that seems lost must pass once in
three tries; the tests that print most may fail nevertheless, and then count as skipped. A board whose tools are not
installed is a failure.
"""

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections import Counter, namedtuple
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import micropython
import suite
from micropython import CORES, MARKER, OUT, say
from suite import HEAPS, MOST_SECONDS

Board = namedtuple("Board", "qemu packages make lossy", defaults=[""])
ARM = {"gcc-arm-none-eabi": "arm-none-eabi-gcc", "libnewlib-arm-none-eabi": "/usr/include/newlib/newlib.h",
       "qemu-system-arm": "qemu-system-arm"}
RISCV = {"gcc-riscv64-unknown-elf": "riscv64-unknown-elf-gcc",
         "picolibc-riscv64-unknown-elf": "/usr/lib/picolibc/riscv64-unknown-elf",
         "qemu-system-misc": "qemu-system-riscv32"}
# The port asks for rv32imac_zicsr, for which Debian 12's compiler has no libraries. In the older specification the
# instructions of zicsr are part of the base set.
RV32_ARCH = ["RV32_ARCH=rv32imac", "AFLAGS=-mabi=ilp32 -march=rv32imac -misa-spec=2.2"]
BOARDS = {
    "MPS2_AN385": Board("qemu-system-arm -machine mps2-an385", ARM, []),
    "MICROBIT": Board("qemu-system-arm -machine microbit -global nrf51-soc.flash-size=1048576 "
                      "-global nrf51-soc.sram-size=262144", ARM, [],
                      lossy="the port's driver for this board does not wait for its serial port, and QEMU drops what "
                      "the port cannot take"),
    "SABRELITE": Board("qemu-system-arm -machine sabrelite -m 128M", ARM, []),
    "VIRT_RV32": Board("qemu-system-riscv32 -machine virt -bios none", RISCV, RV32_ARCH),
}
# The tests that print most.
OFTEN_LOST = ["basics/int_big_div.py", "basics/int_big_lshift.py", "basics/int_big_mul.py",
              "extmod/framebuf_polygon.py"]
TESTS = ["-d", "basics", "micropython", "stress", "float", *os.environ.get("MORE_TESTS", "").split()]


def missing_packages(board):
    return [package for package, probe in BOARDS[board].packages.items()
            if not shutil.which(probe) and not Path(probe).exists()]


def needing_unittest(mp):
    """Tests that import unittest, which firmware has only with micropython-lib; run-tests.py stops at the first one."""
    tests = [file for name in TESTS[1:] for file in (mp / "tests" / name).glob("*.py")]
    return sorted(file.stem for file in tests if "import unittest" in file.read_text(errors="replace")) or ["none"]


def with_pyserial():
    """Continues in a Python that has pyserial, which run-tests.py needs: in this one or the system's."""
    if importlib.util.find_spec("serial"):
        return
    system = "/usr/bin/python3"
    found = subprocess.run([system, "-c", "import serial"], stderr=subprocess.DEVNULL, check=False).returncode == 0
    if not found or os.path.realpath(sys.executable) == os.path.realpath(system):
        sys.exit("baremetal: Python's pyserial is needed. Debian has it: apt-get install python3-serial")
    os.execv(system, [system, __file__, *sys.argv[1:]])


def build(mp, board, heap):
    """The board's firmware with one of the heaps."""
    directory = OUT / f"{board}-{heap}"
    modules = micropython.PORT if heap == "libgcheap" else ""
    # The frozen modules that the port has by default are in a git submodule.
    micropython.run("make", "-C", mp / "ports" / "qemu", f"-j{CORES}", f"BOARD={board}", f"BUILD={directory}",
                    f"USER_C_MODULES={modules}", "FROZEN_MANIFEST=", *BOARDS[board].make)
    return directory / "firmware.elf"


def check(gc, gcheap):
    """Checks which heap is in which firmware; the faults, in sentences."""
    wrong = []
    marker = MARKER.encode()
    private = {f for f in suite.functions(gc.parent / "py" / "gc.o", "LOCAL") if f.startswith("gc_")}
    if marker in gc.read_bytes() or not suite.has_source(gc, "gc.c") or not private:
        wrong.append("gc.c's firmware is not built from gc.c alone")
    if marker not in gcheap.read_bytes():
        wrong.append(f"libgcheap's firmware lacks the marker {MARKER!r}")
    if suite.has_source(gcheap, "gc.c") or private & suite.functions(gcheap):
        wrong.append("libgcheap's firmware holds something of gc.c")
    return wrong


class Run(suite.Run):
    """One firmware's run of the tests."""

    def __init__(self, mp, board, heap, firmware):  # pylint: disable=super-init-not-called
        self.mp, self.heap, self.binary = mp, heap, firmware
        self.arguments = [*TESTS, "-e", f"({'|'.join(needing_unittest(mp))})\\.py"]
        self.home = OUT / "run" / f"{board}-{heap}"
        # The time limit stops a QEMU that is left over when run-tests.py is killed.
        command = f"timeout {MOST_SECONDS} {BOARDS[board].qemu}"
        self.target = ["-t", f"execpty:{command} -nographic -monitor null -semihosting -serial pty -kernel {firmware}"]
        self.lossy = BOARDS[board].lossy
        self.often_lost = OFTEN_LOST if self.lossy else []
        self.results = {}
        self.unfinished = 0

    def key(self):
        """A text that changes with everything that a run's results depend on."""
        files = [self.binary, *sorted(p for p in (self.mp / "tests").rglob("*") if p.is_file())]
        digest = hashlib.sha256(" ".join(self.target + self.arguments).encode())
        for file in files:
            digest.update(file.read_bytes())
        return digest.hexdigest()

    def run(self):
        kept = self.home / "kept.json"
        key = self.key()
        if self.heap == "gc.c" and kept.exists():
            old = json.loads(kept.read_text())
            if old["key"] == key:
                self.results = old["results"]
                say(f"    {self.home.name}: as before, not run again")
                return
        self.run_most()
        if not self.unfinished:
            kept.write_text(json.dumps({"key": key, "results": self.results}))
            say(f"    {self.home.name}: done")


def builds(mp, boards, counts):
    """Firmware by board and heap, of the boards that can be built here and whose firmware is correct."""
    pairs = {}
    for board in boards:
        if missing := missing_packages(board):
            say(f"FAILED: {board}: not installed: {' '.join(missing)} (apt-get install {' '.join(missing)})")
            counts["failed"] += 1
            continue
        say(f"building {board} with gc.c and with libgcheap")
        try:
            pair = {heap: build(mp, board, heap) for heap in HEAPS}
        except micropython.BuildError as e:
            say(f"FAILED: {board}: {e}")
            counts["failed"] += 1
            continue
        wrong = check(pair["gc.c"], pair["libgcheap"])
        for sentence in wrong:
            say(f"FAILED: {board}: {sentence}")
        counts["failed"] += len(wrong)
        if not wrong:
            say(f"    checked: {board}: one firmware holds gc.c, the other {MARKER} and nothing of gc.c")
            counts["passed"] += 1
            pairs[board] = pair
    return pairs


def main():
    names = sys.argv[1:] or list(BOARDS)
    for name in names:
        if name not in BOARDS:
            sys.exit(f"baremetal.py: unknown board {name}; there are: {' '.join(BOARDS)}")
    with_pyserial()
    mp = micropython.tree()
    say(f"MicroPython {micropython.version(mp)}")
    counts = Counter()
    pairs = builds(mp, names, counts)
    say(f"running MicroPython's tests, but for those that need unittest: {' '.join(needing_unittest(mp))}")
    runs = {board: {heap: Run(mp, board, heap, pair[heap]) for heap in HEAPS} for board, pair in pairs.items()}
    with ThreadPoolExecutor(max(2, CORES)) as pool:
        list(pool.map(Run.run, (run for pair in runs.values() for run in pair.values())))
    suite.PROGRESS.clear()
    for board, pair in runs.items():
        counts += suite.compare(board, pair)
    micropython.summary(counts)


if __name__ == "__main__":
    main()
