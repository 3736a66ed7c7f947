"""libgcheap.a for one configuration.

The archive holds one object, gc.o, that exports the public symbols and nothing else; that is checked before the archive
appears. No crate and no registry is needed.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from . import cargo, config, interface, package, symbols
from . import target as targets
from .process import ROOT, Failure, output, run, tool

# What C compilers leave out on bare metal. Unwind tables cost memory and nothing reads them, linker scripts have no
# place for them, and linkers complain if one object of many speaks of the stack.
UNWANTED_ON_BARE_METAL = [
    ".ARM.exidx*", ".ARM.extab*", ".rel.ARM.ex*", ".eh_frame", ".rel*.eh_frame", ".note.GNU-stack",
]


def build(configuration: Path, out: Path, compiler: list[str] | None = None, below: Path | None = None) -> None:
    """Builds the archive, for the machine of a compiler (CC's), with Rust's files in a directory (CARGO_TARGET_DIR)."""
    configuration, out = configuration.absolute(), out.absolute()
    content = config.text_of(configuration)
    compiler = compiler or targets.c_compiler()
    target = targets.chosen(compiler)
    opt = os.environ.get("GCHEAP_OPT") or default_opt(target)
    # A directory for each configuration: builds of different ones neither undo each other's work nor race.
    key = hashlib.sha256(f"{content}\0{target}\0{opt}".encode()).hexdigest()[:16]
    below = below or cargo.target_directory()
    work = below / f"archive-{key}"
    (work / "package").mkdir(parents=True, exist_ok=True)
    rust = cargo.find(target, below)
    library = compile_library(rust, work, configuration if content else None, target, opt)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{out.name}.", dir=out.parent) as name:
        scratch = Path(name)
        object_ = link(library, target, compiler, config.read(configuration), scratch)
        symbols.check(object_, config.read(configuration), tool("NM", "nm"))
        new = scratch / "new.a"
        run([tool("AR", "ar"), "rcs", new, object_])
        os.replace(new, out)


def default_opt(target: str) -> str:
    """The level of optimisation: for size on bare metal. RISC-V's code is large, and z shares what functions begin with."""
    if "-none" not in target:
        return "3"
    return "z" if target.startswith("riscv") else "s"


def compile_library(rust: cargo.Cargo, work: Path, configuration: Path | None, target: str, opt: str) -> Path:
    """The static library that Cargo makes of the heap and of Rust's core library."""
    package.write(work / "package", rust)
    shared = os.environ.get("GCHEAP_SHARED")
    build_directory = Path(shared).absolute() if shared else work
    level = opt if opt.isdigit() else f'"{opt}"'
    env = {key: value for key, value in rust.env.items() if key != "GCHEAP_CONFIG"}
    if configuration:
        env["GCHEAP_CONFIG"] = str(configuration)
    command = rust.command("rustc", "--quiet", "--release", "--lib", "--features", "archive",
                           "--crate-type", "staticlib", "--target-dir", str(build_directory),
                           "--config", f"profile.release.opt-level={level}")
    with only_one(build_directory) if shared else contextlib.nullcontext():
        try:
            run(command, env, work / "package")
        except Failure as why:
            raise Failure(f"Cargo could not build the library for {target}; the reason is above") from why
        return Path(shutil.copy(build_directory / target / "release" / "libgcheap.a", work / "libgcheap.a"))


@contextlib.contextmanager
def only_one(directory: Path) -> Iterator[None]:
    """Waits until nobody else builds in a directory."""
    directory.mkdir(parents=True, exist_ok=True)
    with open(directory / "lock", "w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def link(library: Path, target: str, compiler: list[str], settings: config.Config, scratch: Path) -> Path:
    """The heap as one object: what no public function reaches is dropped, all but the public names become local."""
    ar, objcopy = tool("AR", "ar"), tool("OBJCOPY", "objcopy")
    rust, whole = scratch / "rust.o", scratch / "gc.o"
    # Only the heap's own object: the others stand in for functions that the interpreter has from its compiler.
    members = [name for name in output([ar, "t", library]).decode().split() if name.startswith("gcheap-")]
    if len(members) != 1:
        raise Failure(f"{library} should hold one object of the heap's: {' '.join(members)}")
    rust.write_bytes(output([ar, "p", library, members[0]]))
    inputs = [rust]
    if "-none" in target:
        run([objcopy, *(word for section in UNWANTED_ON_BARE_METAL for word in ("-R", section)), rust])
    if target.startswith(("arm", "thumb")):
        # One at a time: objcopy gives a name to one symbol only.
        for name, align in [(name, align) for name in ("memcpy", "memmove") for align in ("", "4", "8")]:
            run([objcopy, f"--redefine-sym=__aeabi_{name}{align}={name}", rust])
        aeabi = scratch / "aeabi.o"
        source = ROOT / "src" / "c_abi" / "aeabi.c"
        run([*compiler, "-Os", "-ffunction-sections", "-fno-lto", "-c", "-o", aeabi, source])
        inputs.append(aeabi)
    roots = [f"-Wl,-u,{name}" for name in sorted(interface.exports(settings))]
    run([*compiler, "-nostdlib", "-r", "-Wl,--gc-sections", "-Wl,--build-id=none", *roots, "-o", whole, *inputs])
    run([objcopy, "--wildcard", "--keep-global-symbol=gc_*", "--keep-global-symbol=gcheap_*", whole])
    return whole
