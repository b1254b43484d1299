# Postern.  `make help` lists the targets.
CC      ?= gcc
BUILD   ?= build
SAN     ?=
PKGS    := libev libcares openssl
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
else
OPT     ?= -O1
SANFLAGS := -fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer
endif
CFLAGS  := -std=gnu17 $(OPT) -g $(WARN) $(HARD) $(SANFLAGS) -Iproxy -I.
LDFLAGS := -pie -Wl,-z,relro,-z,now $(SANFLAGS)
LDLIBS  := -lev -lcares -lssl -lcrypto -lm -lpthread

LIB_SRC := $(wildcard proxy/*/*.c filters/*.c filters/*/*.c policy/*.c)
LIB_OBJ := $(LIB_SRC:%.c=$(BUILD)/obj/%.o)
LIB     := $(BUILD)/libpostern.a
UNIT    := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/*/test_*.c))

all: $(BUILD)/postern ## build the daemon, build/postern

$(BUILD)/postern: $(BUILD)/obj/proxy/main.o $(LIB)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(LIB): $(LIB_OBJ)
	@rm -f $@
	ar rcs $@ $^

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/unit/%: tests/unit/%.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -MMD -MP -Itests -o $@ $< $(LIB) $(LDLIBS) -lcmocka

unit: $(UNIT) ## build and run the unit tests
	@for t in $(UNIT); do $$t || exit 1; done

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

clean: ## remove what was built
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
.PHONY: all unit help clean
.DELETE_ON_ERROR:
