#!/usr/bin/env python3
"""Builds libgcheap, for make, for CMake, for the tests and by hand:  tools/build.py COMMAND [ARGUMENT ...]

    library DIRECTORY                  builds the standalone library in a directory: libgcheap.a and libgcheap.so
    boehm DIRECTORY                    builds the same heap with the interface of Boehm's collector: libgc.a and libgc.so.1
    archive CONFIG OUT.a               builds the library for hosts, for a configuration; /dev/null is the default one
    config ASSEMBLER OUT [KEY=VALUE …] writes the interpreter's configuration, read from its compiled probe.c
    object COMMANDS FILE OBJECT        library and glue as one object, compiled as FILE is in compile_commands.json
    exports CONFIG                     lists what the library of a configuration exports
    imports CONFIG                     lists what it asks of its host and of the compiler's own library
    target CC [FLAG ...]               names the Rust target that a C compiler compiles for
    cargo TARGET COMMAND [ARGUMENT …]  runs Cargo for a target, with a Rust that can compile for it
    sources                            lists the files that the library for hosts is made from
    library-sources                    lists those of the standalone library that are not among them
    inputs CONFIG OUT                  writes down what else it is made from, for make
    dist DIRECTORY                     packs the committed sources: DIRECTORY/libgcheap-VERSION.tar.gz
    install DIRECTORY [KEY=VALUE …]    installs the standalone library that was built in a directory
    uninstall [KEY=VALUE …]            removes it from where it is installed

Keys of install and uninstall: DESTDIR, PREFIX, LIBDIR, INCLUDEDIR, DATAROOTDIR, MANDIR, PKGCONFIGDIR, CMAKEDIR.
Environment: CC (it and its -m flags choose the machine), AR, OBJCOPY, NM, CARGO, RUSTC, CARGO_TARGET_DIR,
    GCHEAP_TARGET  the Rust target (default: what CC compiles for)
    GCHEAP_OPT     opt-level: 3, 2, s or z (default: s on bare metal, where flash is scarce, else 3)
    GCHEAP_SHARED  a directory for many builds: one at a time, but a core library is compiled once for all of them
    BUILD_STD      cargo: the libraries to compile where Rust has only their source (default: core)
"""

import sys

if sys.version_info < (3, 9):  # noqa: UP036
    sys.exit("gcheap build: Python 3.9 or newer is needed, this is " + sys.version.split()[0])

from gcheap_build.commands import main

sys.exit(main(sys.argv[1:], __doc__))
