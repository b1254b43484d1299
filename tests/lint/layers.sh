#!/bin/sh
# Includes go one way: base <- io <- net <- mail <- conf <- {protocol, filters, policy, redis <- store <- lmdb,
# journal} <- {delivery, inspection, setup, scan, control} <- smtp <- daemon <- command <- main.  Rooms in may[] see
# only what is named there: so what is pure stays pure, the way to the backend knows nothing of judging, and judging
# nothing of sessions and backends.  A room with a door is entered by that header alone.
# Among the folders of filters/ those that others may look into have an order, too; the rest are filters that nobody
# but the list of them knows.
# No include without a folder: what a file uses is visible in its first lines.
cd "$(dirname "$0")/../.." || exit 2
find proxy filters policy -name '*.[ch]' | sort | xargs awk '
# Of filters/: 0 for what is in no folder, and of one without a rank past all others.
function depth(path, parts)
{
	if (split(path, parts, "/") == 2)
		return 0
	return parts[2] in deep ? deep[parts[2]] : 99
}
function room(path, parts)
{
	split(path, parts, "/")
	if (parts[1] != "proxy")
		return parts[1]
	return parts[3] == "" ? "main" : parts[2]
}
BEGIN {
	n = split("base io net mail conf protocol filters policy redis store lmdb journal delivery inspection setup scan control smtp daemon command main", order, " ")
	for (i = 1; i <= n; i++)
		rank[order[i]] = i
	n = split("regex file received content uri dnsbl uribl rbl pattern dmarc evals", filters, " ")
	for (i = 1; i <= n; i++)
		deep[filters[i]] = i
	may["protocol"] = " base mail conf protocol "
	may["filters"] = " base mail conf filters "
	may["policy"] = " base mail conf policy "
	may["mail"] = " base mail "
	may["conf"] = " base conf "
	may["redis"] = " base io net redis "
	may["store"] = " base io redis store "
	may["lmdb"] = " base io store lmdb "
	may["journal"] = " base io journal "
	may["delivery"] = " base io mail conf protocol delivery "
	may["inspection"] = " base net mail conf filters policy store inspection "
	may["setup"] = " base io net conf filters policy redis store lmdb inspection setup "
	may["scan"] = " base mail inspection setup scan "
	may["control"] = " base io mail conf filters store setup control "
	door["delivery"] = "delivery/delivery.h"
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
	    (mine in may && index(may[mine], " " theirs " ") == 0) ||
	    (theirs != mine && theirs in door && quoted[2] != door[theirs])) {
		print FILENAME ":" FNR ": " mine "/ must not include " quoted[2]
		bad = 1
	}
}
mine == "filters" && /^[ \t]*#[ \t]*include[ \t]*"filters\// {
	split($0, quoted, "\"")
	split(FILENAME, here, "/")
	split(quoted[2], there, "/")
	if (here[2] != there[2] && depth(quoted[2]) >= depth(FILENAME) && depth(quoted[2]) > 0) {
		print FILENAME ":" FNR ": must not include " quoted[2]
		bad = 1
	}
}
END { exit bad }'
