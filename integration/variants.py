"""The builds of MicroPython's unix port that integration/suite.py compares, and what a machine needs for them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# MICROPY_FORCE_32BIT would be shorter, but newer trees no longer have it. A libffi for 32 bits is rarely installed.
M32 = "CFLAGS_EXTRA=-m32"
LINK32 = ["LDFLAGS_EXTRA=-m32", "MICROPY_PY_FFI=0"]

NARROW = ("standard-32", "nanbox", "longlong")  # builds for 32-bit machines


def recipe(mp: Path, build: str) -> tuple[str, list[str]]:
    """A build's variant and further make arguments."""
    variant = build.removesuffix("-32")
    if build not in NARROW:
        return variant, []
    if build == "longlong" and not (mp / "ports" / "unix" / "variants" / "longlong").is_dir():
        # A tree from before this variant: the closest is the standard one with integers of at most 64 bits.
        return "standard", [M32 + " -DMICROPY_LONGINT_IMPL=1", *LINK32]
    return variant, [M32, *LINK32]


def lacking(build: str) -> str | None:
    """Why this machine cannot make a build, or None. Names the packages that help, as integration/run.py wants it."""
    if build == "coverage" and not shutil.which("g++"):
        return "the coverage variant needs g++, which is not installed: apt-get install g++"
    return lacking_32() if build in NARROW else None


def lacking_32() -> str | None:
    """Why this machine cannot build for 32-bit x86, or None."""
    c, rust = compiles("-m32"), compiles_rust("i686-unknown-linux-gnu")
    if c and rust:
        return None
    what = [*([] if c else ["gcc -m32 does not work"]), *([] if rust else ["no Rust has a core library for i686"])]
    packages = [*([] if c else ["gcc-multilib"]), *([] if rust else ["cargo-web", "rustc-web", "rust-web-src"])]
    return f"{' and '.join(what)} here: apt-get install {' '.join(packages)}"


def compiles_rust(target: str) -> bool:
    """Whether some Rust here can compile for a target. The command itself does nothing."""
    command = [str(ROOT / "tools" / "build.py"), "cargo", target, "build", "--help"]
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def compiles(flag: str) -> bool:
    source = "#include <stdio.h>\nint main(void) { return 0; }\n"
    command = ["gcc", flag, "-xc", "-o/dev/null", "-"]
    return subprocess.run(command, input=source, text=True, stderr=subprocess.DEVNULL).returncode == 0
