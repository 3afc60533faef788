#!/usr/bin/env bash
# Installs every Debian package that building, testing and checking Assay needs, and those that are named.
# usage: tools/setup.sh [PACKAGE...]     haproxy: the peer that tools/bench.sh sidecar measures Assay beside
# Idempotent; silent and fast (one dpkg query) when nothing is missing.
set -euo pipefail

packages=(
  # build
  g++ clang-14 libclang-rt-14-dev llvm-14 cmake ninja-build ccache pkg-config
  # libraries
  libsimdjson-dev libabsl-dev liburing-dev libssl-dev node-llhttp libcurl4-openssl-dev
  libtomlplusplus-dev libcli11-dev libspdlog-dev libexpected-dev prometheus-cpp-dev
  libgtest-dev libgmock-dev libbenchmark-dev libsqlite3-dev libhiredis-dev zlib1g-dev
  # checks
  clang-format-14 clang-tidy-14 valgrind
  # end-to-end tests and the demo
  nginx wrk curl openssl nodejs procps redis-server
  python3 python3-requests python3-pytest python3-cryptography
  "$@"
)

missing=()
for package in "${packages[@]}"; do
  # A package may be provided under another name (nginx or nodejs from a vendor build).
  case "$package" in
    nginx) command -v nginx >/dev/null 2>&1 && continue ;;
    nodejs) command -v node >/dev/null 2>&1 && continue ;;
  esac
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ "${#missing[@]}" -eq 0 ] && exit 0

sudo_command=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null 2>&1 || { echo "setup.sh: needs root or sudo to install: ${missing[*]}" >&2; exit 1; }
  sudo_command=(sudo)
fi

echo "setup.sh: installing ${#missing[@]} packages: ${missing[*]}"

# Debian starts a server when its package is installed; a policy file says no for the length of the install.
policy=/usr/sbin/policy-rc.d
added_policy=no
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | "${sudo_command[@]}" tee "$policy" >/dev/null
  "${sudo_command[@]}" chmod 755 "$policy"
  added_policy=yes
fi
cleanup() { [ "$added_policy" = yes ] && "${sudo_command[@]}" rm -f "$policy" || true; }
trap cleanup EXIT

log=$(mktemp)
export DEBIAN_FRONTEND=noninteractive
if ! { "${sudo_command[@]}" apt-get update && \
       "${sudo_command[@]}" apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
  tail -n 30 "$log" >&2
  echo "setup.sh: the install failed; the whole log is in $log" >&2
  exit 1
fi
rm -f "$log"
