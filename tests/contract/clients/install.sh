#!/usr/bin/env bash
# Installs the public clients that the tests use, as package-lock.json pins them, where they are not installed already.
#   install.sh DIRECTORY        they end in DIRECTORY/node_modules
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
directory=$1
mkdir -p "$directory"
exec 9>"$directory/.lock"
flock 9

pinned=$(cat "$here/package.json" "$here/package-lock.json" | sha256sum)
if [ "$(cat "$directory/.installed" 2>/dev/null)" = "$pinned" ]; then
  echo "the clients are there"
  exit 0
fi
rm -f "$directory/.installed"
cp "$here/package.json" "$here/package-lock.json" "$directory/"
npm ci --prefix "$directory" --prefer-offline --ignore-scripts --no-audit --no-fund --loglevel=error
printf '%s\n' "$pinned" >"$directory/.installed"
