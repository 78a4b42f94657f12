/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the small programs of the benches share.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

/* CPU time of this process, in nanoseconds. */
static inline double bench_cpu(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e9 +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1e3;
}

/*
 * Where to read next, in bytes, in a file of so many `places`: large ones in
 * order, small ones all over it. `state` is the caller's, 0 at first.
 */
static inline uint64_t bench_place(
    uint64_t *state, uint64_t places, size_t length)
{
	*state = length < 65536
		     ? *state * 6364136223846793005u + 1442695040888963407u
		     : *state + 1;
	return (*state >> 20 ^ *state) % places * length;
}

#endif
