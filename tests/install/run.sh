#!/usr/bin/env bash
# Installs a finished build into a temporary prefix and builds the consumer against it, by CMake and by pkg-config.
#
# usage: tests/install/run.sh BUILD_FOLDER
set -euo pipefail
build=$(cd "${1:?which build folder}" && pwd)
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix
compiler=$(sed -n 's/^CMAKE_CXX_COMPILER:[A-Z]*=//p' "$build/CMakeCache.txt")

# The consumer shows a text without dots to an engine that knows JWTs alone.
expect_refusal() {
  local answer
  answer=$("$1") || true
  [ "$answer" = malformed_token ] && return
  echo "the consumer answered '$answer', not malformed_token" >&2
  return 1
}

cmake --install "$build" --prefix "$prefix" >"$work/install.log" || { cat "$work/install.log"; exit 1; }
if grep -rnF -e "$build" -e "$(cd "$here/../.." && pwd)" "$prefix" --include='*.cmake' --include='*.pc'; then
  echo "the installed package names a folder of this machine" >&2
  exit 1
fi

parts=()
for file in "$prefix"/lib*/cmake/assay/assay_*.cmake "$prefix"/lib/*/cmake/assay/assay_*.cmake; do
  part=$(basename "$file" .cmake)
  case "$part" in
    'assay_*' | assay_engine | *-*) ;;
    *) parts+=("${part#assay_}") ;;
  esac
done
cmake -S "$here" -B "$work/cmake" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" -DASSAY_PREFIX="$prefix" \
  -DASSAY_CONSUMER_PARTS="$(IFS=';'; echo "${parts[*]}")" -DCMAKE_CXX_COMPILER="$compiler"
cmake --build "$work/cmake"
expect_refusal "$work/cmake/consumer"
echo "by CMake: engine ${parts[*]}"

pc=$(dirname "$(find "$prefix" -name assay.pc)")
read -ra flags <<<"$(PKG_CONFIG_PATH=$pc pkg-config --static --cflags --libs assay)"
"$compiler" -std=c++20 "$here/consumer.cc" "${flags[@]}" -o "$work/consumer"
expect_refusal "$work/consumer"
echo "by pkg-config: engine"
