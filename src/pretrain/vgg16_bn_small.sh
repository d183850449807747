#!/bin/sh
# Trains vgg16_bn_small, the backbone that is part of Graft, on drawn pictures:
#   src/pretrain/vgg16_bn_small.sh WORK_FOLDER
# writes WORK_FOLDER/vgg16_bn_small.safetensors. The bytes depend only on the processor, which decides how
# sums are rounded, and on the number of threads, which is fixed here.
set -eu
cd "$(dirname "$0")/../.."
work=${1:?"usage: $0 WORK_FOLDER"}
export OMP_NUM_THREADS=1
[ -d "$work/drawn" ] || ./graft draw --out "$work/drawn" --classes 1000 --per-class 100 --size 96 --seed 42
./graft pretrain --data "$work/drawn" --out "$work/vgg16_bn_small.safetensors" \
  --backbone vgg16_bn --width 0.25 --image-size 96 --epochs 6 --learning-rate 0.001 \
  --train-precision bf16 --seed 42 --json > "$work/vgg16_bn_small.json"
