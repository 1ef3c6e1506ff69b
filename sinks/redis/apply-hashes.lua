-- Applies hashes, as of market books, and moves the position behind them. Nothing comes between; and if it fails in the middle (a key that holds something
-- else), the position has not moved, and doing it again gives the same.
--
-- KEYS[1]   the position; KEYS[2..] the hashes
-- ARGV[1]   the position that the caller expects, '' for none; ARGV[2] the one that it moves to; ARGV[3] the channel of changes
-- ARGV[4..] for each hash: event time ('' for a tombstone), offset, offset of a tombstone before it that was not applied ('' for none), rest of _meta,
--           number of fields, then each field and its value
--
-- Returns the fate of each hash (0 applied, 1 unchanged, 3 stale); or, as one string, the position found where another was expected.

local position = redis.call('GET', KEYS[1]) or ''
if position ~= ARGV[1] then return position end

-- Lua's stack bounds how many arguments a call can take.
local function call_in_parts(command, key, arguments)
  for from = 1, #arguments, 1000 do
    redis.call(command, key, unpack(arguments, from, math.min(from + 999, #arguments)))
  end
end

local fates, at = {}, 4
for index = 2, #KEYS do
  local key = KEYS[index]
  local time, offset, over, rest, fields = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), ARGV[at + 3], tonumber(ARGV[at + 4])
  local time_text, offset_text = ARGV[at], ARGV[at + 1]
  local first = at + 5
  at = first + 2 * fields

  local held, flat = {}, redis.call('HGETALL', key)
  for i = 1, #flat, 2 do held[flat[i]] = flat[i + 1] end
  local held_time, held_offset, held_rest = string.match(held['_meta'] or '', '^{"timestamp":(%-?%d+),"offset":(%d+),(.*)$')
  held_time, held_offset = tonumber(held_time) or -math.huge, tonumber(held_offset) or -1
  held['_meta'] = nil
  if over ~= nil and held_offset < over then held_time, held_offset = -math.huge, -1 end --  what stands is over, whatever its time

  local fate = 0
  if time == nil then
    -- A tombstone has no time of its own: it ends what stands before it in the log.
    if #flat == 0 then fate = 1
    elseif offset <= held_offset then fate = 3
    else
      redis.call('DEL', key)
      redis.call('PUBLISH', ARGV[3], key)
    end
  elseif time < held_time or (time == held_time and offset < held_offset) then fate = 3
  else
    local set, gone, changed = { '_meta', '{"timestamp":' .. time_text .. ',"offset":' .. offset_text .. ',' .. rest }, {}, rest ~= held_rest
    for i = first, at - 1, 2 do
      local field, value = ARGV[i], ARGV[i + 1]
      if held[field] ~= value then
        set[#set + 1] = field
        set[#set + 1] = value
        changed = true
      end
      held[field] = nil
    end
    for field in pairs(held) do gone[#gone + 1] = field end
    call_in_parts('HSET', key, set)
    call_in_parts('HDEL', key, gone)
    if changed or #gone > 0 then redis.call('PUBLISH', ARGV[3], key) else fate = 1 end
  end
  fates[#fates + 1] = fate
end

redis.call('SET', KEYS[1], ARGV[2])
return fates
