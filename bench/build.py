"""Builds the harness once for each heap: build/bench/NAME/bench."""

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
from gcheap_build import config as configuration  # noqa: E402
from gcheap_build import package  # noqa: E402

OUT = ROOT / "build" / "bench"
MARKER = b"libgcheap " + re.search(rb'^version = "(.*)"', (ROOT / "Cargo.toml").read_bytes(), re.M)[1]
CC = shlex.split(os.environ.get("CC", "cc"))
FLAGS = ["-std=gnu11", "-O2", "-g", "-Wall", "-Wextra", "-Wno-unused-parameter", "-DNDEBUG"]


@dataclass
class Heap:
    name: str  # as the table shows it
    directory: str
    kind: str  # gc.c, libgcheap or Boehm
    flags: tuple = ()  # for everything that is compiled with MicroPython's headers
    config: tuple = ()  # of the library, beside what its probe reads


# As ports build it: CSUPEROPT in MicroPython's py.mk, which few ports change.
GC, GCHEAP = "gc.c -O3", "libgcheap"
BIG_STACK, BIG_STACK_SUFFIX = "-DBENCH_BIG_STACK=1", " big stack"
HEAPS = [
    Heap(GC, "gc-O3", "gc.c", ("-O3",)),
    Heap("gc.c -Os", "gc-Os", "gc.c", ("-Os",)),
    Heap(GCHEAP, "libgcheap", "libgcheap"),
    Heap("Boehm", "boehm", "Boehm"),
    # For comparison on the overflow shapes.
    Heap(GC + BIG_STACK_SUFFIX, "gc-big-stack", "gc.c", ("-O3", BIG_STACK)),
    Heap(GCHEAP + BIG_STACK_SUFFIX, "libgcheap-big-stack", "libgcheap", (BIG_STACK,)),
]


class BuildError(Exception):
    pass


def run(command, **env):
    env = {key: str(value) for key, value in env.items()}
    done = subprocess.run([str(word) for word in command], env={**os.environ, **env},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise BuildError(f"{shlex.join(map(str, command))}\n{done.stdout}")


def is_fresh(target, sources):
    return target.exists() and all(source.stat().st_mtime <= target.stat().st_mtime for source in sources)


class Builder:
    """Compiles for this machine; baremetal.py derives one for others."""

    cc, flags, gcheap_flags, out = CC, FLAGS, (), OUT
    left_out = ()  # of bench/harness
    program = "bench"
    archive_environment = {}

    def __init__(self, micropython):
        self.micropython = micropython
        self.heaps = ROOT / "bench" / "heaps"
        self.port = ROOT / "micropython-port" / "gcheap"
        self.headers = [*self.heaps.rglob("*.h"), *self.port.glob("*.[hd]*"), *(micropython / "py").glob("*.h"),
                        Path(__file__)]

    def compile(self, source, target, *flags, headers=()):
        if not is_fresh(target, [source, *headers]):
            target.parent.mkdir(parents=True, exist_ok=True)
            run([*self.cc, *self.flags, *flags, "-c", source, "-o", target])
        return target

    def compile_with_micropython(self, source, target, *flags):
        where = [f"-I{path}" for path in (self.heaps, self.micropython, self.port, ROOT / "include")]
        return self.compile(source, target, *where, *flags, headers=self.headers)

    def workloads(self):
        harness = ROOT / "bench" / "harness"
        headers = [*harness.glob("*.h"), Path(__file__)]
        sources = sorted(c for c in harness.glob("*.c") if c.name not in self.left_out)
        return [self.compile(c, self.out / "harness" / f"{c.stem}.o", headers=headers) for c in sources]

    def gc(self, heap, out):
        return [
            self.compile_with_micropython(self.micropython / "py" / "gc.c", out / "gc.o", *heap.flags),
            self.compile_with_micropython(self.heaps / "atb.c", out / "atb.o", *heap.flags),
            self.compile(self.heaps / "stubs.c", out / "stubs.o"),
        ]

    def libgcheap(self, heap, out):
        """As the MicroPython port builds it: its glue, and the library in the configuration that its probe reads."""
        flags = ["-DBENCH_GCHEAP=1", *self.gcheap_flags, *heap.flags]
        probe = self.compile_with_micropython(self.port / "probe.c", out / "probe.s", "-S", "-g0", *flags)
        config = out / "config.env"
        configuration.derive(probe, config, ["STATE_SYMBOL=mp_state_ctx", *heap.config])
        archive = out / "libgcheap.a"
        if not is_fresh(archive, [config, *package.sources()]):
            run([ROOT / "tools" / "build.py", "archive", config, archive], CARGO_TARGET_DIR=self.out / "target",
                **self.archive_environment)
        return [
            self.compile_with_micropython(self.port / "glue.c", out / "glue.o", *flags),
            self.compile_with_micropython(self.heaps / "atb.c", out / "atb.o", *flags),
            self.compile(self.heaps / "stubs.c", out / "stubs.o"),
            archive,
        ]

    def boehm(self, out):
        header = ROOT / "bench" / "harness" / "heap.h"
        return [self.compile(self.heaps / "boehm.c", out / "boehm.o", f"-I{header.parent}", headers=[header]), "-lgc"]

    def link(self, objects, program):
        run([*self.cc, *objects, "-o", program])

    def build(self, heap):
        """The program."""
        out = self.out / heap.directory
        if heap.kind == "Boehm":
            objects = self.boehm(out)
        else:
            objects = self.gc(heap, out) if heap.kind == "gc.c" else self.libgcheap(heap, out)
        objects = [*self.workloads(), *objects]
        program = out / self.program
        if not is_fresh(program, [file for file in objects if isinstance(file, Path)]):
            self.link(objects, program)
        if (MARKER in program.read_bytes()) != (heap.kind == "libgcheap"):
            raise BuildError(f"{program}: {MARKER.decode()!r} is in the wrong program")
        return program


def has_boehm():
    test = subprocess.run([*CC, "-E", "-include", "gc.h", "-x", "c", "/dev/null"], capture_output=True)
    return test.returncode == 0


def build_all(micropython, names=None, builder=Builder, heaps=HEAPS):
    """Heap name -> program. Boehm's collector is left out if it is not installed."""
    builder = builder(micropython)
    heaps = [h for h in heaps if (names is None or h.name in names) and (h.kind != "Boehm" or has_boehm())]
    return {heap.name: builder.build(heap) for heap in heaps}
