/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes and reads JSON, one value on one line.
 *
 * A value is built between begin and end calls; a failure (no memory, nested
 * too deep) is remembered and shows once, at json_text(). Text from the network
 * may hold any bytes: what is not valid UTF-8, and control characters that JSON
 * would not escape, become U+FFFD, so that every reader can parse the line and
 * no terminal obeys it.
 */
#ifndef COMMON_JSON_H
#define COMMON_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json;

/* An object, open until json_end(); NULL without memory. */
struct json *json_new(void);
/* NULL is fine. */
void json_free(struct json *j);

/*
 * `key` names the member of an object; in an array it is not looked at and may
 * be NULL. A NULL `j` is fine everywhere: json_text() tells.
 */
void json_begin_object(struct json *j, const char *key);
void json_begin_array(struct json *j, const char *key);
void json_end(struct json *j);

void json_put_text(struct json *j, const char *key, const char *text);
void json_put_bytes(
    struct json *j, const char *key, const void *bytes, size_t len);
void json_put_u64(struct json *j, const char *key, uint64_t value);
void json_put_bool(struct json *j, const char *key, bool value);

/*
 * The line without newline, valid until the next call for `j`. NULL when
 * something failed or a begin has no end.
 */
const char *json_text(struct json *j);

/* ---- reading ---- */

/* A value, or a part of one; NULL stands for what is not there. */
struct json_value;

/*
 * The object that fills all of `text`, to be freed; NULL when it is anything
 * else. Any bytes are safe.
 */
struct json_value *json_parse(const char *text, size_t len);
void json_value_free(struct json_value *v);
/* What was built, as long as `j` lives; NULL as for json_text(). */
const struct json_value *json_value(const struct json *j);
/* Adds a value that was read. */
void json_put_value(
    struct json *j, const char *key, const struct json_value *value);

/* The member of an object; NULL when there is none. */
const struct json_value *json_get(const struct json_value *v, const char *key);
/* The n-th item of an array; NULL beyond the last. */
const struct json_value *json_nth(const struct json_value *v, size_t n);
/* A member that is text; "" when it is not. */
const char *json_get_text(const struct json_value *v, const char *key);
/* A member that is a number; 0 when it is not, or negative. */
uint64_t json_get_u64(const struct json_value *v, const char *key);
bool json_get_bool(const struct json_value *v, const char *key);
/* Calls `each` for the members that are numbers, in their order. */
void json_each_u64(const struct json_value *v,
    void (*each)(void *ctx, const char *key, uint64_t value), void *ctx);

#endif
