-- Reads BENCH_COUNT artifacts in turn, again and again. See wrk.ts.
local path, prefix, count = os.getenv("BENCH_PATH"), os.getenv("BENCH_PREFIX"), tonumber(os.getenv("BENCH_COUNT"))
local authorization = os.getenv("BENCH_AUTHORIZATION")
local requests, sent = {}, 0

local threads = {}
function setup(thread)
  table.insert(threads, thread)
end

function init()
  if authorization ~= "" then wrk.headers["Authorization"] = authorization end
  for i = 1, count do
    requests[i] = wrk.format("GET", (path:gsub("{hash}", prefix .. i)))
  end
end

function request()
  sent = sent + 1
  return requests[sent % count + 1]
end

function done(summary)
  local errors = summary.errors
  print(string.format(
    '{"requests":%d,"sent":%d,"bytes":%d,"microseconds":%d,"failed":%d,"broken":%d}',
    summary.requests - errors.status, 0, summary.bytes, summary.duration,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout
  ))
end
