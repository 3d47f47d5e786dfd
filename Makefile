# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Everything that is made lands in build/.  V=1 shows the commands; CC, CLANG,
# BPFTOOL, PYTHON, CFLAGS and LDFLAGS come from outside where given.

BUILD   := build
PREFIX  ?= /usr/local
DESTDIR ?=
CC      ?= cc
CLANG   ?= clang
LLVM_OBJCOPY ?= llvm-objcopy
BPFTOOL ?= $(shell command -v bpftool || echo /usr/sbin/bpftool)
PYTHON  ?= /usr/bin/python3
PKG_CONFIG ?= pkg-config
# A release is a tag v$(VERSION); what is none bears its commit.  `make dist` notes it in .revision.
release := $(shell cat VERSION)
revision = $(shell git describe --exact-match --match=v$(release) $(1) >/dev/null 2>&1 || \
	git describe --always $(1) --match=NONE 2>/dev/null | sed 's/^/+g/')
VERSION := $(release)$(if $(wildcard .revision),$(shell cat .revision),$(call revision,--dirty))

Q := $(if $(V),,@)
say = $(if $(V),@:,@printf '  %-7s %s\n' $(1) $(2) >&2)

# Of the machine that CC compiles for, which need not be this one.
ARCH := $(shell $(CC) -dumpmachine | sed 's/-.*//; s/x86_64/x86/; s/aarch64/arm64/')
MULTIARCH := $(shell $(CC) -print-multiarch 2>/dev/null)
SYSROOT := $(filter-out /,$(shell $(CC) -print-sysroot 2>/dev/null))

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	-Wwrite-strings -Wvla -Wundef $(if $(CI),-Werror)
# Where it is built is nobody's business: the same source gives the same bytes (tests/reproducible).
ANYWHERE := -ffile-prefix-map=$(CURDIR)=.
HARDEN := -fPIE -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fstack-clash-protection
CFLAGS ?= -O2 -g
ALL_CFLAGS = -std=gnu11 $(CFLAGS) $(ANYWHERE) $(HARDEN) $(WARN) -D_GNU_SOURCE -Ipkg -Ibpf -I$(BUILD)/gen
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now,-z,noexecstack $(LDFLAGS)
LIBS := -lbpf -lelf -lz -lcjson -lcap -lseccomp -levent_extra -levent_core -lncursesw -ltinfo -lpthread
BPF_CFLAGS := -g -O2 $(ANYWHERE) -mcpu=v3 -target bpf -D__TARGET_ARCH_$(ARCH) -Ibpf -Wall -Wextra \
	-Wno-unused-parameter -Wno-gnu-variable-sized-type-not-at-end $(if $(CI),-Werror) $(if $(MULTIARCH),-idirafter $(SYSROOT)/usr/include/$(MULTIARCH))

