# SPDX-License-Identifier: LGPL-2.1-or-later
#
# One Makefile for everything; `make help` lists the targets. Layers are static
# libraries, so the link order is the layering: front ends, daemon, io, core,
# common.

O ?= build
PREFIX ?= /usr/local
SBINDIR ?= $(PREFIX)/sbin
MANDIR ?= $(PREFIX)/share/man
UNITDIR ?= $(PREFIX)/lib/systemd/system
DESTDIR ?=
PKG_CONFIG ?= pkg-config
CLANG_FORMAT ?= clang-format
SAN ?=
V ?=
WERROR ?=
FUZZ_SECONDS ?= 30
SOAK_SECONDS ?= 600

VERSION := 0.1

CFLAGS ?= -O2 -g
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wold-style-definition -Wpointer-arith -Wwrite-strings -Wcast-align \
	-Wformat=2 -Wundef -Wvla -Wimplicit-fallthrough -Wdouble-promotion
ALL_CFLAGS := -std=gnu11 -D_GNU_SOURCE -DAOE_VERSION='"$(VERSION)"' -I. \
	-fvisibility=hidden -fno-strict-aliasing $(WARN) $(CFLAGS)
ALL_LDFLAGS := $(LDFLAGS)
ifneq ($(WERROR),)
ALL_CFLAGS += -Werror
endif
ifneq ($(SAN),)
ALL_CFLAGS += -fsanitize=$(SAN) -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
ALL_LDFLAGS += -fsanitize=$(SAN)
endif
Q := $(if $(V),,@)
comma := ,

# ---- libraries: one per folder; the file with main() is named apart ----
PROGRAMS := aoe aoe-nbd aoe-fuse
MAIN_aoe := aoe-user/cli/aoe.c
MAIN_aoe-nbd := nbd-bridge/aoe_nbd.c
MAIN_aoe-fuse := fuse-fs/aoe_fuse.c
MAINS := $(MAIN_aoe) $(MAIN_aoe-nbd) $(MAIN_aoe-fuse)

