#!/usr/bin/env python3
"""The module for make ports: the configuration that the build reads, the library that it builds and links, the errors
that it reports, and the glue.

    integration/port.py
"""

import re
import subprocess
from collections import Counter
from pathlib import Path

import cases
import micropython
import variants
from cases import Skip
from micropython import CORES, MARKER, OUT, ROOT, SUPPORT, say

VALGRIND_HEADER = Path("/usr/include/valgrind/memcheck.h")
OTHER = f"CFLAGS_EXTRA=-I{SUPPORT / 'other'} '-DMP_CONFIGFILE=<mpconfigother.h>'"


class Port:
    """Makes the build that the tests share; each method test_... is a test."""

    def __init__(self, mp):
        self.mp = mp
        self.modules = f"USER_C_MODULES={micropython.user_modules('port-modules', SUPPORT / 'misuse')}"
        self.files = self.snapshot()
        self.build = self.make()

    def make(self, *arguments, name="port"):
        return micropython.build(self.mp, "standard", "libgcheap", self.modules, *arguments, name=name)

    def refused(self, *arguments, name):
        """The log of a build that must fail."""
        try:
            self.make(*arguments, name=name)
        except micropython.BuildError:
            return (OUT / (name + ".log")).read_text(errors="replace")
        raise AssertionError("the build went through")

    def snapshot(self):
        return {file: file.stat().st_mtime_ns for file in self.mp.rglob("*") if file.is_file()}

    def python(self, program, build=None):
        command = [(build or self.build) / "micropython", "-c", program]
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)

    def demo(self, build, heap="128k"):
        """Runs the program in demo/, which checks its own results."""
        command = [build / "micropython", "-X", f"heapsize={heap}", ROOT / "demo" / "main.py"]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert done.returncode == 0 and "WRONG" not in done.stdout, done.stdout
        return done.stdout

    def test_module(self):
        done = self.python(
            "import gc, gcheap; n = gcheap.collections(); gc.collect();"
            "print(gcheap.version(), gcheap.collections() - n)"
        )
        assert done.stdout == MARKER + " 1\n", done

    def test_demo(self):
        report = self.demo(self.build)
        assert f"heap           {MARKER}\n" in report, report
        collections = int(re.search(r"collections +(\d+)", report)[1])
        assert collections > 50, report

    def test_nothing_to_do_the_second_time(self):
        files = [self.build / name for name in ("gcheap/config.env", "gcheap/libgcheap.a", "py/gc.o", "micropython")]
        before = [file.stat().st_mtime_ns for file in files]
        self.make()
        assert before == [file.stat().st_mtime_ns for file in files]

    def test_version_is_micropythons_own(self):
        done = self.python("import sys; print(sys.version)")
        # Not that of a git repository around MicroPython's tree.
        assert re.search(r"MicroPython v?1\.", done.stdout), done

    def test_misuse_is_reported_in_one_line(self):
        cases = {
            "twice": "free or realloc of memory that is already free",
            "foreign": "free or realloc of a pointer that is not in the heap",
            "interior": "free or realloc of a pointer into the middle of a block",
            "tail": "free or realloc of a pointer into the middle of an object",
            "small": "heap has no room for four blocks",
            "backwards": "heap ends before it starts",
        }
        for what, sentence in cases.items():
            done = self.python(f"import misuse; misuse.free('{what}')")
            assert re.fullmatch(rf"gcheap: {sentence}: 0x[0-9a-f]+\n", done.stderr), (what, done)
            assert done.returncode == -6, (what, done)  # SIGABRT

    def test_another_configuration(self):
        build = self.make(OTHER, name="port-other")
        config = (build / "gcheap" / "config.env").read_text().split()
        for setting in ("BLOCK_BYTES=64", "SPLIT_HEAP=1", "MUTEX=0", "THREAD_STATE=1", "PYSTACK=1", "HOOK_LOOP=1",
                        "ALLOC_THRESHOLD=0", "CONSERVATIVE_CLEAR=0", "COLLECT_RETVAL=0"):
            assert setting in config, (setting, config)
        self.demo(build, heap="256k")  # in three areas

    def test_no_finalisers_and_no_module(self):
        # ports/minimal has no finalisers and no allocation threshold, and links only the core's objects.
        build = OUT / "port-minimal"
        micropython.run(
            "make", "-C", self.mp / "ports" / "minimal", f"-j{CORES}", f"BUILD={build}", "GCHEAP_MODULE=0",
            f"USER_C_MODULES={micropython.PORT}", f"MICROPY_MPYCROSS={micropython.build_mpy_cross(self.mp)}",
        )
        assert "FINALISER=0" in (build / "gcheap" / "config.env").read_text().split()
        assert MARKER.encode() in (build / "firmware.elf").read_bytes(), "the marker is gone"
        program = "x = [[i] * 50 for i in range(9)]\rfor i in range(999): y = [i] * 90\r\rprint(x[8][49], y[89])\r\x04"
        done = subprocess.run([build / "firmware.elf"], input=program, stdout=subprocess.PIPE, text=True, timeout=60)
        assert "\n8 998" in done.stdout.replace("\r", ""), done.stdout

    def test_mismatch_fails_the_link_by_name(self):
        config = (self.build / "gcheap" / "config.env").read_text()
        wrong = OUT / "port-wrong.env"
        wrong.write_text(config.replace("BLOCK_BYTES=32", "BLOCK_BYTES=64").replace("HOOK_LOOP=0", "HOOK_LOOP=1"))
        library = OUT / "port-wrong.a"
        builder = ROOT / "tools" / "build.py"
        micropython.run("env", f"CARGO_TARGET_DIR={OUT / 'target'}", builder, "archive", wrong, library)
        log = self.refused(f"GCHEAP_LIB={library}", name="port")
        assert "--gc-sections" in (self.mp / "ports" / "unix" / "Makefile").read_text()
        missing = set(re.findall(r"undefined reference to [`'](\w+)'", log))
        assert missing == {"gcheap_config_block_bytes_32", "gcheap_config_hook_loop_0"}, log

    def test_prebuilt_library_links(self):
        library = OUT / "port-right.a"
        library.write_bytes((self.build / "gcheap" / "libgcheap.a").read_bytes())
        self.demo(self.make(f"GCHEAP_LIB={library}"))

    def test_check_costs_no_memory(self):
        sections = subprocess.run(
            ["readelf", "-SW", self.build / "py" / "gc.o"], check=True, stdout=subprocess.PIPE, text=True
        ).stdout
        row = re.search(r" \.debug_gcheap +PROGBITS +\w+ \w+ (\w+) \w+ +(\w*) ", sections)
        assert row and int(row[1], 16) >= 4 * 30, sections
        assert "A" not in row[2], "the section takes memory on the target"

    def test_a_heap_that_grows_by_itself(self):
        options = ["GC_SPLIT_HEAP=1", "GC_SPLIT_HEAP_AUTO=1"]
        if VALGRIND_HEADER.exists():
            options.append("DEBUG_VALGRIND=1")
        else:
            say(f"         without MICROPY_DEBUG_VALGRIND: no {VALGRIND_HEADER} here (apt-get install valgrind)")
        build = self.make(f"CFLAGS_EXTRA={' '.join('-DMICROPY_' + option for option in options)}", name="port-grows")
        config = (build / "gcheap" / "config.env").read_text().split()
        assert {"SPLIT_HEAP_AUTO=1", f"VALGRIND={len(options) - 2}"} <= set(config), config
        self.demo(build, heap="48k")
        program = "import gc\nfor i in range(3):\n    x = [bytearray(100000) for _ in range(30)]\n" \
                  "    n = gc.mem_alloc() + gc.mem_free()\n    x = None\n    gc.collect()\n" \
                  "    print(n > 3000000, gc.mem_alloc() + gc.mem_free() < n)"
        done = subprocess.run([build / "micropython", "-X", "heapsize=64k", "-c", program], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        assert done.stdout == 3 * "True True\n", done.stdout

    def test_a_target_with_another_word_size_is_refused_in_a_sentence(self):
        if not variants.compiles("-m32"):
            raise Skip("gcc -m32 does not work here: apt-get install gcc-multilib")
        library = OUT / "port-32" / "gcheap" / "libgcheap.a"
        log = self.refused("MICROPY_FORCE_32BIT=1", "MICROPY_PY_FFI=0", "GCHEAP_TARGET=x86_64-unknown-linux-gnu",
                           library, name="port-32")
        assert "POINTER_BYTES is 4, but the target's pointers have 8 bytes" in log, log
        assert "gcheap: libgcheap.a could not be built for this interpreter" in log, log

    def test_tree_is_untouched(self):
        assert self.files == self.snapshot(), set(self.files.items()) ^ set(self.snapshot().items())


def main():
    try:
        port = Port(micropython.tree())
    except micropython.BuildError as e:
        say(f"FAILED: the build with libgcheap:\n{e}")
        micropython.summary(Counter(failed=1))
    cases.run_all(vars(Port), port)


if __name__ == "__main__":
    main()
