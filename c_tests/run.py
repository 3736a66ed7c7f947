#!/usr/bin/env python3
"""Builds libgcheap.a in its default configuration and runs the C tests on it, with every compiler and checker there is:
c_tests/run.py [WORD ...]     only the tests whose name contains one of the words ("misuse: gcc", "archive", "valgrind")

Prints a line for each test and ends with "c_tests: N passed, M failed, K skipped".
"""

import os
import re
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
from gcheap_build import config as configuration  # noqa: E402
from gcheap_build import interface, symbols  # noqa: E402

BUILDER = ROOT / "tools" / "build.py"
TESTS = ROOT / "c_tests"
BUILD = ROOT / "build" / "c_tests"
ARCHIVE = BUILD / "libgcheap.a"

PROGRAMS = ["api", "collect", "walk", "misuse", "finalise", "capacity"]
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror"]
STRICT = WARNINGS + ["-Wconversion", "-Wsign-conversion"]
INCLUDE = ["-I", str(ROOT / "include")]
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"]
# A load that is partly outside is an error, too: by default valgrind lets a word that ends inside pass.
VALGRIND = ["valgrind", "--quiet", "--error-exitcode=99", "--partial-loads-ok=no"]
# The capacity tests walk through millions of heaps; where each step is slow they take bigger strides.
SLOW = {"CAPACITY_STRIDE": "331"}
# Seconds after which a command counts as hanging. All of them together take less.
PATIENCE = 600
TARGET_32 = "i686-unknown-linux-gnu"


class Failure(Exception):
    """A test that failed, and why."""


class Skip(Exception):
    """A test that cannot be run here, and why."""


def run(command, env=None, may_fail=False):
    """Runs a command; returns (exit code, all output). Fails the test if it fails, unless that is what is tested."""
    try:
        done = subprocess.run([str(word) for word in command], cwd=ROOT, env=os.environ | (env or {}), text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace", check=False,
                              timeout=PATIENCE)
    except subprocess.TimeoutExpired as why:
        raise Failure(f"$ {' '.join(map(str, command))}\n(no end after {PATIENCE} seconds)") from why
    if done.returncode != 0 and not may_fail:
        raise Failure(f"$ {' '.join(map(str, command))}\n{done.stdout}(exit code {done.returncode})")
    return done.returncode, done.stdout


def once(function):
    """The function, run once for each set of arguments, however many threads ask: they all get its result."""
    results, lock = {}, threading.Lock()

    def result(*arguments):
        with lock:
            if arguments not in results:
                try:
                    results[arguments] = function(*arguments), None
                except (Failure, Skip) as why:
                    results[arguments] = None, why
        value, why = results[arguments]
        if why:
            raise why
        return value
    return result


def require(condition, why):
    if not condition:
        raise Failure(why)


def tool(name, package):
    if not shutil.which(name):
        raise Skip(f"{name} is missing: apt-get install {package}")
    return name


def compiler(name):
    return tool(name, {"gcc": "gcc", "g++": "g++"}.get(name, "clang"))


# ---------------------------------------------------------------------------------------------------------------------
# The test programs

def program(name, cc, flags, out, archive):
    """Compiles one test program; returns its path."""
    run([cc, "-std=c11", "-O2", "-g", *WARNINGS, *flags, *INCLUDE, "-o", BUILD / out,
         TESTS / f"test_{name}.c", TESTS / "host.c", archive])
    return BUILD / out


def builds_and_runs(name, *command):
    """Whether a program that does nothing can be compiled by this command, linked and run."""
    source, out = BUILD / f"empty-{name}.c", BUILD / f"empty-{name}"
    source.write_text("#include <stdlib.h>\nint main(void) { return 0; }\n")
    code, _ = run([*command, source, "-o", out], may_fail=True)
    return code == 0 and run([out], may_fail=True)[0] == 0


