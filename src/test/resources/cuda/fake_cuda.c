/*
 * Stands in for the NVIDIA driver, for NVRTC and for the part of libtorch that knows CUDA's streams, on
 * a machine that has none of them. A "compiled" kernel is the name of its type of elements, and a launch
 * runs the kernel on the host at once, where libtorch's CPU tensors are. Each function that the tests
 * look at writes a line, and calls that would be wrong on a GPU fail as there.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SUCCESS = 0, INVALID_VALUE = 1, INVALID_IMAGE = 200, INVALID_CONTEXT = 201, NOT_FOUND = 500 };

typedef int launcher(const char *kernel, void **arguments, unsigned int across, unsigned int down,
                     unsigned int deep, unsigned int threads);
launcher launch_float16, launch_bfloat16, launch_float32;

static char calls[1 << 16];
/* A context is current to one thread, and the tests launch from one at a time. */
static int capability = 90, spoiled, contexts, retained, program_type;
static char context_mark, stream_mark;
static char options[1024];

static void say(const char *format, ...) {
  va_list arguments;
  size_t used = strlen(calls);
  va_start(arguments, format);
  vsnprintf(calls + used, sizeof(calls) - used, format, arguments);
  va_end(arguments);
}

/* ---- For the tests ---- */

const char *fake_calls(void) { return calls; }

/* Begins a test: no calls, a compute capability, and whether kernels write a wrong value. */
void fake_begin(int computeCapability, int wrong) {
  calls[0] = 0;
  capability = computeCapability;
  spoiled = wrong;
}

int fake_contexts_left(void) { return contexts + retained; }

/* ---- The driver ---- */

typedef struct {
  launcher *launch;
} module;

typedef struct {
  launcher *launch;
  const char *name;
} function;

int cuInit(unsigned int flags) { return flags; }

int cuGetErrorName(int status, const char **name) {
  *name = status == INVALID_IMAGE ? "CUDA_ERROR_INVALID_IMAGE" : "CUDA_ERROR";
  return SUCCESS;
}

int cuDeviceGet(int *device, int ordinal) {
  *device = 10 + ordinal;
  return ordinal < 2 ? SUCCESS : INVALID_VALUE;
}

int cuDeviceGetAttribute(int *value, int attribute, int device) {
  (void)device;
  *value = attribute == 75 ? capability / 10 : attribute == 76 ? capability % 10 : 2;
  return attribute == 75 || attribute == 76 || attribute == 16 ? SUCCESS : INVALID_VALUE;
}

int cuDevicePrimaryCtxRetain(void **context, int device) {
  (void)device;
  *context = &context_mark;
  retained++;
  return SUCCESS;
}

int cuDevicePrimaryCtxRelease_v2(int device) {
  (void)device;
  retained--;
  return SUCCESS;
}

int cuCtxPushCurrent_v2(void *context) {
  contexts++;
  return context == &context_mark ? SUCCESS : INVALID_CONTEXT;
}

int cuCtxPopCurrent_v2(void **context) {
  *context = &context_mark;
  contexts--;
  return SUCCESS;
}

int cuCtxSynchronize(void) { return contexts > 0 ? SUCCESS : INVALID_CONTEXT; }

int cuModuleLoadData(module **loaded, const char *image) {
  static const char *types[] = {"FLOAT16", "BFLOAT16", "FLOAT32"};
  launcher *launchers[] = {launch_float16, launch_bfloat16, launch_float32};
  for (int i = 0; i < 3; i++) {
    if (contexts > 0 && strcmp(image, types[i]) == 0) {
      *loaded = calloc(1, sizeof(module));
      (*loaded)->launch = launchers[i];
      say("load %s\n", types[i]);
      return SUCCESS;
    }
  }
  return contexts > 0 ? INVALID_IMAGE : INVALID_CONTEXT;
}

int cuModuleGetFunction(function **found, module *of, const char *name) {
  if (strcmp(name, "max_pool") != 0 && strcmp(name, "first_convolution") != 0) {
    return NOT_FOUND;
  }
  *found = malloc(sizeof(function));
  **found = (function){of->launch, strdup(name)};
  return SUCCESS;
}

int cuModuleUnload(module *of) {
  say("unload\n");
  free(of);
  return SUCCESS;
}

int cuLaunchKernel(function *kernel, unsigned int across, unsigned int down, unsigned int deep,
                   unsigned int threads, unsigned int threadsDown, unsigned int threadsDeep,
                   unsigned int shared, void *stream, void **arguments, void **extra) {
  if (contexts == 0 || stream != &stream_mark) {
    return INVALID_CONTEXT;
  } else if (threadsDown != 1 || threadsDeep != 1 || shared != 0 || extra != NULL) {
    return INVALID_VALUE;
  }
  say("launch %s %u x %u x %u\n", kernel->name, across, down, deep);
  int missing = kernel->launch(kernel->name, arguments, across, down, deep, threads);
  if (spoiled) {
    /* The output is the second argument of the pool and the fifth of the convolution. */
    int output = strcmp(kernel->name, "max_pool") == 0 ? 1 : 4;
    **(unsigned short **)arguments[output] ^= 0x400;
  }
  return missing ? NOT_FOUND : SUCCESS;
}

/* ---- libtorch's streams ---- */

int aoti_torch_get_current_cuda_stream(int device, void **stream) {
  *stream = &stream_mark;
  return device < 2 ? SUCCESS : INVALID_VALUE;
}

/* ---- NVRTC ---- */

int nvrtcVersion(int *major, int *minor) {
  *major = 99;
  *minor = 1;
  return SUCCESS;
}

const char *nvrtcGetErrorString(int status) { return status == 0 ? "success" : "FAKE_ERROR"; }

int nvrtcCreateProgram(void **program, const char *text, const char *name, int headers,
                       const char **headerTexts, const char **headerNames) {
  (void)headerTexts, (void)headerNames;
  *program = strstr(text, "max_pool") && strcmp(name, "kernels.cu") == 0 && headers == 0 ? options : NULL;
  return *program == NULL ? INVALID_VALUE : SUCCESS;
}

int nvrtcCompileProgram(void *program, int count, const char **values) {
  options[0] = 0;
  for (int i = 0; i < count; i++) {
    strcat(strcat(options, values[i]), " ");
  }
  program_type = strstr(options, "-DFLOAT16") ? 0 : strstr(options, "-DBFLOAT16") ? 1 : 2;
  say("compile %s\n", options);
  return program == options ? SUCCESS : INVALID_VALUE;
}

int nvrtcGetProgramLogSize(void *program, size_t *size) {
  (void)program;
  *size = 1;
  return SUCCESS;
}

int nvrtcGetProgramLog(void *program, char *log) {
  (void)program;
  *log = 0;
  return SUCCESS;
}

static const char *binary(void) {
  static const char *types[] = {"FLOAT16", "BFLOAT16", "FLOAT32"};
  return types[program_type];
}

int nvrtcGetCUBINSize(void *program, size_t *size) {
  (void)program;
  *size = strlen(binary()) + 1;
  return SUCCESS;
}

int nvrtcGetCUBIN(void *program, char *code) {
  (void)program;
  strcpy(code, binary());
  return SUCCESS;
}

int nvrtcDestroyProgram(void **program) {
  *program = NULL;
  return SUCCESS;
}
