/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>

#include "sample_record.h"

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

/* NULL in the last column: not known */
static const struct path_fact {
	unsigned int bits;
	const char *name, *leaf_first, *path;
} path_facts[] = {
	/* resolved: the file's path, whatever the name */
	{ OPEN_RESOLVED, "nginx.conf", "nginx.conf/nginx/etc/", "/etc/nginx/nginx.conf" },
	{ OPEN_RESOLVED, "../link", "b/a/", "/a/b" },
	{ OPEN_RESOLVED, "/", "", "/" },
	{ OPEN_RESOLVED, "", "b/a/", "/a/b" },
	{ OPEN_RESOLVED, "x", "a", "/a" }, /* a '/' short */
	{ OPEN_RESOLVED | OPEN_NAME_UNREADABLE, "", "b/a/", "/a/b" },

	/* not resolved: directory, '/', name as it is */
	{ OPEN_HAS_BASE, "x", "b/a/", "/a/b/x" },
	{ OPEN_HAS_BASE, "x", "", "/x" },
	{ OPEN_HAS_BASE, "../x/./y", "b/a/", "/a/b/../x/./y" },
	{ OPEN_HAS_BASE, "d/", "a/", "/a/d/" },
	{ OPEN_HAS_BASE, "/etc/x", "", "/etc/x" },
	{ OPEN_HAS_BASE, "//etc//x", "", "//etc//x" },
	{ OPEN_HAS_BASE, "/etc/x", "jail/srv/", "/srv/jail/etc/x" }, /* absolute, in a chroot */
	{ OPEN_HAS_BASE, "", "b/a/", "/a/b" },
	{ OPEN_HAS_BASE, "", "", "/" },
	{ OPEN_HAS_BASE | OPEN_NAME_UNREADABLE, "", "b/a/", NULL },
	{ 0, "x", "", NULL }, /* a bad dirfd */

	/* the beginning is missing: no '/' claims to be the root's */
	{ OPEN_RESOLVED | OPEN_PATH_TRUNCATED, "x", "c/b/", "b/c" },
	{ OPEN_RESOLVED | OPEN_PATH_TRUNCATED, "x", "c/b/cu", "b/c" },
	{ OPEN_RESOLVED | OPEN_PATH_TRUNCATED, "x", "", NULL },
	{ OPEN_HAS_BASE | OPEN_PATH_TRUNCATED, "x", "c/b/", "b/c/x" },
	{ OPEN_HAS_BASE | OPEN_PATH_TRUNCATED, "/x", "c/b/", "b/c/x" },
	{ OPEN_HAS_BASE | OPEN_PATH_TRUNCATED, "x", "", "x" },
	{ OPEN_HAS_BASE | OPEN_PATH_TRUNCATED, "//x", "", "x" },
	{ OPEN_HAS_BASE | OPEN_PATH_TRUNCATED, "", "", NULL },

};

static void check_path(const struct path_fact *f)
{
	static struct sample_record s;
	struct open_event ev;

	sample_start(&s);
	s.record.bits = f->bits;
	sample_data(&s, text_bytes(f->name), text_bytes(f->leaf_first));
	cr_assert_eq(sample_decode(&s, &ev), 0);

	if (!f->path) {
		cr_expect_null(ev.path.at, "'%s' in '%s': got '%.*s'", f->name, f->leaf_first,
			       (int)ev.path.len, ev.path.at);
		cr_expect_not(ev.path_truncated);
		return;
	}
	cr_expect(ev.path.at && ev.path.len == strlen(f->path) &&
			  !memcmp(ev.path.at, f->path, ev.path.len),
		  "'%s' in '%s': got '%.*s', not '%s'", f->name, f->leaf_first, (int)ev.path.len,
		  ev.path.at, f->path);
	cr_expect_eq(ev.path_truncated, !!(f->bits & OPEN_PATH_TRUNCATED));
	cr_expect_eq(ev.resolved, !!(f->bits & OPEN_RESOLVED));
}

Test(open_event, path)
{
	for (size_t i = 0; i < COUNT_OF(path_facts); i++)
		check_path(&path_facts[i]);
}

/* A file without a path has the word that /proc/PID/fd has for it. */
Test(open_event, nameless)
{
	static const struct {
		const char *fs;
		__u64 inode;
		const char *path;
	} facts[] = {
		{ "pipefs", 4711, "pipe:[4711]" },
		{ "net", 4026531840, "net:[4026531840]" },
		{ "x", ~0ULL, "x:[18446744073709551615]" },
		{ "pipefs", 0, "pipe" }, /* the number is not known */
	};
	static struct sample_record s;

	for (size_t i = 0; i < COUNT_OF(facts); i++) {
		struct open_event ev;

		sample_start(&s);
		s.record.bits |= OPEN_FILE_NAMELESS;
		s.record.inode = facts[i].inode;
		sample_data(&s, text_bytes("/proc/self/fd/1"), text_bytes(facts[i].fs));
		cr_assert_eq(sample_decode(&s, &ev), 0);
		cr_expect(ev.path.len == strlen(facts[i].path) &&
				  !memcmp(ev.path.at, facts[i].path, ev.path.len),
			  "'%.*s', not '%s'", (int)ev.path.len, ev.path.at, facts[i].path);
	}
}

