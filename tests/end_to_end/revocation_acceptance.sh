#!/usr/bin/env bash
# The long form of what must hold of durable and fleet-wide revocation, about half an hour: 1,000 times kill -9 under a
# stream of revocations, 1,000 subjects revoked on one node and refused by another within 100 ms (p99).
#
#   tests/end_to_end/revocation_acceptance.sh [--build-dir DIR] [durability|fleet]
#
# Without --build-dir the release preset is built first. The fleet's latency is judged: nothing else should run.
set -euo pipefail

source "$(dirname "$0")/long_form.sh"
read_long_form 7 durability fleet -- "$@"

export ASSAY_KILL_ROUNDS=1000 ASSAY_FLEET_SAMPLES=1000 ASSAY_FLEET_P99_MS_MAX=100
exec /usr/bin/python3 -m pytest -p no:cacheprovider -rA "${topics[@]}"