SRC_common := $(wildcard common/*.c)
SRC_core := $(wildcard aoe-user/core/*.c)
SRC_io := $(wildcard aoe-user/io/*.c)
SRC_daemon := $(wildcard aoe-user/daemon/*.c)
SRC_cli := $(filter-out $(MAINS),$(wildcard aoe-user/cli/*.c))
SRC_nbd := $(filter-out $(MAINS),$(wildcard nbd-bridge/*.c))
SRC_fuse := $(filter-out $(MAINS),$(wildcard fuse-fs/*.c))
SRC_sim := $(wildcard tests/sim/*.c)
SRC_fake := $(wildcard tests/fake/*.c)
SRC_unit := $(wildcard tests/unit/test_*.c)
SRC_sys := $(wildcard tests/sys/*.c)
SRC_fuzz := $(wildcard tests/fuzz/fuzz_*.c)

LIBS := common core io daemon cli nbd fuse
lib = $(O)/lib$(1).a
obj = $(patsubst %.c,$(O)/%.o,$(1))
# Below every program.
BASE := $(foreach l,daemon io core common,$(call lib,$(l)))

pc = $(shell $(PKG_CONFIG) $(1) $(2) 2>/dev/null)
LDLIBS_io := $(call pc,--libs,libpcap libmnl) -lev
LDLIBS_common := $(call pc,--libs,json-c)
LDLIBS_daemon := $(call pc,--libs,libcap-ng libseccomp)
LDLIBS_base := $(LDLIBS_daemon) $(LDLIBS_io) $(LDLIBS_common)
LDLIBS_nbd := $(call pc,--libs,libmnl)
LDLIBS_fuse := $(call pc,--libs,fuse3 blkid)

BIN := $(addprefix $(O)/,$(PROGRAMS))
UNIT := $(patsubst tests/unit/%.c,$(O)/tests/unit/%,$(SRC_unit))
SYS := $(patsubst tests/sys/%.c,$(O)/tests/sys/%,$(SRC_sys))
SIM := $(if $(SRC_sim),$(O)/tests/sim/sim)
FUZZ := $(patsubst tests/fuzz/%.c,$(O)/tests/fuzz/%,$(SRC_fuzz))
FAKE := $(if $(SRC_fake),$(O)/tests/fake/fake-target)

.PHONY: all deps demo check check-unit check-sim check-sys check-vm \
	check-tests mutants bench-engine bench-loss bench-fuse fuzz \
	fuzz-programs soak lint format format-check install uninstall clean help
.DELETE_ON_ERROR:
.SECONDARY:

all: $(BIN)

tests: $(UNIT) $(SYS) $(SIM) $(FAKE)

$(O)/%.o: %.c
	@mkdir -p $(@D)
	@$(if $(V),,echo "  CC      $<")
	$(Q)$(CC) $(ALL_CFLAGS) $(EXTRA_CFLAGS) -MMD -MP -c -o $@ $<

define library
$(call lib,$(1)): $(call obj,$(SRC_$(1)))
	@mkdir -p $$(@D)
	@rm -f $$@
	@$(if $(V),,echo "  AR      $$@")
	$(Q)$(AR) rcs $$@ $$^
endef
$(foreach l,$(LIBS),$(eval $(call library,$(l))))

LINK = @mkdir -p $(@D); $(if $(V),,echo "  LD      $@";) \
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(1) -Wl,--as-needed $(2)

$(O)/aoe: $(call obj,$(MAIN_aoe)) \
		$(call lib,cli) $(BASE)
	$(call LINK,$^,$(LDLIBS_base))

$(O)/aoe-nbd: $(call obj,$(MAIN_aoe-nbd)) \
		$(call lib,nbd) $(BASE)
	$(call LINK,$^,$(LDLIBS_nbd) $(LDLIBS_base))

# Headers that do not lie where the compiler looks by itself.
$(O)/fuse-fs/%.o: EXTRA_CFLAGS += $(call pc,--cflags,fuse3 blkid)

$(O)/aoe-fuse: $(call obj,$(MAIN_aoe-fuse)) \
		$(call lib,fuse) $(BASE)
	$(call LINK,$^,$(LDLIBS_fuse) $(LDLIBS_base))

$(O)/tests/unit/%: $(O)/tests/unit/%.o \
		$(foreach l,fuse nbd cli,$(call lib,$(l))) $(BASE)
	$(call LINK,$^,$(LDLIBS_fuse) $(LDLIBS_nbd) $(LDLIBS_base) \
		$(call pc,--libs,cmocka))

$(O)/tests/sys/%: $(O)/tests/sys/%.o
	$(call LINK,$^,$(call pc,--libs,libnbd))

$(O)/tests/bench/engine: $(call obj,tests/bench/engine.c tests/bench/loop.c) \
		$(call lib,core) $(call lib,common)
	$(call LINK,$^,)

# For bench-fuse: no engine, the engine alone, the file system without a network.
$(addprefix $(O)/tests/bench/fuse_,ring engine reader): %: %.o \
		$(BASE)
	$(call LINK,$^,$(LDLIBS_base))

$(O)/tests/bench/fuse_memory: $(O)/tests/bench/fuse_memory.o \
		$(call obj,$(MAIN_aoe-fuse)) \
		$(call lib,fuse) $(BASE)
	$(call LINK,$^,-Wl$(comma)--wrap=aoe_submit \
		-Wl$(comma)--wrap=aoe_flush_tx $(LDLIBS_fuse) $(LDLIBS_base))

# The simulator sees the core and nothing of the io layer.
$(O)/tests/sim/sim: $(call obj,$(SRC_sim)) $(call lib,core) $(call lib,common)
	$(call LINK,$^,)

# With clang's libFuzzer, which brings main(): `make fuzz` builds these apart.
$(O)/tests/fuzz/fuzz_probe: $(O)/tests/fuzz/fuzz_probe.o $(call lib,fuse)
	$(call LINK,$^,-Wl$(comma)--wrap=send -Wl$(comma)--wrap=recv \
		$(call pc,--libs,blkid))

$(O)/tests/fuzz/%: $(O)/tests/fuzz/%.o \
		$(foreach l,nbd core common,$(call lib,$(l)))
	$(call LINK,$^,)

# The fake target shares no code with the product, so that it can referee.
$(O)/tests/fake/fake-target: $(call obj,$(SRC_fake))
	$(call LINK,$^,)

# ---- what people run ----
ROOT_GOALS := $(filter deps demo check check-sys check-vm bench-loss \
	bench-fuse, \
	$(MAKECMDGOALS))
ifneq ($(ROOT_GOALS),)
ifneq ($(shell id -u),0)
$(error needs root: sudo make $(ROOT_GOALS))
endif
endif

deps:
	@tests/deps

demo:
	@tests/deps
	@$(MAKE) --no-print-directory all tests O=$(O)
	@O=$(O) tests/demo

check:
	@tests/deps
	@$(MAKE) --no-print-directory check-tests O=$(O)

check-tests: all tests
	@O=$(O) tests/run unit sim sys vm

check-unit: all tests
	@O=$(O) tests/run unit
check-sim: all tests
	@O=$(O) tests/run sim
check-sys: all tests
	@O=$(O) tests/run sys
check-vm: all tests
	@O=$(O) tests/run vm

mutants:
	@O=$(O) tests/mutants/run

bench-engine: $(O)/tests/bench/engine
	@$(O)/tests/bench/engine

bench-loss:
	@tests/deps
	@$(MAKE) --no-print-directory all O=$(O)
	@O=$(O) tests/bench/loss

bench-fuse:
	@tests/deps
	@$(MAKE) --no-print-directory all tests O=$(O) \
		$(addprefix $(O)/tests/bench/fuse_,ring engine reader memory)
	@O=$(O) tests/bench/fuse

fuzz-programs: $(FUZZ)

fuzz:
	@$(MAKE) --no-print-directory O=$(O)/fuzz CC=clang \
		SAN=fuzzer$(comma)address$(comma)undefined fuzz-programs
	@tests/fuzz/seed $(O)/fuzz/corpus
	@O=$(O) FUZZ_SECONDS=$(FUZZ_SECONDS) tests/run fuzz

# New random seeds until the time is over or one of them fails.
soak: $(SIM)
	@$(O)/tests/sim/sim --soak $(SOAK_SECONDS) chaos

SOURCES := $(wildcard common/*.[ch] aoe-user/*/*.[ch] nbd-bridge/*.[ch] \
	fuse-fs/*.[ch] tests/*/*.[ch])

