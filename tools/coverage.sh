#!/usr/bin/env bash
# Measures which lines of engine/ the tests reach. Report: build/coverage/report.txt and build/coverage/html.
#
# usage: tools/coverage.sh [CTEST ARGUMENT...]    default: the tests of the engine (ctest label)
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

tools/setup.sh
if [ $# -eq 0 ]; then
  set -- -L engine
  build_preset coverage assay_engine_tests
else
  build_preset coverage
fi
profiles=$root/build/coverage/profiles
rm -rf "$profiles"
LLVM_PROFILE_FILE="$profiles/%p.profraw" ctest --test-dir build/coverage -j "$jobs" --output-on-failure "$@"
llvm-profdata-14 merge -sparse "$profiles"/*.profraw -o build/coverage/merged.profdata

# llvm-cov takes the first program by its name and the others as -object.
programs=()
for program in build/coverage/bin/*; do programs+=(${programs[@]:+-object} "$program"); done
arguments=("${programs[@]}" -instr-profile=build/coverage/merged.profdata
           -ignore-filename-regex='^tests/|/tests/|/tools/')
llvm-cov-14 report "${arguments[@]}" >build/coverage/report.txt
llvm-cov-14 show "${arguments[@]}" -format=html -output-dir=build/coverage/html
tail -n 1 build/coverage/report.txt
echo "coverage.sh: build/coverage/report.txt, build/coverage/html/index.html"
