// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "container/select.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	CANDIDATES_MAX = 8, /* as many as one line can bear */
	SUGGESTIONS_MAX = 3,
	WORD_MAX = 64, /* longer words are not compared letter by letter */
	LABEL_MAX = 160,
	LIST_MAX = 800, /* with the sentence around it, within struct error's text */
};

void container_id_short(char out[static CONTAINER_ID_SHORT + 1], const char *id)
{
	size_t len = strnlen(id, CONTAINER_ID_SHORT);

	memcpy(out, id, len);
	out[len] = '\0';
}

/* --- text for people ------------------------------------------------------------- */

/* Names are a container's word; a terminal must not obey them. */
static void copy_harmless(char out[static WORD_MAX + 1], const char *text)
{
	size_t i;

	for (i = 0; i < WORD_MAX && text[i]; i++)
		out[i] = text[i] >= ' ' && text[i] < 0x7f ? text[i] : '?';
	out[i] = '\0';
}

static bool is_hash(const char *id)
{
	return strlen(id) > CONTAINER_ID_SHORT && !id[strspn(id, "0123456789abcdef")];
}

/* "'web' (3f2a1b2c3d4e)"; without a name "3f2a1b2c3d4e", or an id that is one: "'my-runc'". */
static void label(char out[static LABEL_MAX], const struct container *c)
{
	char id[WORD_MAX + 1], name[WORD_MAX + 1];

	if (is_hash(c->id))
		container_id_short(id, c->id);
	else
		copy_harmless(id, c->id);

	if (c->name && strcmp(c->name, c->id) != 0) {
		copy_harmless(name, c->name);
		snprintf(out, LABEL_MAX, "'%s' (%s)", name, id);
	} else {
		snprintf(out, LABEL_MAX, is_hash(c->id) ? "%s" : "'%s'", id);
	}
}

static void append(char list[static LIST_MAX], const char *between, const char *text)
{
	size_t used = strlen(list);

	snprintf(list + used, LIST_MAX - used, "%s%s", used ? between : "", text);
}

/* --- matches --------------------------------------------------------------------- */

typedef bool container_match(const struct container *c, const char *wanted);

static bool has_id(const struct container *c, const char *wanted)
{
	return !strcmp(c->id, wanted);
}

static bool has_name(const struct container *c, const char *wanted)
{
	return (c->name && !strcmp(c->name, wanted)) ||
	       (c->k8s_container && !strcmp(c->k8s_container, wanted));
}

static bool has_id_prefix(const struct container *c, const char *wanted)
{
	size_t len = strlen(wanted);

	return len >= SELECT_PREFIX_MIN && !strncmp(c->id, wanted, len);
}

struct matches {
	const struct container *found[CANDIDATES_MAX];
	size_t count; /* all of them, also those that found[] has no room for */
};

/* A restarted container has the id and path of one that is gone and not yet swept out. */
static bool is_known(const struct matches *m, const struct container *c)
{
	size_t i;

	for (i = 0; i < m->count && i < CANDIDATES_MAX; i++) {
		if (!strcmp(m->found[i]->id, c->id) &&
		    !strcmp(m->found[i]->cgroup_path, c->cgroup_path))
			return true;
	}
	return false;
}

static struct matches find_all(const struct registry *reg, container_match *match,
			       const char *wanted)
{
	struct matches m = { 0 };
	size_t i;

	for (i = registry_count(reg); i-- > 0;) { /* the newest first */
		const struct container *c = registry_at(reg, i);

		if (!match(c, wanted) || is_known(&m, c))
			continue;
		if (m.count < CANDIDATES_MAX)
			m.found[m.count] = c;
		m.count++;
	}
	return m;
}

/* Where all have the very same id, as two runtimes may, only the cgroup tells them apart. */
static void label_candidate(char out[static LABEL_MAX], const struct container *c, bool same_id)
{
	char path[WORD_MAX + 1];

	if (!same_id) {
		label(out, c);
		return;
	}
	copy_harmless(path, c->cgroup_path);
	snprintf(out, LABEL_MAX, "%s in cgroup %s", c->runtime ? c->runtime : "one", path);
}

