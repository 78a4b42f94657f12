/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finds the zero blocks in a piece of data, for sparse copies.
 */
#ifndef CLI_ZERO_H
#define CLI_ZERO_H

#include <stdbool.h>
#include <stddef.h>

#define ZERO_BLOCK 4096u

bool zero_is(const void *data, size_t len);
/*
 * How many bytes from the start are of one kind: whole blocks of zeros (*zero
 * true) or anything else (*zero false). The last block may be short. len > 0.
 */
size_t zero_run(const void *data, size_t len, bool *zero);

#endif
