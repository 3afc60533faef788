#!/usr/bin/env bash
# The long form of rotation under load and of the flood of invented kids, about eight minutes: rotations once a second
# for a minute and every 45 seconds for three minutes, 100,000 distinct kids in one minute.
#
#   tests/end_to_end/key_acceptance.sh [--build-dir DIR] [rotation_load|flood]
#
# Without --build-dir the release preset is built first. The flood compares latencies: nothing else should run.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
build_dir=
topics=()
while [ $# -gt 0 ]; do
  case "$1" in
    --build-dir) build_dir=$(cd "$2" && pwd); shift 2 ;;
    rotation_load | flood) topics+=("$root/tests/end_to_end/$1_test.py"); shift ;;
    *) sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
done
if [ ${#topics[@]} -eq 0 ]; then
  topics=("$root/tests/end_to_end/rotation_load_test.py" "$root/tests/end_to_end/flood_test.py")
fi

if [ -z "$build_dir" ]; then
  "$root/tools/build.sh" release
  build_dir=$root/build/release
fi

export ASSAY_BIN_DIR=$build_dir/bin PYTHONDONTWRITEBYTECODE=1
export ASSAY_ROTATION_SECONDS=60 ASSAY_ROTATION_SLOW_EVERY=45 ASSAY_ROTATION_SLOW_COUNT=4
export ASSAY_FLOOD_TOKENS=100000 ASSAY_FLOOD_SECONDS=60 ASSAY_FLOOD_SLICES=10 ASSAY_FLOOD_SLOWER_MAX=2
exec /usr/bin/python3 -m pytest -p no:cacheprovider -rA "${topics[@]}"
