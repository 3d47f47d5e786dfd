// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "report/profile.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "event/clock.h"
#include "output/visible.h"
#include "report/profile_kinds.h"

int profile_from_name(enum profile_kind *out, const char *name, struct error *err)
{
	static const char *const names[] = {
		[PROFILE_PATHS] = "paths",
		[PROFILE_JSON] = "json",
		[PROFILE_APPARMOR] = "apparmor",
		[PROFILE_LANDLOCK] = "landlock",
	};

	for (size_t i = PROFILE_PATHS; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i])) {
			*out = (enum profile_kind)i;
			return 0;
		}
	return error_say(err, -EINVAL,
			 "--profile: '%s' is not one of: paths, json, apparmor, landlock", name);
}

/* --- what the kinds have in common ------------------------------------------------------ */

void profile_put_visible(FILE *f, const char *text)
{
	size_t room = strlen(text) * 4 + 8;
	auto_free char *out = malloc(room);

	if (!out)
		return;
	visible_text(out, room, text);
	fputs(out, f);
}

static void put_time(FILE *f, __u64 ns)
{
	struct time_text cache = {};
	char text[TIME_TEXT_BYTES];

	time_text_utc(&cache, ns, text);
	fprintf(f, "%.19sZ", text); /* to the second */
}

void profile_put_head(FILE *f, const struct profile *p)
{
	const struct report_container *c = p->container;
	__u64 lost = report_lost(c->lost) + report_lost(p->report->lost);
	char title[TITLE_BYTES];

	fputs("# ", f);
	profile_put_visible(f, report_container_title(c, title));
	if (c->labels[LABEL_IMAGE]) {
		fputs(", image ", f);
		profile_put_visible(f, c->labels[LABEL_IMAGE]);
	}
	fprintf(f, "\n# %" PRIu64 " opens, %" PRIu64 " of them failed", (uint64_t)c->opens,
		(uint64_t)c->failed);
	if (c->last_ns) {
		fputs(", from ", f);
		put_time(f, c->first_ns);
		fputs(" to ", f);
		put_time(f, c->last_ns);
	}
	fputs("\n# It holds what was seen then: what the container needs at other times is "
	      "missing.\n",
	      f);
	if (lost)
		fprintf(f, "# INCOMPLETE: %" PRIu64 " were lost and are not in it.\n",
			(uint64_t)lost);
	if (p->paths.unlisted)
		fprintf(f,
			"# INCOMPLETE: %" PRIu64
			" opens were of more files than ctrace keeps apart.\n",
			(uint64_t)p->paths.unlisted);
}

bool is_loader(const char *path)
{
	const char *name = strrchr(path, '/');

	return name && (!strncmp(name, "/ld-", 4) || !strncmp(name, "/ld.so", 6)) &&
	       strstr(name, ".so") && !strstr(name, ".cache") && !strstr(name, ".conf");
}

bool has_loader(const struct path_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->at[i].opens && is_loader(list->at[i].path))
			return true;
	return false;
}

bool is_of_process(const char *path)
{
	return !strncmp(path, "/proc/", 6) && path[6] >= '0' && path[6] <= '9';
}

/* --- all containers ----------------------------------------------------------------------- */

static int make_lists(struct profile *p, const struct report *r, size_t count)
{
	auto_free struct path_list **lists = calloc(count + 1, sizeof(struct path_list *));
	auto_free __u32 *roots = calloc(count + 1, sizeof(*roots));

	if (!lists || !roots)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		lists[i] = &p[i].paths;
		roots[i] = p[i].container->node;
	}
	return path_lists_make(lists, roots, count, r);
}

static int make_profiles(struct profile *p, const struct report *r, size_t *count)
{
	for (__u32 i = 0; i <= r->limits.containers; i++) {
		if (!r->containers[i] || !r->containers[i]->opens)
			continue;
		p[*count].report = r;
		p[(*count)++].container = r->containers[i];
	}
	return make_lists(p, r, *count);
}

static int read_image(struct image *image, const struct image_root *root, const struct profile *p,
		      size_t count, struct error *err)
{
	const struct path_list **lists = calloc(count, sizeof(struct path_list *));
	int rc;

	if (!lists)
		return error_set(err, -ENOMEM, "read the image at '%s'", root->path);
	for (size_t i = 0; i < count; i++)
		lists[i] = &p[i].paths;
	rc = image_read(image, root, lists, count, err);
	free(lists);
	return rc;
}

static int put_all(FILE *f, enum profile_kind kind, const struct profile *p, size_t count,
		   const struct image *image)
{
	static int (*const kinds[])(FILE *, const struct profile *) = {
		[PROFILE_PATHS] = profile_put_paths,
		[PROFILE_APPARMOR] = profile_put_apparmor,
		[PROFILE_LANDLOCK] = profile_put_landlock,
	};
	int rc = 0;

	if (kind == PROFILE_JSON) {
		profile_put_json(f, p, count, image);
		return 0;
	}
	for (size_t i = 0; i < count && !rc; i++) {
		if (i)
			fputc('\n', f);
		rc = kinds[kind](f, &p[i]);
	}
	if (image)
		profile_put_unopened(f, image);
	return rc;
}

static int write_profiles(FILE *f, enum profile_kind kind, const struct image_root *root,
			  const struct profile *p, size_t count, struct error *err)
{
	struct image image = {};
	int rc = 0;

	if (!count)
		return error_say(err, -ENOENT,
				 "no opens, so there is nothing to make a profile of");
	if (kind == PROFILE_LANDLOCK && count > 1)
		return error_say(err, -EINVAL,
				 "a Landlock script is of one container, and here are %zu; choose "
				 "by --container",
				 count);
	if (root)
		rc = read_image(&image, root, p, count, err);
	if (!rc) {
		rc = put_all(f, kind, p, count, root ? &image : NULL);
		if (rc < 0)
			error_set(err, rc, "write a profile");
	}
	image_done(&image);
	return rc;
}

int profile_write(const struct report *r, enum profile_kind kind, const struct image_root *image,
		  FILE *f, struct error *err)
{
	struct profile *p = calloc(r->limits.containers + 1, sizeof(*p));
	size_t count = 0;
	int rc;

	if (!p)
		return error_set(err, -ENOMEM, "make a profile");
	rc = make_profiles(p, r, &count);
	rc = rc < 0 ? error_set(err, rc, "make a profile")
		    : write_profiles(f, kind, image, p, count, err);
	for (size_t i = 0; i < count; i++)
		path_list_done(&p[i].paths);
	free(p);
	if (!rc && (fflush(f) || ferror(f)))
		return error_set(err, errno ? -errno : -EIO, "write the profile");
	return rc;
}
