/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The terminal that `ctrace top` has for itself: by ncurses, on stdin and stdout. */
#ifndef CTRACE_TOP_SCREEN_H
#define CTRACE_TOP_SCREEN_H

#include "base/error.h"
#include "top/view.h"

/*
 * Take the terminal; what ncurses reads from files it reads here.  -ENOTSUP with the
 * reason where the terminal's kind is not known.
 */
int screen_open(bool color, struct error *err);

/* Give it back as it was; nothing happens if it was not taken. */
void screen_close(void);

/* The next key that waits, as top_view_key() takes it; 0: none, -1: the terminal is gone. */
int screen_key(void);

/* Was it resized since the last call?  Then it is cleared. */
bool screen_resized(void);

/* Show all of it.  message: for the last line, NULL: none. */
void screen_draw(struct top_view *v, const struct top *top, const char *message);

#endif
