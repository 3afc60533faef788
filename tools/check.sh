#!/usr/bin/env bash
# The gate: everything that must hold before a change goes in. Continuous integration runs this and nothing else.
#
# usage: tools/check.sh [--full]
#
# --full runs every test under every sanitizer, all of clang-tidy and a minute of each fuzz target; without it the gate
# fits twenty minutes of two cores. Logs: build/check/GATE.log. Exit 0 only if every gate passed.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

full=no
case "${1:-}" in
  '') ;;
  --full) full=yes ;;
  *) sed -n '2,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 2 ;;
esac

logs=build/check
mkdir -p "$logs"
passed=0
failed=()

# gate NAME ADVICE COMMAND...: runs COMMAND; prints one line if it passes, the end of its log and ADVICE if it fails.
# bash does not stop a function at its first failing line while it is a condition: COMMAND says `|| return` itself.
gate() {
  local name=$1 advice=$2 start=$SECONDS
  shift 2
  if "$@" >"$logs/$name.log" 2>&1; then
    echo "gate $name ok $((SECONDS - start))s"
    passed=$((passed + 1))
    return
  fi
  echo "gate $name FAILED $((SECONDS - start))s, the end of $logs/$name.log:"
  tail -n 40 "$logs/$name.log" | sed 's/^/    /'
  echo "    what to do: $advice"
  failed+=("$name")
}

run_ctest() { ctest --test-dir "build/$1" -j "$jobs" --output-on-failure --no-tests=error "${@:2}"; }

# The libraries of the layers that exist, without programs and tests.
engine_layers='base|kernel|jose|keys|state|issuer|verify'
outer_layers='outbound|store|config|server'
build_layers() {  # PRESET LAYERS
  configure_preset "$1" || return
  mapfile -t targets < <(cmake --build "build/$1" --target help | sed -n 's/^\(assay_[a-z]*\): phony$/\1/p' |
                         grep -xE "assay_($2)")
  cmake --build "build/$1" -j "$jobs" --target "${targets[@]}"
}
build_and_test() {  # PRESET TARGET CTEST_ARGUMENT...
  build_preset "$1" "$2" || return
  run_ctest "$1" "${@:3}"
}

check_floors() {
  build_preset release assay_benches || return
  python3 bench/gate.py
}

gate test 'run tools/test.sh -R NAME and read the failing test' tools/test.sh
gate format 'run tools/format.sh' tools/format.sh --check
gate layers 'each line says what to include instead' python3 tools/check_layers.py
gate isa_leak 'each line names what a kernel object would share with everybody' \
  python3 tools/check_isa_leak.py build/dev
gate docs 'each line says what leads nowhere; tools/generate_error_docs.py writes docs/errors.md' \
  sh -c 'python3 tools/check_docs.py && python3 tools/generate_error_docs.py --check'
gate headers 'the header that fails must include what it uses' \
  cmake --build build/dev -j "$jobs" --target assay_header_selfcheck
gate install 'the package must work outside the tree: see tests/install' tests/install/run.sh build/dev
# Every clang preset compiles with -Wthread-safety as an error: asan below does so for L0 to L5.
gate clang 'clang must compile the layers without a warning' build_layers clang "$outer_layers"
gate floors 'tools/bench.sh verify shows what became slower; bench/floors.toml says what was reached' check_floors
gate portable 'every SIMD variant needs a portable one' build_layers portable "$engine_layers"

if [ "$full" = yes ]; then
  gate lint 'fix, or justify with NOLINT(check) and a reason' tools/lint.sh --all
  gate asan 'replay: build/asan/bin/PROGRAM --gtest_filter=TEST' build_and_test asan all
  gate tsan 'replay: build/tsan/bin/PROGRAM --gtest_filter=TEST' build_and_test tsan all
  gate clang_tests 'clang and g++ must agree' build_and_test clang all
  gate portable_tests 'the portable kernels must give the same verdicts' build_and_test portable all
  gate fuzz 'the log names the finding and how to replay it (docs/fuzzing.md)' tools/fuzz.sh --seconds 60
else
  gate asan 'replay: build/asan/bin/PROGRAM --gtest_filter=TEST' build_and_test asan assay_engine_tests -L engine
  gate tsan 'replay: build/tsan/bin/PROGRAM --gtest_filter=TEST' \
    build_and_test tsan assay_concurrency_tests -L concurrency
  gate fuzz 'the log names the finding and how to replay it (docs/fuzzing.md)' tools/fuzz.sh --seconds 3
fi

echo "check.sh: ${SECONDS}s${failed[*]:+, failed: ${failed[*]}}"
echo "$passed passed, ${#failed[@]} failed"
[ "${#failed[@]}" -eq 0 ]
