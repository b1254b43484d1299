-- f: when it will be empty, in microseconds (GCRA).
local function ceil_div(a, b)
	return math.floor((a + b - 1) / b)
end
local take, window = arg[1] == 1, arg[3] * 1000
local each = math.max(math.floor(window / arg[2]), 1)
local level = math.max(f[1] - now * 1000, 0)
local after = level + each * arg[4]
if after > window then
	return { 0, ceil_div(level, each), ceil_div(after - window, 1000), 0 }
end
if take and after ~= level then
	f[1] = now * 1000 + after
	expires = ceil_div(f[1], 1000)
	write()
end
return { 1, ceil_div(take and after or level, each), 0, 0 }