lint: all tests
	@O=$(O) tests/lint

format:
	@$(CLANG_FORMAT) -i $(SOURCES)

format-check:
	@$(CLANG_FORMAT) --dry-run --Werror $(SOURCES)

MANPAGES := $(wildcard man/*.8)
UNITS := $(wildcard fuse-fs/*.service)

install: all
	install -d $(DESTDIR)$(SBINDIR) $(DESTDIR)$(MANDIR)/man8
	install -m 755 $(BIN) $(DESTDIR)$(SBINDIR)
	install -m 644 $(MANPAGES) $(DESTDIR)$(MANDIR)/man8
	install -d $(DESTDIR)$(UNITDIR)
	for u in $(UNITS); do \
		sed 's,@SBINDIR@,$(SBINDIR),' $$u \
			>$(DESTDIR)$(UNITDIR)/$${u##*/} || exit; \
	done

uninstall:
	rm -f $(addprefix $(DESTDIR)$(SBINDIR)/,$(PROGRAMS))
	rm -f $(addprefix $(DESTDIR)$(MANDIR)/man8/,$(notdir $(MANPAGES)))
	rm -f $(addprefix $(DESTDIR)$(UNITDIR)/,$(notdir $(UNITS)))

clean:
	rm -rf $(O)

help:
	@echo "make [all]        build the programs into \$$O (default: build)"
	@echo "make demo         show it at work on a sample disk (root)"
	@echo "make check        install what is missing, run every test (root)"
	@echo "make check-unit   also check-sim, check-sys (root), check-vm (root)"
	@echo "make fuzz         every fuzz program for FUZZ_SECONDS=$(FUZZ_SECONDS) (clang)"
	@echo "make mutants      take each safety rule out: does a test notice?"
	@echo "make bench-engine what the engine costs, and how that grows"
	@echo "make bench-loss   speed under loss beside the kernel's driver (root)"
	@echo "make soak         simulated chaos for SOAK_SECONDS=$(SOAK_SECONDS), new seeds"
	@echo "make bench-fuse   what aoe-fuse makes of the engine's speed (root)"
	@echo "make deps         install the Debian packages needed (root)"
	@echo "make lint         layers, symbols, analysers, shell, man pages"
	@echo "make format       clang-format; format-check only looks"
	@echo "make install      DESTDIR=, PREFIX=$(PREFIX); uninstall"
	@echo "make clean        remove \$$O"
	@echo "Variables: O= build folder, V=1 shows commands, WERROR=1,"
	@echo "           SAN=address,undefined builds with sanitizers"

-include $(shell find $(O) -name '*.d' 2>/dev/null)
