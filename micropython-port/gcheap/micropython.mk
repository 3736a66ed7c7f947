# Replaces py/gc.c by libgcheap in any make-based port of MicroPython, without an edit to the port:
#
#   make -C ports/unix USER_C_MODULES=<this repository>/micropython-port
#
# Use a BUILD directory of its own: MicroPython's make does not notice when USER_C_MODULES is no longer set.
#
#   GCHEAP_LIB=/path.a    link this library instead of building one; if it was built for another configuration, the link
#                         fails at a symbol whose name says what differs
#   GCHEAP_TARGET=NAME    the Rust target; by default what the port's compiler and flags say (tools/build.py target)
#   GCHEAP_OPT=3          optimise the library for speed, or for size (s): the default, on bare metal
#   GCHEAP_VARIANT=fast   which variant of the heap, fast or compact: compact is the default on bare metal
#   GCHEAP_MODULE=0       leave out the Python module `gcheap`; full: with statistics, snapshots and the rest (docs/MICROPYTHON.md)

GCHEAP_MODULE ?= 1
GCHEAP_TARGET ?=
GCHEAP_OPT ?=
GCHEAP_VARIANT ?=

GCHEAP_DIR := $(USERMOD_DIR)
GCHEAP_ROOT := $(abspath $(realpath $(GCHEAP_DIR))/../..)
ifneq ($(words $(realpath $(GCHEAP_DIR))),1)
$(error gcheap: the path $(realpath $(GCHEAP_DIR)) has a space in it, which make cannot take; move libgcheap elsewhere)
endif
GCHEAP_BUILD := $(PYTHON) $(GCHEAP_ROOT)/tools/build.py
GCHEAP_OUT := $(BUILD)/gcheap
GCHEAP_CONFIG := $(GCHEAP_OUT)/config.env

GCHEAP_OPTIONS :=
ifeq ($(GCHEAP_MODULE),full)
SRC_USERMOD_C += $(addprefix $(GCHEAP_DIR)/full/,modgcheap.c host.c names.c snapshot.c)
GCHEAP_OPTIONS := STATISTICS=1 SNAPSHOT=1
else ifeq ($(GCHEAP_MODULE),1)
SRC_USERMOD_C += $(GCHEAP_DIR)/modgcheap.c
else ifneq ($(GCHEAP_MODULE),0)
$(error gcheap: GCHEAP_MODULE is "$(GCHEAP_MODULE)"; it must be 0, 1 or full)
endif

# Headers that MicroPython's build generates, and that its own headers include.
GCHEAP_HEADERS := $(addprefix $(HEADER_BUILD)/,qstrdefs.generated.h mpversion.h moduledefs.h root_pointers.h)
ifeq ($(MICROPY_ROM_TEXT_COMPRESSION),1)
GCHEAP_HEADERS += $(HEADER_BUILD)/compressed.data.h
endif

# The compiler and its flags that choose a machine (a function of the recipe's CFLAGS, so it is not ":=").
GCHEAP_CC = $(CC) $(filter -m% --target=%,$(CFLAGS))

# 1. The interpreter's configuration. Only a recipe sees the final CC and CFLAGS, so this one runs in every build; the
#    file keeps its time, and nothing after it runs, unless a value (or the choice in its first line) has changed.
$(GCHEAP_CONFIG): $(GCHEAP_DIR)/probe.c gcheap-always | $(GCHEAP_HEADERS)
	$(Q)$(MKDIR) -p $(@D)
	$(Q)$(CC) $(CFLAGS) -fno-lto -g0 -S -o $@.s $<
	$(Q)$(GCHEAP_BUILD) config $@.s $@ STATE_SYMBOL=mp_state_ctx VARIANT=$(GCHEAP_VARIANT) $(GCHEAP_OPTIONS) \
		"# $(GCHEAP_LIB) cc=$(GCHEAP_CC) target=$(GCHEAP_TARGET) opt=$(GCHEAP_OPT) module=$(GCHEAP_MODULE)"

.PHONY: gcheap-always

# 2. The library, built for that configuration.
ifndef GCHEAP_LIB
GCHEAP_LIB := $(GCHEAP_OUT)/libgcheap.a
GCHEAP_SOURCES := $(shell $(GCHEAP_BUILD) sources)

$(GCHEAP_LIB): $(GCHEAP_CONFIG) $(GCHEAP_SOURCES)
	$(ECHO) "CARGO $@"
	$(Q)CC="$(GCHEAP_CC)" AR="$(AR)" NM="$(CROSS_COMPILE)nm" OBJCOPY="$(OBJCOPY)" \
		CARGO_TARGET_DIR="$(abspath $(GCHEAP_OUT))/target" GCHEAP_TARGET="$(GCHEAP_TARGET)" GCHEAP_OPT="$(GCHEAP_OPT)" \
		$(GCHEAP_BUILD) archive $(GCHEAP_CONFIG) $@ || { \
		echo "gcheap: libgcheap.a could not be built for this interpreter; the reason is above." >&2; false; }
endif

# 3. MicroPython's side and the library in one object, under the name that ports and their linker scripts know. This
#    explicit rule beats mkrules.mk's pattern rule: py/gc.c is never compiled.
$(BUILD)/py/gc.o: $(GCHEAP_DIR)/glue.c $(GCHEAP_CONFIG) $(GCHEAP_LIB)
	$(ECHO) "GCHEAP $@"
	$(Q)$(CC) $(CFLAGS) -fno-lto -I$(GCHEAP_ROOT)/include -DGCHEAP_MODULE=$(patsubst full,2,$(GCHEAP_MODULE)) \
		-MD -MP -MF $(@:.o=.P) -MT $@ -c -o $(@D)/gc_glue.o $<
	$(Q)$(GCHEAP_CC) -nostdlib -r -o $@ $(@D)/gc_glue.o -Wl,-u,gc_init $(GCHEAP_LIB)
