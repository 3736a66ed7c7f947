# libgcheap: a garbage-collected heap for C interpreters. `make help` lists the targets.

all: build/libgcheap.a  ## build/libgcheap.a and .so: the library with which a C program on Linux needs nothing else

include micropython-port/unix.mk

CARGO ?= cargo
CALLS ?= 10000000
CONFIG ?= /dev/null
SOURCES := $(shell python3 tools/build.py sources)
LIBRARY_SOURCES := $(shell python3 tools/build.py library-sources)

# The shared library is made together with it.
build/libgcheap.a: build/libgcheap.inputs $(SOURCES) $(LIBRARY_SOURCES)
	tools/build.py library build

host: build/host/libgcheap.a  ## build/host/libgcheap.a: the heap alone, for programs that bring the rest (CONFIG=file.env)

build/host/libgcheap.a: build/host/libgcheap.inputs $(SOURCES)
	tools/build.py archive "$(CONFIG)" $@

# What the libraries are made from beside the sources. Keep their times unless that has changed.
build/libgcheap.inputs: always
	@tools/build.py inputs /dev/null $@

build/host/libgcheap.inputs: always
	@tools/build.py inputs "$(CONFIG)" $@

# Where it goes: PREFIX (/usr/local), LIBDIR (PREFIX/lib) and so on; in GNU's spelling prefix, libdir and so on.
PLACES := DESTDIR PREFIX LIBDIR INCLUDEDIR DATAROOTDIR MANDIR PKGCONFIGDIR CMAKEDIR \
	prefix libdir includedir datarootdir mandir pkgconfigdir cmakedir
quoted = '$(subst ','\'',$(1))'
places = $(foreach place,$(PLACES),$(if $($(place)),$(call quoted,$(place)=$($(place)))))

install: build/libgcheap.a  ## installs the library, its headers and manual; PREFIX=/usr/local DESTDIR= LIBDIR=PREFIX/lib
	@tools/build.py install build $(places)

uninstall:  ## removes what make install with the same PREFIX, DESTDIR and LIBDIR has installed
	@tools/build.py uninstall $(places)

heapview:  ## target/release/heapview, the command that shows what is in a heap
	$(CARGO) build --release --package heapview

HEAPVIEW = $(or $(CARGO_TARGET_DIR),target)/release/heapview
HEAPVIEW_PREFIX = $(DESTDIR)$(or $(PREFIX),/usr/local)

install-heapview: heapview  ## installs heapview, its manual page and completions for bash; PREFIX=/usr/local DESTDIR=
	install -D -m 755 $(HEAPVIEW) "$(HEAPVIEW_PREFIX)/bin/heapview"
	install -d "$(HEAPVIEW_PREFIX)/share/man/man1" "$(HEAPVIEW_PREFIX)/share/bash-completion/completions"
	$(HEAPVIEW) man > "$(HEAPVIEW_PREFIX)/share/man/man1/heapview.1"
	$(HEAPVIEW) completions bash > "$(HEAPVIEW_PREFIX)/share/bash-completion/completions/heapview"

dist:  ## build/libgcheap-VERSION.tar.gz, the committed sources, which build without git
	tools/build.py dist build

header:  ## writes include/gcheap.h anew from the Rust sources
	$(CARGO) run --quiet --package xtask -- header

test:  ## all tests; STAGES="rust c" runs only those (integration/run.py has their names)
	python3 integration/run.py $(STAGES)

test-matrix:  ## every two options together, on 64 and on 32 bits: the differential test for each configuration
	python3 integration/run.py matrix

test-baremetal:  ## MicroPython's own tests on four microcontrollers in QEMU, with gc.c and with libgcheap
	python3 integration/run.py baremetal

test-32:  ## MicroPython's own tests on three 32-bit variants; `make test` runs one of them
	python3 integration/run.py micropython-32 micropython-32-rest

test-cross:  ## all C tests of the standalone library on ARM and AArch64 under qemu-user, and with musl; `make test` runs a few
	python3 integration/run.py cross-all

