# Postern.  `make help` lists the targets, `make V=1` shows the commands.
#
# CC=clang, SAN=address,undefined and BUILD=dir choose another build; each combination needs its own
# BUILD (the default does that for SAN).
CC      := $(if $(filter default undefined,$(origin CC)),gcc,$(CC))
SAN     ?=
BUILD   ?= build$(if $(SAN),/san)
PREFIX  ?= /usr/local
# Where the program looks, whatever PREFIX is.
SYSCONF := /etc/postern
RUNS    ?= 100000
FUZZ    ?=

WARN    := -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wundef -Wvla \
           -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wpointer-arith \
           -Wcast-qual -Wwrite-strings -Wformat=2 -Wswitch-enum -Wimplicit-fallthrough \
           -Wnull-dereference -Walloca -Werror
ifneq ($(findstring clang,$(CC)),)
WARN    += -Wcomma -Wmissing-variable-declarations
else
WARN    += -Wduplicated-cond -Wlogical-op
endif
HARD    := -fstack-protector-strong -fstack-clash-protection -fcf-protection=full -fPIE -fno-common
ifeq ($(SAN),)
HARD    += -D_FORTIFY_SOURCE=2
OPT     ?= -O2
DEBUG   := -g
else
OPT     ?= -O1
DEBUG   := -g1 # reports have lines; no more is a fifth of the compilers' time
SANFLAGS := -fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer
endif
CFLAGS  := -std=gnu17 $(OPT) $(DEBUG) $(WARN) $(HARD) $(SANFLAGS) -Iproxy -I. -I$(BUILD)/made
LDFLAGS := -pie -Wl,-z,relro,-z,now $(SANFLAGS)
# Vectorscan, when it is there; HS= builds without.
HS      := $(shell pkg-config --exists libhs && echo libhs)
NOT_HERE := filters/pattern/$(if $(HS),prefilter_none.c,prefilter.c)
LDLIBS  := -lev -llmdb -lcares -lopendkim -lmagic -llzma -lz -lidn2 -lpsl -lpcre2-8 $(if $(HS),-lhs) -lhiredis -ljansson -lssl -lcrypto -lm -lpthread

