/* Gives the threads that ask for a main thread's stack (8 MiB) as much as SMALL_STACK says, for
 * tests/worker_killers.rs: what templates may nest no longer fills any stack that the worker has. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>

int pthread_attr_setstacksize(pthread_attr_t *attributes, size_t size)
{
	int (*system)(pthread_attr_t *, size_t) =
		(int (*)(pthread_attr_t *, size_t))dlsym(RTLD_NEXT, "pthread_attr_setstacksize");
	const char *small = getenv("SMALL_STACK");
	return system(attributes, small && size == 8 << 20 ? strtoul(small, NULL, 10) : size);
}
