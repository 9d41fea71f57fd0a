#!/usr/bin/env bash
# Install the named Debian packages where they are missing and this machine lets us; else say so.
# Nothing of the program needs any: a test that wants one skips without it. Ends with 0 either way.
set -euo pipefail

missing=()
for package in "$@"; do
  dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
done
[ "${#missing[@]}" -gt 0 ] || exit 0

if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  export DEBIAN_FRONTEND=noninteractive
  quick=(-q -o Acquire::Retries=1 -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20)
  if timeout 120 apt-get update "${quick[@]}" &&
    timeout 600 apt-get install -y --no-install-recommends "${quick[@]}" "${missing[@]}"; then exit 0; fi
  echo "could not be installed: ${missing[*]}"
else
  echo "missing, and not ours to install: ${missing[*]} (apt-get install ${missing[*]}, as root)"
fi
