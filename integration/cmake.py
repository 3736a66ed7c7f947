#!/usr/bin/env python3
"""The module for CMake ports: micropython-port/micropython.cmake in a small port of our own, which uses MicroPython's
CMake files.

    integration/cmake.py

Builds integration/cmake/ with gc.c and with libgcheap, with make and with Ninja, for 64 and for 32 bits, and runs a
program on each. It stands in for the ports that need a vendor's SDK (rp2, esp32, zephyr). Of those ports only the
linker scripts are tested, with the names of our objects.
"""

import json
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

import cases
import micropython
import suite
import variants
from micropython import ENV, MARKER, OUT, PORT, ROOT, say

PROJECT = ROOT / "integration" / "cmake"
OURS = f"-DUSER_C_MODULES={PORT / 'micropython.cmake'}"
PROGRAM = (PROJECT / "program.py").read_text()
# The names in linker scripts for the object made from gc.c.
PLACED = re.compile(r"[^\s()]*\bgc(?:\.c)?\.o[\w*]*")


class Failed(Exception):
    pass


def check(condition, sentence):
    if not condition:
        raise Failed(sentence)


def configure(mp, name, *arguments):
    """Configures a build in its own directory; an error shows CMake's text."""
    command = ["cmake", "-S", PROJECT, "-B", OUT / name, f"-DMICROPY_DIR={mp}", "-Wno-dev", *arguments]
    done = subprocess.run([*map(str, command)], env=ENV, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout


def build(mp, name, *arguments, fresh=True):
    """A built project's directory. Built from scratch, since MicroPython's CMake files miss a changed configuration."""
    if fresh:
        shutil.rmtree(OUT / name, ignore_errors=True)
    status, text = configure(mp, name, *arguments)
    check(status == 0, f"{name}: cmake failed:\n{text}")
    micropython.run("cmake", "--build", OUT / name, f"-j{micropython.CORES}")
    return OUT / name


def output(directory):
    done = subprocess.run([directory / "firmware"], input=PROGRAM, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=120)
    check(done.returncode == 0, f"{directory.name}: the program failed: {done.stdout}")
    return done.stdout


def check_heap(directory, ours):
    """Checks that a binary contains the expected heap, and runs the program on it; returns the program's output."""
    binary = directory / "firmware"
    check((MARKER.encode() in binary.read_bytes()) == ours, f"{binary}: libgcheap's marker is {'not ' * ours}there")
    check(suite.has_source(binary, "gc.c") != ours, f"{binary}: gc.c is {'' if ours else 'not '}in it")
    text = output(directory)
    for line in ("finalised: True kept: 40\n", "a request that cannot succeed fails\n", "99 True\n"):
        check(line in text, f"{directory.name}: {line!r} is not in {text!r}")
    return text


class Tests:
    def __init__(self, mp):
        self.mp = mp
        self.expected = None

    def test_with_gc_c(self):
        self.expected = check_heap(build(self.mp, "cmake-gc.c"), ours=False)

    def test_with_libgcheap(self):
        directory = build(self.mp, "cmake-make", OURS)
        check(check_heap(directory, ours=True) == self.expected, "the program's output differs from that with gc.c")
        files = {Path(entry["file"]).name for entry in json.loads((directory / "compile_commands.json").read_text())}
        check("modgc.c" in files and "gc.c" not in files, "the project compiles gc.c")
        config = (directory / "gcheap" / "config.env").read_text().split()
        for setting in ("BLOCK_BYTES=64", "FINALISER=1", "MUTEX=0"):
            check(setting in config, f"{setting} is not in {config}")

    def test_nothing_to_do_the_second_time(self):
        files = [OUT / "cmake-make" / name for name in ("gcheap/py/gc.c.o", "firmware")]
        before = [file.stat().st_mtime_ns for file in files]
        micropython.run("cmake", "--build", OUT / "cmake-make")
        check(before == [file.stat().st_mtime_ns for file in files], "something was built again")

    def test_a_changed_file_is_noticed(self):
        # It is found through the list of files that the glue includes.
        header = self.mp / "py" / "gc.h"
        listed = (OUT / "cmake-make" / "gcheap" / "py" / "gc.c.o.d").read_text()
        check(str(header) in listed, f"{header} is not in the object's list of dependencies")
        built = OUT / "cmake-make" / "gcheap" / "py" / "gc.c.o"
        before = built.stat().st_mtime_ns
        (ROOT / "micropython-port" / "gcheap" / "glue.c").touch()
        micropython.run("cmake", "--build", OUT / "cmake-make")
        check(before != built.stat().st_mtime_ns, "the object was not built again")

    def test_ninja_and_a_bare_metal_toolchain_s_names(self):
        if not shutil.which("ninja"):
            return "ninja is not installed (Debian: apt-get install ninja-build)"
        # With this system name CMake calls objects .obj, as it does for rp2.
        directory = build(self.mp, "cmake-ninja", OURS, "-GNinja", "-DCMAKE_SYSTEM_NAME=Generic")
        check(check_heap(directory, ours=True) == self.expected, "the program's output differs from that with gc.c")

    def test_linker_scripts_find_the_object(self):
        """Tries with a linker whether the names that ports' linker scripts give gc.c's object match ours."""
        made = micropython.build(self.mp, "minimal", "libgcheap") / "py" / "gc.o"
        cmake = OUT / "cmake-make" / "gcheap" / "py" / "gc.c.o"
        ninja = OUT / "cmake-ninja" / "gcheap" / "py" / "gc.c.obj"
        found = Counter()
        ports = self.mp / "ports"
        for script in sorted([*ports.rglob("*.ld"), *ports.rglob("*.incl")]):
            port = script.relative_to(ports).parts[0]
            for pattern in sorted(set(PLACED.findall(script.read_text(errors="replace")))):
                # The suffix of a CMake port's objects depends on its SDK; our object gets the same one.
                ours = made if not (ports / port / "CMakeLists.txt").exists() else ninja if ".obj" in pattern else cmake
                if not ours.exists():
                    say(f"    not tried, since Ninja is missing: {script.relative_to(ports)}")
                    continue
                check(places(pattern, ours), f"{script}: {pattern} does not match {ours}")
                check(not places(pattern, cmake.parent.parent / "glue.o"), f"{pattern} matches anything")
                say(f"    {script.relative_to(ports)}: {pattern} places {'/'.join(ours.parts[-3:])}")
                found[port] += 1
        for port in ("rp2", "mimxrt", "esp8266"):
            check(found[port] or not ninja.exists(), f"no linker script of {port} names gc.c's object")

    def test_32_bits_without_the_module(self):
        if reason := variants.lacking("standard-32"):
            return reason
        directory = build(self.mp, "cmake-32", OURS, "-DCMAKE_C_FLAGS=-m32", "-DGCHEAP_MODULE=0")
        check(check_heap(directory, ours=True).splitlines()[0] == self.expected.splitlines()[0], "the output differs")
        check((directory / "firmware").read_bytes()[4] == 1, "not a 32-bit program")
        check(not any(line.endswith(" gcheap_module") for line in suite.symbols(directory / "firmware")),
              "the module gcheap is there")

    def test_a_port_without_gc_c_is_refused_in_a_sentence(self):
        status, text = configure(self.mp, "cmake-twice", OURS + ";" + OURS.partition("=")[2])
        check(status != 0 and re.search(r"gcheap: \S+py/gc.c is\s+not\s+among\s+MICROPY_SOURCE_PY", text), text)


def places(pattern, file):
    """Whether `pattern` in a linker script matches an object, tried with a linker."""
    with tempfile.TemporaryDirectory() as directory:
        script, out = Path(directory) / "script.ld", Path(directory) / "out.o"
        script.write_text(f"SECTIONS {{ .ram : {{ {pattern}(.text .text.*) }} .flash : {{ *(.text .text.*) }} }}\n")
        subprocess.run(["ld", "-r", "-T", script, "-o", out, file], check=True, stderr=subprocess.DEVNULL)
        text = subprocess.run(["readelf", "-SW", out], check=True, stdout=subprocess.PIPE, text=True).stdout
    sizes = {name: int(size, 16) for name, size in re.findall(r"(\.ram|\.flash) +PROGBITS +\w+ \w+ (\w+)", text)}
    check(sum(sizes.values()) > 100, f"{file} holds no code")
    return sizes.get(".flash", 0) == 0


def main():
    if not shutil.which("cmake"):
        say("skipped: cmake is not installed: apt-get install cmake ninja-build")
        micropython.summary(Counter(skipped=1))
    cases.run_all(vars(Tests), Tests(micropython.tree()))


if __name__ == "__main__":
    main()
