// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Rules for those who enforce them: AppArmor and Landlock. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "report/profile_kinds.h"

/* A directory in which this many files were made is taken for one of temporary names. */
#define MANY_MADE 5

/* What a path may; a rule's path may stand for many files' once numbers and names are gone. */
struct rule {
	char *path;
	unsigned int may;
};

struct rules {
	struct rule *at;
	size_t count, room;
};

/* path is the rule's from here on, NULL: there was no memory for it. */
static int add_rule(struct rules *rules, char *path, unsigned int may)
{
	if (path && rules->count == rules->room) {
		size_t room = rules->room ? rules->room * 2 : 128;
		struct rule *at = reallocarray(rules->at, room, sizeof(*at));

		if (at) {
			rules->at = at;
			rules->room = room;
		}
	}
	if (!path || rules->count == rules->room) {
		free(path);
		return -ENOMEM;
	}
	rules->at[rules->count++] = (struct rule){ path, may };
	return 0;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct rule *)a)->path, ((const struct rule *)b)->path);
}

/* Sorted, and one a path. */
static void tidy_rules(struct rules *rules)
{
	size_t kept = 0;

	if (rules->count)
		qsort(rules->at, rules->count, sizeof(*rules->at), by_path);
	for (size_t i = 0; i < rules->count; i++) {
		if (kept && !strcmp(rules->at[kept - 1].path, rules->at[i].path)) {
			rules->at[kept - 1].may |= rules->at[i].may;
			free(rules->at[i].path);
		} else {
			rules->at[kept++] = rules->at[i];
		}
	}
	rules->count = kept;
}

static void free_rules(struct rules *rules)
{
	for (size_t i = 0; i < rules->count; i++)
		free(rules->at[i].path);
	free(rules->at);
}

/* --- AppArmor ------------------------------------------------------------------------ */

enum { AA_READ = 1, AA_WRITE = 2, AA_MAP = 4, AA_EXECUTE = 8 };

/* What means something in a pattern is told from what is a name by a backslash. */
static void put_pattern_char(FILE *f, unsigned char c)
{
	if (c < 0x20 || c == 0x7f)
		fprintf(f, "\\%03o", c);
	else if (strchr("\\\"*?[]{}^,@", c))
		fprintf(f, "\\%c", c);
	else
		fputc(c, f);
}

/* The path as a pattern; below /proc any process' number stands for all. */
static void put_pattern(FILE *f, const char *path)
{
	bool in_proc = !strncmp(path, "/proc/", 6);

	while (*path) {
		size_t digits = strspn(path + 1, "0123456789");

		put_pattern_char(f, (unsigned char)*path);
		if (in_proc && *path == '/' && digits &&
		    (!path[1 + digits] || path[1 + digits] == '/')) {
			fputs("[0-9]*", f);
			path += digits;
		}
		path++;
	}
}

static bool is_library(const char *path)
{
	const char *name = strrchr(path, '/');
	const char *so = name ? strstr(name, ".so") : NULL;

	return so && (!so[3] || so[3] == '.') && !strstr(name, ".cache") && !strstr(name, ".conf");
}

static unsigned int apparmor_may(const struct needed_path *p)
{
	unsigned int may = 0;

	if (p->opens && p->access & ACCESS_READ)
		may |= AA_READ;
	if (is_written(p))
		may |= AA_WRITE;
	if (p->access & ACCESS_EXECUTE)
		may |= is_loader(p->path) ? AA_READ | AA_MAP : AA_READ | AA_MAP | AA_EXECUTE;
	/* opens don't tell what is mapped to be run: the name does */
	if (may & AA_READ && is_library(p->path))
		may |= AA_MAP;
	return may;
}