test-programs:  ## unmodified Debian programs that run on Boehm's collector, with libgcheap in its place
	python3 integration/run.py programs

test-stress:  ## the same with a collection at every STRESS-th (100) allocation; `make test` does so for C programs and the Lisp
	STRESS=$(or $(STRESS),100) python3 integration/run.py stress

test-stress-every:  ## small uses of the same programs, with a collection at every allocation (four minutes)
	python3 integration/run.py every

test-valgrind:  ## all C tests of the standalone library under valgrind; `make test` runs a few
	python3 integration/run.py valgrind-all

test-heapview:  ## heapview on what MicroPython prints, and its page in Chromium
	python3 integration/run.py rust-heapview heapview

test-gauche:  ## all checks of Gauche, a Scheme, on libgcheap and on its own Boehm collector; `make test` runs those of its core
	python3 integration/run.py gauche-all

boehm:  ## build/boehm/libgc.so.1: the heap with the interface of Boehm's collector
	tools/build.py boehm build/boehm

test-versions:  ## MicroPython 1.26.1's own tests, and with MICROPYTHON_DEV=/path those of a development tree
	python3 integration/run.py versions

test-fresh:  ## make run and make test on a minimal Debian 12, built by debootstrap (needs root); FRESH="--complete"
	python3 integration/fresh.py $(FRESH)

parity:  ## the same CALLS calls (10000000) through gc.c and through libgcheap, in every configuration
	$(CARGO) run --quiet --release --package parity -- --calls $(CALLS) $(if $(SEED),--seed $(SEED)) \
		--micropython "$$(scripts/get-micropython | tail -n 1)"

bench:  ## gc.c, libgcheap and Boehm's collector side by side, to build/bench.json; BENCH="--quick --only REGEX"
	python3 bench/run.py $(BENCH)

bench-count:  ## the same in instructions, under callgrind, to build/bench-count.json
	python3 bench/run.py --count $(BENCH)

bench-standalone:  ## Boehm's collector and libgcheap in its place, side by side, to build/bench-standalone.json; BENCH="--only REGEX"
	python3 bench/standalone.py $(BENCH)

bench-baremetal:  ## the benchmark on two microcontrollers in QEMU, to build/bench-baremetal.json; BENCH="--only REGEX"
	python3 bench/baremetal.py $(BENCH)

bench-hunt:  ## searches for workloads on which gc.c or Boehm's is faster; COUNT=300 SEED=1, ONLY="SEED or PARAMETERS", BOARDS=all
	python3 bench/hunt.py $(if $(COUNT),--count $(COUNT)) $(if $(SEED),--seed $(SEED)) $(if $(BOARDS),--boards $(BOARDS)) \
		$(if $(ONLY),--only "$(ONLY)") $(HUNT)

size:  ## what gc.c and libgcheap add to a microcontroller's firmware, and whether that has grown; SIZE="--targets NAMES"
	python3 bench/size.py $(SIZE)

size-record:  ## writes bench/size-recorded.json anew: what make size compares with
	python3 bench/size.py --no-module --record

lint:  ## the style of Rust, C, Python and shell, as CI checks it; LANGUAGES="c python" checks only those
	CARGO="$(CARGO)" python3 tools/lint.py $(LANGUAGES)

lint-tools: build/lint/done  ## gets ruff and mypy from PyPI for make lint, into build/lint

build/lint/done: tools/lint-requirements.txt
	rm -rf build/lint
	python3 -m venv build/lint
	build/lint/bin/pip install --quiet --requirement $<
	touch $@

clean:  ## removes everything that was built, the fetched sources of MicroPython and Gauche included
	rm -rf build target

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*##  *\(.*\)/\1	\2/p' $(MAKEFILE_LIST) | sort | expand -t 12

.PHONY: all always host boehm install uninstall heapview install-heapview dist header test test-32 test-cross test-stress test-stress-every test-valgrind test-programs test-gauche test-heapview test-versions test-baremetal test-matrix test-fresh parity bench bench-count bench-standalone bench-baremetal bench-hunt size size-record lint lint-tools clean help
