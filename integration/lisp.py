#!/usr/bin/env python3
"""Tests of examples/lisp, a small Lisp on the standalone library:  integration/lisp.py

It is built with every compiler and level of optimisation that may keep pointers in other places, and then runs its programs
in a heap of 64 KiB, also with a collection at every allocation.
"""

from __future__ import annotations

import random
import re
import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

import cases
from cases import Skip

ROOT = Path(__file__).resolve().parent.parent
LISP = ROOT / "examples" / "lisp"
PROGRAMS = LISP / "programs"
BUILD = ROOT / "build" / "lisp"
LIBRARY = ROOT / "build" / "libgcheap.a"
BUILDS = [(compiler, level) for compiler in ("gcc", "clang") for level in ("-O0", "-O2")]
HEAP = 64 << 10
FEWER_LINES_THAN = 800
# Tokens of the forms that are made at random.
TOKENS = ("( ( ( ( ) ) ) ) ) . ' #( 1 -2 1.5 x \"a\" #\\a #t () quote if define set! lambda begin and or cond else when "
          "unless let let* letrec car cdr cons list map apply + < vector-ref substring string-append list->vector error try "
          "gc when-dead make-weak-table weak-set! weak-ref number->string length equal? make-vector").split()


def run(command: list[str | Path], text: str = "", seconds: int = 600) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, input=text, text=True, capture_output=True, errors="replace", timeout=seconds)


@cache
def build(compiler: str, level: str, *more: str) -> Path:
    """The interpreter that this compiler makes; with more options, which come last."""
    made = run(["make", "--silent", LIBRARY.relative_to(ROOT)], seconds=1800)
    assert made.returncode == 0, made.stderr
    BUILD.mkdir(parents=True, exist_ok=True)
    program = BUILD / "-".join(["lisp", compiler + level, *(option.strip("-").split("=")[-1] for option in more[:1])])
    library = [] if "-lgcheap" in more else [LIBRARY]
    sources = sorted(LISP.glob("*.c"))
    done = run([compiler, "-std=gnu11", "-Wall", "-Wextra", "-Werror", level, "-Iinclude", *sources, *library, *more,
                "-o", program])
    assert done.returncode == 0, done.stderr
    return program


def lisp(program: Path, *arguments: str | Path, text: str = "", code: int = 0) -> str:
    """What the interpreter prints; both streams if it should end with an error."""
    done = run([program, *arguments], text)
    assert done.returncode == code, f"exit code {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout + done.stderr if code else done.stdout


def in_every_build(test: Callable[[Path], None]) -> Callable[[], str | None]:
    """Runs a test with every build of the interpreter."""
    def all_builds() -> str | None:
        missing = [compiler for compiler in dict(BUILDS) if not shutil.which(compiler)]
        for compiler, level in BUILDS:
            if compiler not in missing:
                try:
                    test(build(compiler, level))
                except AssertionError as why:
                    raise AssertionError(f"{compiler} {level}: {why}") from why
        if len(missing) == len(dict(BUILDS)):
            raise Skip(f"there is no compiler: apt-get install {missing[0]}")
        return None
    return all_builds


def prompt(program: Path, *arguments: str, text: str) -> tuple[list[str], list[str]]:
    """What the interpreter answers to forms that are typed, and its errors."""
    done = run([program, *arguments], text)
    assert done.returncode == 0, f"exit code {done.returncode}: {done.stderr[-2000:]}"
    answers = [line.lstrip("> ") for line in done.stdout.splitlines()[1:]]
    return [answer for answer in answers if answer], done.stderr.splitlines()


def same(printed: str, expected: Path) -> None:
    assert printed == expected.read_text(), f"it prints\n{printed}and should print what is in {expected}"


def test_is_short() -> None:
    files = [file for file in LISP.iterdir() if file.suffix in (".c", ".h", ".def")]
    lines = sum(len(file.read_text().splitlines()) for file in files)
    assert len(files) >= 5 and lines < FEWER_LINES_THAN, f"{lines} lines"


def test_readme_does_what_it_says() -> None:
    text = (LISP / "README.md").read_text()
    commands, printed = (re.search(rf"^```{kind}\n(.*?)^```$", text, re.M | re.S) for kind in ("sh", "text"))
    assert commands and printed
    done = run(["sh", "-ec", commands[1]], seconds=1800)
    assert done.returncode == 0 and done.stdout.endswith(printed[1]), done.stdout + done.stderr
    words = set(re.findall(r"[a-z][a-z*!-]+", (LISP / "eval.c").read_text().split("word_names[] = ")[1].split(";")[0]))
    named = re.search(r"^Words: `(.*?)`", text, re.M)
    assert named and set(named[1].split()) == words | {"else"}, words
    files = {file.name for file in LISP.iterdir() if file.is_file()} - {"README.md"}
    assert files == set(re.findall(r"^\| `([\w.]+)`", text, re.M)), files


@in_every_build
def test_contains_the_library(program: Path) -> None:
    assert b"libgcheap 0.1.0" in program.read_bytes()
    assert lisp(program).startswith("A small Lisp on libgcheap 0.1.0"), "it does not say so"


@in_every_build
def test_programs_in_64_kib(program: Path) -> None:
    for file in sorted(PROGRAMS.glob("*.txt")):
        same(lisp(program, "--heap", str(HEAP), file.with_suffix(".scm")), file)
    assert len(list(PROGRAMS.glob("*.txt"))) >= 3


@in_every_build
def test_tests_in_64_kib(program: Path) -> None:
    printed = lisp(program, "--heap", str(HEAP), PROGRAMS / "tests.scm")
    assert re.fullmatch(r"\d\d+ tests, 0 failures\n", printed), printed


