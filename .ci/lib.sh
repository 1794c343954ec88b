# Shared by the scripts in this folder; source it, don't run it.

# retry COMMAND... runs a command that needs the network, and once more if it fails.
retry() {
  "$@" || { echo "retrying: $*" >&2; sleep 5; "$@"; }
}

# free_port prints a TCP port of 127.0.0.1 that nobody listens on, below the range
# from which the kernel hands out ports by itself.
free_port() {
  local port
  while
    port=$((20000 + RANDOM % 12000))
    (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null
  do :; done
  echo "$port"
}

server_pid=

# start_server LOG COMMAND... starts "COMMAND... -addr 127.0.0.1:PORT" on a free port
# and waits until it accepts connections. It sets server_pid and server_addr.
start_server() {
  local log=$1 port
  shift
  port=$(free_port)
  server_addr=127.0.0.1:$port
  "$@" -addr "$server_addr" >"$log" 2>&1 </dev/null &
  server_pid=$!
  for _ in $(seq 300); do
    if (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then return; fi
    if ! kill -0 "$server_pid" 2>/dev/null; then break; fi
    sleep 0.1
  done
  echo "$* -addr $server_addr: does not accept connections" >&2
  cat "$log" >&2
  return 1
}

# stop_server ends the process that start_server started, and no other.
stop_server() {
  [[ -n $server_pid ]] || return 0
  kill "$server_pid" 2>/dev/null || true
  wait "$server_pid" 2>/dev/null || true
  server_pid=
}

# modules prints the folders of the modules nested in this one.
modules() {
  find . -mindepth 2 -name go.mod -not -path '*/node_modules/*' -not -path '*/testdata/*' -exec dirname {} ';' | sort
}
