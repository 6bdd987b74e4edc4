#!/usr/bin/env bash
# Builds pgvector for every PostgreSQL server installed here, from Debian's own source package.
# Debian 12 ships no pgvector binary; the trixie source package (0.8.0) builds in seconds. Safe to run again.
set -euo pipefail

missing=()
for config in /usr/lib/postgresql/*/bin/pg_config; do
  [ -x "$config" ] || continue
  [ -f "$("$config" --sharedir)/extension/vector.control" ] || missing+=("$config")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "pgvector: already installed for every PostgreSQL here"
  exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/parts" "$work/source"
: >"$work/status"

# Where this machine gets Debian from: the address of the first source that serves the running suite itself.
debian_address() {
  local codename
  codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
  {
    # The deb822 form: one stanza per paragraph.
    { cat /etc/apt/sources.list.d/*.sources 2>/dev/null || true; } | awk -v suite="$codename" '
      function flush() { if (address != "" && serves) print address; address = ""; serves = 0 }
      /^[[:space:]]*$/ { flush() }
      /^Types:/ { flush() }
      /^URIs:/ { address = $2 }
      /^Suites:/ { for (i = 2; i <= NF; i++) if ($i == suite) serves = 1 }
      END { flush() }'
    # The one-line form, options in brackets removed.
    { cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null || true; } |
      sed -E 's/\[[^]]*\]//' | awk -v suite="$codename" '$1 == "deb" && $3 == suite { print $2 }'
  } | sed -n 1p
}

address=$(debian_address)
if [ -z "$address" ]; then
  echo "pgvector: no Debian source found in /etc/apt; install the pgvector package of your PostgreSQL by hand" >&2
  exit 1
fi

keyring=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb-src [signed-by=$keyring] $address trixie main" >"$work/sources.list"
apt_private=(
  -o "Dir::Etc::SourceList=$work/sources.list" -o "Dir::Etc::SourceParts=$work/parts"
  -o "Dir::State::Lists=$work/lists" -o "Dir::Cache=$work/cache" -o "APT::Sandbox::User=root"
)
cd "$work/source"
echo "pgvector: fetching Debian's source package"
apt-get "${apt_private[@]}" -qq update >"$work/log" 2>&1 &&
  apt-get "${apt_private[@]}" -qq source pgvector >>"$work/log" 2>&1 || {
  echo "pgvector: the source package could not be fetched" >&2
  sed -E 's#[a-z]+://[^ ]+#(address)#g' "$work/log" | tail -n 20 >&2
  exit 1
}

cd pgvector-*/
for config in "${missing[@]}"; do
  # OPTFLAGS is emptied so that the build does not depend on the processor it was made on.
  make -s clean PG_CONFIG="$config" >/dev/null
  make -s OPTFLAGS="" PG_CONFIG="$config" >"$work/log" 2>&1 && make -s install PG_CONFIG="$config" >>"$work/log" 2>&1 || {
    tail -n 20 "$work/log" >&2
    exit 1
  }
  echo "pgvector: installed for $("$config" --version)"
done
