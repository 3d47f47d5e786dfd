/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>

#include "captured_output.h"
#include "sample_record.h"

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))
#define ID          "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static char id[] = ID, name[] = "web", image[] = "nginx:1.27", k8s_namespace[] = "shop",
	    k8s_pod[] = "web-7d4b9", k8s_pod_uid[] = "0f6f", k8s_container[] = "nginx";

static const struct container docker = {
	.id = id, .name = name, .image = image, .runtime = "docker"
};
static const struct container pod = {
	.id = id,
	.runtime = "containerd",
	.k8s_namespace = k8s_namespace,
	.k8s_pod = k8s_pod,
	.k8s_pod_uid = k8s_pod_uid,
	.k8s_container = k8s_container,
};

static char *line_of(struct sample_record *s, const struct container *c, const char *node,
		     struct bytes exe)
{
	struct captured_output out = capture_start(OUTPUT_JSON, node);
	struct open_event ev;

	cr_assert_eq(sample_decode(s, &ev), 0);
	ev.exe = exe;
	cr_assert_eq(output_open_event(out.output, &ev, c), 0);
	return capture_end(&out);
}

static void sample_nginx(struct sample_record *s)
{
	sample_start(s);
	s->record.flags = O_CLOEXEC;
	sample_data(s, text_bytes("nginx.conf"), text_bytes("nginx.conf/nginx/etc/"));
}

/* The time is checked by its form alone and left out. */
static const char *after_time(const char *line)
{
	static const char form[] = "{\"time\":\"dddd-dd-ddTdd:dd:dd.dddddddddZ\",";

	for (size_t i = 0; i < strlen(form); i++)
		cr_assert(form[i] == 'd' && i > 7 ? line[i] >= '0' && line[i] <= '9'
						  : line[i] == form[i],
			  "%s", line);
	return line + strlen(form);
}

#define PROCESS                                                                       \
	"\"process\":{\"pid\":4242,\"tid\":4243,\"ppid\":4200,\"uid\":33,\"gid\":34," \
	"\"comm\":\"nginx\""

Test(json, open_of_a_container)
{
	static struct sample_record s;
	char *line;

	sample_nginx(&s);
	line = line_of(&s, &docker, NULL, text_bytes("/usr/sbin/nginx"));
	cr_expect_str_eq(after_time(line),
			 "\"type\":\"open\",\"container\":{\"id\":\"" ID "\",\"name\":\"web\","
			 "\"image\":\"nginx:1.27\",\"runtime\":\"docker\"}," PROCESS
			 ",\"exe\":\"/usr/sbin/nginx\"},"
			 "\"file\":{\"path\":\"/etc/nginx/nginx.conf\",\"name\":\"nginx.conf\","
			 "\"flags\":[\"O_RDONLY\",\"O_CLOEXEC\"]},"
			 "\"call\":\"openat\",\"fd\":3,\"cgroup_id\":4864}\n");
	free(line);
}

Test(json, open_of_a_pod)
{
	static struct sample_record s;
	char *line;

	sample_nginx(&s);
	line = line_of(&s, &pod, "n1", text_bytes("/usr/sbin/nginx"));
	cr_expect(strstr(line, "\"container\":{\"id\":\"" ID "\",\"runtime\":\"containerd\"},"
			       "\"k8s\":{\"node\":\"n1\",\"namespace\":\"shop\","
			       "\"pod\":\"web-7d4b9\",\"pod_uid\":\"0f6f\","
			       "\"container\":\"nginx\"},\"process\""),
		  "%s", line);
	free(line);
}

Test(json, what_is_not_known_is_absent)
{
	static struct sample_record s;
	char *line;

	sample_start(&s);
	s.record.bits = OPEN_NAME_UNREADABLE;
	s.record.ret = -EFAULT;
	line = line_of(&s, NULL, NULL, (struct bytes){ 0 });
	cr_expect_str_eq(after_time(line),
			 "\"type\":\"open\"," PROCESS "},\"file\":{\"resolved\":false},"
			 "\"call\":\"openat\",\"error\":\"EFAULT\",\"cgroup_id\":4864}\n");
	free(line);
}

