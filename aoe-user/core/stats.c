/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/stats.h"

#define ENGINE_NAME(n) {#n, offsetof(struct engine_stats, n)},
#define DEVICE_NAME(n) {#n, offsetof(struct device_stats, n)},
#define PATH_NAME(n) {#n, offsetof(struct path_stats, n)},

const struct stats_name engine_stats_names[] = {
    ENGINE_STATS(ENGINE_NAME){NULL, 0}};

const struct stats_name device_stats_names[] = {
    DEVICE_STATS(DEVICE_NAME){NULL, 0}};

const struct stats_name path_stats_names[] = {PATH_STATS(PATH_NAME){NULL, 0}};
