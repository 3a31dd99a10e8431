"""What must happen all at once, as Lua scripts for Redis.

A claim names one process of one worker. Since a process runs one task at a time, the same claim
asking twice is the same request repeated after a lost reply, and gets the same answer.

The hash of starts has two fields for a task: its id tells how often it began, and `killed:` before
its id how often its process died and the worker lived to tell.
"""

from __future__ import annotations

BEGIN = """
local lease, outcomes, starts, closed = unpack(KEYS)
local id, claim, lease_ms, expire_s = unpack(ARGV)
if redis.call('HEXISTS', outcomes, id) == 1 then return 'done' end
if redis.call('SISMEMBER', closed, id) == 1 then return 'cancelled' end
local holder = redis.call('GET', lease)
if holder and holder ~= claim then return 'busy' end
if not holder then
  redis.call('SET', lease, claim, 'PX', lease_ms)
  redis.call('HINCRBY', starts, id, 1)
  redis.call('EXPIRE', starts, expire_s)
end
local start = redis.call('HGET', starts, id) or '1'
return 'run:' .. start .. ':' .. (redis.call('HGET', starts, 'killed:' .. id) or '0')
"""
"""Take the lease of a task, unless it has ended, was settled or taken back, or is held."""

FINISH = """
local lease, outcomes, doorbell, closed = unpack(KEYS)
local id, claim, outcome, expire_s, ring = unpack(ARGV)
if redis.call('GET', lease) == claim then redis.call('DEL', lease) end
if redis.call('SISMEMBER', closed, 'campaign') == 1 then return 0 end
local first = redis.call('HSETNX', outcomes, id, outcome)
redis.call('EXPIRE', outcomes, expire_s)
if ring == '1' then
  redis.call('RPUSH', doorbell, id)
  redis.call('EXPIRE', doorbell, expire_s)
end
if first == 1 or redis.call('HGET', outcomes, id) == outcome then return 1 end
return 0
"""
"""Keep the first outcome of a task, release the lease and wake steering, unless others follow.

Nobody would ever collect the outcome of a retired campaign, so it is dropped.
"""

PASS_ON = f"""
local function begin(KEYS, ARGV) {BEGIN} end
local function finish(KEYS, ARGV) {FINISH} end
local lease, outcomes, doorbell, closed, next_lease, starts = unpack(KEYS)
local id, claim, outcome, expire_s, ring, next_id, lease_ms = unpack(ARGV)
local counts = finish({{lease, outcomes, doorbell, closed}}, ARGV)
local keys = {{next_lease, outcomes, starts, closed}}
return {{counts, begin(keys, {{next_id, claim, lease_ms, expire_s}})}}
"""
"""`FINISH` for one task and `BEGIN` for the next one of the same campaign."""

SETTLE = """
local outcomes, starts, closed = unpack(KEYS)
for index = 2, #ARGV do
  redis.call('HDEL', outcomes, ARGV[index])
  redis.call('HDEL', starts, ARGV[index], 'killed:' .. ARGV[index])
  redis.call('SADD', closed, ARGV[index])
end
redis.call('EXPIRE', closed, ARGV[1])
"""
"""Forget tasks that are recorded, and let none of them begin again.

It frees memory before it takes any: Redis then lets a script pass even if its memory is full.
"""

RENEW = """
local held = 0
for index, lease in ipairs(KEYS) do
  local holder = redis.call('GET', lease)
  if not holder or holder == ARGV[index + 1] then
    redis.call('SET', lease, ARGV[index + 1], 'PX', ARGV[1])
    held = held + 1
  end
end
return held
"""
"""Extend leases; one that lapsed, while the server or the worker slept, is taken again."""

LOSE = """
local lease, starts = unpack(KEYS)
local id, claim = unpack(ARGV)
if redis.call('GET', lease) ~= claim then return 0 end
if redis.call('HEXISTS', starts, id) == 1 then redis.call('HINCRBY', starts, 'killed:' .. id, 1) end
return redis.call('DEL', lease)
"""
"""Give a lease back, if it is still held by the claim, and note that the task's process died.

Nothing is noted about a campaign that was retired, or its notes would never expire.
"""

STEER = """
local holder, left_ms = redis.call('GET', KEYS[1]), redis.call('PTTL', KEYS[1])
if holder == ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
elseif holder and holder ~= ARGV[2] and left_ms >= 0 then
  return {holder, left_ms}
else
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
end
return {ARGV[1], 0}
"""
"""Hold the lease of a campaign, if nobody else does but the one who may be followed.

What never expires is no lease. What renews one takes no memory, so that Redis lets it pass even if
its memory is full.
"""

RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""
"""Give the lease of a campaign back, if it is still held."""

HAND_BACK = """
local lease, starts = unpack(KEYS)
local id, claim = unpack(ARGV)
if redis.call('GET', lease) ~= claim then return 0 end
if redis.call('HEXISTS', starts, id) == 1 then redis.call('HINCRBY', starts, id, -1) end
return redis.call('DEL', lease)
"""
"""Give a lease back, if it is still held by the claim, and forget that the task began."""