@once
def sanitizer(cc, *machine):
    """Skips the test if this compiler's sanitizers can't be linked and run here."""
    if builds_and_runs("-".join([cc, "sanitized", *machine]), cc, *machine, *SANITIZERS):
        return
    version = run([cc, "-dumpversion"])[1].split(".")[0]
    package = f"libclang-rt-{version}-dev" if cc == "clang" else f"libgcc-{version}-dev"
    if machine:
        package += ":i386" if cc == "clang" else ", gcc-multilib"
    raise Skip(f"{' '.join([cc, *machine])} has no sanitizers here: apt-get install {package}")


@once
def word_size_32(cc):
    """Skips the test if this compiler can't make 32-bit programs here."""
    compiler(cc)
    if not builds_and_runs(f"{cc}-m32", cc, "-m32"):
        raise Skip(f"{cc} -m32 makes no program that runs here: apt-get install gcc-multilib")


def run_program(name, cc, how, archive=ARCHIVE, flags=()):
    """Runs all tests of one program; returns how many passed, which is all of them."""
    compiler(cc)
    prefix, env, flags = [], {}, list(flags)
    if how == "sanitized":
        sanitizer(cc, *[flag for flag in flags if flag == "-m32"])
        # The heap's marking reads whatever it is told to; there is nothing to leak.
        flags, env = flags + SANITIZERS, SLOW | {"ASAN_OPTIONS": "detect_leaks=0"}
    elif how == "valgrind":
        tool("valgrind", "valgrind")
        prefix, env = VALGRIND, SLOW
    out = f"{name}-{cc}-{how}-{archive.stem}"
    code, output = run([*prefix, program(name, cc, flags, out, archive)], env, may_fail=True)
    passed = len(re.findall(r"^ok \w+$", output, re.M))
    failed = re.findall(r"^FAILED (\w+)$", output, re.M)
    if code != 0:
        # A crash, or a checker's complaint, shows in the exit code alone.
        raise Failure(output + f"(exit code {code}; {passed} passed, {len(failed)} failed: {', '.join(failed)})")
    require(passed > 0 and not failed, f"no test was run:\n{output}")
    return passed


def run_configured(name, cc, how, word_bytes=8, **options):
    """Runs a program in the default configuration, but for these options, on a machine with words of this size."""
    if word_bytes == 4:
        word_size_32(cc)
    archive = archive_of(word_bytes, tuple(options.items()))
    flags = ["-m32"] if word_bytes == 4 else []
    flags += [f"-DHOST_{'BLOCK' if key == 'BLOCK_BYTES' else key}={value}" for key, value in options.items()]
    return run_program(name, cc, how, archive, flags)


@once
def archive_of(word_bytes, options):
    name = "-".join([f"words-{word_bytes}", *(f"{key}{value}".lower() for key, value in options)])
    env = {}
    if word_bytes == 4:
        # All in one directory: Cargo may have to compile the core library for this target.
        env = {"GCHEAP_TARGET": TARGET_32, "CC": "cc -m32", "GCHEAP_SHARED": str(BUILD / "target-32"), "crates": {}}
    code, output, out = build_archive(name, "".join(f"{key}={value}\n" for key, value in options), **env)
    if "no Rust here can compile for" in output:
        raise Skip(output.strip().replace("\n", " "))
    require(code == 0, output)
    return out


# What the default configuration has off and the small ones do without.
OPTIONS = {"WEAKREF": 1, "SPLIT_HEAP_AUTO": 1, "VALGRIND": 1}
SMALL = {"FINALISER": 0, "SPLIT_HEAP": 0}


