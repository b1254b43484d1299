-- What all procedures begin with: one record under one key, "expires field ... field|label", in whole numbers; fields
-- at the end that are 0 are left out.  ARGV: the time, five arguments, the label of a new record.
-- Redis forgets a record a minute late: the clocks of machines differ, and a record itself says when it has expired.
local now, label = tonumber(ARGV[1]), ARGV[7]
local arg, f, expires = {}, { 0, 0, 0, 0, 0 }, 0
for i = 1, 5 do
	arg[i] = tonumber(ARGV[i + 1])
end
local old = redis.call('GET', KEYS[1])
local bar = old and string.find(old, '|', 1, true)
if bar then
	local n = 0
	for number in string.gmatch(string.sub(old, 1, bar - 1), '%d+') do
		if n == 0 then
			expires = tonumber(number)
			if expires <= now then
				expires = 0
				break
			end
			label = string.sub(old, bar + 1)
		else
			f[n] = tonumber(number)
		end
		n = n + 1
	end
end
local function write()
	local text, last = string.format('%.0f', expires), 5
	while last > 0 and f[last] == 0 do
		last = last - 1
	end
	for i = 1, last do
		text = text .. string.format(' %.0f', f[i])
	end
	redis.call('SET', KEYS[1], text .. '|' .. label, 'PX', string.format('%.0f', expires - now + 60000))
end