static int say_ambiguous(struct error *err, const struct matches *m, const char *wanted,
			 bool same_id, const char *what, const char *remedy)
{
	char list[LIST_MAX] = "", word[WORD_MAX + 1], text[LABEL_MAX];
	size_t i;

	for (i = 0; i < m->count && i < CANDIDATES_MAX; i++) {
		label_candidate(text, m->found[i], same_id);
		append(list, ", ", text);
	}
	if (m->count > CANDIDATES_MAX)
		append(list, ", ", "...");

	copy_harmless(word, wanted);
	return error_say(err, -ENOTUNIQ, "%zu containers %s '%s': %s; %s", m->count, what, word,
			 list, remedy);
}

/* --- what could have been meant -------------------------------------------------- */

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/*
 * How many letters to insert, delete, replace or swap with their neighbour ("optimal
 * string alignment"); both words within WORD_MAX.
 */
static size_t edit_distance(const char *a, const char *b)
{
	size_t rows[3][WORD_MAX + 1], len = strlen(b), i, j;
	size_t *before = rows[0], *last = rows[1], *row = rows[2];

	for (j = 0; j <= len; j++)
		last[j] = j;

	for (i = 1; a[i - 1]; i++) {
		size_t *oldest = before;

		row[0] = i;
		for (j = 1; j <= len; j++) {
			row[j] = min3(last[j] + 1, row[j - 1] + 1,
				      last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = min3(row[j], before[j - 2] + 1, row[j]);
		}
		before = last;
		last = row;
		row = oldest;
	}
	return last[len];
}

enum {
	NOT_CLOSE = 1000, /* further than any edit distance here */
	CONTAINED = 50,   /* worse than any small slip of the fingers */
};

/* How far a word is from what was typed; NOT_CLOSE if nobody would take one for the other. */
static size_t word_distance(const char *word, const char *wanted)
{
	size_t len = strlen(wanted), distance;

	if (!word || !*word || strlen(word) > WORD_MAX || len > WORD_MAX)
		return NOT_CLOSE;

	distance = edit_distance(word, wanted);
	if (distance <= (len + 1) / 3)
		return distance;
	if (len >= 2 && strstr(word, wanted))
		return CONTAINED + distance;
	if (strlen(word) >= 3 && strstr(wanted, word))
		return CONTAINED + distance;
	return NOT_CLOSE;
}

/* Hashes are not mistyped but cut or pasted wrongly: only their beginning counts. */
static size_t container_distance(const struct container *c, const char *wanted)
{
	size_t by_name = word_distance(c->name, wanted), by_id = NOT_CLOSE;

	if (!is_hash(c->id))
		by_id = word_distance(c->id, wanted);
	else if (strlen(wanted) >= 2 && !strncmp(c->id, wanted, strlen(wanted)))
		by_id = 0;
	return by_name < by_id ? by_name : by_id;
}

struct suggestions {
	struct {
		const struct container *c;
		size_t distance;
	} at[SUGGESTIONS_MAX];
	size_t count;
};

static void suggest(struct suggestions *s, const struct container *c, size_t distance)
{
	size_t i = s->count < SUGGESTIONS_MAX ? s->count++ : SUGGESTIONS_MAX;

	for (; i > 0 && s->at[i - 1].distance > distance; i--) {
		if (i < SUGGESTIONS_MAX)
			s->at[i] = s->at[i - 1];
	}
	if (i < SUGGESTIONS_MAX) {
		s->at[i].c = c;
		s->at[i].distance = distance;
	}
}

static int say_none(struct error *err, const struct registry *reg, const char *wanted)
{
	char list[LIST_MAX] = "", word[WORD_MAX + 1], text[LABEL_MAX];
	struct suggestions s = { 0 };
	size_t i;

	for (i = 0; i < registry_count(reg); i++) {
		size_t distance = container_distance(registry_at(reg, i), wanted);

		if (distance < NOT_CLOSE)
			suggest(&s, registry_at(reg, i), distance);
	}
	for (i = 0; i < s.count; i++) {
		label(text, s.at[i].c);
		if (!strstr(list, text)) /* two may have one name */
			append(list, " or ", text);
	}

	copy_harmless(word, wanted);
	if (!registry_count(reg))
		return error_say(err, -ENOENT, "no container '%s': none is running on this host",
				 word);
	if (!s.count)
		return error_say(err, -ENOENT, "no container '%s'; 'ctrace ps' lists all", word);
	return error_say(err, -ENOENT, "no container '%s'; did you mean %s? 'ctrace ps' lists all",
			 word, list);
}

/* --- the choice ------------------------------------------------------------------ */

static const struct {
	container_match *match;
	bool same_id;
	const char *what, *remedy;
} rules[] = {
	/* the first that matches anything decides */
	{ has_id, true, "have the id", "choose one with --cgroup" },
	{ has_name, false, "have the name", "choose one by its id" },
	{ has_id_prefix, false, "have an id that starts with", "give more of it" },
};

int select_container(const struct registry *reg, const char *wanted, const struct container **out,
		     struct error *err)
{
	size_t i;

	for (i = 0; *wanted && i < sizeof(rules) / sizeof(*rules); i++) {
		struct matches m = find_all(reg, rules[i].match, wanted);

		if (m.count > 1)
			return say_ambiguous(err, &m, wanted, rules[i].same_id, rules[i].what,
					     rules[i].remedy);
		if (m.count == 1) {
			*out = m.found[0];
			return 0;
		}
	}
	return say_none(err, reg, wanted);
}

/* --- all of them ----------------------------------------------------------------- */

static int say_left_out(struct error *err, const struct container *c, const char *wanted)
{
	char word[WORD_MAX + 1], text[LABEL_MAX];

	label(text, c);
	copy_harmless(word, wanted);
	return error_say(err, -ENOENT, "container '%s' is %s, which the other options leave out",
			 word, text);
}

/* Each word means one container, which nothing else may leave out. */
static int select_each(const struct registry *reg, const struct selector *selector,
		       select_found *found, void *arg, struct error *err)
{
	const struct string_list *words = &selector->wanted[SELECT_CONTAINER];

	for (size_t i = 0; i < words->count; i++) {
		const struct container *c = NULL;
		int r = select_container(reg, words->at[i], &c, err);

		if (!c)
			return r;
		if (!selector_wants(selector, c))
			return say_left_out(err, c, words->at[i]);
		r = found(c, arg);
		if (r)
			return r;
	}
	return 0;
}

static bool is_there(const struct registry *reg, const struct selector *selector, const char *word)
{
	for (size_t i = 0; i < registry_count(reg); i++) {
		const struct container *c = registry_at(reg, i);

		if (selector_matches(SELECT_CONTAINER, c, word) && selector_wants(selector, c))
			return true;
	}
	return false;
}

static int check_words(const struct registry *reg, const struct selector *selector,
		       struct error *err)
{
	const struct string_list *words = &selector->wanted[SELECT_CONTAINER];

	for (size_t i = 0; i < words->count; i++) {
		const struct container *c = NULL;
		int r;

		if (is_there(reg, selector, words->at[i]))
			continue;
		r = select_container(reg, words->at[i], &c, err);
		return c ? say_left_out(err, c, words->at[i]) : r;
	}
	return 0;
}

int select_containers(const struct registry *reg, const struct selector *selector, bool wait,
		      select_found *found, void *arg, struct error *err)
{
	int r = 0;

	if (!wait && selector->wanted[SELECT_CONTAINER].count && !selector_has_set(selector))
		return select_each(reg, selector, found, arg, err);
	if (!wait)
		r = check_words(reg, selector, err);
	for (size_t i = 0; i < registry_count(reg) && !r; i++)
		if (selector_wants(selector, registry_at(reg, i)))
			r = found(registry_at(reg, i), arg);
	return r;
}
