/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/sim/service.h"

/* Steps of a doubling; within one it is linear, which is near enough. */
#define OCTAVE 4096u
/* log2(SERVICE_MAX / SERVICE_MIN), in such steps. */
#define OCTAVES (7644u * OCTAVE / 1000u)

static nsec_t draw_log(struct rng *rng)
{
	uint64_t x = rng_below(rng, OCTAVES);
	nsec_t base = SERVICE_MIN << (x / OCTAVE);

	return base + base * (x % OCTAVE) / OCTAVE;
}

static nsec_t draw_tail(struct rng *rng)
{
	uint64_t u = rng_between(rng, 1, 1u << 20);
	nsec_t t = (SERVICE_MIN << 20) / u;

	return t < SERVICE_TAIL_MAX ? t : SERVICE_TAIL_MAX;
}

nsec_t service_draw(enum service s, struct rng *rng)
{
	switch (s) {
	case SERVICE_UNIFORM:
		return rng_between(rng, SERVICE_MIN, SERVICE_MAX);
	case SERVICE_LOG:
		return draw_log(rng);
	case SERVICE_TAIL:
		return draw_tail(rng);
	case SERVICE_OWN:
	case SERVICE_FIFO:
		break;
	}
	return 0;
}
