/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "output/utf8.h"

static struct bytes without(struct bytes text, size_t n)
{
	return (struct bytes){ text.at + n, text.len - n };
}

/* Length of the sequence that a first byte announces; 0 for what cannot be first. */
static size_t announced_size(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc2)
		return 0; /* a continuation, or overlong */
	if (first < 0xe0)
		return 2;
	if (first < 0xf0)
		return 3;
	return first < 0xf5 ? 4 : 0;
}

static bool is_scalar(__s32 code, size_t size)
{
	static const __s32 least[] = { 0, 0, 0x80, 0x800, 0x10000 };

	return code >= least[size] && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
}

__s32 utf8_next(struct bytes text, size_t *size)
{
	const unsigned char *at = (const unsigned char *)text.at;
	size_t n = announced_size(*at);
	__s32 code = *at;

	*size = 1;
	if (n == 1)
		return code;
	if (!n || n > text.len)
		return UTF8_BAD;

	code &= 0x7f >> n;
	for (size_t i = 1; i < n; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return UTF8_BAD;
		code = code << 6 | (at[i] & 0x3f);
	}
	if (!is_scalar(code, n))
		return UTF8_BAD;

	*size = n;
	return code;
}

size_t utf8_size(__s32 code)
{
	if (code < 0x80)
		return 1;
	if (code < 0x800)
		return 2;
	return code < 0x10000 ? 3 : 4;
}

bool utf8_is_hidden(__s32 code)
{
	if (code < 0xa0)
		return (code >= 0 && code < 0x20) || code >= 0x7f;
	if (code < 0x200b)
		return false;
	return code <= 0x200f || (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2060 && code <= 0x206f) || code == 0xfeff;
}

size_t utf8_cost(struct bytes text, size_t (*cost)(__s32 code))
{
	size_t sum = 0, size;

	for (; text.len; text = without(text, size))
		sum += cost(utf8_next(text, &size));
	return sum;
}

struct bytes utf8_head(struct bytes text, size_t max, size_t (*cost)(__s32 code))
{
	struct bytes rest = text;
	size_t size;

	while (rest.len) {
		size_t c = cost(utf8_next(rest, &size));

		if (c > max)
			break;
		max -= c;
		rest = without(rest, size);
	}
	return (struct bytes){ text.at, text.len - rest.len };
}

/* From the front, although it is the end that counts: only that way is it known where characters
 * start. */
struct bytes utf8_tail(struct bytes text, size_t max, size_t (*cost)(__s32 code))
{
	size_t left = utf8_cost(text, cost), size;

	for (; left > max; text = without(text, size))
		left -= cost(utf8_next(text, &size));
	return text;
}
