#!/bin/sh
# Builds the library graft_images into a folder: build.sh OUT_FOLDER
#
# Exit codes: 0 built; 1 it does not compile, which is a defect; 2 usage; 10 no C compiler; 11 no header jpeglib.h of
# libjpeg-turbo; 12 no libjpeg to link. With 10 to 12, the last line on standard error says what is missing.
#
# CC       the compiler, instead of cc, gcc or clang
# CFLAGS   more options for it, such as -fsanitize=address,undefined
# JPEG     the folder where libjpeg-turbo is installed, with include and lib in it
set -u

here=$(cd "$(dirname "$0")" && pwd)
if [ $# -ne 1 ]; then
  echo "usage: build.sh OUT_FOLDER" >&2
  exit 2
fi
mkdir -p "$1" || exit 2
out=$(cd "$1" && pwd)

missing() {
  echo "$2" >&2
  exit "$1"
}

compiler=
for candidate in ${CC:+"$CC"} cc gcc clang; do
  if command -v "${candidate%% *}" >/dev/null 2>&1; then
    compiler=$candidate
    break
  fi
done
[ -n "$compiler" ] || missing 10 "no C compiler (cc, gcc or clang)"

case $(uname -s) in
  Darwin) suffix=dylib ;;
  *) suffix=so ;;
esac
library=$out/libgraft_images.$suffix
scratch=$(mktemp -d "$out/build.XXXXXX") || exit 2
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM

# Homebrew does not link its libjpeg-turbo into the folders where compilers look.
for folder in "${JPEG:-}" /opt/homebrew/opt/jpeg-turbo /usr/local/opt/jpeg-turbo; do
  if [ -n "$folder" ] && [ -f "$folder/include/jpeglib.h" ]; then
    include=-I$folder/include
    place=$folder/lib
    break
  fi
done
cat >"$scratch/probe.c" <<'PROBE'
#include <stddef.h>
#include <stdio.h>
#include <jpeglib.h>
#ifndef LIBJPEG_TURBO_VERSION
#error not libjpeg-turbo
#endif
void *probe(j_decompress_ptr jpeg) {
  jpeg_skip_scanlines(jpeg, 1);
  jpeg_CreateDecompress(jpeg, JPEG_LIB_VERSION, sizeof *jpeg);
  return jpeg;
}
PROBE
if ! $compiler ${include:+"$include"} -c -fPIC -o "$scratch/probe.o" "$scratch/probe.c" 2>"$scratch/probe.log"; then
  missing 11 "no header jpeglib.h of libjpeg-turbo (Debian: libjpeg62-turbo-dev, Fedora: libjpeg-turbo-devel)"
fi

if [ $suffix = dylib ]; then
  shared="-dynamiclib"
  hidden=
else
  shared="-shared -Wl,-z,defs -Wl,-z,relro -Wl,-z,now"
  hidden=-Wl,--exclude-libs,ALL
fi

# Prints the options that link libjpeg statically, then those that do so dynamically.
ways() {
  for folder in ${place:+"$place"} /usr/lib/"$($compiler -dumpmachine 2>/dev/null)" /usr/lib64 /usr/lib /usr/local/lib; do
    [ -f "$folder/libjpeg.a" ] && echo "static $hidden $folder/libjpeg.a"
  done
  echo "dynamic ${place:+-L$place} -ljpeg"
}

# Exclusive of fused multiplication and addition: the weights are those of IEEE 754 step by step.
options="-std=c17 -O3 -fPIC -fvisibility=hidden -ffp-contract=off -Wall -Wextra -Werror ${include:-}"
ways >"$scratch/ways"
while read -r kind way; do
  # Position-dependent archives and those that lack a part fail here, and the next way is tried.
  # shellcheck disable=SC2086
  if $compiler $shared -o "$scratch/probe.$suffix" "$scratch/probe.o" $way -lm 2>>"$scratch/link.log"; then
    define=-DGRAFT_LIBJPEG_$(echo "$kind" | tr '[:lower:]' '[:upper:]')
    # shellcheck disable=SC2086
    if $compiler $options $define ${CFLAGS:-} $shared -o "$scratch/library" "$here"/*.c $way -lm; then
      mv "$scratch/library" "$library" && exit 0
    fi
    exit 1
  fi
done <"$scratch/ways"
missing 12 "no library libjpeg to link (Debian: libjpeg62-turbo-dev, Fedora: libjpeg-turbo-devel)"
