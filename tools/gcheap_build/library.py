"""The standalone library, libgcheap.a and libgcheap.so, with which a C program needs nothing else; and libgc.so.1, the same
heap with the interface of Boehm's collector.

Unlike the archive for hosts it needs two crates from the registry, libc and cc (Cargo.lock has their versions).
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import NamedTuple

from . import cargo, symbols
from . import target as targets
from .process import ROOT, Failure, run, tool, words_of

CRATE = ROOT / "crates" / "standalone"
GC_NAMES = CRATE / "native" / "gc_names.c"
GCCPP = ROOT / "crates" / "bdw" / "native" / "gccpp.cc"


class Library(NamedTuple):
    """A library that is made from one crate."""

    crate: str  # below crates/
    stem: str  # of the files' names
    abi: str
    pattern: str  # of the exported names
    sources: str  # where these are, below the crate
    more: tuple[Path, ...] = ()  # C files, each an object of its own; all of their functions are exported
    versioned: bool = False

    @property
    def directory(self) -> Path:
        return ROOT / "crates" / self.crate

    @property
    def shared(self) -> str:
        return f"lib{self.stem}.so.{self.abi}"

    def exports(self) -> set[str]:
        """The public names, but for those of the C files that are objects of their own."""
        names = set()
        for file in set((self.directory / "native").glob("*.c")) - set(self.more):
            found = re.findall(rf"^\S.*?\b({self.pattern})\(.*\) \{{$", file.read_text(), re.M)
            names |= {name for name in found if not name.startswith("gcheap_native_")}
        for file in (self.directory / "src" / self.sources).rglob("*.rs"):
            item = r'(?:pub )?(?:unsafe )?(?:extern "C" fn|static(?: mut)?)'
            names |= set(re.findall(rf"#\[unsafe\(no_mangle\)\]\s*{item} ({self.pattern})", file.read_text()))
        return names

    def names_in_c(self) -> set[str]:
        return {name for file in self.more for name in re.findall(r"^\S.*?\b(\w+)\(.*\{$", file.read_text(), re.M)}


STANDALONE = Library("standalone", "gcheap", "0", r"gcheap_\w+", "c_abi", (GC_NAMES,), versioned=True)
# Takes the place of Boehm's: the same name, and no versions, as there.
BDW = Library("bdw", "gc", "1", r"(?:GC|gcheap)_\w+", ".")


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


def build(which: Library, out: Path, compiler: list[str] | None = None) -> None:
    """Builds a static and a shared library in a directory, for the machine of a compiler (CC's)."""
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
    run(rust.command("rustc", "--quiet", "--release", "--package", f"gcheap-{which.crate}", "--lib",
                     "--features", "archive", "--crate-type", "staticlib", "--target-dir", str(work),
                     "--config", f"profile.release.opt-level={level}",
                     "--config", "profile.release.codegen-units=1", "--config", 'profile.release.lto="fat"'), env, ROOT)
    library = work / target / "release" / f"libgcheap_{which.crate}.a"
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="library.", dir=out) as name:
        link(which, library, compiler, Path(name))
        for file in Path(name).glob(f"lib{which.stem}.*"):
            os.replace(file, out / file.name)
    for name in which.shared, f"lib{which.stem}.so":
        (out / name).unlink(missing_ok=True)
        (out / name).symlink_to(f"lib{which.stem}.so.{version()}")


def build_for_cxx(out: Path) -> None:
    """Builds libgccpp beside libgc, if there is a compiler for C++ (CXX)."""
    compiler = [*words_of(tool("CXX", "g++")), *(word for word in targets.c_compiler()[1:] if word.startswith("-m"))]
    if not shutil.which(compiler[0]):
        print(f"libgccpp, for programs in C++, is not built: {compiler[0]} is missing")
        return
    with tempfile.TemporaryDirectory(prefix="libgccpp.", dir=out) as name:
        work = Path(name)
        run([*compiler, "-O2", "-fPIC", "-c", "-o", work / "gccpp.o", GCCPP])
        run([tool("AR", "ar"), "rcs", work / "libgccpp.a", work / "gccpp.o"])
        shared = f"libgccpp.so.{version()}"
        run([*compiler, "-shared", "-Wl,-soname,libgccpp.so.1", "-o", work / shared, work / "gccpp.o", f"-L{out}", "-lgc"])
        for file in "libgccpp.a", shared:
            os.replace(work / file, out / file)
    for file in "libgccpp.so.1", "libgccpp.so":
        (out / file).unlink(missing_ok=True)
        (out / file).symlink_to(shared)


def link(which: Library, library: Path, compiler: list[str], scratch: Path) -> None:
    """One object of the heap, and others of C files; then all in an archive and in a shared library."""
    whole = scratch / f"{which.stem}.o"
    public = which.exports()
    roots = [f"-Wl,-u,{symbol}" for symbol in sorted(public)]
    # Groups of sections, of which a link keeps one (i386's __x86.get_pc_thunk), become sections: the names in them get
    # local, and nobody else's group can replace ours then.
    run([*compiler, "-nostdlib", "-r", "-Wl,--gc-sections", "-Wl,--build-id=none", "-Wl,--force-group-allocation", *roots,
         "-o", whole, library])
    keep = scratch / "public"
    keep.write_text("".join(f"{symbol}\n" for symbol in sorted(public)))
    # Without the bitcode that a core library compiled here has: nm's plugin for another LLVM would see nothing else.
    run([tool("OBJCOPY", "objcopy"), "-R", ".llvmbc", "-R", ".llvmcmd", f"--keep-global-symbols={keep}", whole])
    found = symbols.read(whole, tool("NM", "nm"))
    symbols.complain("does not export", public - found.exported)
    symbols.complain("exports what is not public", found.exported - public)
    symbols.complain("needs what belongs to the library", {name for name in found.imported if "gcheap" in name})
    objects = [whole]
    for file in which.more:
        objects.append(scratch / f"{file.stem}.o")
        run([*compiler, "-O2", "-fPIC", f"-I{ROOT / 'include'}", "-c", "-o", objects[-1], file])
    run([tool("AR", "ar"), "rcs", scratch / f"lib{which.stem}.a", *objects])
    script = scratch / "versions"
    node = f"{which.stem.upper()}_{which.abi} " if which.versioned else ""
    symbols_of_all = "".join(f"{symbol}; " for symbol in sorted(public | which.names_in_c()))
    script.write_text(f"{node}{{ global: {symbols_of_all}local: *; }};\n")
    # Signal handlers and thread keys refer to the library: it must not be unloaded.
    run([*compiler, "-shared", f"-Wl,-soname,{which.shared}", f"-Wl,--version-script={script}", "-Wl,-z,nodelete",
         "-Wl,-z,defs", "-Wl,--gc-sections", "-o", scratch / f"lib{which.stem}.so.{version()}", *objects,
         "-lpthread", "-ldl"])
