"""Builds MicroPython's qemu port, a microcontroller's firmware, on either heap: build/size/TARGET-HEAP/firmware.elf."""

import os
import shutil
import subprocess
from dataclasses import dataclass

from build import MARKER, ROOT, BuildError

OUT = ROOT / "build" / "size"
PORT = ROOT / "micropython-port"
GC, GCHEAP = "gc.c", "libgcheap"

# Options that ports for small machines set; the default for gc.c is -O3, for speed. Frozen Python code is left out,
# since it needs micropython-lib.
COMMON = ("CSUPEROPT=-Os", "FROZEN_MANIFEST=")


@dataclass
class Target:
    name: str
    board: str
    prefix: str
    package: str  # Debian's, for the compiler
    rust: str  # Rust's name of it
    options: tuple = ()


ARM = ("arm-none-eabi-", "gcc-arm-none-eabi libnewlib-arm-none-eabi")
RISCV = ("riscv64-unknown-elf-", "gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf")
TARGETS = [
    Target("thumbv6m", "MICROBIT", *ARM, "thumbv6m-none-eabi"),
    Target("thumbv7m", "MPS2_AN385", *ARM, "thumbv7m-none-eabi"),
    # The port has no board with a Cortex-M4: this is the board with a Cortex-M3, compiled for the other.
    Target("thumbv7em", "MPS2_AN385", *ARM, "thumbv7em-none-eabi", ("CFLAGS_EXTRA=-mcpu=cortex-m4",)),
    # The port asks for rv32imac_zicsr, for which Debian's compiler has no libraries. In the older specification the
    # instructions of zicsr are part of the base set.
    Target("riscv32imac", "VIRT_RV32", *RISCV, "riscv32imac-unknown-none-elf",
           ("RV32_ARCH=rv32imac", "AFLAGS=-mabi=ilp32 -march=rv32imac -misa-spec=2.2")),
]


def missing_packages(targets):
    return sorted({package for target in targets if shutil.which(f"{target.prefix}gcc") is None
                   for package in target.package.split()})


def build(tree, target, heap, *options, name=None):
    """The ELF file."""
    directory = OUT / (name or f"{target.name}-{heap}")
    # Make would take what was built from another tree for up to date.
    note = directory / "tree"
    if directory.exists() and not (note.exists() and note.read_text() == str(tree)):
        shutil.rmtree(directory)
    directory.mkdir(parents=True, exist_ok=True)
    note.write_text(str(tree))
    modules = [f"USER_C_MODULES={PORT}", "GCHEAP_MODULE=0"] if heap == GCHEAP else []
    command = ["make", "-C", tree / "ports" / "qemu", f"-j{os.cpu_count()}", f"BOARD={target.board}",
               f"BUILD={directory}", *COMMON, *target.options, *modules, *options]
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    environment |= {"PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C", "GIT_CEILING_DIRECTORIES": str(tree.parent)}
    done = subprocess.run([str(word) for word in command], env=environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    (directory / "log").write_text(done.stdout)
    if done.returncode:
        raise BuildError(f"{directory}:\n" + "\n".join(done.stdout.splitlines()[-20:]))
    elf = directory / "firmware.elf"
    if (MARKER in elf.read_bytes()) != (heap == GCHEAP):
        raise BuildError(f"{elf}: {MARKER.decode()!r} is in the wrong firmware")
    return elf
