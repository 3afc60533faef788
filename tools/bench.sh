#!/usr/bin/env bash
# Measures a release build and prints a table and one line for each bar: bar NAME VALUE OP THRESHOLD ok|short|skipped.
#
# usage: tools/bench.sh [verify|revocation|sidecar|all] [--quick] [--json FILE] [--cpu N]    default: all
#
# verify: kernels and whole decisions beside OpenSSL and a naive pipeline, pinned to one core, medians over five
# processes. revocation: the table with up to 10 million entries beside plain reads of memory, and the log on disk.
# sidecar: `assay serve` beside HAProxy. --quick measures less and tells less. --json writes everything, with the
# machine sheet. docs/benchmarks.md says what each figure means.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

targets=(assay_benches assay assay-load)
peers=(haproxy)
for argument in "$@"; do
  case "$argument" in
    -h | --help) sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 2 ;;
    verify | revocation) targets=(assay_benches) peers=() ;;
    sidecar) targets=(assay assay-load) ;;
  esac
done
tools/setup.sh "${peers[@]}"
build_preset release "${targets[@]}" >&2
/usr/bin/python3 bench/report.py "$@"
