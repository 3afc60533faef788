#!/usr/bin/env bash
# Kills a process that appends to the durable revocation log, again and again, and looks for what was acknowledged.
#
# usage: tests/store/kill_loop.sh [ROUNDS] [BUILD_DIR]    default: 1000 rounds, build/dev
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

rounds=${1:-1000}
build=${2:-build/dev}
program=$build/bin/sqlite_log_kill_test
[ -x "$program" ] || { echo "kill_loop.sh: no $program: build the target sqlite_log_kill_test" >&2; exit 2; }
ASSAY_KILL_ROUNDS=$rounds exec "$program"
