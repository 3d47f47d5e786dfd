// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A record of the ring, of an open or of an executable, and names of its container: through
 * the decoder into both formats.  The JSON is read back by another parser, and says the same bytes.
 * Or of a cgroup: through the decoder into what asks whose it is.
 *
 * The input is what the container is called, string by string, and then the record.
 */
#include <cjson/cJSON.h>

#include "container/cgroup.h"
#include "container/cgroup_path.h"
#include "container/runtime.h"
#include "event/cgroup_record.h"
#include "event/names.h"
#include "fuzz.h"
#include "output/format.h"
#include "output/utf8.h"
#include "report/event_line.h"
#include "tracer/exe_table.h"

#define NAME_MAX_BYTES 512 /* as readers of state files keep them */

static struct format_context context = { .node_name = "node" };

/* --- reading it back -------------------------------------------------------------- */

static const cJSON *get(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

/* A field says exactly these bytes; or that its text lacks the beginning, which base64 may have. */
static void check_bytes(struct bytes want, struct bytes got, bool cut)
{
	if (!want.at) {
		MUST(!got.at);
		return;
	}
	MUST(got.at && (cut ? got.len <= want.len : got.len == want.len));
	MUST(!memcmp(want.at + want.len - got.len, got.at, got.len));
}

/* The kernel side's strings end there, so that only a broken record has one. */
static bool has_nul(struct bytes text)
{
	return text.at && memchr(text.at, 0, text.len);
}

/* By our own reader, which undoes base64. */
static void check_reader(const struct open_event *ev, const char *line, size_t len)
{
	struct event_line e;
	const char *why = NULL;
	const cJSON *file, *process;

	MUST(!event_line_parse(&e, line, len, &why));
	MUST(e.kind == EVENT_OPEN);
	file = get(e.json, "file");
	process = get(e.json, "process");
	check_bytes(ev->name, e.name, get(file, "name_truncated"));
	check_bytes(ev->exe, e.exe, get(process, "exe_truncated"));
	check_bytes(ev->path, e.path, get(file, "path_truncated") && !ev->path_truncated);
	MUST(!e.error == (ev->record->ret >= 0));
	event_line_free(&e);
}

static void check_json(const struct open_event *ev, const char *line, size_t len)
{
	const char *end;
	cJSON *json;

	MUST(len && len <= OUTPUT_LINE_BYTES && line[len - 1] == '\n');
	for (size_t i = 0; i < len - 1; i++)
		MUST((unsigned char)line[i] >= ' ' && line[i] != 0x7f);
	json = cJSON_ParseWithLengthOpts(line, len, &end, false);
	MUST(json && end == line + len - 1);
	MUST(cJSON_GetNumberValue(get(get(json, "process"), "pid")) == ev->record->tgid);
	MUST(!strcmp(cJSON_GetStringValue(get(json, "call")), open_call_name(ev->record->call)));
	cJSON_Delete(json);
	if (!has_nul(ev->name) && !has_nul(ev->path) && !has_nul(ev->exe))
		check_reader(ev, line, len - 1);
}

/* Nothing that moves a cursor, or hides. */
static void check_table(const char *line, size_t len)
{
	size_t size;

	MUST(len && len <= OUTPUT_LINE_BYTES && line[len - 1] == '\n');
	for (size_t at = 0; at < len - 1; at += size) {
		__s32 code = utf8_next((struct bytes){ line + at, len - 1 - at }, &size);

		MUST(code != UTF8_BAD && !utf8_is_hidden(code));
	}
}

/* --- making it --------------------------------------------------------------------- */

static struct container *take_container(struct input *in)
{
	static const char *const keys[] = { "team", "tier" };
	static const struct label_keys labels = { keys, 2, 2 };

	struct container *c = calloc(1, sizeof(*c));

	MUST(c);
	c->runtime = "docker";
	c->label_keys = &labels;
	c->id = take_string(in, NAME_MAX_BYTES);
	c->name = take_string(in, NAME_MAX_BYTES);
	c->image = take_string(in, NAME_MAX_BYTES);
	c->k8s_namespace = take_string(in, NAME_MAX_BYTES);
	c->k8s_pod = take_string(in, NAME_MAX_BYTES);
	c->k8s_pod_uid = take_string(in, NAME_MAX_BYTES);
	c->k8s_container = take_string(in, NAME_MAX_BYTES);
	c->cgroup_path = take_string(in, CGROUP_PATH_BYTES - 1);
	for (int i = 0; i < 2; i++) {
		char *value = take_string(in, CONTAINER_LABEL_VALUE_MAX);

		container_set_label(c, keys[i], value);
		free(value);
	}
	return c;
}

static void check_open(const struct open_event *ev, const struct container *c)
{
	static char line[OUTPUT_LINE_BYTES];

	context.columns = 0;
	check_json(ev, line, json_format.open_event(&context, line, ev, c));
	check_table(line, table_format.open_event(&context, line, ev, c));
	context.columns = 20 + ev->record->tid % 200;
	check_table(line, table_format.open_event(&context, line, ev, c));
}

/* An open by that executable. */
static void check_exe(const void *record, size_t len, const struct container *c)
{
	static const struct open_record by = {
		.type = RECORD_OPEN, .tgid = 4242, .call = CALL_OPENAT, .ret = 3, .comm = "nginx"
	};
	const struct exe_record *rec = record;
	struct exe_table *table = exe_table_new();
	struct open_event ev = { .record = &by };

	MUST(table);
	if (!exe_table_add(table, record, len)) {
		ev.exe = exe_table_find(table, rec->exe_id);
		MUST(!ev.exe.at == !rec->exe_id);
		MUST(!ev.exe.at || (ev.exe.at[0] == '/' && ev.exe.len <= rec->path_len + 1u));
		check_open(&ev, c);
	}
	exe_table_free(table);
}

static void check_cgroup(const struct cgroup_record *rec, size_t len)
{
	char path[CGROUP_PATH_BYTES];
	struct cgroup_path parsed;

	if (cgroup_record_decode(rec, len, path))
		return;
	MUST(strlen(path) <= rec->path_len && !memcmp(path, rec->path, strlen(path)));
	runtime_of_comm(rec->maker);
	if (rec->type != RECORD_CGROUP_NEW)
		return;
	MUST(path[0] == '/');
	if (!cgroup_path_is_root(path) && cgroup_path_parse(path, &parsed))
		MUST(parsed.root_len <= strlen(path));
}

static void check_record(const void *record, size_t len, const char *exe, const struct container *c)
{
	static char path[OPEN_EVENT_PATH_BYTES];
	struct open_event ev;

	switch (len < sizeof(__u32) ? 0 : *(const __u32 *)record) {
	case RECORD_EXE:
		check_exe(record, len, c);
		return;
	case RECORD_CGROUP_NEW:
	case RECORD_CGROUP_STARTED:
	case RECORD_CGROUP_GONE:
		check_cgroup(record, len);
		return;
	}
	if (open_event_decode(&ev, record, len, path))
		return;
	if (*exe)
		ev.exe = (struct bytes){ exe, strlen(exe) };
	check_open(&ev, c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	unsigned int exe_len = take_byte(&in) * 17;
	bool nobodys = !(take_byte(&in) % 8);
	struct container *c = take_container(&in);
	void *record; /* aligned, and with nothing behind it */
	char *exe;

	exe = take_string(&in, exe_len);
	record = malloc(in.len ? in.len : 1);
	MUST(record);
	if (in.len)
		memcpy(record, in.at, in.len);
	check_record(record, in.len, exe, nobodys ? NULL : c);
	free(record);
	free(exe);
	container_free(c);
	return 0;
}
