/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Everything that a client knows, as JSON: for programs, and for those who ask
 * a daemon.
 */
#ifndef DAEMON_REPORT_H
#define DAEMON_REPORT_H

#include "aoe-user/io/aoe.h"
#include "common/json.h"

/* Adds the members "counters", "ports" and "devices" to the open object. */
void report_put(struct json *j, const struct aoe *a);
/* An object with those alone; json_text() tells whether it could be made. */
struct json *report_new(const struct aoe *a);
/* Only "devices", each with its paths. */
void report_put_paths(struct json *j, const struct aoe *a);
/* Adds what is known of one disk to the open object ... */
void report_put_disk(
    struct json *j, const struct aoe *a, const struct device *dev);
/* ... and with it its counters and its paths. */
void report_put_device(
    struct json *j, const struct aoe *a, const struct device *dev);
/* False for an address that was asked for and that nobody has answered. */
bool report_is_there(const struct device *dev);

#endif
