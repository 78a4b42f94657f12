/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the fake target has seen and done, each counter declared once. Printed
 * as one line of JSON, so that a test can assert on what was on the wire.
 */
#ifndef FAKE_COUNT_H
#define FAKE_COUNT_H

#include <stdint.h>

#define COUNTS(X)                                                              \
	X(received) /* AoE requests that came in */                            \
	X(sent)     /* answers given to the kernel */                          \
	X(foreign)  /* not requests, or for slots not served here */           \
	X(configs)  /* config commands answered */                             \
	X(masks)                                                               \
	X(reserves)                                                            \
	X(identifies)                                                          \
	X(reads)                                                               \
	X(writes)                                                              \
	X(flushes)                                                             \
	X(read_sectors)                                                        \
	X(write_sectors)                                                       \
	X(aoe_errors)  /* answers with the E flag */                           \
	X(ata_errors)  /* answers with ERR in the ATA status */                \
	X(masked)      /* frames from initiators that are locked out */        \
	X(dropped_in)  /* by --drop and --burst, on the way in */              \
	X(dropped_out) /* ... on the way out */                                \
	X(holed_in)    /* by --hole-in */                                      \
	X(holed_out)                                                           \
	X(duplicated) /* by --dup and --dup-in */                              \
	X(held)       /* by --hold-in and --hold-out */                        \
	X(strays)     /* config answers by --stray-config */                   \
	X(silenced)   /* in a trouble that is silence */                       \
	X(stalled)    /* kept until a stall was over */                        \
	X(overflowed) /* more requests than --buffers at once */               \
	X(merged)     /* retransmissions of what is being worked on */         \
	X(overlapped) /* dropped, for they overlap what is worked on */        \
	X(failed_sends)                                                        \
	X(low_tags)   /* tags with bit 31 clear, as the kernel's driver */     \
	X(violations) /* requests that AoEr11 or ATA do not allow */

#define COUNT_FIELD(name) uint64_t name;

struct count {
	COUNTS(COUNT_FIELD)
};

/* Prints every counter as one line of JSON on standard output. */
void count_print(const struct count *c);

/* Counts a request that breaks the rules and says which, on standard error. */
__attribute__((format(printf, 2, 3))) void count_violation(
    struct count *c, const char *fmt, ...);

#endif
