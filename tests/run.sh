#!/usr/bin/env bash
# Builds and runs the tests; installs what is missing first.
#   tests/run.sh [fast|all|asan|tsan|fuzz|lint]     default: all
# fast  release build, unit tests
# all   formatting, then unit, contract and end-to-end tests of the release build
# asan  unit, contract and end-to-end tests under AddressSanitizer and UBSan (g++)
# tsan  the tests that run threads, whole runs among them, under ThreadSanitizer (g++)
# fuzz  a short run of every fuzzer (clang, AddressSanitizer, UBSan)
# lint  clang-tidy over what ships
# One line a step; what a step said is kept in build/logs. Exit: 0 all passed, 1 something failed, 2 usage, 3 packages.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

mode=${1:-all}
[ $# -le 1 ] && [[ $mode =~ ^(fast|all|asan|tsan|fuzz|lint)$ ]] || {
  echo "usage: tests/run.sh [fast|all|asan|tsan|fuzz|lint]" >&2
  exit 2
}

logs=build/logs
mkdir -p "$logs"
PATH=$PATH:/usr/sbin # where Debian keeps mosquitto
export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
export LSAN_OPTIONS=print_suppressions=0:suppressions=$PWD/tests/support/lsan.supp
export UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1:suppressions=$PWD/tests/support/tsan.supp

# step NAME WHAT COMMAND...: runs it with its output in build/logs/NAME.log; shows the end of that where it fails.
step() {
  local name=$1 what=$2 began=$SECONDS
  shift 2
  printf 'tests: %s ... ' "$what"
  if "$@" >"$logs/$name.log" 2>&1 </dev/null; then
    echo "$((SECONDS - began)) s"
  else
    echo "FAILED after $((SECONDS - began)) s"
    tail -n 60 "$logs/$name.log" >&2
    echo "tests: $what failed; all it said is in $logs/$name.log" >&2
    exit 1
  fi
}

sources() { git ls-files -- 'wire/*' 'settings/*' 'bridge/*' 'sim/*' 'bench/*' 'tests/*' | grep -E "$1"; }

formatted() { sources '\.(h|cpp)$' | xargs clang-format-14 --dry-run --Werror; }

# The product and the benchmarks, two files at a time; tests are left to the compilers and the sanitizers.
linted() {
  sources '^(wire|settings|bridge|sim|bench)/.*\.cpp$' |
    xargs -P 2 -n 4 clang-tidy-14 -p build/release --quiet --warnings-as-errors='*' --extra-arg=-Wno-unknown-warning-option
}

# ctest in a build tree; no test found is a failure. Wrapped so that address layouts of newer kernels suit TSan.
tested() {
  local tree=$1 fixed=()
  shift
  [ "$tree" = build/tsan ] && setarch -R true 2>/dev/null && fixed=(setarch -R)
  "${fixed[@]}" ctest --test-dir "$tree" --no-tests=error --output-on-failure --timeout 300 -j 2 "$@"
}

# The last thing a run prints is ctest's own summary.
main_suite() {
  echo "tests: $1"
  shift
  tested build/release "$@" </dev/null 2>&1 | tee "$logs/ctest.log"
}

fuzzed() {
  step build-fuzz 'everything builds with clang 14; fuzzers, ASan and UBSan on' scripts/build.sh fuzz
  step fuzz 'every fuzzer for a short while' tested build/fuzz -L '^fuzz$'
}

threads() {
  step build-tsan 'what runs threads builds with ThreadSanitizer' scripts/build.sh tsan threaded-tests
  step tsan 'no data race in the tests that run threads' tested build/tsan -L '^threaded$'
}

packages() { step packages 'the packages are there' scripts/install-packages.sh "$@"; }

case $mode in
  fast)
    packages
    step build-release 'release build of the unit tests' scripts/build.sh release unit-tests
    main_suite 'unit tests' -L '^unit$'
    ;;
  asan)
    packages clients
    step build-asan 'unit, contract and end-to-end tests build with ASan and UBSan' \
      scripts/build.sh asan unit-tests contract-tests e2e-tests
    step asan 'unit, contract and end-to-end tests under ASan and UBSan' tested build/asan -L '^(unit|contract|e2e)$'
    tail -n 6 "$logs/asan.log"
    ;;
  tsan)
    packages
    threads
    tail -n 6 "$logs/tsan.log"
    ;;
  fuzz)
    packages clang
    fuzzed
    tail -n 6 "$logs/fuzz.log"
    ;;
  lint)
    packages lint
    step build-release 'release build, no warning' scripts/build.sh release
    step lint 'clang-tidy 14, the short list' linted
    ;;
  all)
    packages lint clients
    step format 'formatting (clang-format 14)' formatted
    step build-release 'release build, no warning' scripts/build.sh release
    main_suite 'unit, contract and end-to-end tests' -L '^(unit|contract|e2e)$'
    ;;
esac
