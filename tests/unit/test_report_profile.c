// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/image.h"
#include "report/profile.h"
#include "report_sample.h"

static char *profile_of(const struct report *r, enum profile_kind kind, const char *image_root)
{
	const struct image_root image = { .path = image_root };
	struct error err = {};
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	cr_assert_eq(profile_write(r, kind, image_root ? &image : NULL, f, &err), 0, "%s",
		     err.text);
	fclose(f);
	return text;
}

static struct report *sample_report(void)
{
	static const struct sample_open opens[] = {
		{ .path = "/etc/passwd" },
		{ .path = "/etc", .flags = "\"O_RDONLY\",\"O_DIRECTORY\"" },
		{ .path = "/usr/lib/libc.so.6" },
		{ .path = "/var/log/it's \\\"a\\\" log", .flags = "\"O_WRONLY\",\"O_CREAT\"" },
		{ .path = "/srv/db", .flags = "\"O_RDWR\"" },
		{ .path = "/srv/*{a,b}[1]^@" },
		{ .path = "/tmp/#4711", .flags = "\"O_RDWR\",\"O_TMPFILE\"" },
		{ .path = "/proc/42/task/43/stat" },
		{ .path = "/run/secret", .error = "ENOENT" },
		{ .path = "/etc/shadow", .error = "EACCES" },
		{ .path = "/etc/passwd", .error = "EMFILE" }, /* and a success above */
		{ .path = "/cut/off/pipe:[1]", .exe = "/usr/bin/env" },
		{ .path = "pipe:[12]" },
		{ .path = "/only/path", .flags = "\"O_RDONLY\",\"O_PATH\"" },
	};
	struct report *r = report_new(NULL);

	for (size_t i = 0; i < COUNT_OF(opens); i++)
		sample_add(r, &opens[i]);
	for (int i = 0; i < 6; i++) {
		char path[50];

		snprintf(path, sizeof(path), "/spool/job%d", i);
		sample_add(r, &(struct sample_open){ .path = path,
						     .flags = "\"O_RDWR\",\"O_CREAT\"" });
	}
	return r;
}

static void expect_lines(const char *text, const char *const *lines, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		bool unwanted = *lines[i] == '~';
		char wanted[300];

		snprintf(wanted, sizeof(wanted), "\n%s\n", lines[i] + unwanted);
		cr_expect_eq(!strstr(text, wanted), unwanted, "'%s' in\n%s", lines[i], text);
	}
}

Test(report_profile, paths)
{
	static const char *const lines[] = {
		"r    /etc/passwd",  "r    /etc/",          "x    /bin/sh",
		"x    /usr/bin/env", "rw   /srv/db",        "wc   /var/log/it's \"a\" log",
		"rw   /tmp/",        "!ENOENT /run/secret", "!EACCES /etc/shadow",
		"     /var/log/",    "     /spool/",        "     /tmp/",
		"     /srv/",        "p    /only/path",     "~!EMFILE /etc/passwd",
		"~r    /tmp/#4711",
	};
	struct report *r = sample_report();
	char *text = profile_of(r, PROFILE_PATHS, NULL);

	expect_lines(text, lines, COUNT_OF(lines));
	cr_expect_null(strstr(text, "INCOMPLETE"));
	free(text);
	report_free(r);
}

Test(report_profile, losses_are_told)
{
	static const enum profile_kind kinds[] = { PROFILE_PATHS, PROFILE_APPARMOR,
						   PROFILE_LANDLOCK };
	struct report *r = sample_report();

	sample_add_line(r, "{\"type\":\"lost\",\"count\":5,\"reason\":\"ring_full\",\"container\":"
			   "{\"name\":\"web\"}}");
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		char *text = profile_of(r, kinds[i], NULL);

		cr_expect(strstr(text, "\n# INCOMPLETE: 5 were lost"), "%s", text);
		free(text);
	}
	report_free(r);
}

