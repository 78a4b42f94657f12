/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <json-c/json.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "common/bytes.h"
#include "common/json.h"

#define JSON_DEPTH 8
#define JSON_READ_DEPTH 16

struct json {
	struct json_object *open[JSON_DEPTH]; /* the root, ..., the innermost */
	unsigned depth;                       /* how many are open */
	bool failed;
};

struct json *json_new(void)
{
	struct json *j = calloc(1, sizeof(*j));

	if (!j)
		return NULL;
	j->open[0] = json_object_new_object();
	j->depth = 1;
	j->failed = !j->open[0];
	return j;
}

void json_free(struct json *j)
{
	if (!j)
		return;
	json_object_put(j->open[0]);
	free(j);
}

/* Hands `value` over to the innermost open object or array. */
static bool add(struct json *j, const char *key, struct json_object *value)
{
	struct json_object *in;
	int r;

	if (!j || j->failed || !value || !j->depth)
		goto fail;
	in = j->open[j->depth - 1];
	if (json_object_is_type(in, json_type_array))
		r = json_object_array_add(in, value);
	else
		r = key ? json_object_object_add(in, key, value) : -1;
	if (!r)
		return true;
fail:
	json_object_put(value);
	if (j)
		j->failed = true;
	return false;
}

static void begin(struct json *j, const char *key, struct json_object *value)
{
	bool deep = j && j->depth == JSON_DEPTH;

	if (deep)
		j->failed = true;
	if (add(j, key, value))
		j->open[j->depth++] = value;
}

void json_begin_object(struct json *j, const char *key)
{
	begin(j, key, json_object_new_object());
}

void json_begin_array(struct json *j, const char *key)
{
	begin(j, key, json_object_new_array());
}

void json_end(struct json *j)
{
	if (!j)
		return;
	if (j->depth)
		j->depth--;
	else
		j->failed = true;
}

void json_put_u64(struct json *j, const char *key, uint64_t value)
{
	add(j, key, json_object_new_uint64(value));
}

void json_put_bool(struct json *j, const char *key, bool value)
{
	add(j, key, json_object_new_boolean(value));
}

/*
 * The length of the UTF-8 character at `p`, 0 when there is none: overlong
 * forms, surrogates and values above U+10FFFF are not valid (RFC 3629).
 */
static size_t utf8_length(const uint8_t *p, size_t len)
{
	uint8_t low = 0x80, high = 0xbf; /* range of the second byte */
	size_t n;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	n = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	if (n > len || p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

/*
 * DEL and U+0080 to U+009F: JSON does not escape them as it does those below
 * U+0020, and a terminal obeys them. `p` is valid UTF-8.
 */
static bool is_raw_control(const uint8_t *p)
{
	return p[0] == 0x7f || (p[0] == 0xc2 && p[1] < 0xa0);
}

void json_put_bytes(
    struct json *j, const char *key, const void *bytes, size_t len)
{
	static const char replacement[3] = "\xef\xbf\xbd";
	const uint8_t *p = bytes;
	struct bytes_out out;
	char *text = NULL;

	/* Three bytes at most come from one, and json-c counts in int. */
	if (len < INT_MAX / 3)
		text = malloc(3 * len + 1);
	if (!text) {
		add(j, key, NULL);
		return;
	}
	out = bytes_out(text, 3 * len + 1);
	for (size_t i = 0; i < len;) {
		size_t n = utf8_length(p + i, len - i);

		if (n && !is_raw_control(p + i))
			bytes_put(&out, p + i, n);
		else
			bytes_put(&out, replacement, sizeof(replacement));
		i += n ? n : 1;
	}
	add(j, key, json_object_new_string_len(text, (int)out.pos));
	free(text);
}

void json_put_text(struct json *j, const char *key, const char *text)
{
	json_put_bytes(j, key, text, strlen(text));
}

const char *json_text(struct json *j)
{
	if (!j || j->failed || j->depth)
		return NULL;
	return json_object_to_json_string_ext(j->open[0],
	    JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

/* ---- reading: a json_value is json-c's object under a name of ours ---- */

static struct json_object *object(const struct json_value *v)
{
	return (struct json_object *)(uintptr_t)v;
}

static const struct json_value *value_of(const struct json_object *o)
{
	return (const struct json_value *)o;
}

struct json_value *json_parse(const char *text, size_t len)
{
	struct json_tokener *tok = json_tokener_new_ex(JSON_READ_DEPTH);
	struct json_object *o = NULL;

	while (len && strchr(" \t\r\n", text[len - 1]) && text[len - 1])
		len--;
	if (tok && len && len < INT_MAX) {
		json_tokener_set_flags(
		    tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
		o = json_tokener_parse_ex(tok, text, (int)len);
		if (json_tokener_get_parse_end(tok) != len ||
		    !json_object_is_type(o, json_type_object)) {
			json_object_put(o);
			o = NULL;
		}
	}
	if (tok)
		json_tokener_free(tok);
	return (struct json_value *)o;
}

void json_value_free(struct json_value *v)
{
	json_object_put(object(v));
}

const struct json_value *json_value(const struct json *j)
{
	return !j || j->failed || j->depth ? NULL : value_of(j->open[0]);
}

void json_put_value(
    struct json *j, const char *key, const struct json_value *value)
{
	add(j, key, json_object_get(object(value)));
}

const struct json_value *json_get(const struct json_value *v, const char *key)
{
	struct json_object *member = NULL;

	if (json_object_is_type(object(v), json_type_object))
		json_object_object_get_ex(object(v), key, &member);
	return value_of(member);
}

const struct json_value *json_nth(const struct json_value *v, size_t n)
{
	if (!json_object_is_type(object(v), json_type_array))
		return NULL;
	return value_of(json_object_array_get_idx(object(v), n));
}

const char *json_get_text(const struct json_value *v, const char *key)
{
	struct json_object *o = object(json_get(v, key));

	if (!json_object_is_type(o, json_type_string))
		return "";
	return json_object_get_string(o);
}

static uint64_t number(const struct json_object *o)
{
	/* Negative ones become 0. */
	return json_object_is_type(o, json_type_int) ? json_object_get_uint64(o)
						     : 0;
}

uint64_t json_get_u64(const struct json_value *v, const char *key)
{
	return number(object(json_get(v, key)));
}

bool json_get_bool(const struct json_value *v, const char *key)
{
	struct json_object *o = object(json_get(v, key));

	return json_object_is_type(o, json_type_boolean) &&
	       json_object_get_boolean(o);
}

void json_each_u64(const struct json_value *v,
    void (*each)(void *ctx, const char *key, uint64_t value), void *ctx)
{
	struct json_object_iter i;

	if (!json_object_is_type(object(v), json_type_object))
		return;
	json_object_object_foreachC(object(v), i)
	{
		if (json_object_is_type(i.val, json_type_int))
			each(ctx, i.key, number(i.val));
	}
}
