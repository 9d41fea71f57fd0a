#!/usr/bin/env bash
# Fetch the files that say in which country an address is registered, at pinned versions, and check
# their hashes. Nothing of the program needs them: without, a country is told as unknown.
# Ends with 0 where this machine may not fetch them; with 1 where a file is not the pinned one.
set -euo pipefail

folder="$(cd "$(dirname "$0")/.." && pwd)/src/portique/examine/countries"
version=2.3.2026061719
# Name of the source (package @ip-location-db/<name>-mmdb), licence, sha256 of <name>.mmdb.
sources="geo-whois-asn-country CC0-1.0 c5f7c0e9bd6a6ccb5a2e9634764544a0d08bd0bd8788b8aedfac87bea184c652
iptoasn-country PDDL-1.0 93cc3158038b5ddd3cef52652ba6d7a134ece0496117fae0a3ab6e7b5101815e"

if ! command -v npm >/dev/null; then
  echo "npm is missing: no country data"
  exit 0
fi
mkdir -p "$folder"
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
while read -r name licence hash; do
  target="$folder/$name.mmdb"
  if [ -f "$target" ] && echo "$hash  $target" | sha256sum --status -c -; then continue; fi
  if ! (cd "$scratch" && timeout 300 npm pack --silent "@ip-location-db/$name-mmdb@$version" >/dev/null 2>&1); then
    echo "could not be fetched: $name ($licence)"
    continue
  fi
  tar -xzf "$scratch"/*"$name"-mmdb-*.tgz -C "$scratch" "package/$name.mmdb"
  if ! echo "$hash  $scratch/package/$name.mmdb" | sha256sum --status -c -; then
    echo "not the pinned file: $name" >&2
    exit 1
  fi
  mv "$scratch/package/$name.mmdb" "$target"
  echo "$name ($licence): $target"
done <<< "$sources"