/* Of each file that was made the directory, sorted. */
struct made {
	char **in;
	size_t count;
};

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int find_made(struct made *made, const struct path_list *list)
{
	made->in = calloc(list->count + 1, sizeof(*made->in));
	if (!made->in)
		return -ENOMEM;
	for (size_t i = 0; i < list->count; i++) {
		const struct needed_path *p = &list->at[i];

		if (!p->opens || !(p->access & ACCESS_CREATE))
			continue;
		made->in[made->count] = path_directory(p->path);
		if (!made->in[made->count++])
			return -ENOMEM;
	}
	qsort(made->in, made->count, sizeof(*made->in), by_text);
	return 0;
}

static void free_made(struct made *made)
{
	for (size_t i = 0; i < made->count; i++)
		free(made->in[i]);
	free(made->in);
}

/* Were MANY_MADE or more made in it? */
static bool has_many(const struct made *made, const char *directory)
{
	size_t from = 0, to = made->count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (strcmp(made->in[middle], directory) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return made->count - from >= MANY_MADE &&
	       !strcmp(made->in[from + MANY_MADE - 1], directory);
}

/* What names it and all that is like it: the caller frees it; NULL when there is no memory. */
static char *pattern_of(const struct made *made, const struct needed_path *p)
{
	auto_free char *directory = path_directory(p->path);
	char *pattern = NULL;
	size_t len;
	FILE *f = directory ? open_memstream(&pattern, &len) : NULL;

	if (!f)
		return NULL;
	if (p->access & ACCESS_CREATE && has_many(made, directory)) {
		put_pattern(f, strcmp(directory, "/") ? directory : "");
		fputs("/*", f);
	} else {
		put_pattern(f, p->path);
		if (p->access & ACCESS_TEMPORARY)
			fputs("/#*", f); /* what the kernel calls a file without a name */
		else if (p->is_directory && strcmp(p->path, "/") != 0)
			fputc('/', f);
	}
	fclose(f);
	return pattern;
}

static void put_profile_name(FILE *f, const char *title)
{
	for (; *title; title++)
		fputc(strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-",
			     *title)
			      ? *title
			      : '_',
		      f);
}

static void put_apparmor_rule(FILE *f, const struct rule *rule)
{
	fprintf(f, "  \"%s\" %s%s%s%s,\n", rule->path, rule->may & AA_MAP ? "m" : "",
		rule->may & AA_READ ? "r" : "", rule->may & AA_WRITE ? "w" : "",
		rule->may & AA_EXECUTE ? "ix" : "");
}

int profile_put_apparmor(FILE *f, const struct profile *p)
{
	struct rules rules = {};
	struct made made = {};
	char title[TITLE_BYTES];
	int rc = find_made(&made, &p->paths);

	for (size_t i = 0; i < p->paths.count && !rc; i++)
		if (apparmor_may(&p->paths.at[i]))
			rc = add_rule(&rules, pattern_of(&made, &p->paths.at[i]),
				      apparmor_may(&p->paths.at[i]));
	free_made(&made);
	tidy_rules(&rules);

	profile_put_head(f, p);
	fputs("# Only files are restricted.  It complains and lets pass: watch the log, then\n"
	      "# take \"complain\" away.  Removing and renaming are not opens: not in here.\n"
	      "profile ctrace-",
	      f);
	put_profile_name(f, report_container_title(p->container, title));
	fputs(" flags=(complain,attach_disconnected,mediate_deleted) {\n"
	      "  capability,\n  network,\n  signal,\n  ptrace,\n  unix,\n\n",
	      f);
	if (!has_loader(&p->paths))
		fputs("  # the loader of dynamic programs: the kernel opens it, unseen here\n"
		      "  \"/{usr/,}lib{,32,64}/{,*/}ld-*.so*\" mr,\n\n",
		      f);
	for (size_t i = 0; i < rules.count; i++)
		put_apparmor_rule(f, &rules.at[i]);
	fputs("}\n", f);
	free_rules(&rules);
	return rc;
}

/* --- Landlock ------------------------------------------------------------------------ */

enum { LL_EXECUTE = 1, LL_WRITE = 2, LL_READ = 4, LL_LIST = 8, LL_MAKE = 16 };

