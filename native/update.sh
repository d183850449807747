#!/bin/sh
# Builds the library graft_images into a folder, unless the one there is newer than all sources: update.sh OUT_FOLDER
#
# Where something is missing, it says so in one line and succeeds: Graft then decodes images in Java. With the
# environment variable NATIVE_ERRORS=fail, sources that do not compile are an error; otherwise that is one line too.
set -u

here=$(cd "$(dirname "$0")" && pwd)
if [ $# -ne 1 ]; then
  echo "usage: update.sh OUT_FOLDER" >&2
  exit 2
fi
for library in "$1"/libgraft_images.*; do
  if [ -f "$library" ] && [ -z "$(find "$here" -type f -newer "$library" | head -n 1)" ]; then
    exit 0
  fi
done
mkdir -p "$1" || exit 2
rm -f "$1"/libgraft_images.*
start=$(mktemp) || exit 2
trap 'rm -f "$start"' EXIT
messages=$(sh "$here/build.sh" "$1" 2>&1)
status=$?
if [ "$status" -eq 1 ] && [ "${NATIVE_ERRORS:-}" = fail ]; then
  echo "$messages" >&2
  exit 1
elif [ "$status" -ne 0 ]; then
  echo "graft: images will be decoded in Java, not in C: $(echo "$messages" | tail -n 1)"
  exit 0
fi
# So a source that was saved during the build triggers another build.
touch -r "$start" "$1"/libgraft_images.*