Test(report_profile, apparmor)
{
	static const char *const lines[] = {
		"  \"/etc/passwd\" r,",
		"  \"/etc/\" r,",
		"  \"/usr/lib/libc.so.6\" mr,",
		"  \"/var/log/it's \\\"a\\\" log\" w,",
		"  \"/srv/db\" rw,",
		"  \"/srv/\\*\\{a\\,b\\}\\[1\\]\\^\\@\" r,",
		"  \"/tmp/#*\" rw,",
		"  \"/proc/[0-9]*/task/[0-9]*/stat\" r,",
		"  \"/spool/*\" rw,",
		"  \"/bin/sh\" mrix,",
		"profile ctrace-web flags=(complain,attach_disconnected,mediate_deleted) {",
		"~  \"/spool/job1\" rw,",
		"~  \"/run/secret\" r,",
		"~  \"/only/path\" r,",
	};
	struct report *r = sample_report();
	char *text = profile_of(r, PROFILE_APPARMOR, NULL);

	expect_lines(text, lines, COUNT_OF(lines));
	free(text);
	report_free(r);
}

#define RULE(path, may) \
	"[ -e '" path "' ] && set -- --landlock-rule path-beneath:" may ":'" path "' \"$@\""

Test(report_profile, landlock)
{
	static const char *const lines[] = {
		RULE("/etc/passwd", "read-file"),
		RULE("/etc", "read-dir"),
		RULE("/var/log", "write-file,make-reg"),
		RULE("/srv/db", "write-file,read-file"),
		RULE("/tmp", "write-file,read-file,read-dir,make-reg"),
		RULE("/proc", "read-file"),
		RULE("/spool", "write-file,read-file,make-reg"),
		RULE("/bin/sh", "execute,read-file"),
	};
	struct report *r = sample_report();
	char *text = profile_of(r, PROFILE_LANDLOCK, NULL);

	expect_lines(text, lines, COUNT_OF(lines));
	free(text);
	report_free(r);
}

Test(report_profile, json)
{
	struct report *r = sample_report();
	const cJSON *container, *path;
	char *text, *printed;
	cJSON *json;

	sample_add_line(r, "{\"type\":\"open\",\"container\":{\"name\":\"web\"},\"process\":{},"
			   "\"file\":{\"path\":\"/\",\"path_base64\":\"L/8=\"}}");
	text = profile_of(r, PROFILE_JSON, NULL);
	json = cJSON_Parse(text);
	cr_assert(json, "%s", text);
	container = cJSON_GetArrayItem(cJSON_GetObjectItem(json, "containers"), 0);
	cr_expect_str_eq(cJSON_GetStringValue(cJSON_GetObjectItem(container, "name")), "web");
	cr_expect_eq(cJSON_GetObjectItem(container, "opens")->valueint, 21);
	cJSON_ArrayForEach (path, cJSON_GetObjectItem(container, "paths")) {
		printed = cJSON_PrintUnformatted(path);
		if (strstr(printed, "\"/etc/passwd\""))
			cr_expect_str_eq(printed, "{\"path\":\"/etc/passwd\",\"access\":[\"read\"],"
						  "\"opens\":1,\"failed\":1,\"error\":\"EMFILE\"}");
		free(printed);
	}
	cr_expect(strstr(text, "\"path\":\"/\xef\xbf\xbd\",\"path_base64\":\"L/8=\""));
	cJSON_Delete(json);
	free(text);
	report_free(r);
}

Test(report_profile, what_cannot_be)
{
	const struct image_root nowhere = { .path = "/no/such/image" };
	struct report *r = report_new(NULL);
	struct error err = {};

	cr_expect_eq(profile_write(r, PROFILE_PATHS, NULL, stderr, &err), -ENOENT);
	sample_add(r, &(struct sample_open){ .container = "a" });
	sample_add(r, &(struct sample_open){ .container = "b" });
	cr_expect_eq(profile_write(r, PROFILE_LANDLOCK, NULL, stderr, &err), -EINVAL);
	cr_expect(strstr(err.text, "--container"), "%s", err.text);
	cr_expect_eq(profile_write(r, PROFILE_PATHS, &nowhere, stderr, &err), -ENOENT);
	cr_expect(strstr(err.text, "'/no/such/image'"), "%s", err.text);
	report_free(r);
}

