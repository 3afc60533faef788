#!/usr/bin/env bash
# Sets up, builds the dev preset and runs every test. The last lines are ctest's own.
#
# usage: tools/test.sh [CTEST ARGUMENT...]    for example: tools/test.sh -R jose
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

tools/setup.sh
build_preset dev
exec ctest --test-dir build/dev -j "$jobs" --output-on-failure --no-tests=error "$@"
