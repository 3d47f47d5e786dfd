// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "report/image.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <linux/openat2.h>

#include "base/cleanup.h"
#include "base/id_map.h"

#define PASSES      3     /* over all files */
#define HEADERS_MAX 65536 /* bytes; no kernel runs a program with more (fs/binfmt_elf.c) */

struct walk {
	struct image *image;
	const struct image_root *from;
	char *root; /* resolved */
	int root_fd;
	const struct path_list *const *lists;
	size_t list_count, room;
	struct id_map *seen; /* inode numbers: opened, or counted already */
	__u64 steps, total;  /* files, in all passes; total is known after the first */
};

/* --- what counts as opened ------------------------------------------------------------ */

static bool is_opened(const struct walk *w, const char *path)
{
	for (size_t i = 0; i < w->list_count; i++) {
		const struct needed_path *p = path_list_find(w->lists[i], path);

		if (p && (p->opens || p->access & ACCESS_EXECUTE))
			return true;
	}
	return false;
}

/* In the image, whatever its symbolic links say. */
static int open_in(const struct walk *w, const char *path, int flags)
{
	struct open_how how = {
		.flags = (__u64)flags | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};

	return (int)syscall(SYS_openat2, w->root_fd, path, &how, sizeof(how));
}

/* Of a program; it may say anything. */
struct program_headers {
	bool wide; /* 64 bits */
	__u64 at;
	size_t count, bytes;
};

static bool read_program_headers(int fd, struct program_headers *h)
{
	union {
		unsigned char ident[EI_NIDENT];
		Elf32_Ehdr narrow;
		Elf64_Ehdr wide;
	} elf = {};

	if (pread(fd, &elf, sizeof(elf), 0) < (ssize_t)sizeof(elf.narrow) ||
	    memcmp(elf.ident, ELFMAG, SELFMAG) != 0)
		return false;
	h->wide = elf.ident[EI_CLASS] == ELFCLASS64;
	h->at = h->wide ? elf.wide.e_phoff : elf.narrow.e_phoff;
	h->count = h->wide ? elf.wide.e_phnum : elf.narrow.e_phnum;
	h->bytes = h->wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	return h->count * h->bytes <= HEADERS_MAX;
}

/* Where that header says that the loader's name is; false if it says something else. */
static bool read_loader_place(int fd, const struct program_headers *h, size_t i, off_t *at,
			      size_t *len)
{
	union {
		Elf32_Phdr narrow;
		Elf64_Phdr wide;
	} header;

	if (pread(fd, &header, h->bytes, (off_t)(h->at + i * h->bytes)) != (ssize_t)h->bytes)
		return false;
	*at = (off_t)(h->wide ? header.wide.p_offset : header.narrow.p_offset);
	*len = h->wide ? header.wide.p_filesz : header.narrow.p_filesz;
	return (h->wide ? header.wide.p_type : header.narrow.p_type) == PT_INTERP && *len &&
	       *len < PATH_MAX;
}

/*
 * The loader that a program names, copied; NULL if it names none, or is no program.  Not by
 * libelf, which takes as much memory as the file says that it has sections.
 */
static char *loader_of(int fd)
{
	struct program_headers headers;
	char *loader = NULL;
	off_t at;
	size_t len;

	if (!read_program_headers(fd, &headers))
		return NULL;
	for (size_t i = 0; i < headers.count && !loader; i++)
		if (read_loader_place(fd, &headers, i, &at, &len)) {
			loader = calloc(1, len + 1);
			if (loader && pread(fd, loader, len, at) < 0)
				*loader = '\0';
		}
	return loader;
}

static int mark(struct walk *w, ino_t inode)
{
	return id_map_put(w->seen, inode, w);
}

/* Nothing else is opened: a device, of which there may be any by now, might do something. */
static int open_regular(const struct walk *w, const char *path)
{
	auto_close int place = open_in(w, path, O_PATH);
	char again[40];
	struct stat st;

	if (place < 0 || fstat(place, &st) < 0 || !S_ISREG(st.st_mode))
		return -1;
	snprintf(again, sizeof(again), "/proc/self/fd/%d", place);
	return open(again, O_RDONLY | O_CLOEXEC);
}

