# Sourced by the scripts that run long forms: reads `[--build-dir DIR] [TOPIC...]`, builds the release preset where no
# build is named, and leaves the tests of the topics in `topics`.
#
# read_long_form USAGE_LINES KNOWN_TOPIC... -- ARGUMENT...: a bare call takes every known topic.
root=$(cd "$(dirname "$0")/../.." && pwd)
topics=()

read_long_form() {
  local usage_lines=$1 known=() build_dir= topic
  shift
  while [ "$1" != -- ]; do known+=("$1"); shift; done
  shift
  while [ $# -gt 0 ]; do
    if [ "$1" = --build-dir ] && [ $# -gt 1 ]; then
      build_dir=$(cd "$2" && pwd)
      shift 2
    elif [[ " ${known[*]} " = *" $1 "* ]]; then
      topics+=("$root/tests/end_to_end/$1_test.py")
      shift
    else
      sed -n "2,${usage_lines}s/^# \{0,1\}//p" "$0" >&2
      exit 2
    fi
  done
  if [ ${#topics[@]} -eq 0 ]; then
    for topic in "${known[@]}"; do topics+=("$root/tests/end_to_end/${topic}_test.py"); done
  fi
  if [ -z "$build_dir" ]; then
    "$root/tools/build.sh" release
    build_dir=$root/build/release
  fi
  export ASSAY_BIN_DIR=$build_dir/bin PYTHONDONTWRITEBYTECODE=1
}
