-- f: accepted, tagged, rejected, in thousandths; as of when; when it was first heard of.
local HALVINGS_MAX, HALVINGS_KEPT, FRACTION, COUNT_MAX = 40, 10, 1024, 1000000 * 1000
local half_life, added = arg[1], arg[2] + arg[3] + arg[4]
local age = expires > 0 and math.max(now - f[4], 0) or 0
local halvings = math.floor(age / half_life)
local part = math.floor((age % half_life) * FRACTION / half_life)
local function decayed(count)
	if halvings >= HALVINGS_MAX then
		return 0
	end
	count = math.floor(count / 2 ^ halvings)
	return count - math.floor(count * part / (2 * FRACTION))
end
local first = f[5]
if expires == 0 and added > 0 then
	first = now
end
local result = {}
for i = 1, 3 do
	result[i] = math.min(decayed(f[i]) + arg[i + 1] * 1000, COUNT_MAX)
end
result[4] = first
if added > 0 then
	f = { result[1], result[2], result[3], now, first }
	expires = now + HALVINGS_KEPT * half_life
	write()
end
return result