Test(report_profile, long_paths_are_bounded)
{
	struct report *r = report_new(NULL);
	char path[4000], *text;
	size_t len;

	for (len = 0; len < 19 * 201; len++)
		path[len] = len % 201 ? 'd' : '/';
	for (int i = 0; i < 24000; i++) {
		snprintf(path + len, sizeof(path) - len, "/%d", i);
		sample_add(r, &(struct sample_open){ .path = path });
	}
	text = profile_of(r, PROFILE_PATHS, NULL);
	cr_expect_lt(strlen(text), 75000000);
	cr_expect(strstr(text, "were of more files than ctrace keeps apart"), "%.300s", text);
	free(text);
	report_free(r);
}

/* --- the image ------------------------------------------------------------------------- */

static void make_file(const char *root, const char *name, size_t bytes)
{
	char path[200];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	fd = open(path, O_WRONLY | O_CREAT, 0644);
	cr_assert_geq(fd, 0, "%s", path);
	cr_assert_eq(ftruncate(fd, (off_t)bytes), 0);
	close(fd);
}

static void make_image(const char *root)
{
	char from[200], to[200];

	snprintf(from, sizeof(from), "%s/etc", root);
	mkdir(from, 0755);
	snprintf(from, sizeof(from), "%s/bin", root);
	mkdir(from, 0755);
	make_file(root, "etc/passwd", 10);
	make_file(root, "etc/unused", 100);
	make_file(root, "bin/sh", 1000);
	/* one file under three names, of which one is run: none is unused */
	snprintf(from, sizeof(from), "%s/bin/sh", root);
	snprintf(to, sizeof(to), "%s/bin/ls", root);
	cr_assert_eq(link(from, to), 0);
	/* and one under two that nobody opens: unused once */
	make_file(root, "bin/x", 5);
	snprintf(from, sizeof(from), "%s/bin/x", root);
	snprintf(to, sizeof(to), "%s/bin/y", root);
	cr_assert_eq(link(from, to), 0);
	snprintf(to, sizeof(to), "%s/etc/link", root);
	cr_assert_eq(symlink("unused", to), 0);
}

Test(report_profile, never_opened)
{
	static const char *const lines[] = {
		"# never opened: 2 of 4 files of the image, 105 of 1115 bytes",
		"-        100 /etc/unused",
		"-          5 /bin/x",
		"~-          5 /bin/y",
		"~-       1000 /bin/ls",
		"~-         10 /etc/passwd",
	};
	struct report *r = sample_report();
	char root[] = "/tmp/ctrace-image-XXXXXX", command[100];
	char *text;

	cr_assert(mkdtemp(root));
	make_image(root);
	text = profile_of(r, PROFILE_PATHS, root);
	expect_lines(text, lines, COUNT_OF(lines));
	free(text);
	report_free(r);
	snprintf(command, sizeof(command), "rm -rf '%s'", root);
	cr_expect_eq(system(command), 0);
}

/* A device may do anything when it is opened; a FIFO stands for it here. */
Test(report_profile, image_has_a_device_for_a_program)
{
	struct report *r = sample_report();
	char root[] = "/tmp/ctrace-image-XXXXXX", name[200], event[4096];
	int watch = inotify_init1(IN_NONBLOCK);

	cr_assert(mkdtemp(root));
	snprintf(name, sizeof(name), "%s/bin", root);
	cr_assert_eq(mkdir(name, 0755), 0);
	snprintf(name, sizeof(name), "%s/bin/sh", root);
	cr_assert_eq(mkfifo(name, 0644), 0);
	cr_assert_geq(inotify_add_watch(watch, name, IN_OPEN), 0);

	free(profile_of(r, PROFILE_PATHS, root));
	cr_expect_eq(read(watch, event, sizeof(event)), -1, "it was opened");

	report_free(r);
	close(watch);
	unlink(name);
	*strrchr(name, '/') = '\0';
	rmdir(name);
	rmdir(root);
}
