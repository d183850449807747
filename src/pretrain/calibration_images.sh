#!/bin/sh
# Draws Graft's own images for the scales of int8:
#   src/pretrain/calibration_images.sh FOLDER
# writes FOLDER/0.jpg to 7.jpg. The pixels depend only on the numbers below, and the bytes also on Java's
# JPEG writer. Other images would change the scales, and every stored row of int8 would be recomputed.
set -eu
cd "$(dirname "$0")/../.."
out=${1:?"usage: $0 FOLDER"}
./graft draw --out "$out/drawn" --classes 8 --per-class 1 --size 128 --seed 1
for class in 0 1 2 3 4 5 6 7; do
  mv "$out/drawn/c$class/000.jpg" "$out/$class.jpg"
done
rm -r "$out/drawn"
