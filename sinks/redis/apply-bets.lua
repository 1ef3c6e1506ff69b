-- Applies bets to the lists of their users and moves the position behind them. Nothing comes between; and if it fails in the middle (a key that holds
-- something else), the position has not moved, and doing it again gives the same.
--
-- KEYS[1]   the position; KEYS[2] the hash of the partition's bets that are in a list: by key '<offset>:<length of the list's name>:<the list's name><item>'
-- ARGV[1]   the position that the caller expects, '' for none; ARGV[2] the one that it moves to
-- ARGV[3..] for each bet: key, offset, the list that it belongs into ('' for none), item
--
-- Returns the fate of each bet (0 applied, 1 unchanged, 3 stale); or, as one string, the position found where another was expected.

local position = redis.call('GET', KEYS[1]) or ''
if position ~= ARGV[1] then return position end

local fates = {}
for at = 3, #ARGV, 4 do
  local key, offset, list, item = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  local held_offset, length, rest = string.match(redis.call('HGET', KEYS[2], key) or '', '^(%d+):(%d+):(.*)$')
  local held_list, held_item = string.sub(rest or '', 1, tonumber(length or 0)), string.sub(rest or '', tonumber(length or 0) + 1)

  local fate = 0
  if held_offset ~= nil and tonumber(offset) < tonumber(held_offset) then fate = 3
  elseif list == held_list and item == held_item then fate = 1
  else
    local place = held_list == list and redis.call('LPOS', list, held_item)
    if place then redis.call('LSET', list, place, item)
    else
      if held_list ~= '' then redis.call('LREM', held_list, 1, held_item) end
      if list ~= '' then redis.call('RPUSH', list, item) end
    end
  end
  if fate ~= 3 then
    if list ~= '' then redis.call('HSET', KEYS[2], key, offset .. ':' .. #list .. ':' .. list .. item)
    elseif held_offset ~= nil then redis.call('HDEL', KEYS[2], key) end
  end
  fates[#fates + 1] = fate
end

redis.call('SET', KEYS[1], ARGV[2])
return fates
