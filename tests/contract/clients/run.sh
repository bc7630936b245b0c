#!/usr/bin/env bash
# Runs one test of the public clients under Node.js, with a certificate of its own that Node.js and curl trust.
#   run.sh DIRECTORY BRIDGE TEST.mjs      DIRECTORY: where install.sh has put the clients; BRIDGE: the program
set -euo pipefail
directory=$1
bridge=$2
test=$3

export FLEET_CLIENT_DIRECTORY=$directory FLEET_CLIENT_MODULES=$directory/node_modules FLEET_BRIDGE_PROGRAM=$bridge
export NODE_EXTRA_CA_CERTS=$directory/certificate.pem FLEET_CLIENT_KEY=$directory/key.pem
export TZ=Asia/Shanghai # one client writes the platform's time in the zone of its process
PATH=$PATH:/usr/sbin    # where Debian keeps mosquitto
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost \
  -addext 'subjectAltName = IP:127.0.0.1, DNS:localhost' -keyout "$FLEET_CLIENT_KEY" -out "$NODE_EXTRA_CA_CERTS" \
  2>"$directory/openssl.log"
exec node "$test"
