#!/usr/bin/env bash
# The long form of the soak and of the hostile clients: 256 connections for 30 seconds, 10,000 idle connections.
#
#   tests/end_to_end/soak.sh [--build-dir DIR] [--seconds N]
#
# Without --build-dir the release preset is built first.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
build_dir=
seconds=30
while [ $# -gt 0 ]; do
  case "$1" in
    --build-dir) build_dir=$(cd "$2" && pwd); shift 2 ;;
    --seconds) seconds=$2; shift 2 ;;
    *) sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
done

if [ -z "$build_dir" ]; then
  "$root/tools/build.sh" release
  build_dir=$root/build/release
fi

# Each idle connection is one descriptor in its client and one in the sidecar.
ulimit -n "$(ulimit -Hn)"
export ASSAY_BIN_DIR=$build_dir/bin PYTHONDONTWRITEBYTECODE=1
export ASSAY_SOAK_SECONDS=$seconds ASSAY_SOAK_CONNECTIONS=256 ASSAY_IDLE_CONNECTIONS=10000
exec /usr/bin/python3 -m pytest -p no:cacheprovider -rA "$root/tests/end_to_end/soak_test.py" \
  "$root/tests/end_to_end/hostile_clients_test.py"
