//! What happens in Redis at once or not at all. Every script has the prefix of keys as its first argument.

/// Connection; key and JSON of an entry: adds it, unless one of its key was there.
pub(super) const APPEND: &str = r"
local p, conn, key, entry = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local k, s, c = p..':k:'..conn, p..':s:'..conn, p..':c:'..conn
if redis.call('HSETNX', k, redis.sha1hex(key), '1') == 0 then return 0 end
redis.call('XADD', s, '*', 'e', entry)
redis.call('PERSIST', k) redis.call('PERSIST', s) redis.call('PERSIST', c)
local t = redis.call('TIME')
redis.call('ZADD', p..':work', 'NX', t[1] * 1000 + math.floor(t[2] / 1000), conn)
return 1
";

/// Worker and lease in milliseconds: the connection that has waited longest, its epoch, claims, failures, note and state. What
/// others were given and did not acknowledge becomes this worker's.
pub(super) const CLAIM: &str = r"
local p, worker, lease = ARGV[1], ARGV[2], tonumber(ARGV[3])
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local due = redis.call('ZRANGEBYSCORE', p..':work', '-inf', now, 'LIMIT', 0, 1)
if #due == 0 then return false end
local conn = due[1]
local c, s = p..':c:'..conn, p..':s:'..conn
local epoch = redis.call('HINCRBY', c, 'epoch', 1)
local claims = redis.call('HINCRBY', c, 'claims', 1)
redis.call('HSET', c, 'worker', worker)
redis.call('PERSIST', c)
redis.call('ZADD', p..':work', now + lease, conn)
redis.pcall('XGROUP', 'CREATE', s, 'live', '0', 'MKSTREAM')
local cursor = '0-0'
repeat
  local taken = redis.call('XAUTOCLAIM', s, 'live', worker, 0, cursor, 'COUNT', 1000, 'JUSTID')
  cursor = taken[1]
until cursor == '0-0'
for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', s, 'live')) do
  if consumer[2] ~= worker then redis.call('XGROUP', 'DELCONSUMER', s, 'live', consumer[2]) end
end
local more = redis.call('HMGET', c, 'failures', 'note', 'state')
return {conn, epoch, claims, more[1], more[2], more[3]}
";

/// Connection and epoch of a claim; another epoch: makes it that.
pub(super) const ADVANCE: &str = r"
local c = KEYS[1]
if redis.call('HGET', c, 'epoch') ~= ARGV[3] then return 'lost' end
redis.call('HSET', c, 'epoch', ARGV[4])
return 'OK'
";

