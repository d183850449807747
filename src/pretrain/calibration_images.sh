#!/bin/sh
# Draws the images that int8's scales are taken from and which are part of Graft:
#   src/pretrain/calibration_images.sh FOLDER
# leaves them in FOLDER/0.jpg to 7.jpg. The pixels depend on nothing but the numbers below, the bytes on
# Java's JPEG writer too. Other images make other scales: every row of int8 would be computed once more.
set -eu
cd "$(dirname "$0")/../.."
out=${1:?"usage: $0 FOLDER"}
./graft draw --out "$out/drawn" --classes 8 --per-class 1 --size 128 --seed 1
for class in 0 1 2 3 4 5 6 7; do
  mv "$out/drawn/c$class/000.jpg" "$out/$class.jpg"
done
rm -r "$out/drawn"
