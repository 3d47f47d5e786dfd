// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "report/event_line.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <string.h>
#include <time.h>

static const cJSON *member(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

static char *string_of(const cJSON *object, const char *key)
{
	return cJSON_GetStringValue(member(object, key));
}

static __u64 number_of(const cJSON *object, const char *key)
{
	const cJSON *item = member(object, key);

	/* as a double: exact up to 2^53, which is more opens than can be */
	return cJSON_IsNumber(item) && item->valuedouble >= 0 && item->valuedouble < 1e18
		       ? (__u64)item->valuedouble
		       : 0;
}

/* --- exact bytes ------------------------------------------------------------------- */

static int digit_of(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *found = c ? strchr(digits, c) : NULL;

	return found ? (int)(found - digits) : -1;
}

/* Decodes in place; returns the bytes' number, or -1 for what is not base64. */
static long base64_decode(char *text)
{
	char *out = text;
	unsigned int bits = 0, held = 0;

	for (const char *in = text; *in && *in != '='; in++) {
		int digit = digit_of(*in);

		if (digit < 0)
			return -1;
		held = held << 6 | (unsigned int)digit;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			*out++ = (char)(held >> bits);
		}
	}
	return out - text;
}

static struct bytes exact(const cJSON *object, const char *text_key, const char *base64_key)
{
	char *base64 = string_of(object, base64_key);
	const char *text = string_of(object, text_key);
	long len = base64 ? base64_decode(base64) : -1;

	if (len >= 0)
		return (struct bytes){ base64, (size_t)len };
	return (struct bytes){ text, text ? strlen(text) : 0 };
}

/* --- members ----------------------------------------------------------------------- */

static bool two_digits(const char *at, int *out)
{
	if (at[0] < '0' || at[0] > '9' || at[1] < '0' || at[1] > '9')
		return false;
	*out = (at[0] - '0') * 10 + at[1] - '0';
	return true;
}

/* Of "2026-01-02T03:04:05.678901234Z"; 0 for what is not like that. */
static __u64 time_of(const char *text)
{
	int century, year, fraction[4] = {};
	struct tm tm = {};
	time_t seconds;
	char after;

	if (!text || strlen(text) != 30 || !two_digits(text, &century) ||
	    !two_digits(text + 2, &year) || !two_digits(text + 5, &tm.tm_mon) ||
	    !two_digits(text + 8, &tm.tm_mday) || !two_digits(text + 11, &tm.tm_hour) ||
	    !two_digits(text + 14, &tm.tm_min) || !two_digits(text + 17, &tm.tm_sec))
		return 0;
	for (int i = 0; i < 4; i++)
		if (!two_digits(text + 20 + 2 * i, &fraction[i]))
			return 0;
	after = text[28];
	tm.tm_year = century * 100 + year - 1900;
	tm.tm_mon -= 1;
	seconds = timegm(&tm);
	/* what 64 bits of nanoseconds hold */
	if (seconds < 0 || seconds > 17000000000 || after < '0' || after > '9')
		return 0;
	return (__u64)seconds * 1000000000 + (__u64)fraction[0] * 10000000 +
	       (__u64)fraction[1] * 100000 + (__u64)fraction[2] * 1000 + (__u64)fraction[3] * 10 +
	       (__u64)(after - '0');
}

static void take_labels(struct event_line *e, const cJSON *json)
{
	static const struct {
		const char *object, *key;
	} places[LABEL_COUNT] = {
		[LABEL_ID] = { "container", "id" },
		[LABEL_NAME] = { "container", "name" },
		[LABEL_IMAGE] = { "container", "image" },
		[LABEL_RUNTIME] = { "container", "runtime" },
		[LABEL_NODE] = { "k8s", "node" },
		[LABEL_NAMESPACE] = { "k8s", "namespace" },
		[LABEL_POD] = { "k8s", "pod" },
		[LABEL_POD_UID] = { "k8s", "pod_uid" },
		[LABEL_POD_CONTAINER] = { "k8s", "container" },
	};
	const cJSON *container = member(json, "container"), *k8s = member(json, "k8s");

	for (int i = 0; i < LABEL_COUNT; i++) {
		const cJSON *object = i < LABEL_NODE ? container : k8s;

		e->labels[i] = object ? string_of(object, places[i].key) : NULL;
	}
}