def programs():
    for cc in "gcc", "clang":
        for name in PROGRAMS:
            yield f"{name}: {cc}", lambda name=name, cc=cc: run_program(name, cc, "plain")
        for name in PROGRAMS:
            yield f"{name}: {cc} with sanitizers", lambda name=name, cc=cc: run_program(name, cc, "sanitized")
    for name in PROGRAMS:
        yield f"{name}: gcc in valgrind", lambda name=name: run_program(name, "gcc", "valgrind")
    for block_bytes in 16, 64:
        for how in "plain", "valgrind":
            yield (f"capacity: blocks of {block_bytes} bytes, no finalisers, no split heap, {how}",
                   lambda block_bytes=block_bytes, how=how:
                   run_configured("capacity", "gcc", how, BLOCK_BYTES=block_bytes, **SMALL))
    for cc, how in [("gcc", "plain"), ("clang", "plain"), ("gcc", "sanitized"), ("gcc", "valgrind")]:
        yield f"options: {cc}, {how}", lambda cc=cc, how=how: run_configured("options", cc, how, **OPTIONS)
        yield (f"capacity: with weak references, {cc}, {how}",
               lambda cc=cc, how=how: run_configured("capacity", cc, how, WEAKREF=1))


def programs_32():
    for cc in "gcc", "clang":
        for name in PROGRAMS:
            for how in "plain", "sanitized":
                yield f"32 bits: {name}: {cc}, {how}", lambda n=name, c=cc, h=how: run_configured(n, c, h, 4)
        yield f"32 bits: options: {cc}", lambda cc=cc: run_configured("options", cc, "plain", 4, **OPTIONS)
        for block_bytes in 4, 8, 16, 64:
            yield (f"32 bits: capacity: blocks of {block_bytes} bytes, no finalisers, no split heap, {cc}",
                   lambda cc=cc, block_bytes=block_bytes:
                   run_configured("capacity", cc, "plain", 4, BLOCK_BYTES=block_bytes, **SMALL))


# ---------------------------------------------------------------------------------------------------------------------
# The headers

def header_alone(cc, language, standard):
    run([compiler(cc), "-x", language, f"-std={standard}", *STRICT, *INCLUDE, "-fsyntax-only", TESTS / "header.c"])


def header_links_from_cpp(cc):
    source = BUILD / f"main-{cc}.cpp"
    source.write_text('#include "gcheap.h"\n#include <cstring>\n'
                      'int main() { return std::strncmp(gcheap_version(), "libgcheap ", 10) != 0; }\n')
    host = BUILD / f"host-{cc}.o"
    compiler(cc)
    run([compiler({"g++": "gcc", "clang++": "clang"}[cc]), "-std=c11", *INCLUDE, "-c", "-o", host, TESTS / "host.c"])
    run([cc, "-std=c++17", *STRICT, *INCLUDE, "-o", source.with_suffix(""), source, host, ARCHIVE])
    run([source.with_suffix("")])


@once
def micropython():
    code, output = run(["scripts/get-micropython"], may_fail=True)
    if code != 0:
        raise Skip(f"no MicroPython tree: {output.strip()}")
    return Path(output.strip().splitlines()[-1])


def with_py_gc(cc, order, *options, include=INCLUDE, may_fail=False):
    return run([compiler(cc), "-std=gnu11", "-fsyntax-only", *WARNINGS, "-Wno-pedantic", "-DNO_QSTR",
                f"-DORDER={order}", *options, *include, "-I", TESTS / "mpconfig", "-I", micropython(),
                TESTS / "with_py_gc.c"], may_fail=may_fail)


def declared(header):
    """The names of the functions that a header declares; of gcheap.h's, those of the library for hosts."""
    text = header.read_text().split("// 2. The functions of py/gc.h\n")[-1]
    return set(re.findall(r"^(?!#|//).*?\b(gc(?:heap)?_\w+)\(", text, re.M))


def every_function_of_py_gc():
    # The one that a port defines for gc.c; our glue calls it.
    theirs = declared(micropython() / "py" / "gc.h") - {"gc_get_max_new_split"}
    ours = declared(ROOT / "include" / "gcheap.h")
    require(len(theirs) > 10, f"found only {theirs} in py/gc.h")
    require(theirs <= ours, f"gcheap.h lacks {theirs - ours}")


