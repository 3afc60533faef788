# Sourced by every script of tools/: where the project is, how many jobs, and a compiler cache that works for any clone.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
jobs=$(nproc)
cd "$root"

# Paths relative to the clone, so that another clone finds the same cache entries.
export CCACHE_BASEDIR="$root" CCACHE_NOHASHDIR=1 PYTHONDONTWRITEBYTECODE=1

# The public test vectors may lie beside the repository.
if [ -z "${ASSAY_VECTORS_DIR:-}" ] && [ -d "$root/../shared/vectors" ]; then
  ASSAY_VECTORS_DIR=$(cd "$root/../shared/vectors" && pwd)
  export ASSAY_VECTORS_DIR
fi

# configure_preset PRESET: quiet unless it fails.
configure_preset() {
  local log
  log=$(mktemp)
  if ! cmake --preset "$1" >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    echo "$0: cmake --preset $1 failed; if a package is missing, run tools/setup.sh" >&2
    return 1
  fi
  rm -f "$log"
}

# build_preset PRESET [TARGET...]: configures and builds, everything if no target is named.
build_preset() {
  local preset=$1
  shift
  configure_preset "$preset" || return
  cmake --build "build/$preset" -j "$jobs" ${1:+--target "$@"}
}
