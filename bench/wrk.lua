-- Sends the requests of a file in turn; they are separated by a zero byte.
local requests = {}
local sent = 0

function init(args)
  local file = assert(io.open(args[1], "rb"))
  for raw in (file:read("*a") .. "\0"):gmatch("(.-)%z") do
    requests[#requests + 1] = raw
  end
  file:close()
end

function request()
  sent = sent % #requests + 1
  return requests[sent]
end
