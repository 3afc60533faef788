#!/usr/bin/env bash
# The long form of rotation under load and of the flood of invented kids, about eight minutes: rotations once a second
# for a minute and every 45 seconds for three minutes, 100,000 distinct kids in one minute.
#
#   tests/end_to_end/key_acceptance.sh [--build-dir DIR] [rotation_load|flood]
#
# Without --build-dir the release preset is built first. The flood compares latencies: nothing else should run.
set -euo pipefail

source "$(dirname "$0")/long_form.sh"
read_long_form 7 rotation_load flood -- "$@"

export ASSAY_ROTATION_SECONDS=60 ASSAY_ROTATION_SLOW_EVERY=45 ASSAY_ROTATION_SLOW_COUNT=4
export ASSAY_FLOOD_TOKENS=100000 ASSAY_FLOOD_SECONDS=60 ASSAY_FLOOD_SLICES=10 ASSAY_FLOOD_SLOWER_MAX=2
exec /usr/bin/python3 -m pytest -p no:cacheprovider -rA "${topics[@]}"
