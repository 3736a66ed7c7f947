#!/usr/bin/env python3
"""The installed library: make install and make uninstall, and programs outside the tree that are built with what is there.

    integration/install.py

Installs below build/install tests/ (DESTDIR, with a space). The programs of integration/outside/ are copied to a temporary
directory and built there as other projects would build them: with pkg-config and with CMake, in C and in C++, with the
shared and with the static library. Each says which library it was linked with.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Union

import cases
import variants

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
from gcheap_build import header, manual  # noqa: E402

HERE = ROOT / "build" / "install tests"
VERSION = re.findall(r'^version = "(.*)"', (ROOT / "Cargo.toml").read_text(), re.M)[0]
MARKER = f"libgcheap {VERSION}"
SHARED = f"libgcheap.so.{VERSION}"
# The names of py/gc.h on the default heap, and the marker, which is no function.
MORE_EXPORTS = {"gc_alloc", "gc_free", "gc_realloc", "gc_nbytes", "gc_collect", "gcheap_marker"}
LIBC = re.compile(r"lib(c|pthread|dl)\.so\.\d+|ld-linux.*")  # before glibc 2.34 it was in several files
FLAGS = {"C": ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror"],
         "CXX": ["-std=c++17", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]}
SOURCE = {"C": "program.c", "CXX": "program.cc"}
# No settings of the caller's make, or of his shell, go to the one under test.
ENV = {key: value for key, value in os.environ.items()
       if key not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "LD_LIBRARY_PATH", "CC", "SOURCE_DATE_EPOCH", "DESTDIR", "PREFIX")
       and not key.startswith(("PKG_CONFIG", "CMAKE_", "GCHEAP_"))} | {"LC_ALL": "C"}
Word = Union[str, Path]


def run(*command: Word, cwd: Path = ROOT, fails: bool = False, env: Mapping[str, str] | None = None, umask: int = -1) -> str:
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=cwd, env={**ENV, **(env or {})}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", timeout=1800, check=False, umask=umask)
    assert (done.returncode != 0) == fails, f"$ {shlex.join(words)}\n{done.stdout}(exit code {done.returncode})"
    return done.stdout


def need(program: str, package: str) -> None:
    if not shutil.which(program):
        raise cases.Skip(f"{program} is missing: apt-get install {package}")


def make(what: str, destdir: Path, *settings: str, umask: int = -1) -> str:
    return run("make", "-s", what, f"DESTDIR={destdir}", *settings, umask=umask)


def fresh(name: str) -> Path:
    """A directory for an installation, which is not there yet."""
    shutil.rmtree(HERE / name, ignore_errors=True)
    return HERE / name


def tree(directory: Path) -> dict[str, str]:
    """What is in a directory: a path, and what sort of thing is there."""
    found = {}
    for path in sorted(directory.rglob("*")):
        kind = f"link to {os.readlink(path)}" if path.is_symlink() else f"{path.stat().st_mode:o}"
        found[str(path.relative_to(directory))] = kind
    return found


def functions() -> set[str]:
    """The functions that the header declares for programs on Linux, as a C compiler sees it."""
    text = run("gcc", "-E", "-P", "-xc", ROOT / "include" / "gcheap.h")
    return {name for name in re.findall(r"\b(gcheap_\w+)\s*\(", text) if not name.startswith("gcheap_host_")}


def check_program(program: Path, library: Path, env: Mapping[str, str] | None = None) -> None:
    """Runs a program; it says that the version is ours, and from which file the library comes."""
    version, loaded, *rest = run(program, cwd=program.parent, env=env).splitlines()
    assert version == MARKER and rest == ["ok"], (version, rest)
    assert Path(loaded) == library.resolve(), f"{program.name} uses {loaded}, not {library}"
    assert MARKER.encode() in library.read_bytes(), library


def check_linked_shared(program: Path) -> None:
    dynamic = run("readelf", "-dW", program)
    assert "Shared library: [libgcheap.so.0]" in dynamic, dynamic
    versions = run("readelf", "-VW", program)
    assert re.search(r"File: libgcheap\.so\.0 .*\n.*Name: GCHEAP_0 ", versions), f"no GCHEAP_0 is recorded: {versions}"


class Tests:
    """Each method test_… is a test. The first one installs, the last one uninstalls."""

    def __init__(self, outside: Path):
        self.outside = outside  # the programs' directory
        self.dest = fresh("dest dir")
        self.prefix = self.dest / "usr" / "local"
        self.lib = self.prefix / "lib"

    def test_install_in_a_path_with_a_space(self) -> None:
        make("install", self.dest)
        found = set(tree(self.prefix))
        wanted = {f"lib/{name}" for name in ("libgcheap.a", "libgcheap.so", "libgcheap.so.0", SHARED, "pkgconfig/gcheap.pc",
                                             "cmake/gcheap/gcheapConfig.cmake", "cmake/gcheap/gcheapConfigVersion.cmake",
                                             "gcheap/installed.json")}
        wanted |= {"include/gcheap.h", "include/gcheap_atb.h"}
        wanted |= {f"share/man/man3/{name}.3" for name in {"gcheap", *functions()}}
        files = {name for name in found if not (self.prefix / name).is_dir()}
        assert files == wanted, f"missing: {wanted - files}, not wanted: {files - wanted}"
        for link in "libgcheap.so", "libgcheap.so.0":
            assert os.readlink(self.lib / link) == SHARED, link
        for name in "gcheap.h", "gcheap_atb.h":
            assert (self.prefix / "include" / name).read_bytes() == (ROOT / "include" / name).read_bytes(), name

    def test_twice_and_whatever_the_umask(self) -> None:
        before = tree(self.dest)
        record = (self.lib / "gcheap" / "installed.json").read_text()
        make("install", self.dest)
        assert tree(self.dest) == before
        assert (self.lib / "gcheap" / "installed.json").read_text() == record, "the second time another record was written"
        other = fresh("umask")
        make("install", other, umask=0o077)
        assert tree(other) == before
        modes = {kind for kind in before.values() if not kind.startswith("link")}
        assert modes == {"40755", "100755", "100644"}, modes

    def test_the_shared_library_exports_the_public_functions_and_no_more(self) -> None:
        lines = run("nm", "-D", "--defined-only", "--with-symbol-versions", self.lib / SHARED).splitlines()
        found = {line.split()[2] for line in lines} - {"GCHEAP_0"}  # the version itself is in the table, too
        wanted = {f"{name}@@GCHEAP_0" for name in functions() | MORE_EXPORTS}
        assert len(functions()) > 40, functions()
        assert found == wanted, f"missing: {wanted - found}, not wanted: {found - wanted}"

    def test_the_shared_library_has_its_name_and_needs_only_libc(self) -> None:
        dynamic = run("readelf", "-dW", self.lib / SHARED)
        assert "Library soname: [libgcheap.so.0]" in dynamic, dynamic
        needed = re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic)
        assert needed and all(LIBC.fullmatch(name) for name in needed), needed
        assert "RPATH" not in dynamic and "RUNPATH" not in dynamic and "TEXTREL" not in dynamic, dynamic

    def flags(self, *options: str, prefix: Path | None = None, libdir: str = "lib") -> list[str]:
        need("pkg-config", "pkg-config")
        prefix = prefix or self.prefix
        env = {"PKG_CONFIG_PATH": str(prefix / libdir / "pkgconfig")}
        return shlex.split(run("pkg-config", f"--define-variable=prefix={prefix}", *options, "gcheap", env=env))

    def pkg_config(self, language: str, compiler: str, package: str) -> None:
        """Programs that a compiler (of a Debian package) links with what pkg-config prints."""
        need(compiler, package)
        source = self.outside / SOURCE[language]
        shared, static, mixed = (self.outside / f"{compiler} {kind}" for kind in ("shared", "static", "mixed"))
        first: list[Word] = [compiler, *FLAGS[language], "-O2", source]
        run(*first, *self.flags("--cflags", "--libs"), "-o", shared, cwd=self.outside)
        check_linked_shared(shared)
        check_program(shared, self.lib / SHARED, {"LD_LIBRARY_PATH": str(self.lib)})
        run(shared, fails=True)  # without LD_LIBRARY_PATH
        run(*first, *self.flags("--cflags", "--libs"), f"-Wl,-rpath,{self.lib}", "-o", shared, cwd=self.outside)
        check_program(shared, self.lib / SHARED)
        run(*first, "-static", *self.flags("--static", "--cflags", "--libs"), "-o", static, cwd=self.outside)
        check_program(static, static)
        # The library static, all others shared.
        libraries = [f"-l:lib{flag[2:]}.a" if flag == "-lgcheap" else flag for flag in self.flags("--static", "--libs")]
        run(*first, *self.flags("--cflags"), *libraries, "-o", mixed, cwd=self.outside)
        check_program(mixed, mixed)

    def test_c_with_pkg_config_and_gcc(self) -> None:
        self.pkg_config("C", "gcc", "gcc")

    def test_cxx_with_pkg_config_and_gcc(self) -> None:
        self.pkg_config("CXX", "g++", "g++")

    def test_c_with_pkg_config_and_clang(self) -> None:
        self.pkg_config("C", "clang", "clang")

    def test_cxx_with_pkg_config_and_clang(self) -> None:
        need("g++", "g++")  # its library
        self.pkg_config("CXX", "clang++", "clang")

    def test_what_pkg_config_says(self) -> None:
        assert self.flags("--modversion") == [VERSION]
        shared, static = self.flags("--libs"), self.flags("--static", "--libs")
        assert shared == [f"-L{self.lib}", "-lgcheap"], shared
        assert static == [*shared, "-lpthread", "-ldl"], static
        assert "prefix=/usr/local\n" in (self.lib / "pkgconfig" / "gcheap.pc").read_text()

    def test_a_program_with_functions_of_the_same_names(self) -> None:
        program = self.outside / "own_names"
        run("gcc", *FLAGS["C"], f"-I{self.prefix / 'include'}", "own_names.c", self.lib / "libgcheap.a", "-o", program,
            cwd=self.outside)
        check_program(program, program)

    def cmake(self, language: str, *options: str, prefix: Path | None = None, fails: bool = False) -> tuple[str, Path]:
        """Configures and builds with CMake; its output, and the directory."""
        need("cmake", "cmake")
        # As CMake says in its sentence, "CXX compiler".
        need("g++" if language == "CXX" else "gcc", "g++" if language == "CXX" else "gcc")
        directory = Path(tempfile.mkdtemp(prefix=f"cmake {language} ", dir=self.outside))
        text = run("cmake", "-S", self.outside, "-B", directory, f"-DLANGUAGE={language}",
                   *([] if any("gcheap_DIR" in option for option in options)
                     else [f"-DCMAKE_PREFIX_PATH={prefix or self.prefix}"]), *options, fails=fails)
        if not fails:
            run("cmake", "--build", directory)
        return text, directory

    def with_cmake(self, language: str) -> None:
        _, directory = self.cmake(language)
        check_linked_shared(directory / "with_shared")
        check_program(directory / "with_shared", self.lib / SHARED)
        check_program(directory / "with_static", directory / "with_static")

    def test_c_with_cmake(self) -> None:
        self.with_cmake("C")

    def test_cxx_with_cmake(self) -> None:
        self.with_cmake("CXX")

    def test_versions_that_cmake_accepts(self) -> None:
        need("cmake", "cmake")
        major, minor, patch = VERSION.split(".")
        later = f"{major}.{int(minor) + 1}"
        newer, much_newer = f"{major}.{minor}.{int(patch) + 1}", str(int(major) + 1)
        good = ["", VERSION, f"{VERSION} EXACT", f"{major}.{minor}", f"{major}.{minor}...{later}", f"{VERSION}...<{later}"]
        bad = ["0.0.1", newer, later, much_newer, f"{later} EXACT", f"{newer}...{later}", f"{later}...{much_newer}",
               f"0.0.1...<{VERSION}"]
        project = self.outside / "versions"
        project.mkdir()
        lines = ["cmake_minimum_required(VERSION 3.19)", "project(versions LANGUAGES NONE)"]
        for version in good + bad:
            lines += [f"find_package(gcheap {version} QUIET)", f'message("{version}: ${{gcheap_FOUND}}")',
                      "unset(gcheap_DIR CACHE)"]
        (project / "CMakeLists.txt").write_text("\n".join(lines))
        text = run("cmake", "-S", project, "-B", project, f"-DCMAKE_PREFIX_PATH={self.prefix}")
        found = dict(line.split(": ") for line in text.splitlines() if line.endswith((": 1", ": 0")))
        assert found == {version: "1" if version in good else "0" for version in good + bad}, found

    def test_cmake_finds_a_missing_file_out(self) -> None:
        dest = fresh("incomplete")
        make("install", dest)
        (dest / "usr" / "local" / "lib" / "libgcheap.a").unlink()
        text, _ = self.cmake("C", prefix=dest / "usr" / "local", fails=True)
        assert "libgcheap.a is missing" in " ".join(text.split()), text

    def test_other_directories(self) -> None:
        """As distributions have them, in GNU's spelling; /lib may be a link to /usr/lib."""
        dest = fresh("other directories")
        lib = "lib/x86_64-linux-gnu"
        make("install", dest, "prefix=/usr", f"libdir=/usr/{lib}", "includedir=/usr/include/gcheap", "MANDIR=/usr/man")
        usr = dest / "usr"
        for name in f"{lib}/{SHARED}", "include/gcheap/gcheap.h", "man/man3/gcheap_free.3":
            assert (usr / name).is_file(), name
        assert f"-I{usr}/include/gcheap" in self.flags("--cflags", prefix=usr, libdir=lib)
        (dest / "lib").symlink_to("usr/lib")
        _, directory = self.cmake("C", f"-Dgcheap_DIR={dest}/{lib}/cmake/gcheap")
        check_program(directory / "with_shared", usr / lib / SHARED)
        (dest / "lib").unlink()
        make("uninstall", dest, "prefix=/usr", f"libdir=/usr/{lib}")
        assert not dest.exists(), tree(dest)

    def test_nothing_of_others_is_removed(self) -> None:
        dest = fresh("of others")
        man3 = dest / "usr" / "local" / "share" / "man" / "man3"
        man3.mkdir(parents=True)
        (man3 / "other.3").write_text("")
        (dest / "usr" / "local" / "include").mkdir()  # empty, but it was there
        before = tree(dest)
        make("install", dest)
        (dest / "usr" / "local" / "lib" / "libother.so").write_text("")  # in a directory that was not
        make("uninstall", dest)
        after = tree(dest)
        assert {path: after[path] for path in before} == before, f"removed: {set(before) - set(after)}"
        assert set(after) - set(before) == {"usr/local/lib", "usr/local/lib/libother.so"}, after

    def test_another_version_is_replaced(self) -> None:
        dest = fresh("another version")
        make("install", dest)
        lib = dest / "usr" / "local" / "lib"
        before = tree(dest)
        record = json.loads((lib / "gcheap" / "installed.json").read_text())
        record["files"].append("/usr/local/lib/libgcheap.so.0.0.9")
        (lib / "gcheap" / "installed.json").write_text(json.dumps(record))
        (lib / "libgcheap.so.0.0.9").write_text("an older one")
        make("install", dest)
        assert tree(dest) == before
        # While a program runs, the file that it uses is not written to.
        node = (lib / SHARED).stat().st_ino
        make("install", dest)
        assert (lib / SHARED).stat().st_ino != node, "the shared library was overwritten in place"

    def test_moved_from_where_it_was_staged(self) -> None:
        """As a package does it: directories that were there, or not, before the package came are none of ours."""
        stage, real = fresh("stage"), fresh("real") / "usr"
        make("install", stage, f"PREFIX={real}")
        shutil.copytree(f"{stage}{real}", real, symlinks=True)
        run("make", "-s", "uninstall", f"PREFIX={real}")
        left = tree(real)
        assert set(left.values()) == {"40755"} and "lib/pkgconfig" in left and "lib/cmake" in left, left
        assert "lib/gcheap" not in left and "lib/cmake/gcheap" not in left, left

    def test_what_is_refused(self) -> None:
        for settings, sentence in ((["PREFIX=some/where"], "must be a whole path"), (["LIBDIR=lib"], "must be a whole path"),
                                   (['PREFIX=/a"b'], "pkg-config cannot read")):
            dest = fresh("refused")
            text = run("make", "-s", "install", f"DESTDIR={dest}", *settings, fails=True)
            assert sentence in text and "Traceback" not in text and not dest.exists(), text
        text = run("tools/build.py", "install", HERE, "PERFIX=/usr", fails=True)
        assert "PERFIX=/usr: not" in text, text
        text = run("tools/build.py", "install", self.outside, f"DESTDIR={HERE / 'refused'}", fails=True)
        assert "has no libgcheap.a: `make` builds it" in text, text

    def test_a_damaged_record_removes_nothing(self) -> None:
        damaged = fresh("damaged")
        make("install", damaged)
        record = damaged / "usr" / "local" / "lib" / "gcheap" / "installed.json"
        victim = HERE / "victim"
        victim.write_text("")
        for change in {"files": ["/../victim"]}, {"directories": ["victim"]}, {"more": 1}, {"files": None}, None:
            good = json.loads(record.read_text())
            record.write_text(json.dumps(good | change) if change else "{")
            text = run("make", "-s", "uninstall", f"DESTDIR={damaged}", fails=True)
            assert "installed.json is damaged" in text and "Traceback" not in text, text
            assert victim.exists() and (damaged / "usr" / "local" / "lib" / SHARED).exists(), change
            record.write_text(json.dumps(good))

    def test_as_a_plain_user(self) -> None:
        if os.geteuid() != 0:
            return  # all other tests show it
        python = "/usr/bin/python3"
        with tempfile.TemporaryDirectory() as place:
            os.chmod(place, 0o755)
            home = Path(place) / "home"
            home.mkdir()
            os.chown(home, 65534, 65534)

            def as_nobody(*words: Word) -> subprocess.CompletedProcess[str]:
                return subprocess.run([python, ROOT / "tools" / "build.py", *words], user=65534, group=65534,
                                      extra_groups=[], env={"PATH": "/usr/bin:/bin"}, cwd="/", capture_output=True,
                                      text=True, check=False)

            try:
                readable = as_nobody("help").returncode == 0
            except OSError:
                readable = False
            if not readable:
                raise cases.Skip("a plain user cannot read this directory, or there is no /usr/bin/python3")
            settings = [f"DESTDIR={home / 'dest'}", "PREFIX=/usr"]
            done = as_nobody("install", ROOT / "build", *settings)
            assert done.returncode == 0 and (home / "dest" / "usr" / "lib" / SHARED).is_file(), done.stderr
            done = as_nobody("uninstall", *settings)
            assert done.returncode == 0 and not list(home.iterdir()), done.stderr
            done = as_nobody("install", ROOT / "build", f"DESTDIR={place}/elsewhere")
            assert done.returncode == 1 and "Permission denied" in done.stderr, done.stderr
            assert "Traceback" not in done.stderr, done.stderr

    def test_32_bits(self) -> None:
        library, dest = HERE / "built for 32 bits", fresh("32 bits")
        if reason := variants.lacking_32():
            raise cases.Skip(reason)
        run("tools/build.py", "library", library, env={"CC": "gcc -m32"})
        run("tools/build.py", "install", library, f"DESTDIR={dest}", "PREFIX=/usr", "LIBDIR=/usr/lib/i386-linux-gnu")
        usr = dest / "usr"
        lib = usr / "lib" / "i386-linux-gnu"
        flags = self.flags("--cflags", "--libs", prefix=usr, libdir="lib/i386-linux-gnu")
        shared, static = self.outside / "shared 32", self.outside / "static 32"
        run("gcc", "-m32", *FLAGS["C"], "program.c", *flags, "-o", shared, cwd=self.outside)
        assert shared.read_bytes()[4] == 1, "not a 32-bit program"
        check_linked_shared(shared)
        check_program(shared, lib / SHARED, {"LD_LIBRARY_PATH": str(lib)})
        run("gcc", "-m32", *FLAGS["C"], "program.c", "-static", *flags, "-o", static, cwd=self.outside)
        check_program(static, static)
        text, _ = self.cmake("C", f"-Dgcheap_DIR={lib / 'cmake' / 'gcheap'}", fails=True)
        assert f"{VERSION} (32 bits)" in text, text
        _, directory = self.cmake("C", f"-Dgcheap_DIR={lib / 'cmake' / 'gcheap'}", "-DCMAKE_C_FLAGS=-m32")
        check_program(directory / "with_shared", lib / SHARED)
        check_program(directory / "with_static", directory / "with_static")

    def test_32_bits_in_cxx(self) -> None:
        lib = HERE / "32 bits" / "usr" / "lib" / "i386-linux-gnu"
        if not lib.is_dir():
            raise cases.Skip("there is no library for 32 bits, see above")
        need("g++", "g++")
        if subprocess.run(["g++", "-m32", "-xc++", "-", "-o", "/dev/null"], input="#include <vector>\nint main() {}",
                          text=True, check=False, capture_output=True).returncode != 0:
            raise cases.Skip("g++ compiles nothing for 32 bits: apt-get install g++-multilib")
        for kind, files in (("shared", [lib / SHARED]), ("static", [lib / "libgcheap.a"])):
            program = self.outside / f"{kind} 32 cxx"
            run("g++", "-m32", *FLAGS["CXX"], "program.cc", f"-I{ROOT / 'include'}", *files, "-o", program, cwd=self.outside)
            check_program(program, lib / SHARED if kind == "shared" else program, {"LD_LIBRARY_PATH": str(lib)})

    def test_the_manual_is_the_headers_text(self) -> None:
        """Every comment and every function of the header's first part is in it, word for word; and it is good roff."""
        need("groff", "groff-base")
        page = self.prefix / "share" / "man" / "man3" / "gcheap.3"
        # One line for each paragraph, no hyphenation, no marks of bold and italics.
        plain = ["-Tascii", "-P-c", "-P-b", "-P-u", "-rHY=0", "-rLL=9999n"]
        page_as_text = ""
        for options in ["-Tutf8"], plain:
            command: list[Word] = ["groff", "-man", "-ww", *options, page]
            done = subprocess.run(command, env=ENV, capture_output=True, text=True, check=True)
            assert done.stderr == "", done.stderr
            page_as_text = done.stdout
        headings = re.findall(r"^   (gcheap_\w+)$", page_as_text, re.M)
        assert functions() <= set(headings), functions() - set(headings)
        text = (ROOT / "include" / "gcheap.h").read_text()
        first_part = text.partition("// 1. Programs on Linux")[2].partition("// 2. The functions of")[0]
        declared = re.findall(r"^\w.*?\b(gcheap_\w+)\(", first_part, re.M)
        assert [name for name in headings if name in declared] == declared, "the order differs"

        def words(prose: str) -> str:
            return " ".join(prose.replace("()", "").split())

        shown = words(page_as_text)
        comments = [re.sub(r"^ *///? ?", "", block, flags=re.M) for block in re.findall(r"(?:^ *//.*\n)+", first_part, re.M)]
        assert len(comments) > 50, len(comments)
        for comment in comments:
            for paragraph in re.split(r"\n\s*\n|\n(?=Requires:)", comment.strip()):
                assert paragraph.startswith("---") or words(paragraph) in shown, f"not in the manual: {paragraph}"
        for section in "NAME", "SYNOPSIS", "DESCRIPTION", "RETURN VALUE", "SEE ALSO":
            assert re.search(rf"^{section}$", page_as_text, re.M), section

    def test_text_that_roff_might_take_for_a_request(self) -> None:
        lines = manual.prose([".so is none. 'tis a \\ and a ~ in text."], [])
        assert lines == [".PP", "\\&.so is none.", "\\&'tis a \\e and a \\(ti in text."], lines

    def test_every_function_s_prototype_is_in_the_manual(self) -> None:
        """Without a line break and marks, each is the one that a compiler reads in the header."""
        found = header.read()
        assert {function.name for function in found.functions} == functions()
        lines = [re.sub(r"\\f[BIR]", "", " ".join(manual.code(function))) for function in found.functions]
        text = "".join(f"{line}\n" for line in lines).replace("[[noreturn]]", "_Noreturn")
        assert "__" not in text, text
        (self.outside / "prototypes.c").write_text(f"#include <gcheap.h>\n{text}")
        run("gcc", *FLAGS["C"], "-fsyntax-only", f"-I{ROOT / 'include'}", "prototypes.c", cwd=self.outside)

    def test_man_shows_a_page_for_every_function(self) -> None:
        need("man", "man-db")
        man = self.prefix / "share" / "man"
        whole = run("man", "-M", man, "gcheap")
        if "gcheap_alloc" not in whole:
            raise cases.Skip(f"man does not show manuals here: {whole.splitlines()[0]}")
        for name in functions():
            assert run("man", "-M", man, name) == whole, name

    def test_uninstall_leaves_nothing(self) -> None:
        make("uninstall", self.dest)
        assert not self.dest.exists(), tree(self.dest)
        text = make("uninstall", self.dest)
        assert "is not installed" in text, text


def main() -> None:
    HERE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="outside the tree ") as name:
        outside = Path(name) / "programs"
        shutil.copytree(ROOT / "integration" / "outside", outside)
        cases.run_all(vars(Tests), Tests(outside))


if __name__ == "__main__":
    main()