@in_every_build
def test_the_heap_really_has_64_kib(program: Path) -> None:
    heap_map = BUILD / "heap-map.scm"
    heap_map.write_text("(heap-map)")
    printed = lisp(program, PROGRAMS / "queens.scm", heap_map)
    found = re.search(r"^(\d+) of (\d+) bytes are in use; \d+ were when collection (\d+) had ended", printed, re.M)
    assert found, printed
    used, size, collections = map(int, found.groups())
    assert 0 < used <= size <= HEAP and collections >= 10, printed
    bar = printed.splitlines()[-1]
    assert bar[0] == "[" and abs(bar.count("=") - 64 * used / size) <= 1, printed


@in_every_build
def test_tests_with_a_collection_at_every_allocation(program: Path) -> None:
    printed = lisp(program, "--stress", "1", PROGRAMS / "tests.scm")
    assert re.fullmatch(r"\d\d+ tests, 0 failures\n", printed), printed


@in_every_build
def test_queens_and_json_with_a_collection_at_every_allocation(program: Path) -> None:
    printed = lisp(program, "--stress", "1", PROGRAMS / "queens.scm")
    assert printed.endswith("5 queens: 10 solutions\n"), printed
    same(lisp(program, "--stress", "1", PROGRAMS / "json.scm"), PROGRAMS / "json.txt")


def test_with_the_shared_library() -> None:
    if not shutil.which("gcc"):
        raise Skip("apt-get install gcc")
    program = build("gcc", "-O2", "-lgcheap", f"-L{LIBRARY.parent}", f"-Wl,-rpath,{LIBRARY.parent}")
    assert lisp(program, PROGRAMS / "tests.scm").endswith(" tests, 0 failures\n")


def test_with_sanitizers() -> None:
    if not shutil.which("gcc"):
        raise Skip("apt-get install gcc")
    # The collector looks at stacks as a whole, which a sanitizer of addresses does not mind: Rust is not instrumented.
    program = build("gcc", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
    for arguments in (), ("--stress", "1"):
        done = run(["env", "ASAN_OPTIONS=detect_leaks=0", program, *arguments, PROGRAMS / "tests.scm"])
        assert done.returncode == 0 and done.stdout.endswith(" tests, 0 failures\n"), done.stdout + done.stderr


@in_every_build
def test_stress_collects(program: Path) -> None:
    typed = "(stress {0}) (define (f n) (if (= n 0) 0 (begin (cons 1 2) (f (- n 1))))) (f 100) (heap-map)"
    counts: list[int] = []
    for n in 0, 1, 7:
        answers, _ = prompt(program, text=typed.format(n))
        counts += map(int, re.findall(r"collection (\d+) had", "\n".join(answers)))
    assert counts[0] < 5 and counts[1] > 500 and 0.8 < counts[1] / counts[2] / 7 < 1.2, counts


@in_every_build
def test_out_of_memory_is_an_error_and_it_goes_on(program: Path) -> None:
    endless = "(define (endless n) (cons n (endless n))) (endless 1) "
    answers, errors = prompt(program, text=endless + "(+ 1 2) (endless 2) (make-vector 1000000000 0) (* 2 3)")
    assert (answers, errors) == (["3", "6"], ["error: out of memory"] * 3), (answers, errors)
    file = BUILD / "endless.scm"
    file.write_text(endless)
    assert lisp(program, file, code=1) == "error: out of memory\n"
    # Memory that an error has left behind is free again.
    answers, errors = prompt(program, text="(define a (gc)) " + endless + "(define b (gc)) (< (- b a) 4000)")
    assert (answers, errors) == (["#t"], ["error: out of memory"]), (answers, errors)


@in_every_build
def test_a_heap_that_is_too_small_is_an_error(program: Path) -> None:
    for size in "0", "1", "1024", "2048":
        assert lisp(program, "--heap", size, code=1) == "error: out of memory\n", size


@in_every_build
def test_a_larger_heap_holds_more(program: Path) -> None:
    typed = "(define v (make-vector 20000 0)) (vector-length v)"
    assert prompt(program, text=typed)[1][0] == "error: out of memory"
    assert prompt(program, "--heap", "400000", text=typed) == (["20000"], [])


@in_every_build
def test_errors_at_the_prompt(program: Path) -> None:
    typed = """(car 1) (if) (let ((a)) a) (1 2) (unknown) ) "a" (define) (cond 5) (lambda) (error "no" 1)
        (string-ref "abc" 3) "end" """
    answers, errors = prompt(program, text=typed)
    assert answers == ['"a"', '"end"'] and len(errors) == 11, (answers, errors)
    assert all(error.startswith("error: ") for error in errors), errors
    assert prompt(program, text='"abc')[1] == ["error: the text ends inside a string"]
    assert prompt(program, text="(1 (2")[1] == ["error: the text ends inside a list"]
    deep = "(" * 200_000
    assert prompt(program, "--heap", "100000000", text=deep)[1][0] == "error: too many brackets"
    assert "too many calls" in prompt(program, "--heap", "100000000", text="(define (f n) (+ 1 (f n))) (f 1)")[1][0]


@in_every_build
def test_forms_at_random_end_in_a_value_or_an_error(program: Path) -> None:
    draw = random.Random(17)
    for stress in "0", "1":
        typed = " ".join(" ".join(draw.choices(TOKENS, k=draw.randrange(1, 12))) + " ) ) )\n" for _ in range(2000))
        done = run([program, "--stress", stress], typed, seconds=300)
        assert done.returncode == 0, f"exit code {done.returncode}, seed 17, stress {stress}"


if __name__ == "__main__":
    cases.run_all(globals())