/* Each changes one thing about the sample; the text is to be found in the line. */
static const struct variation {
	const char *text;
	__s32 ret;
	__u32 flags;
	unsigned int bits, call, mode;
	__u64 resolve;
} variations[] = {
	{ "\"call\":\"openat\",\"fd\":0,\"cgroup_id\"", 0, 0, 0, CALL_OPENAT, 0, 0 },
	{ "\"call\":\"execve\",\"cgroup_id\"", 0, 0, OPEN_NO_FD, CALL_EXECVE, 0, 0 },
	{ "\"call\":\"open\",\"compat\":true,\"fd\":3", 3, 0, OPEN_COMPAT, CALL_OPEN, 0, 0 },
	{ "\"error\":\"ENOENT\",\"cgroup_id\"", -ENOENT, 0, 0, CALL_OPENAT, 0, 0 },
	{ "\"error\":\"E512\"", -512, 0, 0, CALL_OPENAT, 0, 0 },
	{ "\"error\":\"E2147483648\"", -2147483647 - 1, 0, 0, CALL_OPENAT, 0, 0 },
	{ "\"name\":\"x\",\"flags\":[\"O_WRONLY\",\"O_CREAT\"],\"mode\":\"0644\"}", 3,
	  O_WRONLY | O_CREAT, OPEN_HAS_FLAGS | OPEN_HAS_MODE, CALL_OPENAT, 0644, 0 },
	{ "\"mode\":\"0000\"}", 3, 0, OPEN_HAS_MODE, CALL_OPENAT, 0, 0 },
	{ "\"mode\":\"04755\"}", 3, 0, OPEN_HAS_MODE, CALL_OPENAT, 04755, 0 },
	{ "\"mode\":\"0177777\"}", 3, 0, OPEN_HAS_MODE, CALL_OPENAT, 0177777, 0 },
	{ "\"name\":\"x\"},\"call\"", 3, O_CREAT, 0, CALL_OPENAT, 0644, 0 },
	{ "\"resolve\":[\"RESOLVE_BENEATH\",\"0x100\"]}", 3, 0, 0, CALL_OPENAT2, 0,
	  RESOLVE_BENEATH | 0x100 },
	{ "\"name\":\"x\",\"deleted\":true}", 3, 0, OPEN_DELETED, CALL_OPENAT, 0, 0 },
	{ "\"name\":\"x\",\"layer\":\"lower\"}", 3, 0, OPEN_LAYER_LOWER, CALL_OPENAT, 0, 0 },
	{ "\"name\":\"x\",\"layer\":\"upper\"}", 3, 0, OPEN_LAYER_UPPER, CALL_OPENAT, 0, 0 },
	{ "{\"path\":\"a/x\",\"name\":\"x\",\"path_truncated\":true}", 3, 0, OPEN_PATH_TRUNCATED,
	  CALL_OPENAT, 0, 0 },
};

Test(json, variations)
{
	static struct sample_record s;

	for (size_t i = 0; i < COUNT_OF(variations); i++) {
		const struct variation *v = &variations[i];
		char *line;

		sample_start(&s);
		s.record.ret = v->ret;
		s.record.flags = v->flags;
		s.record.bits = v->bits | OPEN_RESOLVED;
		s.record.call = v->call;
		s.record.mode = v->mode;
		s.record.resolve = v->resolve;
		sample_data(&s, text_bytes("x"), text_bytes("x/a/"));
		line = line_of(&s, &docker, NULL, text_bytes("/x"));
		cr_expect(strstr(line, v->text), "%s not in %s", v->text, line);
		free(line);
	}
}

Test(json, not_resolved)
{
	static struct sample_record s;
	char *line;

	sample_start(&s);
	s.record.bits = OPEN_HAS_BASE;
	s.record.ret = -ENOENT;
	sample_data(&s, text_bytes("../x"), text_bytes("b/a/"));
	line = line_of(&s, &docker, NULL, text_bytes("/x"));
	cr_expect(strstr(line, "\"file\":{\"path\":\"/a/b/../x\",\"name\":\"../x\","
			       "\"resolved\":false},"),
		  "%s", line);
	free(line);
}

