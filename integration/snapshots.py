#!/usr/bin/env python3
"""Snapshots of programs on the standalone library, read back: what a program says of its objects is in them, with the
roots that keep them alive.

    integration/snapshots.py [WORD ...]     only the tests whose names contain one of the words
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple

import cases
import standalone
from standalone import ROOT, VARIANTS, Variant, build, run

BUILD = ROOT / "build" / "snapshots"
NATIVE = VARIANTS[1]
M32 = next(variant for variant in VARIANTS if variant.library == "m32")
THINGS = ["static", "behind", "text", "tls", "added", "stack", "uncollectable", "thread"]
OBJECT = re.compile(r"object (?:0x)?([0-9a-f]+) (\d+) (\S+) (?:(reached|lost) )?(.+)")


class Read(NamedTuple):
    """What crates/snapshot has read."""

    text: str
    objects: dict[int, re.Match[str]]

    def lines(self, kind: str) -> list[str]:
        return [line for line in self.text.splitlines() if line.startswith(f"{kind} ")]


@cache
def reader() -> Path:
    done = subprocess.run(["cargo", "build", "--quiet", "--package", "gcheap-snapshot", "--example", "dump",
                           "--message-format=json"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True, timeout=600)
    found = re.findall(r'"executable":"([^"]+)"', done.stdout)
    assert found, done.stdout
    return Path(found[-1])


def objects_in(text: str) -> dict[int, re.Match[str]]:
    return {int(found[1], 16): found for line in text.splitlines() if (found := OBJECT.fullmatch(line))}


def dump(path: Path) -> Read:
    text = run(reader(), path)
    return Read(text, objects_in(text))


def taken(what: str, variant: Variant = NATIVE, **env: str) -> tuple[Read, str]:
    """What is in the snapshot of the test program, and what the program has printed."""
    path = BUILD / f"{what}.gcheap"
    path.unlink(missing_ok=True)
    env = {key: value.replace("PATH", str(path)) for key, value in env.items()}
    output = run(*variant.runner, build(variant, "snapshot"), what, path, **env)
    return dump(path), output


def compare(read: Read, output: str) -> None:
    """The program's objects are in the snapshot, with their sizes, flags and names, and all are reached."""
    said = objects_in(output)
    assert sorted(found[5].split(":")[0] for found in said.values()) == sorted(THINGS), output
    for address, found in said.items():
        there = read.objects.get(address)
        assert there, f"{address:#x} is missing\n{output}{read.text}"
        # With interior pointers an object has a byte more, and whole blocks.
        assert int(found[2]) < int(there[2]) <= int(found[2]) + 17, there[0]
        assert (there[3], there[5]) == (found[3], found[5]), there[0]
        assert there[4] == "reached", there[0]
    assert "complete true" in read.text and not read.lines("problem"), read.text


def root_of(read: Read, name: str) -> str:
    """The root that has the object with this name."""
    address = next(address for address, found in read.objects.items() if found[5].startswith(f"{name}:"))
    root = ""
    for line in read.text.splitlines():
        root = line if line.startswith("root ") else root
        if re.fullmatch(rf"word \d+ {address:#x}", line):
            return root
    raise AssertionError(f"no root has {name}\n{read.text}")


def check_roots(read: Read) -> None:
    program = next(line.split()[1] for line in read.lines("module") if line.endswith("/snapshot"))
    assert re.fullmatch(rf"root Static 0x[0-9a-f]+ \d+ thread 0 module {program}", root_of(read, "static")), read.text
    assert root_of(read, "added").startswith("root Added ")
    assert root_of(read, "uncollectable").startswith("root Uncollectable 0x0 ")
    roots = [line for line in read.lines("root") if line.startswith("root Stack")]
    threads = {line.split()[5] for line in roots}
    assert len(threads) == 2 and "0" not in threads, roots
    assert root_of(read, "thread").split()[1] in ("Stack", "ThreadLocal")
    assert any(line.startswith("number allocated_bytes ") for line in read.lines("number"))


