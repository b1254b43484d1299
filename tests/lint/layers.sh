#!/bin/sh
# Includes go one way: base <- io <- net <- mail <- conf <- {filters, policy, store, journal} <- smtp <- daemon <- main
# (DESIGN section 3).  filters/ sees base, mail, conf and its own; policy/ base, mail, conf and its own.
# No include without a folder: what a file uses is visible in its first lines.
cd "$(dirname "$0")/../.." || exit 2
find proxy filters policy -name '*.[ch]' | sort | xargs awk '
function room(path, parts)
{
	split(path, parts, "/")
	if (parts[1] != "proxy")
		return parts[1]
	return parts[3] == "" ? "main" : parts[2]
}
BEGIN {
	n = split("base io net mail conf filters policy store journal smtp daemon main", order, " ")
	for (i = 1; i <= n; i++)
		rank[order[i]] = i
	may["filters"] = " base mail conf filters "
	may["policy"] = " base mail conf policy "
	may["mail"] = " base mail "
	may["conf"] = " base conf "
	may["store"] = " base io net mail conf store "
	may["journal"] = " base io journal "
}
FNR == 1 { mine = room(FILENAME) }
/^[ \t]*#[ \t]*include[ \t]*"/ {
	split($0, quoted, "\"")
	if (index(quoted[2], "/") == 0) {
		print FILENAME ":" FNR ": \"" quoted[2] "\" without its folder"
		bad = 1
		next
	}
	theirs = quoted[2]
	sub(/\/.*/, "", theirs)
	if (!(theirs in rank) || rank[theirs] > rank[mine] ||
	    (mine in may && index(may[mine], " " theirs " ") == 0)) {
		print FILENAME ":" FNR ": " mine "/ must not include " quoted[2]
		bad = 1
	}
}
END { exit bad }'
