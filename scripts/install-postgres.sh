#!/usr/bin/env bash
# Usage: scripts/install-postgres.sh SUITE FOLDER
# Puts PostgreSQL and pgvector of another Debian (trixie: 17, forky: 18) into a folder, for tests beside the machine's own:
# POSTGRES_ROOT=FOLDER scripts/with-postgres.sh npm test. Needs root and Debian's debootstrap. Safe to run again.
set -euo pipefail

if [ $# -ne 2 ]; then
  sed -n '2,4s/^# //p' "$0" >&2
  exit 2
fi
suite=$1 folder=$2
case $suite in
  trixie) version=17 ;;
  forky) version=18 ;;
  *) echo "install-postgres: trixie or forky, not $suite" >&2 && exit 2 ;;
esac
if [ -f "$folder/usr/share/postgresql/$version/extension/vector.control" ]; then
  echo "PostgreSQL $version: already in $folder"
  exit 0
fi

# Where this machine gets Debian from, whichever form its list has.
address=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
  sed -E 's/\[[^]]*\]//; s/^(URIs:|deb) +//' | grep -oE '^https?://[^ ]+/debian/?( |$)' | head -n 1 | tr -d ' ' || true)
if [ -z "$address" ]; then
  echo "install-postgres: no source of Debian's packages is configured" >&2
  exit 1
fi
# Suites that are newer than the tool are made as every suite since trixie is.
script=/usr/share/debootstrap/scripts/$suite
[ -e "$script" ] || script=/usr/share/debootstrap/scripts/sid
debootstrap --variant=minbase --include="postgresql-$version,postgresql-$version-pgvector" \
  "$suite" "$folder" "$address" "$script" >"$folder.log" 2>&1 || {
  sed -E 's#[a-z+]+://[^[:space:]]+#(address)#g' "$folder.log" | tail -n 20 >&2
  exit 1
}
# Nothing of the machine stays mounted below a folder that somebody may delete.
umount "$folder/proc" "$folder/sys" 2>/dev/null || true
rm -rf "$folder/var/cache/apt/archives" "$folder.log"
echo "PostgreSQL $version: in $folder"
