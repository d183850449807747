/** Internal: Graft's own CUDA kernels, compiled by NVRTC and launched by the driver. */
package io.graft.cuda;
