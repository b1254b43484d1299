-- Mail like other mail: what store/bulk.h tells, over records whose keys begin with KEYS[1].  A record's value: when it
-- expires (6 bytes), how long its label is (2), the label, the body; numbers are little endian.
-- ARGV: the time, five arguments, the label of a new record, the question's key, the mail (store/shared_bulk.h).
-- Gives whether it is new, by which sign it was found (0: by its text), how many values are alike, what was said of
-- the domain, which signs it has in common with the cluster (bits), whether it is counted already; and of the cluster,
-- the id, label and body, empty when there is none.
local NOTE, HOLD, SHOW, TELL, SAY, FORGET = 0, 2, 3, 4, 5, 6
local HEAD, HEAD_BYTES, WORDS = '<BBBBI6I6I6I4I4I4I4I4I4I4I4', 54, '<' .. string.rep('I4', 32)
local SAID, TEXT, SIGNS, FIRST, LAST, WINDOW, MESSAGES, CURRENT, PREVIOUS, WITH_DOMAIN, OUTCOMES =
	2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
local VALUES, TEXT_BYTES, COUNT_MAX = 32, 128, 1000000000
local BANDS, ENTRY, ENTRIES, TAG, ID = 16, 13, 19, 3, 8
local DUE_UNIT, DUE_ALL, DUE_HALF = 2 ^ 21, 65536, 32768
local SETS, SET_VALUES, SET_DENSE, SET_REGISTERS, RANK_NONE = 5, 16, 255, 64, 27
local DOMAINS = 4 -- of the sets
local sub, byte, find = string.sub, string.byte, string.find
local now, what, prefix, label, own, mail = tonumber(ARGV[1]), tonumber(ARGV[2]), KEYS[1], ARGV[7], ARGV[8], ARGV[9]
local arg = { tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]) }

-- Records.
local function read(value)
	if not value or #value < 8 then
		return nil
	end
	local expires, n = struct.unpack('<I6I2', value)
	if expires <= now then
		return nil
	end
	return { expires = expires, label = sub(value, 9, 8 + n), body = sub(value, 9 + n) }
