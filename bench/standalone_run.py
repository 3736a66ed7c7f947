"""Runs a command on one of the libraries, measures it, and proves which library was in the run."""

from __future__ import annotations

import functools
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from build import CC, FLAGS, MARKER, ROOT, is_fresh
from build import run as build_run
from harness import RunError
from standalone_table import LIBGC, ONE_MARKER, OURS

sys.path.append(str(ROOT / "integration"))
import collector  # noqa: E402
import programs  # noqa: E402

SOURCES = ROOT / "bench" / "standalone"
OUT = ROOT / "build" / "bench-standalone"
PATIENCE = 900  # seconds for all runs of a command that are measured together
OWN_SETTINGS = ("GC_", "GCHEAP_")  # variables of the libraries, which are not passed on


@dataclass(frozen=True)
class Library:
    name: str
    variables: dict = field(default_factory=dict, hash=False)


LIBRARIES = [Library(LIBGC), Library(ONE_MARKER, {"GC_MARKERS": "1"}), Library(OURS)]


@dataclass
class Row:
    """A workload: its command, and what its runs cost on each library."""

    name: str
    group: str  # microbenchmark or program
    what: str
    command: list
    ours: list | None = None  # the command on libgcheap, if the program is another one there
    processes: int = 1  # that are measured together
    threads: bool = False
    costs: dict = field(default_factory=dict)  # library -> the costs of its rounds
    output: str | None = None

    def check(self, library, output):
        """All libraries must have done the same."""
        if self.output not in (None, output):
            raise RunError(f"{self.name}: the output on {library.name} differs:\n{output[:1000]}\nand\n{self.output[:1000]}")
        self.output = output

    def command_on(self, library):
        return self.ours if self.ours and library.name == OURS else self.command


def compiled(name, sources, *flags):
    """A program from these sources, and from archives after them."""
    program = OUT / name
    if not is_fresh(program, [*sources, *SOURCES.rglob("*.h"), Path(__file__)]):
        program.parent.mkdir(parents=True, exist_ok=True)
        build_run([*CC, *FLAGS, *sources, *flags, "-o", program])
    return program


@functools.cache
def measurer():
    return compiled("measure", [SOURCES / "measure.c"])


def prepare():
    """Builds what is needed before anything is measured."""
    measurer()
    collector.built()


@functools.cache
def is_ours(file):
    return MARKER in Path(file).read_bytes()


def prove(row, library, files):
    """The collector's file of each process must be the library's.

    >>> row = Row("strings", "microbenchmark", "", [])
    >>> prove(row, LIBRARIES[0], [__file__])
    >>> prove(row, LIBRARIES[2], ["/dev/null"])
    Traceback (most recent call last):
    harness.RunError: strings: this run was to be on libgcheap, but /dev/null is not libgcheap
    >>> prove(row, LIBRARIES[1], [])
    Traceback (most recent call last):
    harness.RunError: strings: nothing shows that libgc, 1 marker was in the run: no libgc.so.1 was loaded
    """
    if not files:
        raise RunError(f"{row.name}: nothing shows that {library.name} was in the run: no libgc.so.1 was loaded")
    for file in files:
        if is_ours(file) != (library.name == OURS):
            raise RunError(f"{row.name}: this run was to be on {library.name}, but {file} is "
                           f"{'libgcheap' if is_ours(file) else 'not libgcheap'}")


def collectors(row, library, values, logs):
    """The files with the collector: a microbenchmark prints its own; of a program the loader tells, and if it loads none,
    the collector is in the program's file."""
    if row.group == "microbenchmark":
        return values["library"]
    return collector.loaded(logs, "libgc.so.1") or [row.command_on(library)[0]]


def parsed(output):
    """The lines of a microbenchmark: key -> the values that were printed, one by each process.

    >>> parsed("library /lib/libgc.so.1\\nresult 7\\nresult 7\\n")
    {'library': ['/lib/libgc.so.1'], 'result': ['7', '7']}
    """
    values = {}
    for line in output.splitlines():
        key, value = line.split(" ", 1)
        values.setdefault(key, []).append(value)
    return values


def environment(row, library, where, logs):
    """Without settings of the libraries that the user has made; a microbenchmark is not watched by the loader."""
    left_out = OWN_SETTINGS if row.group == "program" else (*OWN_SETTINGS, "LD_DEBUG")
    usual = programs.environment(where, collector.built() if library.name == OURS else None, logs)
    return {key: value for key, value in usual.items() if not key.startswith(left_out)} | library.variables


def execute(row, library, command, where, logs):
    try:
        done = subprocess.run(command, cwd=where, env=environment(row, library, where, logs), stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, errors="replace", timeout=PATIENCE)
    except subprocess.TimeoutExpired as error:
        raise RunError(f"{row.name} on {library.name} does not end") from error
    if done.returncode:
        raise RunError(f"{row.name} on {library.name}: {done.stderr[-2000:]}{done.stdout[-1000:]}")
    return done


def read_numbers(file, processes):
    """What measure has written; the times are those of one process."""
    numbers = {key: int(value) for key, value in map(str.split, file.read_text().splitlines())}
    return {"wall": numbers["wall"] / processes, "cpu": numbers["cpu"] / processes, "rss": numbers["rss"]}


def once(row, library, tool=(), processes=None):
    """Measures one run, and checks it. A tool is a command that runs the command and counts something; returns what it
    has written to standard error."""
    with tempfile.TemporaryDirectory() as name:
        where, logs, numbers = (Path(name, part) for part in ("where", "logs", "numbers"))
        where.mkdir()
        logs.mkdir()
        command = [str(measurer()), str(processes or row.processes), str(numbers), *tool, *row.command_on(library)]
        done = execute(row, library, command, where, logs)
        micro = row.group == "microbenchmark"
        values = parsed(done.stdout) if micro else {}
        prove(row, library, collectors(row, library, values, logs))
        row.check(library, " ".join(sorted(set(values["result"]))) if micro else done.stdout.replace(str(where), "HERE"))
        cost = {key: int(value[0]) for key, value in values.items() if key not in ("library", "result")}
        cost |= read_numbers(numbers, processes or row.processes)
    return cost, done.stderr
