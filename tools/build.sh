#!/usr/bin/env bash
# Builds one preset into build/PRESET.
#
# usage: tools/build.sh [PRESET [TARGET...]]    presets: cmake --list-presets; default: dev
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

case "${1:-dev}" in
  -*) sed -n '2,4s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 2 ;;
esac
tools/setup.sh
[ $# -gt 0 ] || set -- dev
build_preset "$@"