SRC := $(wildcard pkg/*/*.c)
CMD := $(wildcard cmd/*.c)
OBJ := $(SRC:%.c=$(BUILD)/obj/%.o)
CMD_OBJ := $(CMD:%.c=$(BUILD)/obj/%.o)
UNIT := $(wildcard tests/unit/*.c)
UNIT_OBJ := $(UNIT:%.c=$(BUILD)/obj/%.o)
PROGRAMS := $(patsubst tests/programs/%.c,$(BUILD)/programs/%,$(wildcard tests/programs/*.c))

.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: all help demo check test e2e lint install uninstall clean inspect programs
.PHONY: bench bench-short bench-docs bench-instructions sizing sizing-docs
.PHONY: check-asan check-valgrind soak fuzz fuzz-build dist tarball deb check-deb reproducible
.PHONY: picture cross-arm64 image vm vm-root vm-root-arm64 check-kernels check-systemd

all: $(BUILD)/ctrace $(BUILD)/ctrace.1 ## build the program (no root needed): build/ctrace

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F '|' '{ printf "%-22s%s\n", $$1, $$2 }'

# Other flags make other objects: this file changes when they do, and only then.
FLAGS := $(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) $(CLANG) $(BPF_CFLAGS)
note = $(shell mkdir -p $(BUILD); echo '$(2)' | cmp -s - $(BUILD)/$(1) || echo '$(2)' > $(BUILD)/$(1))
$(call note,flags,$(FLAGS))$(call note,version,$(VERSION))

# --- the kernel side: one object in two kinds, their parts, one skeleton --------

# for kernels with typed loads, and for those without: bpf/read.bpf.h
$(BUILD)/ctrace.bpf.o: TYPED_LOADS := 1
$(BUILD)/gen/untyped.bpf.o: TYPED_LOADS := 0

$(BUILD)/ctrace.bpf.o $(BUILD)/gen/untyped.bpf.o: bpf/ctrace.bpf.c $(BUILD)/flags | $(BUILD)/deps-build
	$(call say,CLANG,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -DTYPED_LOADS=$(TYPED_LOADS) -MMD -MP -MF $@.d -MT $@ -c $< -o $@.tmp
	$(Q)$(LLVM_OBJCOPY) --strip-debug $@.tmp
	$(Q)mv $@.tmp $@

# For the machine that builds, whatever CC is for.
$(BUILD)/slim-btf-ext: bpf/slim_btf_ext.c | $(BUILD)/deps-build
	$(call say,CLANG,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) -std=gnu11 -O1 $(WARN) $< -o $@

# What is loaded of it: the maps, and the tracepoint backend's programs or all of them.
PARTS := $(addprefix $(BUILD)/gen/,maps.part.o tracepoint.part.o all.part.o old.part.o)

$(BUILD)/gen/old.part.o: $(BUILD)/gen/untyped.bpf.o
$(filter-out %/old.part.o,$(PARTS)): $(BUILD)/ctrace.bpf.o

$(PARTS): $(BUILD)/gen/%.part.o: bpf/slim $(BUILD)/slim-btf-ext
	$(call say,SLIM,$@)
	@mkdir -p $(@D)
	$(Q)cp $(filter %.bpf.o,$^) $@.tmp
	$(Q)LLVM_OBJCOPY=$(LLVM_OBJCOPY) BPFTOOL=$(BPFTOOL) bpf/slim $* $@.tmp $(BUILD)/slim-btf-ext
	$(Q)mv $@.tmp $@

$(BUILD)/gen/ctrace.skel.h: $(BUILD)/gen/maps.part.o Makefile
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name ctrace_bpf | sed '/^static .*_bytes(size_t \*sz)$$/,/^}/d' > $@

# their bytes, which the skeleton comes without
$(BUILD)/gen/%.part.o.gz: $(BUILD)/gen/%.part.o
	$(call say,GZIP,$@)
	$(Q)gzip -9 -n < $< > $@

# --- the user side -------------------------------------------------------------

VERSIONED := $(BUILD)/obj/cmd/main.o $(BUILD)/obj/cmd/doctor.o $(BUILD)/obj/cmd/report.o
$(VERSIONED): ALL_CFLAGS += -DCTRACE_VERSION='"$(VERSION)"'
$(VERSIONED): $(BUILD)/version

# it embeds them
$(BUILD)/obj/pkg/report/page.o: $(wildcard pkg/report/page.html pkg/report/page.css pkg/report/page.js)

$(BUILD)/obj/%.o: %.c $(BUILD)/flags | $(BUILD)/deps-build
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/obj/pkg/tracer/bpf_object.o: ALL_CFLAGS += -DCTRACE_BPF_PARTS='"$(BUILD)/gen"'
$(BUILD)/obj/pkg/tracer/bpf_object.o: $(PARTS:=.gz)

# the skeleton must exist before the only files that include it, and their tests, are compiled
$(filter $(BUILD)/obj/pkg/tracer/%,$(OBJ)): $(BUILD)/gen/ctrace.skel.h
$(UNIT_OBJ): | $(BUILD)/gen/ctrace.skel.h

$(BUILD)/ctrace: $(CMD_OBJ) $(OBJ)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) $^ $(LIBS) -o $@

# The program knows its options best.  RUN= runs it where it is for another machine.
COMPLETIONS := $(addprefix $(BUILD)/completion/,bash zsh fish)

$(BUILD)/ctrace.1: $(BUILD)/ctrace
	$(call say,MAN,$@)
	$(Q)$(RUN) $< manual > $@

$(COMPLETIONS): $(BUILD)/completion/%: $(BUILD)/ctrace
	$(call say,SHELL,$@)
	@mkdir -p $(@D)
	$(Q)$(RUN) $< completion $* > $@

$(UNIT_OBJ): ALL_CFLAGS += -Icmd

# of cmd/: what needs no session
UNIT_CMD := options option_table held

$(BUILD)/unit: $(UNIT_OBJ) $(OBJ) $(UNIT_CMD:%=$(BUILD)/obj/cmd/%.o)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) $^ -lcriterion $(LIBS) -o $@

-include $(OBJ:.o=.d) $(CMD_OBJ:.o=.d) $(UNIT_OBJ:.o=.d) $(BUILD)/ctrace.bpf.o.d $(BUILD)/gen/untyped.bpf.o.d

# --- what must be installed ----------------------------------------------------

$(BUILD)/deps-build $(BUILD)/deps-test $(BUILD)/deps-lint $(BUILD)/deps-cross: $(BUILD)/deps-%: tests/packages
	@mkdir -p $(@D)
	@tests/packages require $*
	@touch $@

# --- tests ---------------------------------------------------------------------

# What runs inside containers must need nothing from them.
$(BUILD)/programs/%: tests/programs/%.c $(wildcard tests/programs/*.h)
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -O1 -g -Wall -Wextra -static -pthread -D_GNU_SOURCE $< -o $@

programs: $(PROGRAMS)

$(UNIT_OBJ): | $(BUILD)/deps-test

test: $(BUILD)/unit ## unit tests (no root needed)
	$(Q)$(BUILD)/unit --tap=$(BUILD)/unit.tap --short-filename
	$(Q)tests/tap-summary $(BUILD)/unit.tap

# root: real containers, real BPF
e2e: $(BUILD)/ctrace $(PROGRAMS)
	$(Q)rm -f $(BUILD)/e2e.tap
	$(Q)CTRACE=$(CURDIR)/$(BUILD)/ctrace PROGRAMS=$(CURDIR)/$(BUILD)/programs TAP=$(CURDIR)/$(BUILD)/e2e.tap \
		PYTHONDONTWRITEBYTECODE=1 $(PYTHON) -m pytest -q -p no:cacheprovider tests/e2e $(PYTEST_ARGS)

# Left out: the sandbox, which forbids what sanitizers do, and with it what documents say to type; bounds on memory and
# time, which they break; what is about files other than the program.
NOT_SANITIZED := test_sandbox or test_deploy or test_kubernetes or test_collectors or test_latency or test_scale \
	or test_systemd or many_events or hostile_events_are_bounded or events_of_all_are_told or sandbox or that_makes_cgroups \
	or cgroups_that_come_and_go or user_who_makes_cgroups \
	or where_there_was_no_room or test_recipes or test_tutorial
LEAKS_OF_OTHERS := LSAN_OPTIONS=suppressions=$(CURDIR)/tests/asan.supp:print_suppressions=0
# With valgrind a start takes 5 s: those that many tests share, and those with the most to do for it.  Left out: bounds on
# memory, bursts of containers, files by the hundred megabytes, `ctrace run`, and two that fail there and nowhere else.
VALGRIND_E2E := accounting backpressure gap loss metrics names records selection table
NOT_VALGRIND := memory_limit or run_has_none or restart_with_the_same_id or own_container
VALGRIND_UNITS := !(sandbox|state_files|report_page)/*
VALGRIND := $(BUILD)/valgrind
by_valgrind = VALGRIND=$(CURDIR)/$(VALGRIND) VALGRIND_RUNS=$(CURDIR)/$(BUILD)/$(1)

# To Criterion a test that leaks has passed; and it leaks by itself, now and then.  A stack is ours by what is in it
# beside the way from Criterion into a test.
none_of_ours = ! grep -shE '[ (](\./)?(cmd|pkg|tests)/' $(1) | grep -v '_jmp '

check-asan: ## units and end-to-end tests with ASan and UBSan, then check-valgrind (root, an hour)
	$(Q)tests/packages install build test check >&2
	$(Q)$(MAKE) --no-print-directory BUILD=$(BUILD)/asan CFLAGS='$(SANITIZE)' all $(BUILD)/asan/unit
	$(Q)rm -f $(BUILD)/asan/leaks.*
	$(Q)LSAN_OPTIONS=exitcode=0:log_path=$(CURDIR)/$(BUILD)/asan/leaks \
		$(BUILD)/asan/unit --filter '!(sandbox)/*' --short-filename
	$(Q)$(call none_of_ours,$(BUILD)/asan/leaks.*)
	$(Q)$(LEAKS_OF_OTHERS) CTRACE_NO_SANDBOX=1 CTRACE_PATIENCE=10 \
		$(MAKE) --no-print-directory BUILD=$(BUILD)/asan CFLAGS='$(SANITIZE)' e2e \
		PYTEST_ARGS='-k "not ($(NOT_SANITIZED))" $(PYTEST_ARGS)'
	$(Q)$(MAKE) --no-print-directory check-valgrind

# By that of Debian 13, unpacked: 12's has no openat2(2).  It has no clone3(2) either, so there is no `ctrace run`.
check-valgrind: ## units and end-to-end tests with valgrind (root, half an hour)
	$(Q)tests/packages install build test check vm valgrind >&2
	$(Q)tests/vm/fetch-packages $$(dpkg --print-architecture)/trixie $(VALGRIND) valgrind
	$(Q)$(MAKE) --no-print-directory all programs $(BUILD)/unit
	$(Q)mkdir -p $(VALGRIND)-logs && rm -f $(VALGRIND)-logs/*
	$(Q)$(call by_valgrind,unit) tests/under-valgrind -j1 --filter '$(VALGRIND_UNITS)' --short-filename
	$(Q)$(call none_of_ours,$(VALGRIND)-logs/*)
	$(Q)rm -f $(VALGRIND)-logs/*
	$(Q)$(call by_valgrind,ctrace) CTRACE=$(CURDIR)/tests/under-valgrind PROGRAMS=$(CURDIR)/$(BUILD)/programs \
		CTRACE_NO_SANDBOX=1 CTRACE_PATIENCE=10 PYTHONDONTWRITEBYTECODE=1 $(PYTHON) -m pytest -q -p no:cacheprovider \
		-k 'not ($(NOT_VALGRIND))' $(VALGRIND_E2E:%=tests/e2e/test_%.py) $(PYTEST_ARGS)
	$(Q)! grep '^==' $(VALGRIND)-logs/*

SOAK ?= 600

soak: $(BUILD)/ctrace $(PROGRAMS) ## at full rate for SOAK seconds (600): memory, descriptors and maps stay, all is accounted for (root)
	$(Q)CTRACE=$(CURDIR)/$(BUILD)/ctrace PROGRAMS=$(CURDIR)/$(BUILD)/programs PYTHONDONTWRITEBYTECODE=1 \
		$(PYTHON) tests/soak.py $(SOAK)

# --- fuzzing: tests/fuzz/README.md ------------------------------------------------

FUZZ := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/*.c))
FUZZ_CMD := $(BUILD)/obj/cmd/options.o $(BUILD)/obj/cmd/option_table.o
FUZZ_SECONDS ?= 60
SANITIZE := -O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=undefined -fsanitize=address,undefined

# Everything once more, for libFuzzer to see where it goes.
fuzz-build:
	$(Q)tests/packages install build fuzz >&2
	$(Q)$(MAKE) --no-print-directory BUILD=$(BUILD)/fuzz CC=$(CLANG) MULTIARCH=$(MULTIARCH) \
		CFLAGS='$(SANITIZE),fuzzer-no-link' $(FUZZ)

$(BUILD)/pkg.a: $(OBJ)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

# $(BUILD) is build/fuzz here
$(BUILD)/%: tests/fuzz/%.c tests/fuzz/fuzz.h $(BUILD)/pkg.a $(FUZZ_CMD)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -Icmd -fsanitize=fuzzer $(ALL_LDFLAGS) $< $(FUZZ_CMD) $(BUILD)/pkg.a $(LIBS) -o $@

fuzz: fuzz-build ## each target for FUZZ_SECONDS (60), two at a time; what it finds is in build/fuzz/found
	$(Q)tests/fuzz/run $(BUILD)/fuzz $(FUZZ_SECONDS)

# --- how fast it is: docs/performance.md ---------------------------------------

BENCH := $(addprefix $(BUILD)/bench/,workload floor floor.bpf.o held.so replay)
run_bench = BUILD=$(BUILD) BPFTOOL=$(BPFTOOL) PYTHONDONTWRITEBYTECODE=1 \
	unshare --mount --propagation private $(PYTHON) tests/bench/$(1)

$(BUILD)/bench/workload: tests/bench/workload.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -O2 -Wall -Wextra -static -pthread -D_GNU_SOURCE $< -o $@

$(BUILD)/bench/floor: tests/bench/floor.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -O2 -Wall -Wextra -D_GNU_SOURCE $< -lbpf -o $@

$(BUILD)/bench/floor.bpf.o: tests/bench/floor.bpf.c
	$(call say,CLANG,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c $< -o $@

$(BUILD)/bench/held.so: tests/bench/held.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -O2 -Wall -Wextra -shared -fPIC -D_GNU_SOURCE $< -o $@

# ctrace itself, reading a ring of recorded records
$(BUILD)/bench/replay: tests/bench/replay.c $(CMD_OBJ) $(OBJ)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) $^ $(LIBS) \
		$(foreach f,new look next free,-Wl,--wrap=rings_$(f)) -o $@

bench: $(BUILD)/ctrace $(BENCH) ## ctrace and its peers on the same workload, and what must hold (root, some minutes)
	$(Q)tests/packages install bench
	$(Q)$(call run_bench,bench.py)

bench-docs: $(BUILD)/ctrace $(BENCH) ## the same, written into docs/performance.md
	$(Q)tests/packages install bench
	$(Q)$(call run_bench,bench.py --docs)

bench-short: $(BUILD)/ctrace $(BENCH) ## a minute of it with wide margins, part of make check (root)
	$(Q)$(call run_bench,short.py)

bench-instructions: vm-root $(BUILD)/bench/workload ## what tracing adds by fexit and by the tracepoint, in instructions, in a VM
	$(Q)tests/vm/fetch-kernel 6.12
	$(Q)install -D $(BUILD)/bench/workload $(VM_ROOT)/ctrace/build/bench/workload
	$(Q)tests/vm/run --kernel 6.12 --root $(VM_ROOT) --count-instructions --cpus 1 --stderr \
		'BUILD=/ctrace/build python3 /ctrace/tests/bench/instructions.py'

sizing: $(BUILD)/ctrace ## what a pod of the DaemonSet takes: CPU, memory, bytes of log (root, a minute)
	$(Q)$(call run_bench,sizing.py)

sizing-docs: $(BUILD)/ctrace ## the same, written into docs/kubernetes.md
	$(Q)$(call run_bench,sizing.py --docs)

# Without rights everything that loads BPF is run in VMs, and then neither engines nor runtimes are needed here.
IS_ROOT := $(filter 0,$(shell id -u))

check: ## install what the tests need, build, run everything; what root can't do here, in a VM
	$(Q)tests/packages install build test lint fuzz vm $(if $(IS_ROOT),demo check)
	$(Q)$(MAKE) --no-print-directory CI=1 all programs $(BUILD)/unit $(BENCH)
	$(Q)tests/check $(BUILD)

# --- other kernels, in qemu: tests/vm/README.md --------------------------------

KERNEL  ?= 6.12
KERNELS ?= 5.10 6.1 6.12 7.2 6.12-arm64
VM_ROOT := $(BUILD)/vm/root
vm_root_holds = --add $(1)/ctrace:/ctrace/build/ctrace --add $(1)/programs:/ctrace/build/programs \
	--add docs:/ctrace/docs --add tests:/ctrace/tests
# 6.12 needs vm-root, 6.12-arm64 vm-root-arm64
vm_roots_for = $(sort $(foreach kernel,$(1),vm-root$(if $(filter %-arm64,$(kernel)),-arm64)))

vm-root: $(BUILD)/ctrace programs
	$(Q)tests/packages install vm >&2
	$(Q)tests/vm/mkroot $(VM_ROOT) $(call vm_root_holds,$(BUILD))

vm-root-arm64:
	$(Q)tests/packages install build cross vm vm-arm64
	$(Q)$(MAKE) --no-print-directory cross-arm64
	$(Q)tests/vm/mkroot $(VM_ROOT)-arm64 --arch arm64 $(call vm_root_holds,$(BUILD)/arm64)

vm: $(call vm_roots_for,$(KERNEL)) ## a shell in a kernel of the lab: make vm KERNEL=6.12
	$(Q)tests/vm/fetch-kernel $(KERNEL)
	$(Q)tests/vm/run --kernel $(KERNEL) --root $(VM_ROOT)$(if $(filter %-arm64,$(KERNEL)),-arm64) --module overlay --interactive

# the oldest of them once more, with cgroup v1 alone; and what is done to a whole machine
check-kernels: $(call vm_roots_for,$(KERNELS) 6.12) ## the end-to-end suite on each kernel with each backend, in VMs
	$(Q)tests/vm/matrix --kernels "$(KERNELS)" --root $(VM_ROOT) --module overlay --timeout 900 \
		--also $(firstword $(KERNELS)) v1 '/ctrace/tests/vm/suite {backend} cgroup' \
		--also 6.12 v2 '/ctrace/tests/vm/suite {backend} machine' \
		--tap $(BUILD)/vm/matrix.tap '/ctrace/tests/vm/suite {backend} $(PYTEST_ARGS)'

check-systemd: $(BUILD)/ctrace programs ## containers whose cgroups systemd makes, in a VM whose init it is
	$(Q)tests/packages install vm demo check
	$(Q)tests/vm/fetch-kernel $(KERNEL)
	$(Q)tests/vm/mkroot $(VM_ROOT)-systemd $(call vm_root_holds,$(BUILD))
	$(Q)tests/vm/check-systemd $(VM_ROOT)-systemd $(KERNEL) $(PYTEST_ARGS)

lint: $(BUILD)/gen/ctrace.skel.h | $(BUILD)/deps-lint $(BUILD)/deps-test ## clang-format, clang-tidy, cppcheck, shellcheck
	$(Q)BUILD=$(BUILD) tests/lint

demo: ## a real container's opens in one command; in a VM if you are not root, or this kernel refuses BPF
	$(Q)tests/packages install build $(if $(IS_ROOT),demo) >&2
	$(Q)$(MAKE) --no-print-directory all >&2
	$(Q)if why=$$(tests/vm/needed $(BUILD)/ctrace); then \
		echo "demo: in a VM, since $$why" >&2; \
		$(MAKE) --no-print-directory vm-root >&2 && exec tests/vm/demo $(KERNEL) $(VM_ROOT); \
	else \
		CTRACE=$(CURDIR)/$(BUILD)/ctrace exec tests/demo; \
	fi

# --- another architecture: Debian's cross compiler, libraries unpacked beside it -----

ARM64_LIBRARIES := libbpf-dev libelf-dev zlib1g-dev libcjson-dev libcap-dev libseccomp-dev libevent-dev libncurses-dev

cross-arm64: | $(BUILD)/deps-build $(BUILD)/deps-cross ## build the program for arm64: build/arm64/ctrace
	$(Q)tests/vm/fetch-packages arm64 $(BUILD)/arm64/sysroot $(ARM64_LIBRARIES)
	$(Q)$(MAKE) --no-print-directory BUILD=$(BUILD)/arm64 \
		CC='aarch64-linux-gnu-gcc --sysroot=$(CURDIR)/$(BUILD)/arm64/sysroot' $(BUILD)/arm64/ctrace programs

# --- the container image -----------------------------------------------------------

DOCKER ?= docker
IMAGE  ?= ctrace

image: ## build the container image with Docker, Podman or what DOCKER= names
	$(DOCKER) build -t $(IMAGE):latest -t $(IMAGE):$(shell cat VERSION) --build-arg VERSION=$(shell cat VERSION) \
		--build-arg REVISION=$(shell git rev-parse HEAD 2>/dev/null || echo unknown) $(IMAGE_FLAGS) .

# --- releases ----------------------------------------------------------------------

# of the last commit: what is not committed is not released
DIST = ctrace-$(release)$(call revision,HEAD)

tarball:
	$(Q)rm -rf $(BUILD)/dist && mkdir -p $(BUILD)/dist
	$(Q)git archive --format=tar --prefix=$(DIST)/ --add-virtual-file='$(DIST)/.revision:$(call revision,HEAD)' HEAD \
		| gzip -9n > $(BUILD)/dist/$(DIST).tar.gz

dist: $(BUILD)/ctrace tarball ## the last commit as a tarball, and what the program is linked with: build/dist/
	$(Q)SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) pkg/debian/sbom $(BUILD)/ctrace > $(BUILD)/dist/$(DIST).cdx.json
	$(Q)ls $(BUILD)/dist/*

deb: ## a Debian package of the last commit: build/deb/; lintian must accept it
	$(Q)tests/packages install build deb >&2
	$(Q)$(MAKE) --no-print-directory tarball >&2
	$(Q)pkg/debian/build $(BUILD)/dist/$(DIST).tar.gz $(BUILD)/deb

check-deb: deb ## that package in a new Debian: it installs, runs, and leaves nothing behind (root)
	$(Q)tests/clean-room deb

reproducible: $(BUILD)/ctrace ## build it once more, in another place: the bytes must be the same
	$(Q)tests/reproducible $(BUILD)

# --- the rest ------------------------------------------------------------------

inspect: $(BUILD)/ctrace $(BUILD)/programs/jited ## sections, bytecode, translated and JIT-compiled code of our own program
	$(Q)BUILD=$(BUILD) tests/inspect

picture: $(BUILD)/ctrace ## the terminals in README.md, recorded anew: docs/demo.svg, docs/top.svg (root)
	$(Q)CTRACE=$(CURDIR)/$(BUILD)/ctrace PYTHONDONTWRITEBYTECODE=1 $(PYTHON) tests/picture docs

# where each shell looks, and what it wants the file to be called
SHARE = $(DESTDIR)$(PREFIX)/share
BASH_FILE = $(SHARE)/bash-completion/completions/ctrace
ZSH_FILE  = $(SHARE)/zsh/site-functions/_ctrace
FISH_FILE = $(SHARE)/fish/vendor_completions.d/ctrace.fish

install: $(BUILD)/ctrace $(BUILD)/ctrace.1 $(COMPLETIONS) ## into DESTDIR/PREFIX (/usr/local)
	install -D -m 755 $(BUILD)/ctrace $(DESTDIR)$(PREFIX)/bin/ctrace
	install -D -m 644 docs/event.schema.json $(SHARE)/ctrace/event.schema.json
	install -D -m 644 $(BUILD)/ctrace.1 $(SHARE)/man/man1/ctrace.1
	install -D -m 644 $(BUILD)/completion/bash $(BASH_FILE)
	install -D -m 644 $(BUILD)/completion/zsh $(ZSH_FILE)
	install -D -m 644 $(BUILD)/completion/fish $(FISH_FILE)

uninstall: ## what install put there
	rm -f $(DESTDIR)$(PREFIX)/bin/ctrace $(SHARE)/man/man1/ctrace.1 $(BASH_FILE) $(ZSH_FILE) $(FISH_FILE)
	rm -rf $(SHARE)/ctrace

clean: ## remove build/ (but not the kernels of the lab: they take a while to fetch)
	$(Q)find $(BUILD) -mindepth 1 -maxdepth 1 ! -name vm -exec rm -rf {} + 2>/dev/null || true
