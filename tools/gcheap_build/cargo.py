"""Cargo for a target, with a Rust that can compile for it.

Rust can if it has the core library compiled for the target, or if it has core's source. Cargo then compiles that first:
it takes 20 seconds, but the source serves every target. (The switch for it is not stable yet; hence RUSTC_BOOTSTRAP.)
Tried in turn: CARGO and RUSTC, by default those in the path; then Debian's in /usr/bin.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import NamedTuple

from .process import ROOT, Failure, output, replace_if_different, tool, words_of

HELP = """no Rust here can compile for {target}. One of these helps:
    rustup target add {target}     (where Rust comes from rustup, and if it has this target)
    apt-get install cargo-web rustc-web rust-web-src     (Debian, any target; all three of one version)"""


class Cargo(NamedTuple):
    """A Cargo that can compile for a target."""

    program: list[str]
    flags: list[str]  # to put behind a command's own
    env: dict[str, str]

    def command(self, *words: str) -> list[str]:
        return [*self.program, *words, *self.flags]

    def output(self, *words: str) -> bytes:
        """What a command prints that compiles nothing."""
        return output([*self.program, *words], self.env)


def environment() -> dict[str, str]:
    """The environment without make's, behind which Cargo would look for make's job server."""
    return {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}


def target_directory() -> Path:
    """Where what Cargo builds goes."""
    return Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target").absolute()


def native() -> Cargo:
    """The Cargo that builds nothing for another machine."""
    return Cargo(words_of(tool("CARGO", "cargo")), [], environment())


def rustc_beside(cargo: str) -> str:
    """The compiler that belongs to a Cargo: in its directory, of its version, with its +toolchain."""
    before, found, after = cargo.rpartition("cargo")
    return before + "rustc" + after if found else "rustc"


def answer(command: list[str], env: dict[str, str]) -> str:
    """What a program prints, or nothing if it cannot be run."""
    try:
        done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, check=False, text=True)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def find(target: str, directory: Path) -> Cargo:
    """The first Cargo that can compile for the target; it may need a file in the directory for that."""
    cargo = tool("CARGO", "cargo")
    env = environment()
    candidates = [
        (cargo, tool("RUSTC", rustc_beside(cargo)), env),
        ("/usr/bin/cargo", "/usr/bin/rustc", {**env, "RUSTC": "/usr/bin/rustc"}),
    ]
    for name, compiler, env in candidates:
        program, rustc = words_of(name), words_of(compiler)
        libraries = answer([*rustc, "--print", "target-libdir", "--target", target], env)
        if libraries and any(Path(libraries).glob("libcore-*.rlib")):
            return Cargo(program, ["--target", target], env)
        sysroot = answer([*rustc, "--print", "sysroot"], env)
        if sysroot and Path(sysroot, "lib/rustlib/src/rust/library/core/Cargo.toml").exists():
            env = {**env, "RUSTC_BOOTSTRAP": "1"}
            libraries = os.environ.get("BUILD_STD") or "core"
            flags = name_target(target, program, rustc, env, directory)
            return Cargo(program, [*flags, f"-Zbuild-std={libraries}"], env)
    raise Failure(HELP.format(target=target))


def name_target(target: str, program: list[str], rustc: list[str], env: dict[str, str], directory: Path) -> list[str]:
    """Names a target whose core library is compiled anyway.

    The bare ones can then be had as C compilers have them: without frame pointers, which cost a register and 6 % of the
    code, with calls that the linker may shorten (riscv), and with addresses that are loaded instead of put together in
    two instructions (arm).
    """
    if "-none" not in target or "json-target-spec" not in answer([*program, "-Z", "help"], env):
        return ["--target", target]
    command = [*rustc, "-Zunstable-options", "--print", "target-spec-json", "--target", target]
    spec = json.loads(output(command, env))
    if spec.get("frame-pointer") == "always":
        spec["frame-pointer"] = "may-omit"
    for arch, feature in (("riscv", "+relax"), ("arm", "+no-movt")):
        if spec["arch"].startswith(arch):
            spec["features"] = ",".join(filter(None, (feature, spec.get("features"))))
    file = directory / "specs" / f"{target}.json"
    replace_if_different(file, json.dumps(spec, indent=2) + "\n")
    return ["--target", str(file), "-Zjson-target-spec"]
