#!/usr/bin/env python3
"""The standalone library on other machines and with another C library: ARM and AArch64 under qemu-user, and musl.

    integration/cross.py [--all] [WORD ...]     a few programs of c_tests/standalone under qemu-user, or all and musl; only
                                                the tests whose names contain one of the words

(i386 needs no emulator: integration/standalone.py runs all programs for it.)
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import cases
import standalone
from standalone import Run, Variant

# What runs without --all: the heap, its roots, what is registered, threads that are stopped by signals, and processes that
# fork.
FEW = ("no_scan", "roots", "finalisers", "weak", "threads", "fork")
# Rust's core library has to be compiled for each of them, which takes several times as long with all optimisation.
QUICKLY = {"GCHEAP_OPT": "1"}


def emulated(name: str, triple: str, machine: str, *options: str) -> Variant:
    tools = {tool: f"{triple}-{tool.lower()}" for tool in ("AR", "NM", "OBJCOPY")}
    # Not gcc: Debian's package for another processor cannot be installed beside the one for 32 bits.
    clang = ("clang", f"--target={triple}")
    standalone.LIBRARIES[name] = {"CC": " ".join(clang), **tools, **QUICKLY}
    debian = {"arm": "armhf", "aarch64": "arm64"}[machine]
    package = f"clang, binutils-{triple}, libc6-dev-{debian}-cross, libgcc-12-dev-{debian}-cross, qemu-user"
    return Variant(name, (*clang, "-O2"), library=name, package=package,
                   runner=(f"qemu-{machine}", *options, "-L", f"/usr/{triple}"))


def musl() -> Variant:
    # musl-gcc is the system's gcc with other headers, and says that it is that: so the target is named.
    standalone.LIBRARIES["musl"] = {"CC": "musl-gcc", "GCHEAP_TARGET": "x86_64-unknown-linux-musl", **QUICKLY}
    return Variant("musl", ("musl-gcc", "-O2"), library="musl", package="musl-tools")


VARIANTS = (
    emulated("arm", "arm-linux-gnueabihf", "arm"),
    # The emulator keeps a record of every page that is reserved: with 64 GiB for each heap that takes seconds.
    emulated("aarch64", "aarch64-linux-gnu", "aarch64", "-R", "0x100000000"),
    musl(),
)


def why_not(variant: Variant, what: Run) -> str | None:
    """Why a program cannot run there."""
    if variant.runner and what.limits:
        return "the limit would be the emulator's"
    if variant.runner and what.name == "policy":
        return "it measures the memory of the process, which is mostly the emulator's"
    if variant.name == "aarch64" and what.name == "heaps":
        return "it makes 3000 heaps, and the emulator a record of every page that each of them reserves"
    if variant.name == "musl" and what.program == "libraries":
        return "musl never unloads a library, so its static data stay roots"
    return None


def build_library(variant: Variant) -> None:
    """Builds a variant's library; if that cannot be, the variant's tests say why."""
    if shutil.which(variant.compiler[0]):
        with contextlib.suppress(AssertionError, cases.Skip, subprocess.TimeoutExpired):
            standalone.library(variant.library)


def closure(variant: Variant, what: Run) -> Callable[[], str | None]:
    return lambda: why_not(variant, what) or standalone.check(variant, what)


def main() -> None:
    standalone.BUILD.mkdir(parents=True, exist_ok=True)
    words = sys.argv[1:]
    everything = "--all" in words
    runs = standalone.RUNS if everything else [what for what in standalone.RUNS if what.name in FEW]
    words = [word for word in words if word != "--all"]
    tests = {(variant, what): f"test_{variant.name}: {what.name}" for variant in VARIANTS for what in runs
             if everything or variant.runner}
    wanted = {test: name for test, name in tests.items()
              if not words or any(word in name.replace("_", " ") for word in words)}
    # Side by side: each takes a while, most of it with one processor.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(build_library, {variant for variant, _ in wanted}))
    cases.run_all({name: closure(*test) for test, name in wanted.items()})


if __name__ == "__main__":
    main()
