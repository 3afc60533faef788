#!/usr/bin/env bash
# Runs one fuzz target, or all of them, for some seconds each. docs/fuzzing.md says how to read and replay findings.
#
# usage: tools/fuzz.sh [TARGET] [--seconds N] [--no-build]    default: every target, 60 seconds each
#
# Seeds are fuzz/corpus/TARGET; what is learnt stays in build/fuzz-corpus/TARGET, findings in build/fuzz-findings.
# The canary must crash: a set-up that does not see that one would see no other.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

seconds=60
target=
build=yes
while [ $# -gt 0 ]; do
  case "$1" in
    --seconds) seconds=${2:?--seconds needs a number}; shift ;;
    --no-build) build=no ;;
    -*) sed -n '2,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 2 ;;
    *) target=$1 ;;
  esac
  shift
done

if [ "$build" = yes ]; then
  tools/setup.sh
  build_preset fuzz assay_fuzzers
fi

run_count_of() { sed -n 's/^stat::number_of_executed_units: *//p' "$1"; }

# fuzz_target NAME: 0 if it ran and found nothing.
fuzz_target() {
  local name=$1 corpus=build/fuzz-corpus/$1 findings=build/fuzz-findings/$1 log=build/fuzz-findings/$1.log
  local arguments=(-max_total_time="$seconds" -print_final_stats=1 -timeout=10 -rss_limit_mb=2048)
  mkdir -p "$corpus" "$findings"
  mapfile -t -O "${#arguments[@]}" arguments <"build/fuzz/fuzz_options/$name"
  if build/fuzz/bin/"${name}_fuzz" "${arguments[@]}" -artifact_prefix="$findings/" "$corpus" "fuzz/corpus/$name" \
      >"$log" 2>&1; then
    echo "fuzz $name ok, $(run_count_of "$log") executions in $seconds s"
    return 0
  fi
  grep -aE 'ERROR|SUMMARY|CHECK|property' "$log" | head -n 5 || true
  echo "fuzz $name FAILED; the log is $log; replay it with:"
  for finding in "$findings"/*; do
    [ -e "$finding" ] && echo "  build/fuzz/bin/${name}_fuzz $finding"
  done
  return 1
}

# The canary starts from nothing, so that coverage has to lead the way; a minute is many times what it needs.
fuzz_canary() {
  local findings log=build/fuzz-findings/canary.log
  findings=$(mktemp -d)
  if build/fuzz/bin/canary_fuzz -max_total_time=60 -max_len=16 -artifact_prefix="$findings/" >"$log" 2>&1; then
    echo "fuzz canary FAILED: it must crash and did not, so a finding would go unseen; the log is $log"
    rm -rf "$findings"
    return 1
  fi
  rm -rf "$findings"
  echo "fuzz canary ok, it crashed as it must"
}

mkdir -p build/fuzz-findings
if [ -n "$target" ]; then
  targets=("$target")
  if [ ! -x "build/fuzz/bin/${target}_fuzz" ]; then
    echo "fuzz.sh: no target $target; there are:" build/fuzz/fuzz_options/*
    exit 2
  fi
else
  mapfile -t targets < <(basename -a build/fuzz/fuzz_options/*)
fi

failed=0
running=0
for name in "${targets[@]}"; do
  if [ "$running" -ge "$jobs" ]; then
    wait -n || failed=$((failed + 1))
    running=$((running - 1))
  fi
  if [ "$name" = canary ]; then fuzz_canary & else fuzz_target "$name" & fi
  running=$((running + 1))
done
while [ "$running" -gt 0 ]; do
  wait -n || failed=$((failed + 1))
  running=$((running - 1))
done
echo "fuzz.sh: $((${#targets[@]} - failed)) passed, $failed failed"
[ "$failed" -eq 0 ]