Test(json, hostile_bytes)
{
	static struct sample_record s;
	char *line;

	sample_start(&s);
	s.record.bits = OPEN_RESOLVED;
	memcpy(s.record.comm, "\xff\x1b[31m\"\\\n567890", EVENT_COMM_BYTES); /* no NUL */
	sample_data(&s, text_bytes("a\nb"), text_bytes("\xff\xfe/a/"));
	line = line_of(&s, NULL, NULL, text_bytes("/\x80"));
	cr_expect(strstr(line, "\"comm\":\"\xef\xbf\xbd\\u001b[31m\\\"\\\\\\u000a567890\","
			       "\"comm_base64\":\"/xtbMzFtIlwKNTY3ODkw\","
			       "\"exe\":\"/\xef\xbf\xbd\",\"exe_base64\":\"L4A=\"}"),
		  "%s", line);
	cr_expect(strstr(line, "\"path\":\"/a/\xef\xbf\xbd\xef\xbf\xbd\","
			       "\"path_base64\":\"L2Ev//4=\",\"name\":\"a\\u000ab\"}"),
		  "%s", line);
	free(line);
}

Test(json, labels_are_hostile_too)
{
	static struct sample_record s;
	char evil[] = "\xff\x1b\"", *line;
	struct container c = { .name = evil };

	sample_nginx(&s);
	line = line_of(&s, &c, evil, text_bytes("/x"));
	cr_expect(strstr(line, "\"container\":{\"name\":\"\xef\xbf\xbd\\u001b\\\"\"},"
			       "\"k8s\":{\"node\":\"\xef\xbf\xbd\\u001b\\\"\"},"),
		  "%s", line);
	free(line);
}

/* One label that only selects, one that it lacks, and two to be shown. */
static const char *const label_words[] = { "team", "none", "e\"vil", "tier=front" };
static const struct label_keys label_keys = { label_words, 4, 3 };

Test(json, labels_that_are_asked_for_and_sandboxes)
{
	char *values[] = { (char *)"shop", NULL, (char *)"\x1b", (char *)"front" };
	struct container c = { .id = id, .label_keys = &label_keys, .labels = values };
	static struct sample_record s;
	char *line;

	sample_nginx(&s);
	line = line_of(&s, &c, NULL, text_bytes("/x"));
	cr_expect(strstr(line, "\"container\":{\"id\":\"" ID "\",\"labels\":{\"team\":\"shop\","
			       "\"e\\\"vil\":\"\\u001b\"}},\"process\""),
		  "%s", line);
	free(line);

	values[0] = values[2] = NULL;
	c.sandbox = true;
	line = line_of(&s, &c, NULL, text_bytes("/x"));
	cr_expect(strstr(line, "\"container\":{\"id\":\"" ID "\",\"sandbox\":true},\"process\""),
		  "%s", line);
	free(line);
}

static char *record_of(enum container_action action, const struct container *c, const char *node)
{
	struct captured_output out = capture_start(OUTPUT_JSON, node);

	cr_assert_eq(output_container(out.output, action, c), 0);
	return capture_end(&out);
}

Test(json, container_records)
{
	static const char *const words[] = { "running", "started", "stopped" };
	struct container c = pod;
	char *line, expected[1024];

	c.cgroup_path = (char *)"/kubepods/x";
	c.cgroup_id = 1ULL << 62 | CGROUP_ID_V1;
	for (int action = CONTAINER_RUNNING; action <= CONTAINER_STOPPED; action++) {
		c.init_pid = action == CONTAINER_RUNNING ? 0 : 4242;
		snprintf(expected, sizeof(expected),
			 "\"type\":\"container\",\"action\":\"%s\","
			 "\"container\":{\"id\":\"" ID "\",\"runtime\":\"containerd\"},"
			 "\"k8s\":{\"node\":\"n1\",\"namespace\":\"shop\",\"pod\":\"web-7d4b9\","
			 "\"pod_uid\":\"0f6f\",\"container\":\"nginx\"},%s"
			 "\"cgroup_id\":4611686018427387904,\"cgroup\":\"/kubepods/x\"}\n",
			 words[action], c.init_pid ? "\"pid\":4242," : "");
		line = record_of(action, &c, "n1");
		cr_expect_str_eq(after_time(line), expected, "%s", line);
		free(line);
	}
}

