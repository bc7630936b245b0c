#!/usr/bin/env bash
# Installs what is missing of the Debian 12 packages that this project builds and runs with; does nothing, quickly, when
# nothing is missing.
#   scripts/install-packages.sh [lint] [clang] [clients]     lint: clang-format and clang-tidy; clang: compiler and
#                                    fuzzer; clients: what the tests of the public clients run with
# Needs root or sudo only where something is missing. FLEET_NO_INSTALL=1 skips it: you have seen to everything yourself.
# Exit 3: this machine is not what the script knows, or apt failed.
set -euo pipefail

packages=(
  g++ cmake ninja-build
  libboost1.81-dev libssl-dev libyaml-cpp-dev nlohmann-json3-dev libpugixml-dev libsqlite3-dev libxxhash-dev
  libcli11-dev libspdlog-dev libfmt-dev libexpected-dev
  libpaho-mqttpp-dev libpaho-mqtt-dev mosquitto mosquitto-clients mosquitto-dev libmosquitto-dev prometheus-cpp-dev
  libgtest-dev libgmock-dev libbenchmark-dev
  python3-yaml python3-jsonschema
)
for set in "$@"; do
  case $set in
    lint) packages+=(clang-format-14 clang-tidy-14) ;;
    clang) packages+=(clang-14 libclang-rt-14-dev llvm-14) ;; # llvm-14: llvm-symbolizer, for readable stacks
    clients)
      packages+=(curl openssl)
      # Where Node.js comes from elsewhere, its npm comes with it, and Debian's would not go with it.
      command -v node >/dev/null && command -v npm >/dev/null || packages+=(nodejs npm)
      ;;
    *) echo "install-packages: unknown set '$set'; known: lint, clang, clients" >&2; exit 2 ;;
  esac
done

[ "${FLEET_NO_INSTALL:-}" = 1 ] && exit 0

stop() { echo "install-packages: $*" >&2; exit 3; }

system=unknown
[ -r /etc/os-release ] && system=$(. /etc/os-release && echo "${ID:-unknown} ${VERSION_ID:-}")
if [ "$system" != "debian 12" ] || ! command -v apt-get >/dev/null; then
  stop "this is '$system', and only Debian 12 is known. Install the equals of these yourself, then set" \
    "FLEET_NO_INSTALL=1: ${packages[*]}"
fi

installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "${packages[@]}" 2>/dev/null | sed -n 's/ installed$//p') || true
missing=()
for package in "${packages[@]}"; do
  grep -qxF -- "$package" <<<"$installed" || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || stop "as root, run: apt-get install ${missing[*]}"
  as_root=(sudo)
fi

echo "Installing ${#missing[@]} Debian packages: ${missing[*]}" >&2
log=$(mktemp /tmp/fleet-install.XXXXXX.log)

# Debian starts a service as soon as it is installed, and Mosquitto's would take port 1883. While apt runs, a policy
# forbids that (invoke-rc.d: 101); what was there before comes back in every case.
policy=/usr/sbin/policy-rc.d
restore_policy() {
  trap - EXIT INT TERM
  if "${as_root[@]}" test -e "$policy.fleet-saved"; then
    "${as_root[@]}" mv -f "$policy.fleet-saved" "$policy"
  else
    "${as_root[@]}" rm -f "$policy"
  fi
}
"${as_root[@]}" test -e "$policy" && "${as_root[@]}" mv -f "$policy" "$policy.fleet-saved"
trap restore_policy EXIT
trap 'exit 3' INT TERM
printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
"${as_root[@]}" chmod 755 "$policy"

apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 "$@" </dev/null; }
if ! { apt update && apt install --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
  tail -n 30 "$log" >&2
  stop "apt-get failed; all it said is in $log"
fi
restore_policy

# A Mosquitto that came with us does not start at the next boot either. Every run starts its own.
if printf '%s\n' "${missing[@]}" | grep -qx mosquitto; then
  if "${as_root[@]}" update-rc.d mosquitto disable >>"$log" 2>&1; then
    echo "Mosquitto's system service is installed but neither started nor enabled." >&2
  fi
fi
rm -f "$log"