static int mark_loader_of(struct walk *w, const char *exe)
{
	auto_close int fd = open_regular(w, exe);
	auto_free char *loader = fd >= 0 ? loader_of(fd) : NULL;
	auto_close int loader_fd = loader && *loader ? open_in(w, loader, O_PATH) : -1;
	struct stat st;

	return loader_fd >= 0 && !fstat(loader_fd, &st) ? mark(w, st.st_ino) : 0;
}

static int mark_loaders(struct walk *w)
{
	for (size_t i = 0; i < w->list_count; i++)
		for (size_t k = 0; k < w->lists[i]->count; k++) {
			const struct needed_path *p = &w->lists[i]->at[k];

			if (p->access & ACCESS_EXECUTE && mark_loader_of(w, p->path) < 0)
				return -ENOMEM;
		}
	return 0;
}

/* --- through the image ------------------------------------------------------------------ */

static int mark_opened(struct walk *w, const char *path, const struct stat *st)
{
	return is_opened(w, path) ? mark(w, st->st_ino) : 0;
}

static int note_unopened(struct walk *w, const char *path, const struct stat *st)
{
	struct image *image = w->image;
	struct image_file *files = image->unopened;

	if (image->unopened_count == w->room) {
		w->room = w->room ? w->room * 2 : 256;
		files = reallocarray(files, w->room, sizeof(*files));
		if (!files)
			return -ENOMEM;
		image->unopened = files;
	}
	files[image->unopened_count].path = strdup(path);
	if (!files[image->unopened_count].path)
		return -ENOMEM;
	files[image->unopened_count++].bytes = (__u64)st->st_size;
	image->unopened_bytes += (__u64)st->st_size;
	return 0;
}

/* Hard links of what was opened are seen already, and those of what was not after the first. */
static int count_file(struct walk *w, const char *path, const struct stat *st)
{
	if (id_map_get(w->seen, st->st_ino))
		return 0;
	if (st->st_nlink > 1 && mark(w, st->st_ino) < 0)
		return -ENOMEM;
	return note_unopened(w, path, st);
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static void step(struct walk *w)
{
	if (w->from->progress && !(++w->steps % 1024) && w->total)
		w->from->progress(w->from, (int)(w->steps * 100 / w->total));
}

static int each_file(struct walk *w,
		     int (*visit)(struct walk *w, const char *path, const struct stat *st))
{
	char *const roots[] = { w->root, NULL };
	size_t skip = strcmp(w->root, "/") ? strlen(w->root) : 0;
	FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, by_name);
	int rc = fts ? 0 : -errno;
	FTSENT *entry;

	while (!rc && (entry = fts_read(fts)))
		if (entry->fts_info == FTS_F) {
			rc = visit(w, entry->fts_path + skip, entry->fts_statp);
			step(w);
		}
	if (fts)
		fts_close(fts);
	return rc;
}

static int count_all(struct walk *w, const char *path, const struct stat *st)
{
	(void)path;
	if (id_map_get(w->seen, st->st_ino))
		return 0;
	w->image->files++;
	w->image->bytes += (__u64)st->st_size;
	return st->st_nlink > 1 ? mark(w, st->st_ino) : 0;
}

static int read_all(struct walk *w)
{
	int rc = each_file(w, count_all);

	w->total = w->steps * PASSES;
	id_map_free(w->seen);
	w->seen = id_map_new();
	if (!w->seen)
		return -ENOMEM;
	if (!rc)
		rc = mark_loaders(w);
	if (!rc)
		rc = each_file(w, mark_opened);
	return rc ? rc : each_file(w, count_file);
}

int image_read(struct image *image, const struct image_root *root,
	       const struct path_list *const *lists, size_t list_count, struct error *err)
{
	auto_free char *resolved = realpath(root->path, NULL);
	struct walk w = {
		.image = image,
		.from = root,
		.root = resolved,
		.lists = lists,
		.list_count = list_count,
	};
	int rc;

	*image = (struct image){};
	w.root_fd = resolved ? open(resolved, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	if (w.root_fd < 0)
		return error_set(err, -errno, "open the image's root '%s'", root->path);
	w.seen = id_map_new();
	rc = w.seen ? read_all(&w) : -ENOMEM;
	id_map_free(w.seen);
	close(w.root_fd);
	return rc < 0 ? error_set(err, rc, "read the image at '%s'", root->path) : 0;
}

void image_done(struct image *image)
{
	for (size_t i = 0; i < image->unopened_count; i++)
		free(image->unopened[i].path);
	free(image->unopened);
	*image = (struct image){};
}
