#!/usr/bin/env bash
# Usage: scripts/with-postgres.sh COMMAND [ARGUMENT...]
# Runs the command with TEST_DATABASE_URL naming a fresh PostgreSQL cluster, which is deleted afterwards.
# The cluster listens on a free loopback port and keeps its durability settings, as a real one does.
# POSTGRES_ROOT=FOLDER takes the server of the Debian in that folder (scripts/install-postgres.sh), which needs root.
set -euo pipefail

if [ $# -eq 0 ]; then
  sed -n '2,5s/^# //p' "$0" >&2
  exit 2
fi

root=${POSTGRES_ROOT:-}
bin=$(ls -d "$root"/usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1 || true)
if [ -z "$bin" ] || [ ! -x "$bin/initdb" ]; then
  echo "with-postgres: no PostgreSQL server under $root/usr/lib/postgresql; install Debian's postgresql package" >&2
  exit 1
fi

temporary=${TMPDIR:-/tmp}
[ -z "$root" ] || temporary=$root/tmp
folder=$(mktemp -d "$temporary/alcove-postgres.XXXXXX")
# As the server sees them.
bin=${bin#"$root"}
inner=${folder#"$root"}
# PostgreSQL refuses to run as root; Debian's package brings the user postgres for that.
as_owner() { "$@"; }
if [ -n "$root" ]; then
  chroot "$root" chown postgres "$inner"
  as_owner() { chroot "$root" runuser -u postgres -- "$@"; }
elif [ "$(id -u)" -eq 0 ]; then
  chown postgres "$folder"
  as_owner() { (cd "$folder" && runuser -u postgres -- "$@"); }
fi

stop() {
  as_owner "$bin/pg_ctl" -D "$inner/data" -m immediate -w stop >/dev/null 2>&1 || true
  rm -rf "$folder"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

as_owner "$bin/initdb" -D "$inner/data" -U postgres --auth=trust -E UTF8 --locale=C.UTF-8 >"$folder/initdb.log" 2>&1 || {
  tail -n 20 "$folder/initdb.log" >&2
  exit 1
}

start() {
  as_owner "$bin/pg_ctl" -D "$inner/data" -l "$inner/server.log" -w -t 60 \
    -o "-p $1 -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=200" \
    start </dev/null >/dev/null 2>&1
}

# A taken port makes the start fail; another one is tried, so that no port is held between check and use.
port=
for _ in 1 2 3 4 5 6 7 8; do
  candidate=$((20000 + RANDOM % 12000))
  if start "$candidate"; then
    port=$candidate
    break
  fi
done
if [ -z "$port" ]; then
  tail -n 20 "$folder/server.log" >&2
  exit 1
fi

# A dump is made by the version of the server, or a newer one.
export TEST_PG_DUMP="${root:+chroot $root }$bin/pg_dump"
export TEST_DATABASE_URL="postgres://postgres@127.0.0.1:$port/postgres"
# In the background and waited for, so that a signal reaches the trap while the command runs.
"$@" &
command_id=$!
trap 'kill -TERM $command_id 2>/dev/null; wait $command_id 2>/dev/null; exit 130' INT
trap 'kill -TERM $command_id 2>/dev/null; wait $command_id 2>/dev/null; exit 143' TERM
code=0
wait "$command_id" || code=$?
exit "$code"