/* As setpriv(1) of util-linux spells them; all of them are in Landlock's first version. */
static const struct {
	unsigned int right;
	const char *word;
} landlock_words[] = {
	{ LL_EXECUTE, "execute" }, { LL_WRITE, "write-file" }, { LL_READ, "read-file" },
	{ LL_LIST, "read-dir" },   { LL_MAKE, "make-reg" },
};

static void put_rights(FILE *f, unsigned int may)
{
	const char *comma = "";

	for (size_t i = 0; i < sizeof(landlock_words) / sizeof(landlock_words[0]); i++) {
		if (!(may & landlock_words[i].right))
			continue;
		fprintf(f, "%s%s", comma, landlock_words[i].word);
		comma = ",";
	}
}

/* Any bytes as one word of sh(1). */
static void put_quoted(FILE *f, const char *text)
{
	fputc('\'', f);
	for (; *text; text++)
		if (*text == '\'')
			fputs("'\\''", f);
		else
			fputc(*text, f);
	fputc('\'', f);
}

static unsigned int landlock_may(const struct needed_path *p)
{
	unsigned int may = 0;

	if (p->access & ACCESS_EXECUTE)
		may |= LL_EXECUTE | LL_READ;
	if (p->opens && p->access & ACCESS_READ)
		may |= p->is_directory ? LL_LIST : LL_READ;
	if (p->access & ACCESS_DIRECTORY && p->access & ~(ACCESS_PATH | ACCESS_DIRECTORY))
		may |= LL_LIST;
	if (is_written(p))
		may |= LL_WRITE;
	return may;
}

static int add_landlock(struct rules *rules, const struct needed_path *p)
{
	unsigned int may = landlock_may(p);
	int rc = 0;

	if (!p->opens && !(p->access & ACCESS_EXECUTE))
		return 0;
	/* a file that may not be there yet is its directory's matter */
	if (p->access & ACCESS_CREATE)
		return add_rule(rules, path_directory(p->path), may | LL_MAKE);
	if (p->access & ACCESS_TEMPORARY)
		return add_rule(rules, strdup(p->path), may | LL_READ | LL_WRITE | LL_MAKE);
	/* the number of a process means nothing the next time */
	if (is_of_process(p->path))
		return add_rule(rules, strdup("/proc"), may);
	if (may)
		rc = add_rule(rules, strdup(p->path), may);
	return rc;
}

static void put_landlock_rule(FILE *f, const struct rule *rule)
{
	fputs("[ -e ", f);
	put_quoted(f, rule->path);
	fputs(" ] && set -- --landlock-rule path-beneath:", f);
	put_rights(f, rule->may);
	fputc(':', f);
	put_quoted(f, rule->path);
	fputs(" \"$@\"\n", f);
}

int profile_put_landlock(FILE *f, const struct profile *p)
{
	struct rules rules = {};
	int rc = 0;

	for (size_t i = 0; i < p->paths.count && !rc; i++)
		rc = add_landlock(&rules, &p->paths.at[i]);
	tidy_rules(&rules);

	fputs("#!/bin/sh\n", f);
	profile_put_head(f, p);
	fputs("# Runs a command that may open these files only: sh THIS-FILE CMD [ARG...]\n"
	      "# Needs setpriv of util-linux 2.41 or later.  What is no open (removing, renaming,\n"
	      "# making directories) is not restricted.\n"
	      "set -- -- \"$@\"\n",
	      f);
	if (!has_loader(&p->paths))
		fputs("# the loader of dynamic programs: the kernel opens it, unseen here\n"
		      "for loader in /lib*/ld-*.so* /lib/*/ld-*.so*; do\n"
		      "\t[ -e \"$loader\" ] && set -- --landlock-rule "
		      "\"path-beneath:execute,read-file:$loader\" \"$@\"\n"
		      "done\n",
		      f);
	for (size_t i = 0; i < rules.count; i++)
		put_landlock_rule(f, &rules.at[i]);
	fputs("exec setpriv --no-new-privs --landlock-access fs:", f);
	put_rights(f, ~0u);
	fputs(" \"$@\"\n", f);
	free_rules(&rules);
	return rc;
}
