#!/usr/bin/env bash
# Packs Graft and a Java runtime for a GPU machine that has Python's torch and no Java:
#
#   benchmarks/gpu/pack.sh OUT JNI_LIBRARY JDK PHOTOGRAPHS
#
# OUT          the folder to write, about 40 MB, with everything that the other machine needs. There: python3 OUT/gpu
# JNI_LIBRARY  DJL's JNI library (libdjl_torch.so), compiled for the libtorch of the other machine. DJL's release fits torch 2.7.1; for
#              another version compile engines/pytorch/pytorch-native of DJL's source, at the tag of the engine in pom.xml
# JDK          a JDK 17 or newer for the platform of the other machine, of which a small runtime is made
# PHOTOGRAPHS  a folder with at least two folders of JPEG files, about 60 together
#
# Build Graft first: ./graft --version
set -euo pipefail

if [ $# -ne 4 ]; then
  sed -n '2,13s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
out=$1 library=$2 jdk=$3 photographs=$4
root=$(cd "$(dirname "$0")/../.." && pwd)
[ -f "$root/target/graft.jar" ] || { echo "$root/target/graft.jar does not exist. Build it with: ./graft --version" >&2; exit 1; }
[ ! -e "$out" ] || { echo "$out exists. Give a new folder." >&2; exit 1; }

mkdir -p "$out/lib" "$out/classes" "$out/native"
"$jdk/bin/jlink" --compress=0 --strip-java-debug-attributes --no-man-pages --no-header-files --output "$out/jre" \
  --add-modules java.base,java.desktop,java.instrument,java.logging,java.management,java.naming,java.net.http,java.prefs,java.security.jgss,java.sql,java.xml,jdk.crypto.ec,jdk.management,jdk.unsupported,jdk.zipfs
strip -g "$out/jre/lib/server/libjvm.so" "$out"/jre/lib/*.so 2>/dev/null || true
tar -c -C "$out" jre | xz -6 -T0 >"$out/jre.tar.xz"
rm -rf "$out/jre"

cp "$root/target/graft.jar" "$out/lib/"
for jar in "$root"/target/lib/*.jar; do
  case $jar in
    *pytorch-native-*) ;; # With it, DJL would use the CPU.
    *) cp "$jar" "$out/lib/" ;;
  esac
done
peers=$root/benchmarks/peers
"$jdk/bin/javac" -nowarn -d "$out/classes" -cp "$root/target/graft.jar:$root/target/lib/*" "$peers"/Graft*.java
cp "$library" "$out/native/libdjl_torch.so"
cp -r "$root/benchmarks/gpu" "$out/gpu"
cp -r "$photographs" "$out/photographs"
du -sh "$out"
