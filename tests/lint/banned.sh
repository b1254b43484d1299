#!/bin/sh
# Words that are not used here, and why:
#   strings without a length; the heap outside base/ (arenas, mem); assert() that a release leaves out
#   (CHECK stays); goto but to one clean-up label; unfinished notes; sleeping tests.
# A line may carry `lint: allow WORD, because ...` in a comment.
cd "$(dirname "$0")/../.." || exit 2
bad=0
ban() { # words, what to do instead, grep options and files on stdin
	found=$(xargs grep -nE "$1" /dev/null | grep -v 'lint: allow')
	if [ -n "$found" ]; then
		printf '%s\n' "$found" | sed -E "s|^([^:]*:[0-9]+):[ 	]*|\1: $2: |"
		bad=1
	fi
}
ours() { find proxy filters policy -name '*.[ch]'; }
all() { find proxy filters policy tests -name '*.[ch]'; }
call='(^|[^A-Za-z0-9_>.])'

all | ban "$call(strcpy|strcat|strncpy|strncat|sprintf|vsprintf|strtok|strtok_r|atoi|atol|gets|scanf|sscanf)\(" \
	'no length, use str or out'
ours | grep -v '^proxy/base/' |
	ban "$call(malloc|calloc|realloc|free|strdup|strndup|asprintf|vasprintf)\(" 'use an arena or mem_new'
all | ban "${call}assert\(" 'use CHECK'
find proxy filters policy tests rules deploy Makefile README.md -type f ! -path tests/lint/banned.sh \
	! -path 'tests/corpus/*' ! -path '*/__pycache__/*' 2>/dev/null |
	ban '(^|[^A-Za-z])(TODO|FIXME|XXX)([^A-Za-z]|$)' 'finish it or drop it'
find tests -name '*.[ch]' | ban "$call(sleep|usleep|nanosleep)\(" 'wait for an event'
all | grep -v '^tests/lint/' | ban "(^|[^A-Za-z_])goto [^of]|goto o[^u]|goto f[^a]" 'goto only to out or fail'
exit $bad
