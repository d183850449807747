/*
 * The words of CUDA that native/cuda/kernels.cu uses, for a C compiler, so that tests can run a kernel
 * on the CPU. The threads of a block are contexts that take turns and give way at each barrier. The
 * conversions follow IEEE 754, and the product of matrices follows PTX's description of mma.m16n8k16.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#define KERNEL(threads, blocks) static void
#define __restrict__
#define __shared__ static

typedef struct {
  unsigned int x, y, z, w;
} uint4;

typedef struct {
  unsigned int x, y, z;
} dim3;

static dim3 threadIdx, blockIdx, blockDim, gridDim;

/* ---- Threads ---- */

enum { HOST_MOST_THREADS = 256, HOST_STACK_BYTES = 32768, HOST_WARP = 32 };

typedef struct {
  int arrived, round, members;
} host_barrier;

static ucontext_t host_scheduler, host_threads[HOST_MOST_THREADS];
static char host_done[HOST_MOST_THREADS];
static char host_stacks[HOST_MOST_THREADS][HOST_STACK_BYTES];
static host_barrier host_block_barrier, host_warp_barriers[HOST_MOST_THREADS / HOST_WARP];
static void (*host_kernel)(void **);
static void **host_arguments;

static void host_wait(host_barrier *barrier) {
  int round = barrier->round;
  if (++barrier->arrived == barrier->members) {
    barrier->arrived = 0;
    barrier->round++;
    return;
  }
  while (barrier->round == round) {
    int self = (int)threadIdx.x;
    swapcontext(&host_threads[self], &host_scheduler);
    threadIdx.x = (unsigned int)self;
  }
}

static void __syncthreads(void) { host_wait(&host_block_barrier); }

static void host_run_thread(void) {
  host_kernel(host_arguments);
  host_done[threadIdx.x] = 1;
}

/* Runs the threads of the current block until all have ended; `backwards` gives them turns from the
 * last to the first, which shows a missing barrier. */
static void host_run_block(int backwards) {
  int threads = (int)blockDim.x, left = threads;
  host_block_barrier = (host_barrier){0, 0, threads};
  for (int warp = 0; warp * HOST_WARP < threads; warp++) {
    int rest = threads - warp * HOST_WARP;
    host_warp_barriers[warp] = (host_barrier){0, 0, rest < HOST_WARP ? rest : HOST_WARP};
  }
  memset(host_done, 0, sizeof(host_done));
  for (int i = 0; i < threads; i++) {
    getcontext(&host_threads[i]);
    host_threads[i].uc_stack.ss_sp = host_stacks[i];
    host_threads[i].uc_stack.ss_size = HOST_STACK_BYTES;
    host_threads[i].uc_link = &host_scheduler;
    makecontext(&host_threads[i], host_run_thread, 0);
  }
  while (left > 0) {
    for (int turn = 0; turn < threads; turn++) {
      int i = backwards ? threads - 1 - turn : turn;
      if (!host_done[i]) {
        threadIdx.x = (unsigned int)i;
        swapcontext(&host_scheduler, &host_threads[i]);
        left -= host_done[i];
      }
    }
  }
}

/* Runs a kernel on one thread of the host. */
static void host_launch(void (*kernel)(void **), void **arguments, dim3 grid, unsigned int threads) {
  if (threads > HOST_MOST_THREADS) {
    abort();
  }
  host_kernel = kernel;
  host_arguments = arguments;
  gridDim = grid;
  blockDim = (dim3){threads, 1, 1};
  for (blockIdx.z = 0; blockIdx.z < grid.z; blockIdx.z++) {
    for (blockIdx.y = 0; blockIdx.y < grid.y; blockIdx.y++) {
      for (blockIdx.x = 0; blockIdx.x < grid.x; blockIdx.x++) {
        host_run_block((int)(blockIdx.x + blockIdx.y + blockIdx.z) % 2);
      }
    }
  }
}

/* ---- Elements ---- */

static uint32_t host_bits(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof(bits));
  return bits;
}

static inline float host_float_of_half(unsigned short element) {
  int exponent = element >> 10 & 31, fraction = element & 1023;
  float value = exponent == 0 ? (float)fraction : (float)(fraction + 1024);
  int power = exponent == 0 ? -24 : exponent - 25;
  if (exponent == 31) {
    value = fraction == 0 ? __builtin_inff() : __builtin_nanf("");
  } else {
    value = __builtin_ldexpf(value, power);
  }
  return element >> 15 ? -value : value;
}

/* Rounds to the nearest, and halves to the even neighbour. */
static inline unsigned short host_half_of_float(float value) {
  unsigned short sign = (unsigned short)(host_bits(value) >> 16 & 0x8000);
  float size = __builtin_fabsf(value);
  if (size != size) {
    return sign | 0x7e00;
  } else if (size >= 65520) {
    return sign | 0x7c00;
  }
  int exponent = (int)(host_bits(size) >> 23) - 127;
  if (exponent < -14) {
    exponent = -14;
  }
  /* rintf rounds as described, and the carry into the exponent is a sum. */
  float steps = __builtin_rintf(__builtin_ldexpf(size, 10 - exponent));
  return (unsigned short)(sign + ((exponent + 14) << 10) + (unsigned short)steps);
}

static inline unsigned short host_bfloat_of_float(float value) {
  uint32_t bits = host_bits(value);
  if (value != value) {
    return 0x7fc0;
  }
  return (unsigned short)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

/* ---- Tensor cores ---- */

typedef struct {
  unsigned int a[4], b[2];
} host_fragments;

/* The parts of both matrices that the threads of each warp hold, for two products in turn. */
static host_fragments host_held[HOST_MOST_THREADS / HOST_WARP][2][HOST_WARP];

static float host_element(unsigned int word, int place, float (*widened)(unsigned short)) {
  return widened((unsigned short)(place % 2 ? word >> 16 : word));
}

static inline void host_multiply_add(
    float *sums, const unsigned int *a, const unsigned int *b, float (*widened)(unsigned short)) {
  int warp = (int)threadIdx.x / HOST_WARP, lane = (int)threadIdx.x % HOST_WARP;
  host_barrier *barrier = &host_warp_barriers[warp];
  host_fragments *held = host_held[warp][barrier->round % 2];
  memcpy(held[lane].a, a, sizeof(held[lane].a));
  memcpy(held[lane].b, b, sizeof(held[lane].b));
  host_wait(barrier);
  for (int i = 0; i < 4; i++) {
    int row = lane / 4 + i / 2 * 8, column = lane % 4 * 2 + i % 2;
    for (int k = 0; k < 16; k++) {
      /* Thread 4 r + k / 2 % 4 holds (r, k), (r + 8, k), (r, k + 8) and (r + 8, k + 8), in this order. */
      unsigned int left = held[row % 8 * 4 + k % 8 / 2].a[row / 8 + k / 8 * 2];
      unsigned int right = held[column * 4 + k % 8 / 2].b[k / 8];
      sums[i] += host_element(left, k, widened) * host_element(right, k, widened);
    }
  }
}