end
local function write(key, r)
	if r.expires <= now then
		redis.call('DEL', prefix .. key)
		return
	end
	redis.call('SET', prefix .. key, struct.pack('<I6I2', r.expires, #r.label) .. r.label .. r.body,
		'PX', string.format('%.0f', r.expires - now + 60000))
end
local function read_cluster(value)
	local c = read(value)
	if not c or #c.body < HEAD_BYTES or byte(c.body) ~= 1 then
		return nil
	end
	c.head = { struct.unpack(HEAD, c.body) }
	local at = HEAD_BYTES + 1
	if c.head[TEXT] ~= 0 then
		c.text = sub(c.body, at, at + TEXT_BYTES - 1)
		at = at + TEXT_BYTES
	end
	c.signs = sub(c.body, at, at + 8 * c.head[SIGNS] - 1)
	c.sets = sub(c.body, at + 8 * c.head[SIGNS])
	return c
end
local function write_cluster(id, c)
	c.body = struct.pack(HEAD, unpack(c.head, 1, OUTCOMES + 3)) .. (c.text or '') .. c.signs .. c.sets
	write('c' .. id, c)
end
local function one_more(head, at)
	head[at] = math.min(head[at] + 1, COUNT_MAX)
end
local function read_said(value)
	local r = read(value)
	return r and #r.body == 1 and byte(r.body) or 0, r
end

-- One record.
if mail == '' and sub(own, 1, 1) == 'd' then
	local said, r = read_said(redis.call('GET', prefix .. own))
	local is_new = r and 0 or 1
	if what == FORGET then
		redis.call('DEL', prefix .. own)
		return { is_new, 0, 0, 0, 0, 0, '', '', '' }
	end
	r = r or { expires = 0, label = label }
	r.expires = math.max(r.expires, now + arg[2])
	r.body = string.char(arg[1])
	write(own, r)
	return { is_new, 0, 0, arg[1], 0, 0, '', '', '' }
end
if mail == '' then
	local c = read_cluster(redis.call('GET', prefix .. own))
	if not c then
		return { 0, 0, 0, 0, 0, 0, '', '', '' }
	end
	if what == TELL then
		one_more(c.head, OUTCOMES + arg[1])
	elseif what == SAY then
		c.head[SAID] = arg[1]
		c.expires = math.max(c.expires, now + arg[2])
	elseif what == FORGET then
		c.expires = now
	end
	if what ~= SHOW then
		write_cluster(sub(own, 2), c)
	end
	return { 0, 0, 0, 0, 0, 0, sub(own, 2), c.label, c.body }
end

-- The mail: its ways, and what is counted of it.
local window, lifetime, enough = arg[1], arg[2], arg[3]
local at, text, words = 2, nil, nil
if byte(mail) == 1 then
	text = sub(mail, at, at + TEXT_BYTES - 1)
	words = { struct.unpack(WORDS, text) }
	at = at + TEXT_BYTES
end
local bands = text and BANDS or 0
local count, last = byte(mail, at, at + 1) -- one more when it may come again
local ways, keys = {}, {}
at = at + 2
for i = 1, last do
	local way = sub(mail, at, at + 7)
	ways[i] = way
	keys[i] = prefix .. 'b' .. string.char(byte(way, 6) % 16) .. sub(way, 7, 8)
	at = at + 8
end
local values = {}
for set = 1, SETS do
	local n = byte(mail, at)
	values[set] = sub(mail, at + 1, at + 4 * n)
	at = at + 1 + 4 * n
end
local domain = sub(mail, at)

-- Where its ways lead.
local function is_over(due, time)
	return (due - math.floor(time / DUE_UNIT) - 1) % DUE_ALL >= DUE_HALF
end
local function due_at(body, place)
	local high, low = byte(body, place + TAG + ID, place + TAG + ID + 1)
	return high * 256 + low
end
local function find_entry(body, way)
	local tag, place = sub(way, 1, TAG), 0
	repeat
		place = find(body, tag, place + 1, true)
	until not place or (place - 1) % ENTRY == 0
	return place
end
local buckets, ids, due, candidates, is_candidate = {}, {}, {}, {}, {}
local function leads(i)
	return byte(ways[i], 5) < 128
end
for i, value in ipairs(redis.call('MGET', unpack(keys))) do
	local bucket = (i <= bands or i > count or leads(i)) and (buckets[keys[i]] or read(value))
	if bucket then
		buckets[keys[i]] = bucket
		local place = find_entry(bucket.body, ways[i])
		if place and not is_over(due_at(bucket.body, place), now) then
			local id = sub(bucket.body, place + TAG, place + TAG + ID - 1)
			ids[i], due[i] = id, due_at(bucket.body, place)
			if i <= count and not is_candidate[id] then
				is_candidate[id] = true
				candidates[#candidates + 1] = id
			end
		end
	end
end
if not is_candidate[sub(own, 2)] then
	candidates[#candidates + 1] = sub(own, 2)
end

-- The best of them.
local function alike(c)
	local n = 0
	if text and c.text then
		local theirs = { struct.unpack(WORDS, c.text) }
		for i = 1, VALUES do
			if words[i] == theirs[i] then
				n = n + 1
			end
		end
	end
	return n
end
local function has_sign(c, way)
	for i = 1, #c.signs, 8 do
		if sub(c.signs, i, i + 7) == way then
			return true
		end
	end
	return false
end
local function first_sign(c)
	for i = bands + 1, count do
		if leads(i) and has_sign(c, ways[i]) then
			return i - bands
		end
	end
	return count - bands + 1
end
local alive, best, id, most, sign = {}, nil, nil, 0, count - bands + 1
do
	local clusters = {}
	for i, candidate in ipairs(candidates) do
		clusters[i] = prefix .. 'c' .. candidate
	end
	for i, value in ipairs(redis.call('MGET', unpack(clusters))) do
		local c = read_cluster(value)
		if c then
			alive[candidates[i]] = true
			local n, s = alike(c), first_sign(c)
			if n >= enough and n > most then
				best, id, most = c, candidates[i], n
			elseif most == 0 and s < sign then
				best, id, sign = c, candidates[i], s
			end
		end
	end
end
local is_new, common = best == nil, 0
for i = bands + 1, count do
	if best and has_sign(best, ways[i]) then
		common = common + 2 ^ (i - bands - 1)
	end
end
local function take(i, expires)
	local key, way = keys[i], ways[i]
	local bucket = buckets[key] or { expires = 0, label = '', body = '' }
	local old, first = find_entry(bucket.body, way), 1
	if old then
		bucket.body = sub(bucket.body, 1, old - 1) .. sub(bucket.body, old + ENTRY)
	end
	local unit = math.floor(expires / DUE_UNIT) + 1
	local body = bucket.body .. sub(way, 1, TAG) .. id .. struct.pack('>I2', unit % DUE_ALL)
	while #body - first >= ENTRIES * ENTRY
		or (#body - first >= ENTRY and is_over(due_at(body, first), now)) do
		first = first + ENTRY
	end
	bucket.body = sub(body, first)
	bucket.expires = math.max(bucket.expires, unit * DUE_UNIT)
	buckets[key] = bucket
	write(sub(key, #prefix + 1), bucket)
end
if what == TELL or what == HOLD then
	if is_new then
		return { 1, 0, VALUES, 0, 0, 0, '', '', '' }
	end
	if what == HOLD and last > count then
		take(last, now + arg[1])
	elseif what == TELL then
		one_more(best.head, OUTCOMES + arg[1])
		write_cluster(id, best)
	end
	return { 0, most > 0 and 0 or sign, most > 0 and most or VALUES, 0, common, 0, id, best.label, best.body }
end
local again = not is_new and last > count and ids[last] == id
if is_new then
	id = sub(own, 2)
	best = {
		expires = 0,
		label = sub(label, 1, 96),
		head = { 1, 0, text and 1 or 0, count - bands, now, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 },
		text = text,
		signs = table.concat(ways, '', bands + 1, count),
		sets = string.rep('\0', SETS),
	}
end

-- Counted in.
local function set_register(registers, value)
	local v = struct.unpack('<I4', value)
	local rest, i = math.floor(v / SET_REGISTERS), v % SET_REGISTERS + 1
	local rank = RANK_NONE
	if rest > 0 then
		local _, bits = math.frexp(rest)
		rank = RANK_NONE - bits
	end
	registers[i] = math.max(registers[i], rank)
end
local function has_value(set, value)
	local place = 0
	repeat
		place = find(set, value, place + 1, true)
	until not place or (place - 1) % 4 == 0
	return place
end
local function add_values(n, set, new)
	local registers = n == SET_DENSE and { byte(set, 1, SET_REGISTERS) }
	for i = 1, #new, 4 do
		local value = sub(new, i, i + 3)
		if not registers and not has_value(set, value) then
			if n == SET_VALUES then
				registers = {}
				for j = 1, SET_REGISTERS do
					registers[j] = 0
				end
				for j = 1, #set, 4 do
					set_register(registers, sub(set, j, j + 3))
				end
			else
				set, n = set .. value, n + 1
			end
		end
		if registers then
			set_register(registers, value)
		end
	end
	if registers then
		return string.char(SET_DENSE) .. string.char(unpack(registers))
	end
	return string.char(n) .. set
end
local head = best.head
if not again then
	local number = math.floor(now / window)
	if number == head[WINDOW] + 1 then
		head[PREVIOUS], head[CURRENT], head[WINDOW] = head[CURRENT], 0, number
	elseif number > head[WINDOW] or number < head[WINDOW] - 1 then
		head[PREVIOUS], head[CURRENT], head[WINDOW] = 0, 0, number
	end
	one_more(head, CURRENT)
	one_more(head, MESSAGES)
	head[LAST] = math.max(head[LAST], now)
	if values[DOMAINS] ~= '' then
		one_more(head, WITH_DOMAIN)
	end
	local sets, place = {}, 1
	for set = 1, SETS do
		local n = byte(best.sets, place)
		local bytes = n == SET_DENSE and SET_REGISTERS or 4 * n
		sets[set] = add_values(n, sub(best.sets, place + 1, place + bytes), values[set])
		place = place + 1 + bytes
	end
	best.sets = table.concat(sets)
end
best.expires = math.max(best.expires, now + lifetime)

-- Written: the cluster, and its ways that lead nowhere or are to be prolonged.
local function is_clusters(i)
	if i > bands then
		return leads(i) and has_sign(best, ways[i])
	end
	return best.text and sub(best.text, 8 * i - 7, 8 * i) == sub(text, 8 * i - 7, 8 * i)
end
local said = domain ~= '' and read_said(redis.call('GET', prefix .. domain)) or 0
if what == NOTE then
	write_cluster(id, best)
	for i = 1, count do
		local free = not ids[i] or not alive[ids[i]]
		if ids[i] == id then
			free = is_over(due[i], now + math.floor((best.expires - now) * 3 / 4))
		end
		if free and is_clusters(i) then
			take(i, best.expires)
		end
	end
else
	best.body = struct.pack(HEAD, unpack(head, 1, OUTCOMES + 3)) .. (best.text or '') .. best.signs .. best.sets
	id = is_new and '' or id
end
return { is_new and 1 or 0, (is_new or most > 0) and 0 or sign, most > 0 and most or VALUES, said, common, again and 1 or 0, id, best.label, best.body }