def another_prototype_is_an_error():
    """The comparison with py/gc.h is worth something: change a prototype, and it must not compile."""
    text = (ROOT / "include" / "gcheap.h").read_text()
    for old, new in [("unsigned int alloc_flags", "size_t alloc_flags"),
                     ("gc_collect_root(void **ptrs", "gc_collect_root(void *ptrs"),
                     ("size_t n_bytes, bool", "size_t n_bytes, int"), ("size_t gc_nbytes", "unsigned gc_nbytes")]:
        require(text.count(old) == 1, f"'{old}' is {text.count(old)} times in gcheap.h")
        wrong = BUILD / "wrong"
        wrong.mkdir(exist_ok=True)
        (wrong / "gcheap.h").write_text(text.replace(old, new))
        code, output = with_py_gc("gcc", 1, include=["-I", wrong, *INCLUDE], may_fail=True)
        require(code != 0 and "conflicting types" in output, f"'{new}' compiles:\n{output}")


def header_is_fresh():
    run(["cargo", "run", "--quiet", "--package", "xtask", "--", "header", "--check"])


def headers():
    for cc, language, standard in [("gcc", "c", "c11"), ("clang", "c", "c11"), ("g++", "c++", "c++17"),
                                   ("clang++", "c++", "c++17")]:
        yield (f"headers: {cc} -std={standard}",
               lambda cc=cc, language=language, standard=standard: header_alone(cc, language, standard))
    for cc in "g++", "clang++":
        yield f"headers: a C++ program, {cc}", lambda cc=cc: header_links_from_cpp(cc)
    for cc in "gcc", "clang":
        for order, what in [(1, "after py/gc.h"), (2, "before py/gc.h"), (3, "between MicroPython's headers"),
                            (4, "finds py/gc.h by itself")]:
            yield f"headers: {what}, {cc}", lambda cc=cc, order=order: with_py_gc(cc, order)
        yield (f"headers: with py/gc.h without split heap, {cc}",
               lambda cc=cc: with_py_gc(cc, 1, "-DMICROPY_GC_SPLIT_HEAP=0"))
        yield (f"headers: with py/gc.h without finalisers, {cc}",
               lambda cc=cc: with_py_gc(cc, 2, "-DMICROPY_ENABLE_FINALISER=0"))
    yield "headers: every function of py/gc.h is there", every_function_of_py_gc
    yield "headers: another prototype does not compile", another_prototype_is_an_error
    yield "headers: gcheap.h is what its sources say", header_is_fresh


# ---------------------------------------------------------------------------------------------------------------------
# The archive

def check_interface(archive, settings=None):
    """Compares what an archive exports and imports with what is right for its configuration; its symbols."""
    found, settings = symbols.read(archive), settings or {}
    public, host = interface.exports(settings), interface.host_imports(settings)
    missing, surplus = public - found.exported, found.exported - public
    require(not missing and not surplus, f"exports: missing {missing}, not public {surplus}")
    asked = found.imported - interface.MEMORY - interface.LINKER
    require(asked == host, f"imports: missing {host - asked}, too many {asked - host}")
    return found


def archive_symbols():
    require(run(["ar", "t", ARCHIVE])[1].split() == ["gc.o"], "the archive's members are not just gc.o")
    found = check_interface(ARCHIVE)
    functions = {name for name in declared(ROOT / "include" / "gcheap.h") if not name.startswith("gcheap_host_")}
    everything = {"WEAKREF": "1", "SNAPSHOT": "1", "STATISTICS": "1"}
    promised = functions - interface.host_imports(everything) | {"gcheap_marker"}
    differing = promised ^ interface.exports(everything)
    require(not differing, f"gcheap.h and the exports differ in {differing}")
    wanted = {"gcheap_config_block_bytes_32", "gcheap_config_split_heap_1"}
    require(wanted <= found.configuration, f"configuration symbols: {found.configuration}")
    require(b"libgcheap 0.1.0" in ARCHIVE.read_bytes(), "the marker is not in it")


