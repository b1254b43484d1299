#!/bin/sh
# Sizes: a function at most 60 lines and 6 parameters, a .c file 500 lines, a header 200.
# tests/lint/size.allow lists what may be longer: `path:function lines reason` (a table-like switch), or take
# more: `path:function() parameters reason` (a function type of a contract).
# .def files are tables and exempt.
cd "$(dirname "$0")/../.." || exit 2
command -v ctags >/dev/null || { echo "tests/lint/size.sh:1: needs universal-ctags"; exit 2; }
bad=0
files=$(find proxy filters policy tests -name '*.[ch]' | sort)
wc -l $files | awk '
$2 == "total" { next }
$2 ~ /\.c$/ && $1 > 500 { print $2 ":1: " $1 " lines, at most 500"; bad = 1 }
$2 ~ /\.h$/ && $1 > 200 { print $2 ":1: " $1 " lines, at most 200"; bad = 1 }
END { exit bad }' || bad=1
ctags -o - --sort=no --kinds-C=f --fields=+neS --pattern-length-limit=0 $files | awk -F'\t' '
BEGIN {
	while ((getline row < "tests/lint/size.allow") > 0)
		if (row !~ /^#/ && split(row, w, " ") > 2)
			allowed[w[1]] = w[2]
}
{
	line = end = 0
	signature = ""
	for (i = 4; i <= NF; i++) {
		if ($i ~ /^line:/) line = substr($i, 6)
		if ($i ~ /^end:/) end = substr($i, 5)
		if ($i ~ /^signature:/) signature = substr($i, 11)
	}
	most = (($2 ":" $1) in allowed) ? allowed[$2 ":" $1] : 60
	if (end && end - line + 1 > most) {
		print $2 ":" line ": " $1 "() has " end - line + 1 " lines, at most " most
		bad = 1
	}
	parameters = gsub(/,/, ",", signature) + 1
	most = (($2 ":" $1 "()") in allowed) ? allowed[$2 ":" $1 "()"] : 6
	if (parameters > most && signature !~ /\(\*/) {
		print $2 ":" line ": " $1 "() has " parameters " parameters, at most " most
		bad = 1
	}
}
END { exit bad }' || bad=1
exit $bad
