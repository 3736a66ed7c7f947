"""The standalone library: libgcheap.a and libgcheap.so, with which a C program needs nothing else.

Unlike the archive for hosts it needs two crates from the registry, libc and cc (Cargo.lock has their versions).
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from pathlib import Path

from . import cargo, symbols
from . import target as targets
from .process import ROOT, Failure, output, run, tool

CRATE = ROOT / "crates" / "standalone"
GC_NAMES = CRATE / "native" / "gc_names.c"
# Changes when a program that was linked with an older library would not work with a newer one.
ABI = 0


def exports() -> set[str]:
    """The library's public names, but for those of gc_names.c."""
    names = set()
    for file in (CRATE / "src" / "c_abi").glob("*.rs"):
        names |= set(re.findall(r"(?:extern \"C\" fn|static) (gcheap_\w+)", file.read_text()))
    return names


def gc_names() -> set[str]:
    return set(re.findall(r"^\S.*?\b(gc_\w+)\(", GC_NAMES.read_text(), re.M))


def sources() -> list[Path]:
    """Every file that the library is made from, but for the heap's own (package.sources)."""
    files = [CRATE / "Cargo.toml", CRATE / "build.rs", CRATE / "heap.env", ROOT / "Cargo.lock", ROOT / "include/gcheap.h"]
    files += (file for place in ("src", "native") for file in (CRATE / place).rglob("*") if file.suffix in (".rs", ".c"))
    return sorted(files)


def version() -> str:
    found = re.search(r'^version = "([^"]+)"', (ROOT / "Cargo.toml").read_text(), re.M)
    if not found:
        raise Failure(f"{ROOT / 'Cargo.toml'} has no version")
    return found[1]


def build(out: Path, compiler: list[str] | None = None) -> None:
    """Builds both libraries in a directory, for the machine of a compiler (CC's)."""
    out = out.absolute()
    compiler = compiler or targets.c_compiler()
    target = targets.chosen(compiler)
    opt = os.environ.get("GCHEAP_OPT") or "3"
    below = cargo.target_directory()
    work = below / f"library-{hashlib.sha256(f'{target} {opt}'.encode()).hexdigest()[:16]}"
    rust = cargo.find(target, below)
    env = {key: value for key, value in rust.env.items() if key != "GCHEAP_CONFIG"}
    env[f"CC_{target.replace('-', '_')}"] = " ".join(compiler)
    level = opt if opt.isdigit() else f'"{opt}"'
    run(rust.command("rustc", "--quiet", "--release", "--package", "gcheap-standalone", "--lib", "--features", "archive",
                     "--crate-type", "staticlib", "--target-dir", str(work),
                     "--config", f"profile.release.opt-level={level}",
                     "--config", "profile.release.codegen-units=1", "--config", 'profile.release.lto="fat"'), env, ROOT)
    library = work / target / "release" / "libgcheap_standalone.a"
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="library.", dir=out) as name:
        link(library, compiler, Path(name))
        for file in Path(name).glob("libgcheap.*"):
            os.replace(file, out / file.name)
    for name in f"libgcheap.so.{ABI}", "libgcheap.so":
        (out / name).unlink(missing_ok=True)
        (out / name).symlink_to(f"libgcheap.so.{version()}")


def link(library: Path, compiler: list[str], scratch: Path) -> None:
    """One object of the heap, one of the names of gc.h; then both in an archive and in a shared library."""
    whole, names = scratch / "gcheap.o", scratch / "gc_names.o"
    public = exports()
    roots = [f"-Wl,-u,{symbol}" for symbol in sorted(public)]
    # Groups of sections, of which a link keeps one (i386's __x86.get_pc_thunk), become sections: the names in them get
    # local, and nobody else's group can replace ours then.
    run([*compiler, "-nostdlib", "-r", "-Wl,--gc-sections", "-Wl,--build-id=none", "-Wl,--force-group-allocation", *roots,
         "-o", whole, library])
    keep = scratch / "public"
    keep.write_text("".join(f"{symbol}\n" for symbol in sorted(public)))
    run([tool("OBJCOPY", "objcopy"), f"--keep-global-symbols={keep}", whole])
    found = symbols.read(whole, tool("NM", "nm"))
    symbols.complain("does not export", public - found.exported)
    symbols.complain("exports what is not public", found.exported - public)
    symbols.complain("needs what belongs to the library", {name for name in found.imported if "gcheap" in name})
    run([*compiler, "-O2", "-fPIC", f"-I{ROOT / 'include'}", "-c", "-o", names, GC_NAMES])
    run([tool("AR", "ar"), "rcs", scratch / "libgcheap.a", whole, names])
    script = scratch / "versions"
    script.write_text("GCHEAP_%d { global: %s local: *; };\n" %
                      (ABI, "".join(f"{symbol}; " for symbol in sorted(public | gc_names()))))
    # Signal handlers and thread keys refer to the library: it must not be unloaded.
    run([*compiler, "-shared", f"-Wl,-soname,libgcheap.so.{ABI}", f"-Wl,--version-script={script}", "-Wl,-z,nodelete",
         "-Wl,-z,defs", "-Wl,--gc-sections", "-o", scratch / f"libgcheap.so.{version()}", whole, names, "-lpthread", "-ldl"])