def mismatch_fails_to_link():
    host = BUILD / "host-mismatch.o"
    run([compiler("gcc"), "-std=c11", "-O2", "-ffunction-sections", *INCLUDE, "-c", "-o", host, TESTS / "host.c"])
    for name, same in [("block_bytes_32", True), ("block_bytes_16", False), ("split_heap_0", False),
                       ("state_bytes_672", False)]:
        source = BUILD / f"mismatch-{name}.c"
        source.write_text("int main(void) {\n    __asm__ volatile (\".pushsection .debug_gcheap,\\\"\\\"\\n"
                          f".long gcheap_config_{name}\\n.popsection\");\n    return 0;\n}}\n")
        code, output = run(["gcc", "-O2", "-Wl,--gc-sections", "-o", source.with_suffix(""), source, host, ARCHIVE],
                           may_fail=True)
        require((code == 0) == same, f"with gcheap_config_{name}: exit code {code}\n{output}")
        require(same or f"gcheap_config_{name}" in output, f"the linker does not say what differs:\n{output}")


# Without network, and without any crate on this machine.
NO_CRATES = {"CARGO_HOME": str(BUILD / "no-crates"), "CARGO_NET_OFFLINE": "true"}


def build_archive(name, config, crates=NO_CRATES, **env):
    """Builds an archive of another configuration. Crates are needed only where the core library has to be built."""
    path, out = BUILD / f"{name}.env", BUILD / f"{name}.a"
    path.write_text(config)
    out.unlink(missing_ok=True)
    code, output = run([BUILDER, "archive", path, out], crates | env, may_fail=True)
    return code, output, out


def smallest_configuration():
    """Everything off, as small as it gets: no panic, no call that this configuration has no use for."""
    config = "".join(f"{key}=0\n" for key in ["FINALISER", "SPLIT_HEAP", "ALLOC_THRESHOLD", "CONSERVATIVE_CLEAR",
                                              "COLLECT_RETVAL"]) + "BLOCK_BYTES=16\nSTATE_SYMBOL=mp_state_ctx\n"
    code, output, out = build_archive("smallest", config, GCHEAP_OPT="s")
    require(code == 0, output)
    check_interface(out, configuration.read(out.with_suffix(".env")))


def largest_configuration():
    code, output, out = build_archive("largest", "MUTEX=1\nTHREAD_STATE=1\nTHREAD_SYMBOL=my_thread\nHOOK_LOOP=1\n"
                                      "PYSTACK=1\nBLOCK_BYTES=64\nWEAKREF=1\nSPLIT_HEAP_AUTO=1\nVALGRIND=1\n",
                                      GCHEAP_OPT="z")
    require(code == 0, output)
    found = check_interface(out, configuration.read(out.with_suffix(".env")))
    require({"my_thread", "gcheap_host_enter", "gc_weakref_sweep"} <= found.imported, f"imports {found.imported}")


def commands_list_the_interface():
    """exports and imports of tools/build.py, for whoever links the archive by other means."""
    path = BUILD / "interface.env"
    path.write_text("SPLIT_HEAP=0\nTHREAD_STATE=1\nSTATE_SYMBOL=my_state\n")
    exports, imports = (run([BUILDER, what, path])[1].split() for what in ("exports", "imports"))
    require("gc_alloc" in exports and "gc_add" not in exports, f"exports: {exports}")
    require({"my_state", "gcheap_host_thread", "memset"} <= set(imports), f"imports: {imports}")


