#!/usr/bin/env python3
"""The standalone library from C: builds it, and runs the programs of c_tests/standalone with several compilers, linked
statically and dynamically, with a sanitizer, for 32 bits, and with a collection at every allocation or nearly so.

    integration/standalone.py [WORD ...]     only the tests whose names contain one of the words
"""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import cases

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
from gcheap_build import header  # noqa: E402

PROGRAMS = ROOT / "c_tests" / "standalone"
BUILD = ROOT / "build" / "standalone"
MARKER = b"libgcheap 0.1.0"
FLAGS = ["-std=gnu11", "-g", "-Wall", "-Wextra", "-Werror", f"-I{ROOT / 'include'}"]
SANITIZER = ["-fsanitize=address", "-fno-omit-frame-pointer"]
# Nothing is freed in the sense of the sanitizer, and with a stack elsewhere the collector would not find it.
SANITIZED = {"ASAN_OPTIONS": "detect_leaks=0:detect_stack_use_after_return=0"}
PATIENCE = 300  # seconds
PATIENCE_TO_BUILD = 1800
UNLIMITED = resource.RLIM_INFINITY


class Run(NamedTuple):
    """A program, and how it is run."""

    program: str
    arguments: tuple[str, ...] = ()
    stress: int = 0  # a collection at every n-th allocation is tried, too
    sanitized: bool = True  # whether that makes sense under AddressSanitizer
    limits: tuple[tuple[int, int], ...] = ()

    @property
    def name(self) -> str:
        return "_".join((self.program, *(word for word in self.arguments if word.isalpha())))


# Left out with the sanitizer: what measures memory or needs stacks of its own size; it is checked without. Left out with
# more collections: what counts collections or what one of them finds (finalisers, weak, policy), and what fills a heap or a
# stack with so many objects that it would take minutes (limits, deep_stack).
RUNS = (
    Run("objects", stress=1),
    Run("freeing"),
    Run("no_scan", stress=1),
    Run("roots", stress=1),
    Run("interior", ("on",), stress=1),
    Run("interior", ("off",), stress=1),
    Run("finalisers"),
    Run("finaliser_actions"),
    Run("weak"),
    Run("limits"),
    Run("limits", ("system",), sanitized=False, limits=((resource.RLIMIT_AS, 200000 << 10),)),
    Run("policy", sanitized=False),
    Run("heaps", stress=1),
    Run("misuse", stress=1),
    Run("threads", stress=20),
    Run("many_threads", stress=1000, sanitized=False),
    Run("signals", stress=100, sanitized=False),
    Run("fork", stress=20, sanitized=False),
    Run("libraries", ("LIBRARY",), stress=1),
    Run("deep_stack", sanitized=False),
    Run("deep_stack", ("unlimited",), sanitized=False, limits=((resource.RLIMIT_STACK, UNLIMITED),)),
    Run("start", stress=1, sanitized=False),
)


class Variant(NamedTuple):
    """How the programs are built, and against what."""

    name: str
    compiler: tuple[str, ...]
    shared: bool = False
    library: str = "native"  # a key of LIBRARIES
    sanitized: bool = False
    package: str = "gcc"  # Debian's, with the compiler
    runner: tuple[str, ...] = ()  # what runs the programs, if this machine does not


VARIANTS = (
    Variant("gcc O0", ("gcc", "-O0")),
    Variant("gcc O2", ("gcc", "-O2")),
    Variant("clang O2", ("clang", "-O2"), package="clang"),
    Variant("gcc O2 shared", ("gcc", "-O2"), shared=True),
    Variant("gcc O1 with AddressSanitizer", ("gcc", "-O1", *SANITIZER), sanitized=True),
    Variant("gcc O2 m32", ("gcc", "-O2", "-m32"), library="m32", package="gcc-multilib"),
)
STRESSED = VARIANTS[1]
# With what environment tools/build.py builds the library.
LIBRARIES: dict[str, dict[str, str]] = {"native": {}, "m32": {"CC": "gcc -m32"}}


def run(*command: object, fails: bool = False, limits: tuple[tuple[int, int], ...] = (), seconds: int = PATIENCE,
        **env: str) -> str:
    """What a command prints; it must succeed, or fail."""
    def prepare() -> None:
        for which, value in limits:
            resource.setrlimit(which, (value, resource.getrlimit(which)[1]))

    words = [str(word) for word in command]
    clean = {key: value for key, value in os.environ.items() if not key.startswith("GCHEAP_")}
    # Limits are set in the child; nothing else runs in this process.
    done = subprocess.run(words, cwd=ROOT, env=clean | env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", check=False, timeout=seconds,
                          preexec_fn=prepare if limits else None)  # noqa: PLW1509
    assert (done.returncode != 0) == fails, f"$ {' '.join(words)} {env}\n{done.stdout}(exit code {done.returncode})"
    return done.stdout


