#!/bin/sh
# Builds the library with sanitizers, once for each kind of loops (first with libjpeg alone), and compares it with the
# plain way on drawn and damaged files: run.sh OUT_FOLDER [SEED [COUNT]]
#
# Exit codes: 0 all equal; 3 a sanitizer's library or libjpeg is missing, said in one line; others are defects.
set -u
here=$(cd "$(dirname "$0")" && pwd)
out=${1:?usage: run.sh OUT_FOLDER [SEED [COUNT]]}
seed=${2:-1}
count=${3:-400}
mkdir -p "$out" || exit 2
compiler=${CC:-cc}
checks="-g -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all"
place=${JPEG:+-I$JPEG/include -L$JPEG/lib -Wl,-rpath,$JPEG/lib}
printf '#include <stdio.h>\n#include <jpeglib.h>\nint main(void) { return LIBJPEG_TURBO_VERSION_NUMBER == 0; }\n' >"$out/probe.c"
# shellcheck disable=SC2086
if ! $compiler $checks $place -o "$out/probe" "$out/probe.c" -ljpeg 2>/dev/null || ! "$out/probe"; then
  echo "not run: the compiler's sanitizers or libjpeg-turbo are missing" >&2
  exit 3
fi
loops=kernels_portable
case $($compiler -dumpmachine) in
  x86_64*)
    grep -qw avx2 /proc/cpuinfo 2>/dev/null && loops="$loops kernels_avx2"
    grep -qw avx512bw /proc/cpuinfo 2>/dev/null && loops="$loops kernels_avx512"
    ;;
esac
alone=-DGRAFT_LIBJPEG_ALONE
for loop in $loops; do
  # shellcheck disable=SC2086
  $compiler -std=c17 -Wall -Wextra -Werror -ffp-contract=off $checks $place $alone -DGRAFT_MAIN -DGRAFT_LOOPS=$loop -o "$out/fuzz-$loop" \
    "$here"/fuzz.c "$here"/samples.c "$here"/reference.c "$here"/../*.c -ljpeg -lm || exit 1
  printf '%s: ' "$loop"
  "$out/fuzz-$loop" "$seed" "$count" || exit 1
  alone=
done
