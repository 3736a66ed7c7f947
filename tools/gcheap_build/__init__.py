"""How libgcheap is built. tools/build.py says what can be asked; each module here has one idea:

    commands    the commands of tools/build.py
    config      configuration files: read, derived from the interpreter, compared
    interface   what the library of a configuration exports and imports
    target      the Rust target for a C compiler
    cargo       Cargo for a target
    package     the library as a package that needs no registry; the files that it is made from
    archive     libgcheap.a
    symbols     an object's symbols, and the check of the archive's
    port        the object that a CMake port of MicroPython links
    dist        the source archive
    install     make install and make uninstall
    finders     gcheap.pc and the CMake package
    header      what include/gcheap.h says
    manual      the manual pages, made from it
    process     running programs, and failing with a sentence
"""