# Everything but main() is in one archive.  A test that includes "fake/fake.h" is linked with the fakes of
# tests/fake before the archive, so that the archive's own loop, conn, dns, job and tls are not pulled in.
# The clock of work is the fake one for all of them.
LIB_SRC  := $(filter-out $(NOT_HERE),$(wildcard proxy/*/*.c filters/*.c filters/*/*.c policy/*.c))
LIB      := $(BUILD)/libpostern.a
FAKE_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard tests/fake/*.c))
STAGE    := $(BUILD)/libsession.a
STAGE_SRC := $(filter-out %/run_sessions.c,$(wildcard tests/session/*.c))
UNIT_SRC := $(wildcard tests/unit/*/test_*.c)
UNIT     := $(UNIT_SRC:tests/%.c=$(BUILD)/%)
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
REPLAY   := $(FUZZ_SRC:tests/fuzz/%.c=$(BUILD)/replay/%)
FUZZERS  := $(FUZZ_SRC:tests/fuzz/%.c=$(BUILD)/fuzzer/%)
SESSION  := $(if $(wildcard tests/session/*.c),$(BUILD)/session/run_sessions)
FAKED    := $(shell grep -ls '"fake/fake.h"' $(UNIT_SRC) $(FUZZ_SRC))
C_FILES  := $(wildcard proxy/*.[ch] proxy/*/*.[ch] filters/*.[ch] filters/*/*.[ch] policy/*.[ch] \
              tests/*/*.[ch] tests/*/*/*.[ch])

ifeq ($(V),)
Q := @
endif
ifeq ($(V)$(findstring s,$(firstword -$(MAKEFLAGS))),)
say = @printf '%-6s %s\n' $(1) $(2)
endif

all: $(if $(wildcard proxy/main.c),$(BUILD)/postern,$(LIB)) ## build the daemon, build/postern

$(BUILD)/postern: $(BUILD)/obj/proxy/main.o $(LIB)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(LIB): $(LIB_SRC:%.c=$(BUILD)/obj/%.o)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

# Scripts for Redis, as string literals without comments and indentation.
LUA := $(patsubst proxy/%,$(BUILD)/made/%.h,$(wildcard proxy/store/*.lua))
$(LUA): $(BUILD)/made/%.h: proxy/%
	$(Q)mkdir -p $(@D) && sed -e '/^[[:space:]]*--/d' -e 's/[\\"]/\\&/g' -e 's/^[[:space:]]*\(.*\)$$/"\1\\n"/' $< >$@
$(BUILD)/obj/proxy/store/redis_procedures.o: $(LUA)
# ISO C promises literals of 4095 bytes; both compilers take any.
$(BUILD)/obj/proxy/store/redis_procedures.o: CFLAGS += -Wno-overlength-strings

$(BUILD)/obj/tests/%.o: CFLAGS += -Itests
$(BUILD)/obj/%.o: %.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

fakes_of = $(if $(filter $(1),$(FAKED)),$(FAKE_OBJ) $(STAGE),$(BUILD)/obj/tests/fake/work.o)
# Files beside test_*.c in a room are shared by its tests, and by those of rooms that build on it.
BELOW_tests/unit/daemon/ := tests/unit/policy/
BELOW_tests/unit/lmdb/  := tests/unit/store/
BELOW_tests/unit/store/ := tests/unit/redis/
helpers_in = $(filter-out $(1)test_%,$(wildcard $(1)*.c))
shared_of = $(patsubst %.c,$(BUILD)/obj/%.o,$(foreach d,$(dir $(1)) $(BELOW_$(dir $(1))),$(call helpers_in,$(d))))

.SECONDEXPANSION:
$(UNIT): $(BUILD)/unit/%: $(BUILD)/obj/tests/unit/%.o $$(call shared_of,tests/unit/$$*.c) \
         $$(call fakes_of,tests/unit/$$*.c) $(LIB)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka

# The gate on the fakes, for the session runner and whoever wants a whole session.
$(STAGE): $(STAGE_SRC:%.c=$(BUILD)/obj/%.o)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(BUILD)/session/run_sessions: $(BUILD)/obj/tests/session/run_sessions.o $(FAKE_OBJ) $(STAGE) $(LIB)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# A fuzz target as a plain program: runs the files given to it, with any compiler.
$(REPLAY): $(BUILD)/replay/%: $(BUILD)/obj/tests/fuzz/%.o $(BUILD)/obj/tests/fuzz/replay.o \
           $$(call fakes_of,tests/fuzz/$$*.c) $(LIB)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(FUZZERS): $(BUILD)/fuzzer/%: $(BUILD)/obj/tests/fuzz/%.o $$(call fakes_of,tests/fuzz/$$*.c) $(LIB)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LDLIBS)

# Shows tests in Python what a filter sees.
TOOLS := $(BUILD)/tool/mime_parts $(BUILD)/tool/uris $(BUILD)/tool/gmime_parts
$(TOOLS): $(BUILD)/tool/%: $(BUILD)/obj/tests/integration/%.o $(LIB)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/obj/tests/integration/gmime_parts.o: CFLAGS += $$(pkg-config --cflags gmime-3.0 | sed 's/-I/-isystem /g')
$(BUILD)/tool/gmime_parts: LDLIBS += $$(pkg-config --libs gmime-3.0)

tests: all programs $(REPLAY) $(TOOLS) ## build the tests
programs: $(UNIT) $(SESSION)
fuzzers: $(FUZZERS)

run: ## install what it needs, build, and run the gate on 127.0.0.1:2525 with a Maildir behind it
	@deploy/install-deps --run
	@$(MAKE) -sq all || echo 'building ...'
	@$(MAKE) -s -j$$(nproc) all
	@deploy/try $(BUILD)/postern

test: ## install what it needs and run every test; the last line counts them
	@deploy/install-deps
	@tests/run.py full

check: tests ## the fast tests: unit, session scripts, fuzz corpus, lint
	@tests/run.py check --build $(BUILD)

unit: $(UNIT) ## the unit tests
	@tests/run.py unit --build $(BUILD)

session: $(SESSION) ## the session scripts (tests/session/README.md)
	@tests/run.py session --build $(BUILD)

corpus: $(REPLAY) ## the fuzz targets on their corpus
	@tests/run.py corpus --build $(BUILD)

fuzz: ## fuzz every target, or FUZZ=name, for RUNS=100000 inputs each
	@tests/run.py fuzz --runs $(RUNS) $(if $(FUZZ),--only $(FUZZ))

lint: ## layers, headers, banned words, sizes, format
	@tests/run.py lint

fmt: ## apply .clang-format
	@clang-format -i $(C_FILES)

$(BUILD)/measure/nets: $(BUILD)/obj/tests/bench/nets.o $(LIB)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/measure/dkim: $(BUILD)/obj/tests/bench/dkim.o $(BUILD)/obj/tests/unit/filters/dkim_sign.o $(LIB)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/measure/redis: $(BUILD)/obj/tests/bench/redis.o $(BUILD)/obj/tests/unit/redis/server.o $(LIB)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka

$(BUILD)/measure/content: $(BUILD)/obj/tests/bench/content.o $(LIB)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/measure/bulk: $(BUILD)/obj/tests/bench/bulk.o $(LIB)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/measure/journal: LDFLAGS += -Wl,--wrap=ledger_close,--wrap=journal_file_write
$(BUILD)/measure/journal: $(BUILD)/obj/tests/bench/journal.o $(FAKE_OBJ) $(STAGE) $(LIB)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/measure/store: $(BUILD)/obj/tests/bench/store.o $(LIB)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/measure/store_bulk: $(BUILD)/obj/tests/bench/store_bulk.o $(BUILD)/obj/tests/unit/redis/server.o $(LIB)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka

bench-hostile: all ## measure mails that are made to cost, with all rules: CPU and memory of each
	@POSTERN=$(BUILD)/postern tests/bench/hostile

bench: all bench-nets bench-dkim bench-redis bench-store bench-journal bench-content bench-patterns bench-hostile bench-bulk bench-store-bulk ## measure CPU and memory beside the peers (needs a quiet machine)
	@tests/bench/run
	@tests/bench/auth
	@tests/bench/corpus

bench-corpus: all ## measure what rules find and cost on 1200 mails, beside SpamAssassin and rspamd
	@tests/bench/corpus

bench-nets: $(BUILD)/measure/nets ## measure lists of a million networks
	@$(BUILD)/measure/nets

bench-redis: $(BUILD)/measure/redis ## measure questions to a Redis
	@$(BUILD)/measure/redis

bench-store: $(BUILD)/measure/store ## measure greylist checks on the embedded store, and by postgrey
	@tests/bench/greylist $(BUILD)/measure/store

bench-store-bulk: $(BUILD)/measure/store_bulk ## measure what the bulk radar asks the store, up to a million clusters
	@d=$$(mktemp -d) && $< lmdb $$d 10000 100000 1000000; rm -r $$d; $< redis 10000 100000 1000000; $< redis 60mb 200000

bench-journal: $(BUILD)/measure/journal ## measure what a record of the journal costs a mail
	@$(BUILD)/measure/journal

bench-bulk: $(BUILD)/measure/bulk ## measure fingerprints of mails, and how many varied copies they know, beside others
	@tests/bench/bulk $(BUILD)/measure/bulk

bench-dkim: $(BUILD)/measure/dkim ## measure DKIM signatures, honest and hostile
	@$(BUILD)/measure/dkim

bench-content: $(BUILD)/measure/content ## measure reading messages, honest and hostile
	@$(BUILD)/measure/content

$(BUILD)/measure/seen: $(BUILD)/obj/tests/bench/seen.o $(LIB)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

bench-seen: $(BUILD)/measure/seen ## what of HTML mail is seen, beside Chromium (when it is installed)
	@tests/bench/seen $(BUILD)/measure/seen
	@tests/bench/seen $(BUILD)/measure/seen --made 400
	@tests/bench/seen $(BUILD)/measure/seen --cases --show

bench-patterns: all ## measure SpamAssassin's stock rules on messages, honest and hostile
	@POSTERN=$(BUILD)/postern tests/bench/patterns

install: all ## copy into $(DESTDIR), below PREFIX=/usr/local and /etc/postern; rules and a configuration that are there stay
	install -D -m 755 $(BUILD)/postern $(DESTDIR)$(PREFIX)/sbin/postern
	install -D -m 644 deploy/man/postern.8 $(DESTDIR)$(PREFIX)/share/man/man8/postern.8
	install -D -m 644 deploy/man/postern.conf.5 $(DESTDIR)$(PREFIX)/share/man/man5/postern.conf.5
	install -D -m 644 deploy/postern.conf $(DESTDIR)$(PREFIX)/share/doc/postern/postern.conf
	install -m 644 README.md $(DESTDIR)$(PREFIX)/share/doc/postern/README.md
	install -m 644 rules/README.md $(DESTDIR)$(PREFIX)/share/doc/postern/rules.md
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system $(DESTDIR)$(SYSCONF)/rules
	sed -e 's|/usr/sbin/|$(PREFIX)/sbin/|' deploy/systemd/postern.service \
		>$(DESTDIR)$(PREFIX)/lib/systemd/system/postern.service
	cp -n rules/*.cf $(DESTDIR)$(SYSCONF)/rules
	[ -e $(DESTDIR)$(SYSCONF)/postern.conf ] || \
		install -m 644 deploy/postern.conf $(DESTDIR)$(SYSCONF)/postern.conf

deb: ## build a Debian package, build/postern_VERSION_ARCH.deb
	@deploy/mkdeb $(BUILD)

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

clean: ## remove what was built
	rm -rf $(BUILD)

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
.PHONY: all tests programs fuzzers run test check unit session corpus fuzz lint fmt bench bench-nets bench-dkim bench-redis bench-content bench-seen bench-patterns bench-store bench-journal bench-bulk bench-corpus install deb help clean
.DELETE_ON_ERROR:
.SECONDARY:
