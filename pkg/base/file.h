/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Whole small files, read so that nothing in the file's place can hurt us. */
#ifndef CTRACE_FILE_H
#define CTRACE_FILE_H

#include <stddef.h>

struct stat;

/*
 * Read all of a regular file of at most `max` bytes.  path is taken relative to
 * dir_fd (AT_FDCWD works).  Its last component is not followed when it is a
 * symlink (-ELOOP), a FIFO or device neither blocks nor is read (-EMEDIUMTYPE),
 * a longer file is refused (-EFBIG).  *text is the caller's to free and ends
 * in a NUL byte that *len (NULL is fine) does not count; the text itself may
 * hold NULs.  Files of procfs and cgroupfs, whose stated size is 0, work too.
 * 0, or -errno with the outputs untouched.
 */
int file_read(int dir_fd, const char *path, size_t max, char **text, size_t *len);

/*
 * The same below dir_fd: no component is a symlink or "..", the path is relative.
 * -EAGAIN if the file changed meanwhile, by its size and time of change; *st (NULL is fine)
 * is what these are of.
 */
int file_read_beneath(int dir_fd, const char *path, size_t max, char **text, size_t *len,
		      struct stat *st);

#endif