Test(json, lost)
{
	static const struct {
		const struct container *c;
		__u64 cgroup_id;
		const char *node, *rest;
	} facts[] = {
		{ &docker, 4864, NULL,
		  "\"type\":\"lost\",\"container\":{\"id\":\"" ID "\",\"name\":\"web\","
		  "\"image\":\"nginx:1.27\",\"runtime\":\"docker\"},"
		  "\"cgroup_id\":4864,\"count\":12,\"reason\":\"ring_full\"}\n" },
		{ NULL, 0, "n1",
		  "\"type\":\"lost\",\"k8s\":{\"node\":\"n1\"},"
		  "\"count\":12,\"reason\":\"ring_full\"}\n" },
	};

	for (size_t i = 0; i < COUNT_OF(facts); i++) {
		struct captured_output out = capture_start(OUTPUT_JSON, facts[i].node);
		char *line;

		cr_assert_eq(
			output_lost(out.output, facts[i].c, facts[i].cgroup_id, 12, "ring_full"),
			0);
		line = capture_end(&out);
		cr_expect_str_eq(after_time(line), facts[i].rest);
		free(line);
	}
}

/* --- lines that would be too long ------------------------------------------- */

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static size_t from_base64(const char *text, char *out)
{
	size_t n = 0;
	__u32 bits = 0;

	for (size_t i = 0; text[i] && text[i] != '='; i++) {
		bits = bits << 6 | (__u32)(strchr(digits, text[i]) - digits);
		if (i % 4)
			out[n++] = (char)(bits >> (6 - i % 4 * 2));
	}
	return n;
}

/* The bytes that a field promises: of its base64 if it has one, else of its text. */
static struct bytes field(const cJSON *object, const char *key, char *room)
{
	char base64_key[32];
	const cJSON *text = cJSON_GetObjectItem(object, key), *base64;

	cr_assert(cJSON_IsString(text), "no %s", key);
	snprintf(base64_key, sizeof(base64_key), "%s_base64", key);
	base64 = cJSON_GetObjectItem(object, base64_key);
	if (base64)
		return (struct bytes){ room, from_base64(base64->valuestring, room) };
	return text_bytes(text->valuestring);
}

static bool same(struct bytes a, struct bytes b)
{
	return a.len == b.len && !memcmp(a.at, b.at, a.len);
}

static bool is_tail(struct bytes tail, struct bytes of)
{
	return tail.len && tail.len <= of.len &&
	       !memcmp(tail.at, of.at + of.len - tail.len, tail.len);
}

/* Fills with a byte or, for 0, with a mix; components are at most component long. */
static struct bytes fill(char *room, size_t len, int byte, size_t component)
{
	static const char mix[] = "a\x01\"\xff\xc3\xa9\\\xe2\x82\xac\xed\xa0\x80\n";

	for (size_t i = 0; i < len; i++) {
		if (i % (component + 1) == component)
			room[i] = '/';
		else
			room[i] = byte ? (char)byte : mix[i % (sizeof(mix) - 1)];
	}
	return (struct bytes){ room, len };
}

struct worst {
	int byte;
	size_t component, name_len, dir_len, exe_len, label_len;
	unsigned int bits;
};

static const int worst_bytes[] = { 'a', 0x01, 0xff, '"', '\\', 0x7f, 0x9b, 0xe2, 0 };
static const size_t worst_components[] = { 1, 255, 5000 };
static const size_t worst_labels[] = { 0, 63, 5000 };

static char *worst_label(char *room, const struct worst *w)
{
	if (!w->label_len)
		return NULL;
	fill(room, w->label_len, w->byte, 5000);
	room[w->label_len] = '\0';
	return room;
}

static void check_truncation(const struct worst *w, const cJSON *json, const struct open_event *ev)
{
	static char room[OPEN_EVENT_PATH_BYTES * 2];
	const cJSON *file = cJSON_GetObjectItem(json, "file");
	const cJSON *process = cJSON_GetObjectItem(json, "process");
	struct bytes text;

	/* the path's bytes are always whole */
	cr_assert(same(field(file, "path", room), ev->path), "path, byte %#x", w->byte);
	text = text_bytes(cJSON_GetObjectItem(file, "path")->valuestring);
	if (cJSON_IsTrue(cJSON_GetObjectItem(file, "path_truncated")))
		cr_assert_neq(text.at[0], '/', "a tail must not look absolute");
	else
		cr_assert_null(cJSON_GetObjectItem(file, "path_truncated"));

	/* the name's are, or they are the end of it and of the path's */
	text = field(file, "name", room);
	cr_assert(is_tail(text, ev->name), "name, byte %#x", w->byte);
	if (text.len < ev->name.len)
		cr_assert(cJSON_IsTrue(cJSON_GetObjectItem(file, "name_truncated")));

	text = field(process, "exe", room);
	cr_assert(is_tail(text, ev->exe), "exe, byte %#x", w->byte);
	if (text.len < ev->exe.len)
		cr_assert(cJSON_IsTrue(cJSON_GetObjectItem(process, "exe_truncated")));
}

