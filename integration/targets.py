#!/usr/bin/env python3
"""Checks which Rust target `tools/build.py target` names for a C compiler, and its message where there is none.

    integration/targets.py

clang can compile for all of these machines; the cases of a compiler that is not installed are skipped.
"""

import os
import shutil
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

import micropython
from micropython import ROOT, say

THUMB = "-mthumb -mcpu=cortex-"
HARD = "-mfloat-abi=hard -mfpu="
# flags, target; for arm-none-eabi-gcc and clang
ARM = [
    (THUMB + "m0", "thumbv6m-none-eabi"),
    (THUMB + "m0plus", "thumbv6m-none-eabi"),
    (THUMB + "m3 -mfloat-abi=soft", "thumbv7m-none-eabi"),
    ("-mthumb -march=armv7-m", "thumbv7m-none-eabi"),
    (THUMB + "m4", "thumbv7em-none-eabi"),
    (THUMB + "m4 -mfloat-abi=softfp -mfpu=fpv4-sp-d16 -mabi=aapcs", "thumbv7em-none-eabi"),
    (THUMB + "m4 " + HARD + "fpv4-sp-d16", "thumbv7em-none-eabihf"),
    (THUMB + "m7 " + HARD + "fpv5-d16", "thumbv7em-none-eabihf"),
    (THUMB + "m23", "thumbv8m.base-none-eabi"),
    (THUMB + "m33", "thumbv8m.main-none-eabi"),
    (THUMB + "m33 " + HARD + "fpv5-sp-d16", "thumbv8m.main-none-eabihf"),
    ("-mthumb -march=armv8-m.main+dsp -mfloat-abi=soft", "thumbv8m.main-none-eabi"),
    (THUMB + "m55", "thumbv8m.main-none-eabi"),
    ("-mcpu=cortex-a7 " + HARD + "vfpv4", "armv7a-none-eabihf"),
    ("-mcpu=cortex-a9 -mno-unaligned-access", "armv7a-none-eabi"),
    ("-mthumb -mcpu=cortex-a9", "armv7a-none-eabi"),
    ("-mcpu=cortex-r5", "armv7r-none-eabi"),
    ("-mcpu=arm926ej-s", "armv5te-none-eabi"),
    ("-mcpu=arm7tdmi", "armv4t-none-eabi"),
    ("-mthumb -mcpu=arm7tdmi", "thumbv4t-none-eabi"),
]
RISCV = [
    ("-march=rv32imac -mabi=ilp32", "riscv32imac-unknown-none-elf"),
    ("-march=rv32imac_zicsr -mabi=ilp32", "riscv32imac-unknown-none-elf"),
    ("-march=rv32imc -mabi=ilp32", "riscv32imc-unknown-none-elf"),
    ("-march=rv32im -mabi=ilp32", "riscv32im-unknown-none-elf"),
    ("-march=rv32i -mabi=ilp32", "riscv32i-unknown-none-elf"),
    ("-march=rv32imafc -mabi=ilp32f", "riscv32imafc-unknown-none-elf"),
    ("-march=rv32imafc -mabi=ilp32", "riscv32imac-unknown-none-elf"),
    ("-march=rv64gc -mabi=lp64d", "riscv64gc-unknown-none-elf"),
    ("-march=rv64imac -mabi=lp64", "riscv64imac-unknown-none-elf"),
]
# words, target
OTHERS = [
    ("gcc", "x86_64-unknown-linux-gnu"),
    ("gcc -m32", "i686-unknown-linux-gnu"),
    ("gcc -m32 -march=i586", "i586-unknown-linux-gnu"),
    ("clang", "x86_64-unknown-linux-gnu"),
    ("clang -m32", "i686-unknown-linux-gnu"),
    ("clang --target=x86_64-linux-musl", "x86_64-unknown-linux-musl"),
    ("clang --target=aarch64-linux-gnu", "aarch64-unknown-linux-gnu"),
    ("clang --target=aarch64-none-elf", "aarch64-unknown-none"),
    ("clang --target=aarch64-none-elf -mgeneral-regs-only", "aarch64-unknown-none-softfloat"),
    ("clang --target=arm-linux-gnueabihf", "armv7-unknown-linux-gnueabihf"),
    ("clang --target=arm-linux-gnueabi -march=armv7-a", "armv7-unknown-linux-gnueabi"),
    ("clang --target=armv6-linux-gnueabihf", "arm-unknown-linux-gnueabihf"),
    ("clang --target=arm-linux-gnueabi -march=armv5te", "armv5te-unknown-linux-gnueabi"),
    ("clang --target=riscv64-linux-gnu", "riscv64gc-unknown-linux-gnu"),
]
CASES = [("arm-none-eabi-gcc " + flags, target) for flags, target in ARM]
CASES += [("clang --target=arm-none-eabi " + flags, target) for flags, target in ARM]
CASES += [("riscv64-unknown-elf-gcc " + flags, target) for flags, target in RISCV]
CASES += [(f"clang --target=riscv{flags[9:11]}-none-elf {flags}", target) for flags, target in RISCV
          if "zicsr" not in flags]  # which older clangs don't know by name
