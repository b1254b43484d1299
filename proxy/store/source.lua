-- f: what was said of it, how often it came back.
local LOOK, CREDIT, ALLOW, BLOCK, FORGET = 0, 1, 2, 3, 4
local SAID_ALLOW, SAID_BLOCK, COUNT_MAX = 1, 2, 1000000
local what = arg[1]
if what == FORGET then
	if expires > 0 then
		expires = now
		f = { 0, 0, 0, 0, 0 }
		write()
	end
	return { 0, 0, 0, 0 }
end
if what == CREDIT then
	f[2] = math.min(f[2] + 1, COUNT_MAX)
elseif what == ALLOW then
	f[1] = SAID_ALLOW
elseif what == BLOCK then
	f[1] = SAID_BLOCK
end
if what ~= LOOK then
	expires = math.max(expires, now + arg[2])
	write()
end
return { f[1], f[2], 0, 0 }
