/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/sim/mutant.h"

#include <stdbool.h>
#include <stdint.h>

struct aoe_request;
struct ata_identity;
struct device;
struct remote;

bool __real_fence_late(const struct device *dev, uint64_t lba, uint64_t count);
bool __wrap_fence_late(const struct device *dev, uint64_t lba, uint64_t count);
bool __real_fence_overlapped(
    const struct device *dev, const struct aoe_request *rq);
bool __wrap_fence_overlapped(
    const struct device *dev, const struct aoe_request *rq);
bool __real_ata_same_identity(
    const struct ata_identity *a, const struct ata_identity *b, bool with_size);
bool __wrap_ata_same_identity(
    const struct ata_identity *a, const struct ata_identity *b, bool with_size);

void __real_flush_mark(struct device *dev, struct remote *r);
void __wrap_flush_mark(struct device *dev, struct remote *r);

static enum mutant active;

void mutant_set(enum mutant m)
{
	active = m;
}

bool __wrap_fence_late(const struct device *dev, uint64_t lba, uint64_t count)
{
	return active != MUTANT_LATE && __real_fence_late(dev, lba, count);
}

bool __wrap_fence_overlapped(
    const struct device *dev, const struct aoe_request *rq)
{
	return active != MUTANT_OVERLAP && __real_fence_overlapped(dev, rq);
}

bool __wrap_ata_same_identity(
    const struct ata_identity *a, const struct ata_identity *b, bool with_size)
{
	return active == MUTANT_IDENTITY ||
	       __real_ata_same_identity(a, b, with_size);
}

void __wrap_flush_mark(struct device *dev, struct remote *r)
{
	if (active != MUTANT_FLUSH)
		__real_flush_mark(dev, r);
}