def library(name: str) -> Path:
    """The directory with the library; builds it once in a run of this program."""
    out = BUILD / name
    if name not in BUILT:
        try:
            run(sys.executable, "tools/build.py", "library", out, seconds=PATIENCE_TO_BUILD, **LIBRARIES[name])
        except AssertionError as why:
            if "no Rust here can compile" not in str(why):
                raise
            raise cases.Skip("Rust cannot compile for it: apt-get install cargo-web, rustc-web, rust-web-src") from why
        BUILT.add(name)
    return out


BUILT: set[str] = set()


def works_here(variant: Variant) -> None:
    """Skips the test if the compiler is missing, or makes no program that runs here."""
    for program in variant.compiler[0], *variant.runner[:1]:
        if not shutil.which(program):
            raise cases.Skip(f"{program} is missing: apt-get install {variant.package}")
    source, out = BUILD / "empty.c", BUILD / "empty"
    source.write_text("int main(void) { return 0; }\n")
    done = subprocess.run([*variant.compiler, "-o", out, source], capture_output=True, check=False)
    if done.returncode != 0 or subprocess.run([*variant.runner, out], capture_output=True, check=False).returncode != 0:
        raise cases.Skip(f"{' '.join(variant.compiler)} makes no program that runs here: apt-get install {variant.package}")


def build(variant: Variant, program: str) -> Path:
    """Builds a program, and makes sure that the library in it is ours."""
    works_here(variant)
    directory = library(variant.library)
    out = BUILD / variant.name.replace(" ", "-") / program
    out.parent.mkdir(parents=True, exist_ok=True)
    linked = [f"-L{directory}", f"-Wl,-rpath,{directory}", "-lgcheap"] if variant.shared else [directory / "libgcheap.a"]
    run(*variant.compiler, *FLAGS, "-o", out, PROGRAMS / f"{program}.c", *linked, "-lpthread", "-ldl")
    loaded = out
    if variant.shared:
        assert MARKER not in re.sub(b'"libgcheap[^"]*"', b"", out.read_bytes()) or program == "objects", "linked statically"
        found = re.search(r"libgcheap\.so\.0 => (\S+)", run("ldd", out))
        assert found, run("ldd", out)
        loaded = Path(found[1]).resolve()
        assert loaded.parent == directory, loaded
    assert MARKER + b"\0" in loaded.read_bytes(), f"{loaded} has no marker"
    return out


def with_library(variant: Variant, words: tuple[str, ...]) -> list[str]:
    """A program's arguments, with the path of the library that it loads."""
    if "LIBRARY" not in words:
        return list(words)
    out = BUILD / variant.name.replace(" ", "-") / "library_with_roots.so"
    compiler = [word for word in variant.compiler if word not in SANITIZER]
    run(*compiler, *FLAGS, "-shared", "-fPIC", "-o", out, PROGRAMS / "library_with_roots.c")
    return [str(out)]


def check(variant: Variant, what: Run, stress: int = 0) -> str | None:
    """Runs a program. Returns why not, if it cannot be run."""
    for which, value in what.limits:
        most = resource.getrlimit(which)[1]
        if most != UNLIMITED and (value == UNLIMITED or value > most):
            return "the system does not allow this limit"
    program = build(variant, what.program)
    env = SANITIZED if variant.sanitized else {}
    env |= {"GCHEAP_STRESS": str(stress)} if stress else {}
    output = run(*variant.runner, program, *with_library(variant, what.arguments), limits=what.limits, **env)
    assert re.search(r"^ok \w+$", output, re.M) and "FAILED" not in output, output
    return None


def closure(variant: Variant, what: Run, stress: int) -> Callable[[], str | None]:
    return lambda: check(variant, what, stress)


def tests_of_programs() -> dict[str, object]:
    tests: dict[str, object] = {}
    for variant in VARIANTS:
        for what in RUNS:
            if what.sanitized or not variant.sanitized:
                tests[f"test_{variant.name}: {what.name}"] = closure(variant, what, 0)
    for what in RUNS:
        if what.stress:
            name = f"test_{STRESSED.name}: {what.name}, a collection at every {what.stress} allocations"
            tests[name] = closure(STRESSED, what, what.stress)
    return tests


# ---- Both forms --------------------------------------------------------------------------------------------------------

