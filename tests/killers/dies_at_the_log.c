/* Ends the worker, as the kernel's out-of-memory killer does, when it opens its log: it has the spool's
 * lock by then and has said nothing yet. For tests/wordpress/noticed-test.php and tests/worker_deaths.rs. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>

int open64(const char *path, int flags, ...)
{
	int (*system)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open64");
	va_list more;
	va_start(more, flags);
	mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;
	va_end(more);
	if (strstr(path, "store.sqlite"))
		raise(SIGKILL);
	return system(path, flags, mode);
}

int open(const char *path, int flags, ...)
{
	va_list more;
	va_start(more, flags);
	mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;
	va_end(more);
	return open64(path, flags, mode);
}
