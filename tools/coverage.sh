#!/usr/bin/env bash
# Measures which lines of engine/ the tests reach. Report: build/coverage/report.txt and build/coverage/html.
#
# usage: tools/coverage.sh [CTEST ARGUMENT...]    default: the tests of the engine (ctest label)
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

[ $# -gt 0 ] || set -- -L engine
tools/setup.sh
build_preset coverage
profiles=$root/build/coverage/profiles
rm -rf "$profiles"
LLVM_PROFILE_FILE="$profiles/%p.profraw" ctest --test-dir build/coverage -j "$jobs" --output-on-failure "$@"
llvm-profdata-14 merge -sparse "$profiles"/*.profraw -o build/coverage/merged.profdata

objects=()
for program in build/coverage/bin/*; do objects+=(-object "$program"); done
llvm-cov-14 report "${objects[@]}" -instr-profile=build/coverage/merged.profdata engine >build/coverage/report.txt
llvm-cov-14 show "${objects[@]}" -instr-profile=build/coverage/merged.profdata -format=html \
  -output-dir=build/coverage/html engine
tail -n 1 build/coverage/report.txt
echo "coverage.sh: build/coverage/report.txt, build/coverage/html/index.html"
