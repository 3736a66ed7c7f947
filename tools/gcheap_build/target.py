"""The Rust target for a C compiler.

The compiler and its flags are those of the interpreter's build: "arm-none-eabi-gcc -mthumb -mcpu=cortex-m4
-mfloat-abi=hard". The compiler itself is asked, through the macros that it defines; so every spelling of a CPU, and
what is built in without a flag, counts as it does for the C code. The object files of both compilers must fit in one
image: the float ABI is matched exactly, the instruction set is the best one that the CPU has.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence

from .process import Failure, words_of

Macros = dict[str, str]

# Target, then macros that must be defined (A), defined as a value (A=1), any of them (A|B), or not (!A). First match.
LINUX = """
x86_64-unknown-linux-gnu        __x86_64__ __LP64__
i686-unknown-linux-gnu          __i386__ __i686__|__SSE2__
i586-unknown-linux-gnu          __i386__
aarch64-unknown-linux-gnu       __aarch64__ __LP64__
armv7-unknown-linux-gnueabihf   __arm__ __ARM_ARCH=7|__ARM_ARCH=8 __ARM_PCS_VFP
armv7-unknown-linux-gnueabi     __arm__ __ARM_ARCH=7|__ARM_ARCH=8
arm-unknown-linux-gnueabihf     __arm__ __ARM_ARCH=6 __ARM_PCS_VFP
arm-unknown-linux-gnueabi       __arm__ __ARM_ARCH=6
armv5te-unknown-linux-gnueabi   __arm__ __ARM_ARCH=5 !__ARM_PCS_VFP
riscv64gc-unknown-linux-gnu     __riscv_xlen=64 __riscv_float_abi_double __riscv_atomic __riscv_compressed
riscv32gc-unknown-linux-gnu     __riscv_xlen=32 __riscv_float_abi_double __riscv_atomic __riscv_compressed
"""
BARE = """
thumbv6m-none-eabi              __ARM_ARCH_6M__ !__ARM_PCS_VFP
thumbv7m-none-eabi              __ARM_ARCH_7M__ !__ARM_PCS_VFP
thumbv7em-none-eabihf           __ARM_ARCH_7EM__ __ARM_PCS_VFP
thumbv7em-none-eabi             __ARM_ARCH_7EM__
thumbv8m.base-none-eabi         __ARM_ARCH_8M_BASE__ !__ARM_PCS_VFP
thumbv8m.main-none-eabihf       __ARM_ARCH_8M_MAIN__|__ARM_ARCH_8_1M_MAIN__ __ARM_PCS_VFP
thumbv8m.main-none-eabi         __ARM_ARCH_8M_MAIN__|__ARM_ARCH_8_1M_MAIN__
armv7a-none-eabihf              __arm__ __ARM_ARCH_PROFILE=A __ARM_PCS_VFP
armv7a-none-eabi                __arm__ __ARM_ARCH_PROFILE=A
armv7r-none-eabihf              __ARM_ARCH_7R__|__ARM_ARCH_8R__ __ARM_PCS_VFP
armv7r-none-eabi                __ARM_ARCH_7R__|__ARM_ARCH_8R__
armv5te-none-eabi               __arm__ __ARM_ARCH=5|__ARM_ARCH=6 __ARM_FEATURE_DSP !__thumb__ !__ARM_PCS_VFP
armv4t-none-eabi                __arm__ __ARM_ARCH=4|__ARM_ARCH=5|__ARM_ARCH=6 !__thumb__ !__ARM_PCS_VFP
thumbv4t-none-eabi              __arm__ __ARM_ARCH=4|__ARM_ARCH=5|__ARM_ARCH=6 __thumb__ !__ARM_PCS_VFP
aarch64-unknown-none            __aarch64__ __LP64__ __ARM_NEON
aarch64-unknown-none-softfloat  __aarch64__ __LP64__
riscv32imac-unknown-none-elf    __riscv_xlen=32 __riscv_float_abi_soft __riscv_mul __riscv_atomic __riscv_compressed
riscv32imc-unknown-none-elf     __riscv_xlen=32 __riscv_float_abi_soft __riscv_mul __riscv_compressed
riscv32im-unknown-none-elf      __riscv_xlen=32 __riscv_float_abi_soft __riscv_mul
riscv32i-unknown-none-elf       __riscv_xlen=32 __riscv_float_abi_soft
riscv32imafc-unknown-none-elf   __riscv_xlen=32 __riscv_float_abi_single __riscv_mul __riscv_atomic __riscv_compressed
riscv64gc-unknown-none-elf      __riscv_xlen=64 __riscv_float_abi_double __riscv_atomic __riscv_compressed
riscv64imac-unknown-none-elf    __riscv_xlen=64 __riscv_float_abi_soft __riscv_atomic __riscv_compressed
"""
# Machines that no row may take, and why not.
NEVER = {
    "__XTENSA__": "Rust as it is released has no target for Xtensa; Espressif's own toolchain has "
    "(CARGO='cargo +esp' GCHEAP_TARGET=xtensa-esp32-none-elf or the like; not tried)",
    "__APPLE__": "the library is made by GNU tools, which make no object files for Apple's linker",
    "_WIN32": "the library is made of ELF object files, which Windows does not have",
    "__EMSCRIPTEN__": "a partial link of WebAssembly is not supported",
    "__BIG_ENDIAN__": "the heap's tables are read as little-endian words",
    "__riscv_32e": "the library is not built for CPUs with 16 registers",
}


def rows(table: str) -> list[tuple[str, list[str]]]:
    return [(line.split()[0], line.split()[1:]) for line in table.split("\n") if line]


def holds(condition: str, macros: Macros) -> bool:
    if condition.startswith("!"):
        return condition[1:] not in macros
    for alternative in condition.split("|"):
        name, _, value = alternative.partition("=")
        if name in macros and value in ("", macros[name]):
            return True
    return False


def find(macros: Macros, machine: str) -> tuple[str | None, str]:
    """The target for these macros; or None, and why."""
    for name, why in NEVER.items():
        if name in macros:
            return None, why
    for target, conditions in rows(LINUX if "__linux__" in macros else BARE):
        if all(holds(c, macros) for c in conditions):
            return (target.replace("-gnu", "-musl") if "musl" in machine else target), ""
    table = {part.lstrip("!").split("=")[0] for _, c in rows(LINUX + BARE) for one in c for part in one.split("|")}
    said = (f"{name}={macros[name]}" if macros[name] not in ("", "1") else name for name in sorted(table & set(macros)))
    return None, "what the compiler says of it: " + (" ".join(said) or "nothing that the table knows")


def ask(command: Sequence[str], *flags: str) -> str:
    """What the C compiler answers; OSError, with a sentence, if it does not."""
    done = subprocess.run([*command, *flags], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise OSError(f"'{' '.join(command)}' does not preprocess an empty file: {lines[0]}")
    return done.stdout


def predefined(command: Sequence[str]) -> Macros:
    text = ask(command, "-dM", "-E", "-xc", "-")
    macros = {match[1]: match[2] for match in re.finditer(r"#define (\w+) ?(.*)", text)}
    if macros.get("__BYTE_ORDER__") == "__ORDER_BIG_ENDIAN__":
        macros["__BIG_ENDIAN__"] = "1"
    # gcc writes the letter as a number, clang as 'M'.
    if profile := macros.get("__ARM_ARCH_PROFILE"):
        macros["__ARM_ARCH_PROFILE"] = chr(int(profile)) if profile.isdigit() else profile.strip("'")
    return macros


def culprit(command: Sequence[str], machine: str) -> str:
    """A sentence about the flag without which there is a target, or nothing."""
    for flag in (word for word in command[1:] if word.startswith("-m")):
        try:
            target, _ = find(predefined([word for word in command if word != flag]), machine)
        except OSError:
            continue
        if target:
            return f" It is {flag} that has none: without, it would be {target}."
    return ""


def of(command: Sequence[str]) -> str:
    """The target that a compiler and its flags compile for."""
    try:
        machine = ask(command, "-dumpmachine").strip()
        target, why = find(predefined(command), machine)
    except OSError as e:
        raise Failure(f"cannot ask the C compiler what it compiles for: {e}") from e
    if not target:
        known = " ".join(target for target, _ in rows(LINUX + BARE))
        raise Failure(
            f"no Rust target for the machine {machine} as in '{' '.join(command)}': {why}.{culprit(command, machine)}\n"
            f"Known are: {known}.\nIf Rust has one all the same, give its name: GCHEAP_TARGET=NAME"
        )
    return target


def machine_words(command: Sequence[str]) -> list[str]:
    """Of a compiler's words, those that choose the machine: the compiler (and a wrapper before it) and some flags."""
    return [word for word in command if not word.startswith("-") or word.startswith(("-m", "--target="))]


def c_compiler() -> list[str]:
    """CC, as far as it chooses the machine."""
    return machine_words(words_of(os.environ.get("CC") or "cc"))


def chosen(compiler: Sequence[str]) -> str:
    """The target: GCHEAP_TARGET if it is set."""
    return os.environ.get("GCHEAP_TARGET") or of(compiler)
