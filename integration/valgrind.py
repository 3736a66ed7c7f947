#!/usr/bin/env python3
"""The standalone library under valgrind, with tools/gcheap.supp:  integration/valgrind.py [--all]

A few programs of c_tests/standalone, or all of them, must run without a complaint; and a mistake in a program must still
bring one.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable

import cases
import standalone
from standalone import ROOT, STRESSED, Run

# What runs without --all: objects that die, words that point into objects, lists of what is registered, threads.
FEW = ("no_scan", "interior_on", "weak", "threads")
# Programs that need something else than valgrind offers, or more time than it leaves.
NOT_HERE = {
    "limits_system": "the limit would be valgrind's",
    "deep_stack": "valgrind asks for more stack than the program has",
    "deep_stack_unlimited": "valgrind does not take it",
}
SUPPRESSIONS = ROOT / "tools" / "gcheap.supp"
MISTAKE = """
#include <gcheap.h>
#include <stdio.h>
#include <stdlib.h>
int main(void) {
    char *volatile other = malloc(10);
    char *text = gcheap_strdup("text");
    gcheap_collect();
    if (other[5] == 1) { // was never written
        puts("one");
    }
    puts(text);
}
"""


def valgrind(program: object, *words: str, fails: bool = False, suppressions: bool = True) -> str:
    if not shutil.which("valgrind"):
        raise cases.Skip("valgrind is missing: apt-get install valgrind")
    more = [f"--suppressions={SUPPRESSIONS}"] if suppressions else []
    return standalone.run("valgrind", "--quiet", "--error-exitcode=99", *more, program, *words, fails=fails)


def check(what: Run) -> str | None:
    if what.name in NOT_HERE:
        return NOT_HERE[what.name]
    program = standalone.build(STRESSED, what.program)
    output = valgrind(program, *standalone.with_library(STRESSED, what.arguments))
    assert "FAILED" not in output, output
    return None


def test_a_mistake_of_the_program_is_reported() -> None:
    source = standalone.BUILD / "mistake.c"
    source.write_text(MISTAKE)
    out = source.with_suffix("")
    standalone.run("gcc", *standalone.FLAGS, "-o", out, source, standalone.library("native") / "libgcheap.a")
    text = valgrind(out, fails=True)
    assert "uninitialised" in text and "mistake.c:9" in text and "gcheap" not in text.replace("libgcheap/", ""), text


def test_without_the_suppressions_signal_frames_are_reported() -> None:
    text = valgrind(standalone.build(STRESSED, "threads"), fails=True, suppressions=False)
    assert "Invalid read" in text and "gcheap_standalone::heap::collect" in text, text


def closure(what: Run) -> Callable[[], str | None]:
    return lambda: check(what)


def main() -> None:
    standalone.BUILD.mkdir(parents=True, exist_ok=True)
    runs = standalone.RUNS if "--all" in sys.argv else [what for what in standalone.RUNS if what.name in FEW]
    tests: dict[str, object] = {f"test_{what.name}": closure(what) for what in runs}
    cases.run_all(tests | {name: test for name, test in globals().items() if name.startswith("test_")})


if __name__ == "__main__":
    main()