static unsigned int access_of_flag(const char *flag)
{
	static const struct {
		const char *flag;
		unsigned int access;
	} meanings[] = {
		{ "O_RDONLY", ACCESS_READ },
		{ "O_WRONLY", ACCESS_WRITE },
		{ "O_RDWR", ACCESS_READ | ACCESS_WRITE },
		{ "O_CREAT", ACCESS_CREATE },
		{ "O_TRUNC", ACCESS_WRITE },
		{ "O_DIRECTORY", ACCESS_DIRECTORY },
		{ "O_PATH", ACCESS_PATH },
		{ "O_TMPFILE", ACCESS_TEMPORARY },
	};

	for (size_t i = 0; flag && i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (!strcmp(flag, meanings[i].flag))
			return meanings[i].access;
	return 0;
}

static unsigned int access_of(const cJSON *file, const char *call)
{
	unsigned int access = 0;
	const cJSON *flag;

	if (call && !strncmp(call, "exec", 4))
		return ACCESS_EXECUTE;
	cJSON_ArrayForEach (flag, member(file, "flags"))
		access |= access_of_flag(cJSON_GetStringValue(flag));
	/* open(2): with O_PATH only O_DIRECTORY, O_CLOEXEC and O_NOFOLLOW count */
	return access & ACCESS_PATH ? access & (ACCESS_PATH | ACCESS_DIRECTORY) : access;
}

static const char *take_open(struct event_line *e, const cJSON *json)
{
	const cJSON *process = member(json, "process"), *file = member(json, "file");

	if (!cJSON_IsObject(process) || !cJSON_IsObject(file))
		return "an open without process or file";
	e->exe = exact(process, "exe", "exe_base64");
	e->path = exact(file, "path", "path_base64");
	e->name = exact(file, "name", "name_base64");
	e->path_truncated = cJSON_IsTrue(member(file, "path_truncated"));
	e->error = string_of(json, "error");
	e->access = access_of(file, string_of(json, "call"));
	return NULL;
}

static const char *take_lost(struct event_line *e, const cJSON *json)
{
	e->count = number_of(json, "count");
	e->reason = string_of(json, "reason");
	return e->count && e->reason ? NULL : "a loss without count or reason";
}

/* --- the line ---------------------------------------------------------------------- */

static const char *take_all(struct event_line *e, const cJSON *json)
{
	const char *type = cJSON_IsObject(json) ? string_of(json, "type") : NULL;

	if (!type)
		return "no object with a type";
	e->time_ns = time_of(string_of(json, "time"));
	e->cgroup_id = number_of(json, "cgroup_id");
	take_labels(e, json);
	if (!strcmp(type, "open"))
		return take_open(e, json);
	if (!strcmp(type, "lost")) {
		e->kind = EVENT_LOST;
		return take_lost(e, json);
	}
	e->kind = !strcmp(type, "container") ? EVENT_CONTAINER : EVENT_OTHER;
	return NULL;
}

int event_line_parse(struct event_line *out, const char *text, size_t len, const char **why)
{
	struct event_line e = { .kind = EVENT_OPEN };

	e.json = cJSON_ParseWithLength(text, len);
	*why = e.json ? take_all(&e, e.json) : "not JSON";
	if (*why) {
		cJSON_Delete(e.json);
		return -EBADMSG;
	}
	*out = e;
	return 0;
}

char *event_line_label(const struct event_line *e, struct bytes key)
{
	const cJSON *label;

	cJSON_ArrayForEach (label, member(member(e->json, "container"), "labels"))
		if (strlen(label->string) == key.len && !memcmp(label->string, key.at, key.len))
			return cJSON_GetStringValue(label);
	return NULL;
}

void event_line_free(struct event_line *e)
{
	cJSON_Delete(e->json);
	e->json = NULL;
}
