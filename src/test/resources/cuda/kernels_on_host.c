/*
 * Builds native/cuda/kernels.cu for the CPU. LAUNCH is the name of the function that runs one of its
 * kernels, and one of FLOAT16, BFLOAT16 and FLOAT32 is the type of the elements.
 */
#include "kernels.cu"

static void run_pool(void **a) {
  max_pool(*(const uint4 **)a[0], *(uint4 **)a[1], *(int *)a[2], *(int *)a[3], *(int *)a[4]);
}

#ifndef FLOAT32
static void run_convolution(void **a) {
  first_convolution(*(const unsigned char **)a[0], *(const half_word **)a[1],
                    *(const half_word **)a[2], *(const float **)a[3], *(uint4 **)a[4], *(int *)a[5],
                    *(int *)a[6], *(int *)a[7]);
}
#endif

/* Runs a kernel as cuLaunchKernel would; returns 0, or 1 if there is no kernel of this name. */
int LAUNCH(const char *kernel, void **arguments, unsigned int across, unsigned int down,
           unsigned int deep, unsigned int threads) {
  dim3 grid = {across, down, deep};
  if (strcmp(kernel, "max_pool") == 0) {
    host_launch(run_pool, arguments, grid, threads);
    return 0;
  }
#ifndef FLOAT32
  if (strcmp(kernel, "first_convolution") == 0) {
    host_launch(run_convolution, arguments, grid, threads);
    return 0;
  }
#endif
  return 1;
}
