#!/bin/sh
# Every header compiles alone, and has a guard named after its path: DIR_FILE_H.
cd "$(dirname "$0")/../.." || exit 2
bad=0
for h in $(find proxy filters policy tests -name '*.h' | sort); do
	case $h in
	proxy/*) name=${h#proxy/} ;;
	*) name=$h ;;
	esac
	guard=$(printf '%s' "$name" | tr 'a-z/.' 'A-Z__')
	short=$(printf '%s' "${name#tests/}" | tr 'a-z/.' 'A-Z__')
	if ! grep -qxE "#define ($guard|$short)" "$h"; then
		echo "$h:1: guard is not $guard"
		bad=1
	fi
	if ! printf '#include "%s"\n' "$h" |
		${CC:-gcc} -std=gnu17 -fsyntax-only -Wall -Wextra -Werror -I. -Iproxy -Itests -xc -; then
		echo "$h:1: does not compile alone"
		bad=1
	fi
done
exit $bad
