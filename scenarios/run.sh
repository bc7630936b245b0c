#!/usr/bin/env bash
# Runs a scenario: installs what is missing, builds the release programs, runs `fleet-sim run`.
#   scenarios/run.sh [SCENARIO] [OPTIONS]     default: scenarios/quickstart.yaml; options are those of `fleet-sim run`
# Exit codes are those of fleet-sim; 3 (environment) also where a package cannot be installed or the build fails.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

scenario=$root/scenarios/quickstart.yaml
if [ $# -gt 0 ] && [ "${1#-}" = "$1" ]; then
  scenario=$1
  shift
fi

"$root/scripts/install-packages.sh"
"$root/scripts/build.sh" release fleet-sim || exit 3

# Debian keeps mosquitto in /usr/sbin, which is not in everybody's path.
PATH=$PATH:/usr/sbin exec "$root/build/release/fleet-sim" run "$scenario" "$@"