# Functions that concern no heap, or no other than the default heap, or name one themselves.
OF_NO_HEAP = re.compile(r"gcheap_(version|start|new|delete|(un)?block(ing|ed)|allow_threads|.*register_thread|pthread_\w+)")


def test_every_function_of_a_heap_has_both_forms() -> None:
    found = header.read().functions
    names = {function.name for function in found}
    plain = {name for name in names if not name.endswith("_in") and not OF_NO_HEAP.fullmatch(name)}
    assert len(plain) > 20 and {f"{name}_in" for name in plain} == {name for name in names if name.endswith("_in")}, plain
    for function in found:
        if function.name.endswith("_in"):
            assert "(gcheap_t *heap" in function.declaration, function.declaration


# ---- Environment variables ---------------------------------------------------------------------------------------------

def environment(what: str, fails: bool = False, **env: str) -> str:
    return run(build(STRESSED, "environment"), what, fails=fails, **env)


def number_behind(word: str, text: str) -> int:
    found = re.search(rf"\b{word} (\d+)", text)
    assert found, text
    return int(found[1])


def test_trace_prints_a_line_for_each_collection() -> None:
    text = environment("churn", GCHEAP_TRACE="1")
    lines = re.findall(r"^libgcheap: collection (\d+)(, asked for)?: (\d+) bytes before, (\d+) after, heap of (\d+), "
                       r"stopped for \d+\.\d{3} ms$", text, re.M)
    assert [int(line[0]) for line in lines] == list(range(1, number_behind("collections", text) + 1)), text
    assert len(lines) > 10 and [bool(line[1]) for line in lines] == [False] * (len(lines) - 1) + [True], text
    assert all(int(before) >= int(after) and int(before) <= int(heap) for *_, before, after, heap in lines), text
    assert "libgcheap" not in environment("churn", GCHEAP_TRACE="0")


def test_stats_are_printed_at_the_end() -> None:
    text = environment("churn", GCHEAP_STATS="1")
    last = text[text.index("libgcheap: "):]
    assert re.fullmatch(r"libgcheap: \d+ bytes allocated, \d+ in use at the end, \d+ bytes of memory\n"
                        r"libgcheap: \d+ collections, threads stopped for \d+\.\d{3} ms in all, \d+\.\d{3} ms at most\n"
                        r"libgcheap: \d+ finalisers registered\n(collections .*\n)?", last), text
    assert number_behind("libgcheap:", last) >= 20_000_000, text
    assert "libgcheap" not in environment("churn", GCHEAP_STATS="0")


def test_max_is_the_limit() -> None:
    for text, most in ("3000000", 3_000_000), ("2048K", 2 << 20), ("5M", 5 << 20), ("0", 0):
        filled = number_behind("filled", environment("fill", GCHEAP_MAX=text))
        assert most * 0.6 - 1_000_000 <= filled <= most, (text, filled)
    assert number_behind("filled", environment("fill", GCHEAP_MAX="1G")) > 900_000_000


def test_stress_collects_at_every_nth_allocation() -> None:
    for every, collections in ("1", 100), ("7", 14), ("100", 1), ("101", 0):
        assert number_behind("collections", environment("list", GCHEAP_STRESS=every)) == collections, every


def test_what_cannot_be_followed_ends_the_program() -> None:
    for name, value, sentence in (
        ("TRACE", "yes", "neither 0 nor 1"), ("STATS", "", "neither 0 nor 1"), ("MAX", "1Q", "no number of bytes"),
        ("MAX", "99999999999999999999", "no number of bytes"), ("STRESS", "0", "no number of allocations"),
        ("STRESS", "-1", "no number of allocations"), ("SNAPSHOT", "file", "no such variable"),
        ("X", "1", "no such variable"),
    ):
        text = environment("nothing", fails=True, **{f"GCHEAP_{name}": value})
        assert text.startswith(f"libgcheap: the environment variable GCHEAP_{name}={value}: ") and sentence in text, text
        # A program that does not use the heap does not care.
        assert environment("not", **{f"GCHEAP_{name}": value}) == ""


def test_variables_of_the_build_are_none_of_the_programs() -> None:
    text = environment("nothing", GCHEAP_CONFIG="x", GCHEAP_OPT="s", GCHEAP_TARGET="y", GCHEAP_SHARED="z", GCHEAPX="1")
    assert text.startswith("collections 0 "), text


def main() -> None:
    BUILD.mkdir(parents=True, exist_ok=True)
    words = sys.argv[1:]
    tests = tests_of_programs() | {name: test for name, test in globals().items() if name.startswith("test_")}
    cases.run_all({name: test for name, test in tests.items()
                   if not words or any(word in name.replace("_", " ") for word in words)})


if __name__ == "__main__":
    main()