Test(open_event, name_is_known_or_not)
{
	static const struct {
		unsigned int bits, call;
		const char *name;
		bool known;
	} facts[] = {
		{ 0, CALL_OPENAT, "x", true },
		{ 0, CALL_OPENAT, "", true }, /* passed, and empty */
		{ 0, CALL_EXECVEAT, "", true },
		{ OPEN_NAME_UNREADABLE, CALL_OPENAT, "", false },
		{ OPEN_RESOLVED, CALL_OPEN_BY_HANDLE_AT, "", false }, /* takes none */
	};
	static struct sample_record s;

	for (size_t i = 0; i < COUNT_OF(facts); i++) {
		struct open_event ev;

		sample_start(&s);
		s.record.bits = facts[i].bits;
		s.record.call = facts[i].call;
		sample_data(&s, text_bytes(facts[i].name), text_bytes("a/"));
		cr_assert_eq(sample_decode(&s, &ev), 0);
		cr_expect_eq(ev.name.at != NULL, facts[i].known, "row %zu", i);
		cr_expect_eq(ev.name.len, strlen(facts[i].name), "row %zu", i);
		cr_expect_null(ev.exe.at);
	}
}

Test(open_event, handle_that_failed_has_no_path)
{
	static struct sample_record s;
	struct open_event ev;

	sample_start(&s);
	s.record.bits = 0;
	s.record.call = CALL_OPEN_BY_HANDLE_AT;
	sample_data(&s, text_bytes(""), text_bytes("a/"));
	cr_assert_eq(sample_decode(&s, &ev), 0);
	cr_expect_null(ev.path.at);
	cr_expect_null(ev.name.at);
}

Test(open_event, deleted)
{
	static struct sample_record s;
	struct open_event ev;

	sample_start(&s);
	s.record.bits |= OPEN_DELETED;
	sample_data(&s, text_bytes("x"), text_bytes("x/tmp/"));
	cr_assert_eq(sample_decode(&s, &ev), 0);
	cr_expect(ev.deleted);
	cr_expect_eq(ev.record, &s.record);
}

Test(open_event, longest_record_fits)
{
	static char name[EVENT_NAME_BYTES], dir[EVENT_PATH_BYTES];
	static struct sample_record s;
	struct open_event ev;

	memset(name, 'n', sizeof(name));
	memset(dir, 'd', sizeof(dir));
	sample_start(&s);
	s.record.bits = OPEN_HAS_BASE;
	sample_data(&s, (struct bytes){ name, sizeof(name) }, (struct bytes){ dir, sizeof(dir) });
	cr_assert_eq(sample_decode(&s, &ev), 0);
	cr_expect_eq(ev.path.len, 1 + sizeof(dir) + 1 + sizeof(name));
	cr_expect_leq(ev.path.len, OPEN_EVENT_PATH_BYTES);
}

enum lie { SHORT_RECORD, CUT_DATA, LONG_NAME, LONG_PATH, LONG_FS, OTHER_TYPE, UNKNOWN_CALL, LIES };

static size_t tell(struct sample_record *s, enum lie lie)
{
	size_t len = sample_size(s);

	switch (lie) {
	case SHORT_RECORD:
		return sizeof(s->record) - 1;
	case CUT_DATA:
		return len - 1;
	case LONG_NAME:
		s->record.name_len = EVENT_NAME_BYTES + 1;
		return sizeof(s->room);
	case LONG_PATH:
		s->record.path_len = EVENT_PATH_BYTES + 1;
		return sizeof(s->room);
	case LONG_FS:
		s->record.bits |= OPEN_FILE_NAMELESS;
		s->record.path_len = EVENT_PATH_BYTES;
		return sizeof(s->room);
	case OTHER_TYPE:
		s->record.type = RECORD_EXE;
		return len;
	default:
		s->record.call = CALL_COUNT;
		return len;
	}
}

Test(open_event, record_that_contradicts_itself)
{
	static struct sample_record s;

	for (int lie = 0; lie < LIES; lie++) {
		struct open_event ev = { .exe = { "untouched", 9 } };
		size_t len;

		sample_start(&s);
		sample_data(&s, text_bytes("x"), text_bytes("x/"));
		len = tell(&s, lie);
		cr_expect_eq(open_event_decode(&ev, s.room, len, s.path), -EBADMSG, "lie %d", lie);
		cr_expect_eq(ev.exe.len, 9, "lie %d", lie);
	}
}

/* Any bytes: no crash, and what comes out lies inside what went in. */
Test(open_event, noise)
{
	static struct sample_record s;
	struct open_event ev;

	srandom(1);
	for (int round = 0; round < 20000; round++) {
		size_t len = sizeof(s.record) + random() % 64;

		for (size_t i = 0; i < len; i++)
			s.room[i] = (char)random();
		s.record.type = RECORD_OPEN;
		s.record.call %= CALL_COUNT;
		s.record.name_len %= 40;
		s.record.path_len %= 40;
		if (open_event_decode(&ev, s.room, len, s.path))
			continue;
		cr_assert_leq(ev.path.len, 40 + 1 + 40 + 23);
		cr_assert_leq(ev.name.len, 40);
	}
}

Test(open_event, leaf_first)
{
	static const char *const facts[][2] = {
		{ "", "/" },      { "a/", "/a" }, { "a", "/a" }, { "c/bb/a/", "/a/bb/c" },
		{ "a//", "//a" },
	};

	for (size_t i = 0; i < COUNT_OF(facts); i++) {
		char out[32];
		size_t n = path_from_leaf_first(out, facts[i][0], strlen(facts[i][0]));

		cr_expect(n == strlen(facts[i][1]) && !memcmp(out, facts[i][1], n), "'%s': '%.*s'",
			  facts[i][0], (int)n, out);
	}
}