def test_a_file_has_what_the_program_says() -> None:
    read, output = taken("file")
    compare(read, output)
    check_roots(read)
    assert (BUILD / "file.gcheap").stat().st_mode & 0o77 == 0


def test_the_same_on_32_bits() -> None:
    read, output = taken("file", M32)
    compare(read, output)
    check_roots(read)


def test_lines_of_text_have_the_same() -> None:
    compare(*taken("text"))
    assert (BUILD / "text.gcheap").read_bytes().isascii()


def test_of_a_heap_of_its_own() -> None:
    compare(*taken("heap"))


def test_without_contents_there_are_the_objects_and_the_roots() -> None:
    read, output = taken("bare")
    assert set(objects_in(output)) <= set(read.objects) and "complete true" in read.text
    assert {found[5].split(":")[0] for found in read.objects.values() if found[4] == "reached"} >= {"static", "added"}
    behind = next(found for found in read.objects.values() if found[5].startswith("behind"))
    assert behind[4] == "lost"


def test_when_there_is_no_memory() -> None:
    read, output = taken("oom")
    assert "no room for 1000 bytes; written: 1" in output and "complete true" in read.text
    assert sum(int(found[2]) for found in read.objects.values()) > 3_000_000


def test_the_environment_asks_for_one_at_the_end() -> None:
    read, output = taken("exit", GCHEAP_SNAPSHOT="PATH")
    assert "cause Exit" in read.text and "written: 1" in output
    assert set(objects_in(output)) <= set(read.objects)


def test_the_environment_asks_for_one_when_memory_runs_out() -> None:
    path = BUILD / "fill.gcheap"
    path.unlink(missing_ok=True)
    run(build(NATIVE, "environment"), "fill", GCHEAP_MAX="4M", GCHEAP_SNAPSHOT=str(path))
    text = dump(path).text
    assert "cause OutOfMemory(10000)" in text and "complete true" in text, text[:200]
    by_number = BUILD / "of-%p"
    run(build(NATIVE, "environment"), "list", GCHEAP_SNAPSHOT=str(by_number))
    found = [file for file in BUILD.glob("of-*") if re.fullmatch(r"of-\d+", file.name)]
    assert found and "cause Exit" in dump(found[0]).text
    for file in found:
        file.unlink()


def test_a_file_that_cannot_be_made_is_said() -> None:
    text = run(build(NATIVE, "environment"), "list", GCHEAP_SNAPSHOT="/nowhere/at/all")
    assert "libgcheap: the snapshot could not be written to /nowhere/at/all\n" in text, text
    text = run(build(NATIVE, "environment"), "nothing", fails=True, GCHEAP_SNAPSHOT="")
    assert "GCHEAP_SNAPSHOT=: this is no name of a file" in text, text
    run(build(NATIVE, "environment"), "nothing", fails=True, GCHEAP_SNAPSHOT="x" * 1001)


def test_the_lisp_names_its_objects() -> None:
    import lisp  # noqa: PLC0415

    path = BUILD / "lisp.gcheap"
    program = lisp.build("gcc", "-O2")
    text = '(define many (list "one text" 2.5 (lambda (x) x) (vector 1 2 3) (quote some-symbol)))'
    source = BUILD / "names.scm"
    source.write_text(text)
    done = subprocess.run([program, source], text=True, capture_output=True, timeout=60, check=False,
                          env=os.environ | {"GCHEAP_SNAPSHOT": str(path)})
    assert path.exists(), done.stdout + done.stderr
    names = {found[5] for found in dump(path).objects.values() if found[4] == "reached"}
    assert {"string: one text", "real", "pair", "symbol: some-symbol", "vector"} <= names, names
    assert any(name.startswith("closure") for name in names), names


if __name__ == "__main__":
    BUILD.mkdir(parents=True, exist_ok=True)
    standalone.BUILD.mkdir(parents=True, exist_ok=True)
    words = sys.argv[1:]
    tests = {name: test for name, test in list(globals().items())
             if not words or any(word in name.replace("_", " ") for word in words)}
    cases.run_all(tests)
