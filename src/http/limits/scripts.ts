/**
 * What is done in Redis: each script at once and whole, however many instances run it. All of them take what the asking process knows
 * itself (counted while Redis was away, or learned from it before it was emptied): that counts at least. Every key has an end.
 * Times are milliseconds; Redis 6.2 or later.
 */

/** A counter no lower than `known`, whose window ends no later than `knownLeft` from now where that is higher. */
const RAISE = `
local function raise(key, count, known, knownLeft)
  if known > count and knownLeft > 0 then
    redis.call('SET', key, known, 'PX', knownLeft)
    return known, knownLeft
  end
  return count, math.max(redis.call('PTTL', key), 0)
end
local function hit(key, window, known, knownLeft)
  local count = redis.call('INCR', key)
  if redis.call('PTTL', key) < 0 then redis.call('PEXPIRE', key, window) end
  return raise(key, count, known, knownLeft)
end
`;

/** Counts one more. KEYS: counter. ARGV: window, known, knownLeft. Returns count, left. */
const HIT = `${RAISE}
return { hit(KEYS[1], ARGV[1], ARGV[2] + 1, tonumber(ARGV[3])) }
`;

/**
 * An attempt begins, unless failures and attempts that are still running are as many as may fail. One that is never ended, since its
 * process died, ends by itself after the lease.
 * KEYS: failures, running. ARGV: most, lease, member, known, knownLeft, runningHere. Returns failures, left, 1 where it has begun.
 */
const BEGIN = `${RAISE}
local failures, left = raise(KEYS[1], tonumber(redis.call('GET', KEYS[1]) or 0), tonumber(ARGV[4]), tonumber(ARGV[5]))
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
local running = math.max(redis.call('ZCARD', KEYS[2]), tonumber(ARGV[6]))
if failures + running >= tonumber(ARGV[1]) then return { failures, left, 0 } end
redis.call('ZADD', KEYS[2], now + ARGV[2], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return { failures, left, 1 }
`;

/** It ends. KEYS: failures, running. ARGV: window, known, knownLeft, member, 1 where it failed. Returns failures, left. */
const END = `${RAISE}
redis.call('ZREM', KEYS[2], ARGV[4])
if ARGV[5] == '1' then return { hit(KEYS[1], ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])) } end
return { tonumber(redis.call('GET', KEYS[1]) or 0), math.max(redis.call('PTTL', KEYS[1]), 0) }
`;

export const SCRIPTS = {
  hit: { lua: HIT, numberOfKeys: 1 },
  begin: { lua: BEGIN, numberOfKeys: 2 },
  end: { lua: END, numberOfKeys: 2 },
} as const;

export type ScriptName = keyof typeof SCRIPTS;