static void check_line(const struct worst *w, const char *line, const struct open_event *ev)
{
	size_t len = strlen(line);
	cJSON *json = cJSON_Parse(line);

	cr_assert_leq(len, OUTPUT_LINE_BYTES, "%zu bytes of %#x", len, w->byte);
	cr_assert_eq(strchr(line, '\n'), line + len - 1, "one line");
	cr_assert(json, "byte %#x: %s", w->byte, line);
	for (size_t i = 0; i + 1 < len; i++)
		cr_assert((unsigned char)line[i] >= 0x20 && line[i] != 0x7f);
	check_truncation(w, json, ev);
	cJSON_Delete(json);
}

/* As many as can be asked for, each as long as it can be. */
static void worst_labels_of(struct container *c, char *text)
{
	static char key[CONTAINER_LABEL_KEY_MAX + 1];
	static const char *keys[CONTAINER_LABELS_MAX];
	static char *values[CONTAINER_LABELS_MAX];
	static const struct label_keys all = { keys, CONTAINER_LABELS_MAX, CONTAINER_LABELS_MAX };

	memset(key, 1, CONTAINER_LABEL_KEY_MAX);
	for (size_t i = 0; i < CONTAINER_LABELS_MAX; i++) {
		keys[i] = key;
		values[i] = text;
	}
	c->label_keys = &all;
	c->labels = text ? values : NULL;
}

static void check_worst_record(const struct worst *w, const struct container *of)
{
	static char cgroup[4096];
	struct container c = *of;
	char *line;
	cJSON *json;

	cgroup[fill(cgroup, 4095, w->byte, w->component).len] = '\0';
	c.cgroup_path = cgroup;
	c.cgroup_id = ~0ULL;
	c.init_pid = 1 << 22;
	c.sandbox = true;
	line = record_of(CONTAINER_RUNNING, &c, c.id);
	json = cJSON_Parse(line);
	cr_assert(json && *line, "byte %#x", w->byte);
	cr_assert_leq(strlen(line), OUTPUT_LINE_BYTES);
	cJSON_Delete(json);
	free(line);
}

static void check_worst(const struct worst *w)
{
	static char name_room[EVENT_NAME_BYTES], dir_room[EVENT_PATH_BYTES],
		exe_room[EVENT_PATH_BYTES], labels[8][5001];
	static struct sample_record s;
	struct captured_output out;
	struct container c = { .runtime = "systemd-nspawn" };
	struct open_event ev;
	char *line;

	c.id = worst_label(labels[0], w);
	c.name = worst_label(labels[1], w);
	c.image = worst_label(labels[2], w);
	c.k8s_namespace = worst_label(labels[3], w);
	c.k8s_pod = worst_label(labels[4], w);
	c.k8s_pod_uid = worst_label(labels[5], w);
	c.k8s_container = worst_label(labels[6], w);

	c.sandbox = true;
	worst_labels_of(&c, c.name);

	sample_start(&s);
	memset(s.record.comm, w->byte ? w->byte : 0xff, sizeof(s.record.comm));
	s.record.when_ns = 1;
	s.record.cgroup_id = s.record.resolve = ~0ULL;
	s.record.tgid = s.record.tid = s.record.ppid = s.record.uid = s.record.gid = ~0U;
	s.record.flags = ~0U;
	s.record.mode = 0xffff;
	s.record.call = CALL_OPEN_BY_HANDLE_AT;
	s.record.ret = -36; /* ENAMETOOLONG */
	s.record.bits = w->bits | OPEN_HAS_FLAGS | OPEN_HAS_MODE | OPEN_COMPAT | OPEN_DELETED;
	sample_data(&s, fill(name_room, w->name_len, w->byte, w->component),
		    fill(dir_room, w->dir_len, w->byte, w->component));
	cr_assert_eq(sample_decode(&s, &ev), 0);
	ev.exe = fill(exe_room, w->exe_len, w->byte, w->component);

	out = capture_start(OUTPUT_JSON, worst_label(labels[7], w));
	cr_assert_eq(output_open_event(out.output, &ev, &c), 0);
	line = capture_end(&out);
	check_line(w, line, &ev);
	free(line);
	if (w->name_len == 1 && w->dir_len == 1 && w->exe_len == 1)
		check_worst_record(w, &c);
}