/// Lease; connection and epoch of each claim: the connections of those that are lost.
pub(super) const RENEW: &str = r"
local p, lease, lost = ARGV[1], tonumber(ARGV[2]), {}
local t = redis.call('TIME')
local due = t[1] * 1000 + math.floor(t[2] / 1000) + lease
for i = 3, #ARGV, 2 do
  if redis.call('HGET', p..':c:'..ARGV[i], 'epoch') == ARGV[i + 1] then
    redis.call('ZADD', p..':work', due, ARGV[i])
  else
    lost[#lost + 1] = ARGV[i]
  end
end
return lost
";

/// Limit; connection, epoch and last known entry of each claim: for each what comes behind it. First what was given to the worker
/// already, then what nobody was given.
pub(super) const READ: &str = r"
local p, limit, found = ARGV[1], ARGV[2], {}
for i = 3, #ARGV, 3 do
  local conn, rows = ARGV[i], {}
  local fields = redis.call('HMGET', p..':c:'..conn, 'epoch', 'worker')
  if fields[1] == ARGV[i + 1] then
    local s = p..':s:'..conn
    for _, from in ipairs({ARGV[i + 2], '>'}) do
      local answer = redis.pcall('XREADGROUP', 'GROUP', 'live', fields[2], 'COUNT', limit, 'STREAMS', s, from)
      if answer and not answer.err and #answer[1][2] > 0 then
        rows = answer[1][2]
        break
      end
    end
  end
  found[#found + 1] = rows
end
return found
";

/// Connection and epoch of a claim; note and state, empty if they are not shared; how long results are kept; a count, and so many
/// of number, meeting and JSON of what became known; ids of entries. Nothing is told twice. The stream is trimmed behind the
/// oldest entry that is not acknowledged.
pub(super) const ACKNOWLEDGE: &str = r"
local p, conn, c = ARGV[1], ARGV[2], KEYS[1]
if redis.call('HGET', c, 'epoch') ~= ARGV[3] then return 'lost' end
local s, keep, count = p..':s:'..conn, tonumber(ARGV[6]), tonumber(ARGV[7])
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local at, meetings = 8, {}
for _ = 1, count do
  local number, meeting, json = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  at = at + 3
  local r, told = p..':r:'..meeting, p..':p:'..meeting
  local last = redis.call('HGET', told, conn)
  if not last or tonumber(number) > tonumber(last) then
    redis.call('XADD', r, 'MINID', '~', math.max(0, now - keep), '*', 't', json)
    redis.call('HSET', told, conn, number)
    meetings[meeting] = true
  end
end
for meeting in pairs(meetings) do
  redis.call('PEXPIRE', p..':r:'..meeting, keep)
  redis.call('PEXPIRE', p..':p:'..meeting, keep)
  redis.call('XADD', p..':news', 'MINID', '~', math.max(0, now - 60000), '*', 'm', meeting)
end
if ARGV[4] ~= '' then redis.call('HSET', c, 'note', ARGV[4], 'state', ARGV[5]) end
if #ARGV >= at then
  for i = at, #ARGV do redis.call('XACK', s, 'live', ARGV[i]) end
  redis.call('HSET', c, 'claims', 0, 'failures', 0)
  local pending = redis.call('XPENDING', s, 'live')
  if pending[1] > 0 then
    redis.call('XTRIM', s, 'MINID', pending[2])
  else
    local ms, n = string.match(ARGV[#ARGV], '(%d+)-(%d+)')
    redis.call('XTRIM', s, 'MINID', ms..'-'..string.format('%d', tonumber(n) + 1))
  end
end
return 'OK'
";

/// Connection and epoch of a claim; how long it is remembered: gives it back.
pub(super) const RELEASE: &str = r"
local p, conn, c = ARGV[1], ARGV[2], KEYS[1]
if redis.call('HGET', c, 'epoch') ~= ARGV[3] then return 'lost' end
local s = p..':s:'..conn
if tonumber(redis.call('HGET', c, 'claims') or '0') > 0 then redis.call('HINCRBY', c, 'claims', -1) end
redis.call('HINCRBY', c, 'epoch', 1)
if redis.call('XLEN', s) == 0 then
  redis.call('ZREM', p..':work', conn)
  for _, kind in ipairs({':c:', ':k:', ':s:'}) do redis.call('PEXPIRE', p..kind..conn, ARGV[4]) end
else
  local t = redis.call('TIME')
  redis.call('ZADD', p..':work', t[1] * 1000 + math.floor(t[2] / 1000), conn)
end
return 'OK'
";

/// Connection and epoch of a claim; error, wait in milliseconds, 1 if the first entry is to blame: gives it back until later.
pub(super) const POSTPONE: &str = r"
local p, conn, c = ARGV[1], ARGV[2], KEYS[1]
if redis.call('HGET', c, 'epoch') ~= ARGV[3] then return 'lost' end
if tonumber(redis.call('HGET', c, 'claims') or '0') > 0 then redis.call('HINCRBY', c, 'claims', -1) end
redis.call('HINCRBY', c, 'epoch', 1)
redis.call('HINCRBY', c, 'failures', ARGV[6])
redis.call('HSET', c, 'error', ARGV[4])
local t = redis.call('TIME')
redis.call('ZADD', p..':work', t[1] * 1000 + math.floor(t[2] / 1000) + tonumber(ARGV[5]), conn)
return 'OK'
";

/// Connection and epoch of a claim; id of an entry and error: the entry becomes a dead letter.
pub(super) const BURY: &str = r"
local p, conn, c, id = ARGV[1], ARGV[2], KEYS[1], ARGV[4]
if redis.call('HGET', c, 'epoch') ~= ARGV[3] then return 'lost' end
local s = p..':s:'..conn
local row = redis.call('XRANGE', s, id, id)[1]
if row then
  redis.call('XADD', p..':dead', '*', 'connection', conn, 'id', id, 'entry', row[2][2], 'error', ARGV[5])
  redis.call('XACK', s, 'live', id)
  redis.call('XDEL', s, id)
end
redis.call('HSET', c, 'claims', 0, 'failures', 0)
return 'OK'
";

/// Connections with something to do, and entries that are not acknowledged.
pub(super) const STATS: &str = r"
local p, waiting = ARGV[1], 0
local all = redis.call('ZRANGE', p..':work', 0, -1)
for _, conn in ipairs(all) do waiting = waiting + redis.call('XLEN', p..':s:'..conn) end
return {#all, waiting}
";
