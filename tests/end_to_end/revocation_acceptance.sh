#!/usr/bin/env bash
# The long form of what must hold of durable and fleet-wide revocation, about half an hour: 1,000 times kill -9 under a
# stream of revocations, 1,000 subjects revoked on one node and refused by another within 100 ms (p99).
#
#   tests/end_to_end/revocation_acceptance.sh [--build-dir DIR] [durability|fleet]
#
# Without --build-dir the release preset is built first. The fleet's latency is judged: nothing else should run.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
build_dir=
topics=()
while [ $# -gt 0 ]; do
  case "$1" in
    --build-dir) build_dir=$(cd "$2" && pwd); shift 2 ;;
    durability | fleet) topics+=("$root/tests/end_to_end/$1_test.py"); shift ;;
    *) sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
done
if [ ${#topics[@]} -eq 0 ]; then
  topics=("$root/tests/end_to_end/durability_test.py" "$root/tests/end_to_end/fleet_test.py")
fi

if [ -z "$build_dir" ]; then
  "$root/tools/build.sh" release
  build_dir=$root/build/release
fi

export ASSAY_BIN_DIR=$build_dir/bin PYTHONDONTWRITEBYTECODE=1
export ASSAY_KILL_ROUNDS=1000 ASSAY_FLEET_SAMPLES=1000 ASSAY_FLEET_P99_MS_MAX=100
exec /usr/bin/python3 -m pytest -p no:cacheprovider -rA "${topics[@]}"