static void each_worst_length(struct worst w)
{
	static const size_t lengths[] = { 1, 1700, 4095 };

	for (size_t n = 0; n < COUNT_OF(lengths); n++) {
		for (size_t d = 0; d < COUNT_OF(lengths); d++) {
			for (size_t e = 0; e < COUNT_OF(lengths); e++) {
				w.name_len = lengths[n];
				w.dir_len = lengths[d];
				w.exe_len = lengths[e];
				check_worst(&w);
			}
		}
	}
}

static void each_worst_line(unsigned int bits)
{
	for (size_t b = 0; b < COUNT_OF(worst_bytes); b++)
		for (size_t c = 0; c < COUNT_OF(worst_components); c++)
			for (size_t l = 0; l < COUNT_OF(worst_labels); l++)
				each_worst_length((struct worst){
					.byte = worst_bytes[b],
					.component = worst_components[c],
					.label_len = worst_labels[l],
					.bits = bits,
				});
}

Test(json, worst_lines_of_failed_opens)
{
	each_worst_line(OPEN_HAS_BASE);
}

Test(json, worst_lines_of_files)
{
	each_worst_line(OPEN_RESOLVED);
}

Test(json, worst_lines_of_cut_paths)
{
	each_worst_line(OPEN_PATH_TRUNCATED | OPEN_HAS_BASE);
}

/* A name is given up only for a path that holds it: one of dir and name. */
Test(json, name_of_a_file_is_always_whole)
{
	static char name_room[4095], path_room[4095];
	static struct sample_record s;
	char decoded[8192];

	for (size_t b = 0; b < COUNT_OF(worst_bytes); b++) {
		struct open_event ev;
		char *line;
		cJSON *json;

		sample_start(&s);
		sample_data(&s, fill(name_room, 4095, worst_bytes[b], 255),
			    fill(path_room, 4095, worst_bytes[b], 255));
		line = line_of(&s, &docker, "n1", (struct bytes){ path_room, 4095 });
		json = cJSON_Parse(line);
		cr_assert(json);
		cr_assert_eq(sample_decode(&s, &ev), 0);
		cr_expect(same(field(cJSON_GetObjectItem(json, "file"), "name", decoded), ev.name),
			  "byte %#x", worst_bytes[b]);
		cJSON_Delete(json);
		free(line);
	}
}

/* The text's end is all slashes, and none may come first: there is no text, but the bytes. */
Test(json, tail_never_looks_absolute)
{
	static char room[4095], decoded[8192];
	static struct sample_record s;
	struct open_event ev;
	cJSON *json, *file;
	char *line;

	memset(room, 0x01, 3000);
	memset(room + 3000, '/', 1095);
	sample_start(&s);
	s.record.bits = OPEN_HAS_BASE;
	sample_data(&s, (struct bytes){ room, 4095 }, text_bytes("a/"));
	line = line_of(&s, &docker, "n1", text_bytes("/x"));
	cr_assert_eq(sample_decode(&s, &ev), 0);
	json = cJSON_Parse(line);
	file = cJSON_GetObjectItem(json, "file");
	cr_expect_str_eq(cJSON_GetObjectItem(file, "path")->valuestring, "");
	cr_expect(cJSON_IsTrue(cJSON_GetObjectItem(file, "path_truncated")));
	cr_expect(same(field(file, "path", decoded), ev.path));
	cJSON_Delete(json);
	free(line);
}

/* What people meet is far from all that: a path of the greatest length stays text. */
Test(json, longest_ordinary_path_stays_text)
{
	static char room[4095];
	static struct sample_record s;
	char *line;

	sample_start(&s);
	sample_data(&s, fill(room, 4095, 'a', 255), (struct bytes){ room, 4095 });
	line = line_of(&s, &pod, "n1", (struct bytes){ room, 4095 });
	cr_expect_null(strstr(line, "base64"));
	cr_expect_null(strstr(line, "truncated"));
	free(line);
}