CASES += OTHERS
# Debian's package of each compiler.
PACKAGES = {"clang": "clang", "gcc": "gcc", "arm-none-eabi-gcc": "gcc-arm-none-eabi",
            "riscv64-unknown-elf-gcc": "gcc-riscv64-unknown-elf"}
# words, text that the message must contain
REFUSED = [
    ("clang --target=armeb-none-eabi -mcpu=cortex-a9", "little-endian"),
    ("clang --target=arm-none-eabi -mcpu=cortex-a9 -mbig-endian", "It is -mbig-endian that has none"),
    ("clang --target=riscv32-none-elf -march=rv32imafdc -mabi=ilp32d", "-march=rv32imafdc"),
    ("clang --target=s390x-linux-gnu", "s390x"),
    ("clang --target=arm64-apple-darwin", "Apple"),
    ("clang --target=arm-none-eabi -mcpu=no-such-cpu", "no-such-cpu"),
    ("no-such-compiler -mcpu=cortex-m4", "no-such-compiler"),
    ("xtensa-lx106-elf-gcc -mlongcalls", "Xtensa"),
]
# Debian has no compiler for Xtensa with these macros: a stand-in answers as Espressif's does.
XTENSA = """#!/bin/sh
case $* in *-dumpmachine*) echo xtensa-lx106-elf ;; *) echo '#define __XTENSA__ 1' ;; esac
"""


def ask(words, path):
    done = subprocess.run([ROOT / "tools" / "build.py", "target", *words.split()],
                          env=dict(os.environ, PATH=path, LC_ALL="C"), capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.strip(), done.stderr


def compiler(words):
    return words.split()[0]


def main():
    counts = Counter()

    def judge(words, good, said):
        counts["passed" if good else "failed"] += 1
        if not good:
            say(f"FAILED   {words}: {said}")

    with tempfile.TemporaryDirectory() as directory:
        stand_in = Path(directory, "xtensa-lx106-elf-gcc")
        stand_in.write_text(XTENSA)
        stand_in.chmod(0o755)
        path = os.pathsep.join([directory, os.environ["PATH"]])
        absent = Counter(name for words, _ in CASES + REFUSED
                         if (name := compiler(words)) in PACKAGES and not shutil.which(name))
        counts["skipped"] += absent.total()
        for words, target in CASES:
            if compiler(words) in absent:
                continue
            code, out, err = ask(words, path)
            judge(words, code == 0 and out == target, f"{out or err} instead of {target}")
        for words, part in REFUSED:
            if compiler(words) in absent:
                continue
            code, out, err = ask(words, path)
            whole = part in err and "Traceback" not in err and ("GCHEAP_TARGET" in err or "cannot ask" in err)
            judge(words, code == 1 and not out and whole, f"{out}{err} lacks {part!r}")
    for name, n in sorted(absent.items()):
        say(f"skipped: {n} cases of {name}, which is not installed: apt-get install {PACKAGES[name]}")
    micropython.summary(counts)


if __name__ == "__main__":
    main()