def bad_configurations():
    for config, why in [("BLOCK_BYTS=32\n", 'unknown key "BLOCK_BYTS"'), ("BLOCK_BYTES=24\n", "power of two"),
                        ("FINALISER=yes\n", "must be 0 or 1"), ("WEAKREF=1\nFINALISER=0\n", "needs FINALISER=1"),
                        ("SPLIT_HEAP_AUTO=1\nSPLIT_HEAP=0\n", "needs SPLIT_HEAP=1"),
                        ("MUTEX=1\n", "THREAD_STATE=1"), ("POINTER_BYTES=2\n", "POINTER_BYTES"),
                        ("STATE_MARK_STACK_ENTRY_BYTES=3\n", "1, 2, 4 or 8"),
                        ("STATE_BYTES=8\n", "STATE_BYTES is 8, but STATE_"),
                        ("AREA_NEXT=3\n", "AREA_NEXT is 3; it must be a multiple of 8"),
                        ("AREA_BYTES=8\n", "AREA_BYTES is 8, but AREA_"),
                        ("AREA_POOL_END=8\n", "overlap"), ("STATE_COLLECTED=0\n", "overlap"),
                        ("LOCK_DEPTH_OFFSET=0\n", "overlap"), ("LOCK_DEPTH_OFFSET=1001\n", "multiple of 2"),
                        ("STATE_OFFSET=4\n", "STATE_OFFSET is 4"), ("STATE_MARK_STACK_BYTES=48\n", "room for 7"),
                        ("STATE_MARK_STACK_BYTES=65\n", "no multiple"), ("STATE_AREA=4\n", "multiple of 8"),
                        ("STATE_MARK_STACK_ENTRY_BYTES=16\n", "1, 2, 4 or 8"), ("nonsense\n", "'='")]:
        code, output, out = build_archive("bad", config)
        require(code != 0, f"{config.strip()} is accepted")
        require(why in output, f"{config.strip()}: the message does not say \"{why}\":\n{output}")
        require(not out.exists(), f"{config.strip()}: there is an archive all the same")


def tidy_and_untidy_files():
    """The line ends of other systems, spaces around keys and values, and a byte order mark say the same as without."""
    settings = ["# comment", "SPLIT_HEAP=0", "WEAKREF=1", "BLOCK_BYTES=64", "STATE_SYMBOL=my_state"]
    untidy = "\ufeff" + "\r\n".join(f"  {line} ".replace("=", " =\t") for line in settings) + "\r\n"
    code, output, out = build_archive("untidy", untidy)
    require(code == 0, output)
    found = check_interface(out, {"SPLIT_HEAP": "0", "WEAKREF": "1", "STATE_SYMBOL": "my_state"})
    require("gcheap_config_block_bytes_64" in found.configuration, f"configuration symbols: {found.configuration}")


def archive():
    yield "archive: one object, public symbols out, host symbols in", archive_symbols
    yield "archive: a mismatch fails at link time and says what differs", mismatch_fails_to_link
    yield "archive: the smallest configuration", smallest_configuration
    yield "archive: the largest configuration", largest_configuration
    yield "archive: the build program lists exports and imports", commands_list_the_interface
    yield "archive: line ends and spaces in a configuration do not matter", tidy_and_untidy_files
    yield "archive: bad configurations are refused with a reason", bad_configurations


# ---------------------------------------------------------------------------------------------------------------------

def attempt(name, test):
    """Runs one test; returns (passed, failed, skipped, text)."""
    try:
        passed = test()
        passed = passed if isinstance(passed, int) else 1
        return passed, 0, 0, f"ok {name}" + (f" ({passed} tests)" if passed > 1 else "")
    except Skip as why:
        return 0, 0, 1, f"skipped {name}: {why}"
    except Failure as why:
        return 0, 1, 0, f"FAILED {name}\n{why}"
    except OSError as why:
        return 0, 1, 0, f"FAILED {name}: {why}"


def main():
    BUILD.mkdir(parents=True, exist_ok=True)
    try:
        run([BUILDER, "archive", "/dev/null", ARCHIVE])
    except Failure as why:
        print(f"FAILED to build the archive\n{why}\nc_tests: 0 passed, 1 failed, 0 skipped")
        sys.exit(1)
    tests = [*archive(), *headers(), *programs(), *programs_32()]
    if words := sys.argv[1:]:
        tests = [test for test in tests if any(word in test[0] for word in words)]
    counts = [0, 0, 0]
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        for passed, failed, skipped, text in pool.map(lambda test: attempt(*test), tests):
            print(text, flush=True)
            counts = [a + b for a, b in zip(counts, (passed, failed, skipped))]
    print("c_tests: {} passed, {} failed, {} skipped".format(*counts))
    sys.exit(counts[1] != 0)


if __name__ == "__main__":
    main()
