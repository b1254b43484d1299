#!/bin/sh
# The layout of .clang-format; `make fmt` applies it.
cd "$(dirname "$0")/../.." || exit 2
find proxy filters policy tests -name '*.[ch]' | sort | xargs -P2 -n20 clang-format --dry-run -Werror
