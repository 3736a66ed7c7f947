#!/usr/bin/env python3
"""Runs the programs in examples/ and the commands of README.md as a reader would:  integration/examples.py

What a program prints is compared with the text that the README, or the comment of the program, promises. The README's
quick commands are run as typed. For the other commands, and for the other documents, the test checks that the make
targets and the files that they name exist.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "examples"
README = (ROOT / "README.md").read_text()
C_PROGRAM, RUST_PROGRAM = ROOT / "examples" / "minimal_host.c", ROOT / "examples" / "heap_in_a_vec.rs"
FIRST = ROOT / "examples" / "first.c"
QUESTIONS, GUIDE = ROOT / "examples" / "questions.c", ROOT / "docs" / "GUIDE.md"
FIRST_PRINTS = "999 is the newest number; 300 MB allocated in less than 4\n"
DOCUMENTS = [path for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))
             if path.exists()]
# Commands that end soon and need no one at the keyboard. `make run` builds MicroPython, which takes a minute.
QUICK = ("make", "make host", "make run", "cc ", "build/")
Test = tuple[str, Callable[[], None]]


class Failure(Exception):
    """A test that failed, and why."""


class Skip(Exception):
    """A test that cannot be run here, and why."""


def require(condition: object, why: str) -> None:
    if not condition:
        raise Failure(why)


def run(command: list[str] | str) -> str:
    """Runs a command at the top of the repository, a string with the shell; returns its output."""
    done = subprocess.run(command, shell=isinstance(command, str), cwd=ROOT, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace", timeout=1800)
    require(done.returncode == 0, f"$ {command}\n{done.stdout}(exit code {done.returncode})")
    return done.stdout


def same(printed: str, promised: str) -> None:
    """Compares what a program printed with the text in its documentation, whatever the addresses are."""
    printed, promised = (re.sub(r"0x[0-9a-f]+", "0x…", text) for text in (printed, promised))
    require(printed == promised, f"it prints\n{printed}and should print\n{promised}")


def blocks(language: str) -> list[str]:
    """The README's code blocks in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.M | re.S)


def commands() -> list[str]:
    """The commands in the README's blocks of shell, without comments."""
    text = "".join(blocks("sh")).replace("\\\n", " ")
    return [line.split(" #")[0].strip() for line in text.splitlines()]


def make_targets() -> set[str]:
    files = [ROOT / "Makefile", *(ROOT / "micropython-port").glob("*.mk")]
    return {target for file in files for target in re.findall(r"^([\w-]+):", file.read_text(), re.M)}


def promised_by_the_readme() -> str:
    outputs = [text for text in blocks("text") if text.startswith("GC memory layout")]
    require(len(outputs) == 1, "the README has no output of the program")
    return outputs[0]


def c_program_is_in_the_readme(program: Path) -> None:
    text = program.read_text()
    require(len(text.splitlines()) <= 80, f"{program.name} is longer than 80 lines")
    shown = README.count(f"<!-- examples/{program.name} -->\n```c\n{text}```\n")
    require(shown == 1, f"the README does not show examples/{program.name} as it is")


def c_program(program: Path, compiler: str, *flags: str) -> str:
    """What a program for build/host/libgcheap.a prints."""
    if not shutil.which(compiler):
        raise Skip(f"{compiler} is missing: apt-get install {compiler}")
    out = BUILD / "-".join([program.stem, compiler, *flags])
    run([compiler, "-std=c11", "-Wall", "-Wextra", "-Werror", *flags, "-Iinclude", str(program),
         "build/host/libgcheap.a", "-o", str(out)])
    return run([str(out)])


def minimal_host(compiler: str, *flags: str) -> None:
    same(c_program(C_PROGRAM, compiler, *flags), promised_by_the_readme())


def questions(compiler: str, *flags: str) -> None:
    """The guide shows all that the program prints, in blocks of their own; other blocks are drawings."""
    printed = c_program(QUESTIONS, compiler, *flags)
    shown = re.findall(r"^```text\n(?! )(.*?)^```$", GUIDE.read_text(), re.M | re.S)
    same(printed, "\n".join(shown))


def rust_program() -> None:
    promised = re.search(r"^//! ```text\n(.*?)^//! ```$", RUST_PROGRAM.read_text(), re.M | re.S)
    require(promised, f"{RUST_PROGRAM.name} does not say what it prints")
    assert promised
    same(run(["cargo", "run", "--quiet", "--example", RUST_PROGRAM.stem]), promised[1].replace("//! ", ""))


def quick_command(command: str) -> None:
    output = run(command)
    if command == "build/first":
        same(output, FIRST_PRINTS)
    elif command.startswith("build/"):
        same(output, promised_by_the_readme())
    elif command == "make run":
        require("libgcheap 0.1.0" in output, f"it does not say that it ran on libgcheap:\n{output}")


def is_quick(command: str) -> bool:
    return command in QUICK or command.startswith(tuple(word for word in QUICK if not word.startswith("make")))


def named_targets_exist() -> None:
    """Every `make TARGET` that a document names, in a block or within a sentence, is a target."""
    targets = make_targets()
    for document in DOCUMENTS:
        text = document.read_text()
        named = set(re.findall(r"(?:`|^)make ([a-z][\w-]*)", text, re.M))
        require(named <= targets, f"{document.name} names the make targets {', '.join(sorted(named - targets))}")


def named_files_exist() -> None:
    """Links, and paths between backquotes that begin with a directory of this repository, lead somewhere."""
    missing = []
    for document in DOCUMENTS:
        text = document.read_text()
        links = [document.parent / link for link in re.findall(r"\]\(([^)#:]+)\)", text)]
        paths = [ROOT / path for path in re.findall(r"`((?:bench|c_tests|crates|demo|docs|examples|include|integration|"
                                                    r"micropython-port|scripts|src|tests|tools)/[\w./-]*)`", text)]
        missing += [f"{document.name}: {path}" for path in links + paths if not path.exists()]
    require(not missing, "documents name files that do not exist:\n" + "\n".join(missing))


def long_command_names_what_exists(command: str) -> None:
    for path in re.findall(r"/path/to/libgcheap/(\S+)", command):
        require((ROOT / path).exists(), f"{path} does not exist")


def tests() -> Iterator[Test]:
    for program in C_PROGRAM, FIRST:
        yield f"the README shows examples/{program.name}", partial(c_program_is_in_the_readme, program)
    yield "the documents' make targets exist", named_targets_exist
    yield "the documents' files exist", named_files_exist
    for command in commands():
        if is_quick(command):
            yield f"$ {command}", partial(quick_command, command)
        else:
            yield f"names what exists: {command}", partial(long_command_names_what_exists, command)
    for compiler in "gcc", "clang":
        for flags in ("-O0",), ("-O2",):
            yield f"examples/minimal_host.c: {compiler} {' '.join(flags)}", partial(minimal_host, compiler, *flags)
            yield f"examples/questions.c: {compiler} {' '.join(flags)}", partial(questions, compiler, *flags)
    yield "examples/heap_in_a_vec.rs", rust_program


def attempt(name: str, test: Callable[[], None]) -> str:
    try:
        test()
        result, text = "passed", f"ok {name}"
    except Skip as why:
        result, text = "skipped", f"skipped {name}: {why}"
    except (Failure, OSError, subprocess.TimeoutExpired) as why:
        result, text = "failed", f"FAILED {name}\n{why}"
    print(text, flush=True)
    return result


def main() -> None:
    BUILD.mkdir(parents=True, exist_ok=True)
    results = [attempt(*test) for test in tests()]
    counts = ", ".join(f"{results.count(result)} {result}" for result in ("passed", "failed", "skipped"))
    print(f"examples: {counts}")
    sys.exit("failed" in results)


if __name__ == "__main__":
    main()
