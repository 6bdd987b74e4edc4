#!/usr/bin/env bash
# Usage: scripts/test-on-postgres.sh VERSION [TEST...]
# Runs tests on a PostgreSQL of this major version: the machine's own, or that of a later Debian (17, 18), which is put into
# $POSTGRES_FOLDERS/VERSION (/var/tmp/alcove-postgres unless set) at the first time, as root and with debootstrap.
# Without names of tests: those that are nearest to the database.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ $# -eq 0 ]; then
  sed -n '2,5s/^# //p' "$0" >&2
  exit 2
fi
version=$1
shift
tests=("$@")
[ $# -gt 0 ] || tests=(test/schema test/isolation test/accounts test/conversations test/search test/retrieval)

own=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1 | sed -E 's#.*/postgresql/([0-9]+)/bin#\1#')
if [ "$version" != "$own" ]; then
  case $version in
    17) suite=trixie ;;
    18) suite=forky ;;
    *)
      echo "test-on-postgres: no release of Debian has PostgreSQL $version beside pgvector; there are ${own:-no own one}, 17 and 18" >&2
      exit 1
      ;;
  esac
  export POSTGRES_ROOT="${POSTGRES_FOLDERS:-/var/tmp/alcove-postgres}/$version"
  mkdir -p "$(dirname "$POSTGRES_ROOT")"
  bash scripts/install-postgres.sh "$suite" "$POSTGRES_ROOT"
fi
exec bash scripts/with-postgres.sh env ALCOVE_TEST_DB=postgres \
  node_modules/node/bin/node node_modules/vitest/vitest.mjs run "${tests[@]}"
