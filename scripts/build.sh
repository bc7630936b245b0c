#!/usr/bin/env bash
# Configures (once) and builds targets of a CMake preset; quiet unless something fails.
#   scripts/build.sh PRESET [TARGET...]     no target: all of them
# Prints one line when it takes longer than a moment, and the build's own words when it fails. Uses ccache where it is
# installed. The log is build/PRESET/build.log. Exit 1: the build failed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

preset=$1
shift
tree=build/$preset
log=$tree/build.log
mkdir -p "$tree"
exec 9>"$tree/.lock" # one build at a time in a tree
flock 9

failed() {
  # What the compilers and linkers call an error; the whole log where none of them said so.
  if ! grep -E -A3 '(error: |CMake Error|undefined reference|multiple definition)' "$log" | cut -c-300 | sed -n '1,60p' >&2; then
    tail -n 40 "$log" >&2
  fi
  echo "build: preset $preset failed; all it said is in $log" >&2
  exit 1
}

if [ ! -f "$tree/build.ninja" ]; then
  echo "Configuring $tree" >&2
  options=()
  command -v ccache >/dev/null && options+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  cmake --preset "$preset" "${options[@]}" >"$log" 2>&1 || failed
fi

# Paths inside the checkout do not count for ccache, so that a second clone finds what the first one compiled.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1

to_do=$(ninja -C "$tree" -n "$@" 2>/dev/null | sed -n 's/^\[[0-9]*\/\([0-9]*\)\].*/\1/p' | tail -n 1) || true
[ "${to_do:-0}" -gt 3 ] && echo "Building $tree: $to_do steps" >&2
ninja -C "$tree" "$@" >"$log" 2>&1 || failed
