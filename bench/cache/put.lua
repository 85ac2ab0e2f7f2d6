-- Writes an artifact of BENCH_SIZE random bytes under a new hash each time. See wrk.ts.
local path, prefix = os.getenv("BENCH_PATH"), os.getenv("BENCH_PREFIX")
local authorization = os.getenv("BENCH_AUTHORIZATION")
sent = 0 -- global: done() asks the thread for it

local threads = {}
function setup(thread)
  table.insert(threads, thread)
end

function init()
  if authorization ~= "" then wrk.headers["Authorization"] = authorization end
  wrk.headers["Content-Type"] = "application/octet-stream"
  local file = io.open("/dev/urandom", "rb")
  wrk.body = file:read(tonumber(os.getenv("BENCH_SIZE")))
  file:close()
end

function request()
  sent = sent + 1
  return wrk.format("PUT", (path:gsub("{hash}", prefix .. sent)))
end

function done(summary)
  local errors = summary.errors
  print(string.format(
    '{"requests":%d,"sent":%d,"bytes":%d,"microseconds":%d,"failed":%d,"broken":%d}',
    summary.requests - errors.status, threads[1]:get("sent"), summary.bytes, summary.duration,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout
  ))
end
