#!/usr/bin/env bash
# Print a Python that is new enough and can make virtual environments; say what to do where none is.
set -euo pipefail
here=$(dirname "$0")

first_usable() {
  local name
  for name in "${PYTHON:-python3}" python3 python3.11 python3.12 python3.13 python3.14; do
    if "$name" -c "import sys; sys.exit(sys.version_info < (3, 11))" 2>/dev/null; then
      if "$name" -c "import ensurepip, venv" 2>/dev/null; then
        echo "$name"
        return 0
      fi
      without_venv=$name
    fi
  done
  return 1
}

without_venv=
if first_usable; then exit 0; fi
if [ -n "$without_venv" ]; then
  "$here/system_packages.sh" python3-venv >&2
  if first_usable; then exit 0; fi
  echo "error: $without_venv cannot make virtual environments" >&2
  echo "  mend:  install its venv module (Debian: python3-venv), then run make again" >&2
else
  echo "error: no Python 3.11 or newer was found (python3 is $(python3 --version 2>&1 || echo missing))" >&2
  echo "  mend:  install Python 3.11 or newer, or name one: make setup PYTHON=/path/to/python3.11" >&2
fi
exit 1
