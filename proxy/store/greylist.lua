-- f: when it first came, when it passed.
local what, delay, window, lifetime = arg[1], arg[2], arg[3], arg[4]
local LOOK, NOTE, RELEASE, FORGET = 0, 1, 2, 3
local NEW, EARLY, PASSED, KNOWN = 0, 1, 2, 3
local state, left = NEW, 0
if expires > 0 then
	if f[2] > 0 then
		state = KNOWN
	elseif now - f[1] < delay then
		state = EARLY
	else
		state = PASSED
	end
end
if what == FORGET then
	if expires > 0 then
		expires = now
		write()
	end
elseif what == RELEASE or state == PASSED
	or (state == KNOWN and expires - now < lifetime - math.floor(lifetime / 64)) then
	if expires == 0 then
		f[1] = now
	end
	if f[2] == 0 then
		f[2] = now
	end
	expires = now + lifetime
	write()
elseif state == NEW and what == NOTE then
	f[1] = now
	expires = now + window
	write()
end
if state == NEW then
	left = delay
elseif state == EARLY then
	left = f[1] + delay - now
end
return { state, left, f[1], f[2] }
