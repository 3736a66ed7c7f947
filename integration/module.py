#!/usr/bin/env python3
"""The whole Python module gcheap (GCHEAP_MODULE=full): its tests, which have the format of MicroPython's own, on the unix
port and on a microcontroller in QEMU; and what they cannot see: the files that it writes, and its lines of text.

    integration/module.py
"""

import base64
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import baremetal
import cases
import micropython
from cases import Skip
from micropython import CORES, ENV, MARKER, OUT, ROOT, SUPPORT

TESTS = sorted((SUPPORT / "module").glob("*.py"))
BOARD = "MPS2_AN385"
TRACE = re.compile(r"gc (\d+) @\d+\.\d{3}s \d+%: \d+\.\d\d\+\d+\.\d\d ms mark\+sweep, "
                   r"\d+->\d+ KB \(\d+\), \d+ freed, \d+ live, hole \d+ KB, cause (asked|(?:alloc|threshold) \d+ B)")
NAMED = """
import gcheap
class Thing: pass
thing = Thing()
text = "heap" + str(3)
"""


class Module:
    """Each method test_... is a test."""

    def __init__(self, mp):
        self.mp = mp
        self.build = micropython.build(mp, "standard", "libgcheap", "GCHEAP_MODULE=full", name="module")
        self.program = self.build / "micropython"

    def python(self, program, *options):
        done = subprocess.run([self.program, *options, "-c", program], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=60)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def run_tests(self, name, *target, env=None):
        """Runs all tests with MicroPython's own program for that."""
        files = [os.path.relpath(file, self.mp / "tests") for file in TESTS]
        command = [sys.executable, "run-tests.py", "-j1", "-r", OUT / name, *target, *files]
        done = subprocess.run(command, cwd=self.mp / "tests", env=ENV | (env or {}), stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
        passed = set(re.findall(r"^pass +.*/(\w+\.py)", done.stdout, re.M))
        assert done.returncode == 0 and passed == {file.name for file in TESTS}, done.stdout

    def test_the_library_is_linked(self):
        assert MARKER.encode() in self.program.read_bytes(), "the marker is gone"
        assert self.python("import gcheap; print(gcheap.version())") == MARKER + "\n"

    def test_on_unix(self):
        self.run_tests("module-results", env={"MICROPY_MICROPYTHON": str(self.program)})

    def test_a_line_for_each_collection(self):
        lines = self.python("import gc, gcheap; gc.collect(); gcheap.trace(True); gc.collect()\n"
                            "for i in range(9000): bytearray(1000)\n"
                            "gcheap.trace(False); gc.collect(); print(gcheap.collections())").splitlines()
        found = [TRACE.fullmatch(line) for line in lines[:-1]]
        assert len(found) >= 3 and all(found), lines
        assert [int(line[1]) for line in found] == list(range(2, len(found) + 2))
        assert int(lines[-1]) == len(found) + 2
        assert found[0][2] == "asked" and found[1][2].startswith("alloc 10"), lines

    def objects(self, path):
        """What the reader finds in a snapshot: the names of objects that roots lead to."""
        command = ["cargo", "run", "--quiet", "--package", "gcheap-snapshot", "--example", "dump", path]
        done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
        assert re.match(r"host MicroPython [\d.]+.*; .*complete true\n", done.stdout), done.stdout
        return re.findall(r"^object \w+ \d+ scanned reached (.+)$", done.stdout, re.M)

    def test_a_snapshot_in_a_file_names_objects(self):
        path = OUT / "module.snapshot"
        path.unlink(missing_ok=True)
        self.python(f"{NAMED}gcheap.snapshot({str(path)!r})")
        names = self.objects(path)
        assert {"Thing", "type: Thing", "str: heap3", "list"} <= set(names), names

    def test_a_snapshot_in_a_stream_as_lines_of_text(self):
        out = self.python(f"{NAMED}import sys\nprint('before')\n"
                          "gcheap.snapshot(sys.stdout.buffer, framed=True)\nprint('after')")
        lines = out.splitlines()
        assert (lines[0], lines[-1]) == ("before", "after"), out[:200]
        assert all(re.fullmatch(r"~gch:[\w+/]{100}", line) for line in lines[1:-1]), out[:400]
        assert base64.b64decode(lines[1][5:])[5:13] == b"\x89gcheap\n"

    def test_a_snapshot_when_memory_is_out(self):
        path = OUT / "module-oom.snapshot"
        path.unlink(missing_ok=True)
        out = self.python(f"{NAMED}gcheap.on_oom({str(path)!r})\ndata = []\n"
                          "try:\n    while True: data.append(bytearray(1000))\n"
                          "except MemoryError:\n    n = len(data); data = None; print(n > 50)", "-X", "heapsize=100k")
        assert out == "True\n", out
        names = self.objects(path)
        assert names.count("bytearray") > 50 and "str: heap3" in names, names

    def test_the_examples_in_the_documentation(self):
        text = (ROOT / "docs" / "MICROPYTHON.md").read_text(encoding="utf-8")
        program = "\n".join(re.findall(r"^>>> (.+)$", text, re.M))
        assert program.count("gcheap.") == 11, program
        with tempfile.TemporaryDirectory() as directory:
            done = subprocess.run([self.program, "-c", program], cwd=directory, stdin=subprocess.DEVNULL, timeout=60,
                                  text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            assert done.returncode == 0, done.stdout
            assert {file.name for file in Path(directory).iterdir()} == {"heap.snap", "oom.snap"}

    def test_a_library_without_statistics_does_not_link(self):
        builder, wrong, library = ROOT / "tools" / "build.py", OUT / "module-wrong.env", OUT / "module-wrong.a"
        wrong.write_text((self.build / "gcheap" / "config.env").read_text().replace("STATISTICS=1", "STATISTICS=0"))
        micropython.run("env", f"CARGO_TARGET_DIR={OUT / 'target'}", builder, "archive", wrong, library)
        try:
            micropython.build(self.mp, "standard", "libgcheap", "GCHEAP_MODULE=full", f"GCHEAP_LIB={library}",
                              name="module-wrong")
        except micropython.BuildError:
            log = (OUT / "module-wrong.log").read_text(errors="replace")
            assert "gcheap_config_statistics_1" in log, log[-1000:]
            return
        raise AssertionError("it has linked")

    def test_on_a_microcontroller(self):
        if missing := baremetal.missing_packages(BOARD):
            raise Skip(f"apt-get install {' '.join(missing)}")
        if not importlib.util.find_spec("serial"):
            raise Skip("run-tests.py needs pyserial: apt-get install python3-serial")
        directory = OUT / f"{BOARD}-module"
        micropython.run("make", "-C", self.mp / "ports" / "qemu", f"-j{CORES}", f"BOARD={BOARD}", f"BUILD={directory}",
                        f"USER_C_MODULES={micropython.PORT}", "FROZEN_MANIFEST=", "GCHEAP_MODULE=full")
        firmware = directory / "firmware.elf"
        assert MARKER.encode() in firmware.read_bytes(), "the marker is gone"
        command = f"timeout 200 {baremetal.BOARDS[BOARD].qemu} -nographic -monitor null -semihosting -serial pty"
        self.run_tests("module-board-results", "-t", f"execpty:{command} -kernel {firmware}")


def main():
    try:
        module = Module(Path(micropython.tree()))
    except micropython.BuildError as e:
        sys.exit(f"FAILED: the build with the module:\n{e}")
    cases.run_all(vars(Module), module)


if __name__ == "__main__":
    main()
