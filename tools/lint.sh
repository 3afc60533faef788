#!/usr/bin/env bash
# Runs clang-tidy (.clang-tidy) over the C++ sources that differ from a commit, or over all of them.
#
# usage: tools/lint.sh [--all | --since COMMIT | FILE...]    default: --since HEAD
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

since=HEAD
all=no
case "${1:-}" in
  --all) all=yes; shift ;;
  --since) since=${2:?--since needs a commit}; shift 2 ;;
  -*) sed -n '2,4s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 2 ;;
esac

# clang's compile commands: clang-tidy does not know every option of g++.
configure_preset clang
if [ $# -gt 0 ]; then
  candidates=("$@")
elif [ "$all" = yes ]; then
  mapfile -t candidates < <(git ls-files '*.cc')
else
  mapfile -t candidates < <({ git diff --name-only --diff-filter=d "$since" -- '*.cc'
                              git ls-files --others --exclude-standard -- '*.cc'; } | sort -u)
fi

# Only what the build knows: a snippet of tests/compile_fail is not meant to be clean.
files=()
for file in "${candidates[@]}"; do
  grep -qF "$root/$file\"" build/clang/compile_commands.json && files+=("$file")
done
if [ "${#files[@]}" -eq 0 ]; then
  echo "lint.sh: no source to look at"
  exit 0
fi
if ! printf '%s\0' "${files[@]}" | xargs -0 -n 1 -P "$jobs" clang-tidy-14 -p build/clang --quiet 2>/dev/null; then
  echo "lint.sh: findings above; fix them, or justify one with NOLINT(check) and a reason on its line" >&2
  exit 1
fi
echo "lint.sh: ${#files[@]} files clean"
