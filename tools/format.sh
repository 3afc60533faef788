#!/usr/bin/env bash
# Formats every C++ file of the project, or with --check only says which ones are not formatted.
#
# usage: tools/format.sh [--check] [FILE...]
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

mode=(-i)
if [ "${1:-}" = --check ]; then
  mode=(--dry-run -Werror)
  shift
fi
if [ $# -gt 0 ]; then
  files=("$@")
else
  folders=()
  for folder in engine tools tests bench fuzz; do [ -d "$folder" ] && folders+=("$folder"); done
  mapfile -t files < <(find "${folders[@]}" -type f \( -name '*.h' -o -name '*.cc' \) | sort)
fi
if ! clang-format-14 "${mode[@]}" "${files[@]}"; then
  echo "format.sh: not formatted; run tools/format.sh" >&2
  exit 1
fi
echo "format.sh: ${#files[@]} files"
