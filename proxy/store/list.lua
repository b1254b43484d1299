-- A page of the records of one procedure: KEYS[1] is what their keys begin with, ARGV[1] where SCAN goes on.
-- Gives where it goes on from here, then keys and values.
local page = redis.call('SCAN', ARGV[1], 'MATCH', KEYS[1] .. '*', 'COUNT', 16)
local out = { page[1] }
for i, key in ipairs(page[2]) do
	local value = redis.call('GET', key)
	if value then
		out[#out + 1] = key
		out[#out + 1] = value
	end
end
return out
