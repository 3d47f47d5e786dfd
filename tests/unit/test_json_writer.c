/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "output/json_writer.h"

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

static struct bytes bytes_of(const char *s)
{
	return (struct bytes){ s, strlen(s) };
}

Test(json_writer, text)
{
	static const struct {
		const char *text, *json;
		bool valid;
	} facts[] = {
		{ "", "\"\"", true },
		{ "nginx.conf", "\"nginx.conf\"", true },
		{ "a long name, more than eight bytes", "\"a long name, more than eight bytes\"",
		  true },
		{ "a\"b\\c/d", "\"a\\\"b\\\\c/d\"", true },
		{ "1234567\"", "\"1234567\\\"\"", true },
		{ "12345678\\", "\"12345678\\\\\"", true },
		{ "a\nb\tc\rd", "\"a\\u000ab\\u0009c\\u000dd\"", true },
		{ "\x1b[31mred", "\"\\u001b[31mred\"", true },
		{ "\x01\x1f\x7f", "\"\\u0001\\u001f\\u007f\"", true },
		{ "\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0", "\"\\u0080\\u009b\\u009f\xc2\xa0\"", true },
		{ "\xe2\x80\xa8\xe2\x80\xa9", "\"\\u2028\\u2029\"", true },
		{ "\xe2\x80\xae", "\"\\u202e\"", true }, /* turns the text around */
		{ "grün €uro \xf0\x9f\x98\x80", "\"grün €uro \xf0\x9f\x98\x80\"", true },
		{ "a\xff"
		  "b",
		  "\"a\xef\xbf\xbd"
		  "b\"",
		  false },
		{ "\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"", false },
		{ "\xef\xbf\xbd", "\"\xef\xbf\xbd\"", true }, /* U+FFFD itself is fine */
	};

	for (size_t i = 0; i < COUNT_OF(facts); i++) {
		char out[256];
		struct json_writer w;
		bool valid;

		json_begin(&w, out, sizeof(out));
		valid = json_text(&w, bytes_of(facts[i].text));
		*w.at = '\0';
		cr_expect_str_eq(out, facts[i].json, "row %zu: %s", i, out);
		cr_expect_eq(valid, facts[i].valid, "row %zu", i);
	}
}

/* Every byte at every place of a word of eight, so that no lane of the fast path is wrong. */
Test(json_writer, each_byte_in_each_place)
{
	for (int byte = 1; byte < 256; byte++) {
		for (int place = 0; place < 17; place++) {
			char in[18] = "aaaaaaaaaaaaaaaaa", out[256];
			struct json_writer w;
			cJSON *json;
			bool valid;

			in[place] = (char)byte;
			json_begin(&w, out, sizeof(out));
			valid = json_text(&w, bytes_of(in));
			*w.at = '\0';
			cr_assert_eq(valid, byte < 0x80, "byte %#x at %d", byte, place);
			for (char *c = out; *c; c++)
				cr_assert((unsigned char)*c >= 0x20 && *c != 0x7f);

			json = cJSON_Parse(out);
			cr_assert(cJSON_IsString(json), "byte %#x at %d: %s", byte, place, out);
			if (valid)
				cr_assert_str_eq(json->valuestring, in);
			cJSON_Delete(json);
		}
	}
}

Test(json_writer, base64)
{
	static const char *const facts[][2] = {
		{ "", "" },
		{ "f", "Zg==" },
		{ "fo", "Zm8=" },
		{ "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" },
		{ "foobar", "Zm9vYmFy" },
		{ "\xff\xfe\xfd", "//79" },
	};

	for (size_t i = 0; i < COUNT_OF(facts); i++) {
		char out[64];
		struct json_writer w;

		json_begin(&w, out, sizeof(out));
		json_base64(&w, bytes_of(facts[i][0]));
		cr_expect_eq((size_t)(w.at - out), 2 + json_base64_len(strlen(facts[i][0])));
		cr_expect(!memcmp(out + 1, facts[i][1], strlen(facts[i][1])), "row %zu", i);
	}
}

Test(json_writer, label)
{
	static const struct {
		const char *text;
		size_t max;
		const char *json;
	} facts[] = {
		{ "web", 8, "\"web\"" },          { "12345678", 8, "\"12345678\"" },
		{ "123456789", 8, "\"12345…\"" }, { "a\"\"\"\"\"\"\"", 8, "\"a\\\"\\\"…\"" },
		{ "1234€€", 8, "\"1234…\"" }, /* never half a character */
	};

	for (size_t i = 0; i < COUNT_OF(facts); i++) {
		char out[64];
		struct json_writer w;

		json_begin(&w, out, sizeof(out));
		json_label(&w, bytes_of(facts[i].text), facts[i].max);
		*w.at = '\0';
		cr_expect_str_eq(out, facts[i].json, "row %zu: %s", i, out);
	}
}

static void put_sample(struct json_writer *w)
{
	json_open_object(w);
	json_key(w, "a");
	json_u64(w, 18446744073709551615ULL);
	json_key(w, "b");
	json_open_array(w);
	json_word(w, "x");
	json_open_object(w);
	json_close_object(w);
	json_s64(w, -9223372036854775807LL - 1);
	json_bool(w, true);
	json_close_array(w);
	json_key(w, "c");
	json_open_object(w);
	json_close_object(w);
	json_key(w, "d");
	json_text(w, bytes_of("\xff\n and more than eight"));
	json_key(w, "e");
	json_base64(w, bytes_of("abcd"));
	json_close_object(w);
	json_newline(w);
}

static const char sample[] = "{\"a\":18446744073709551615,"
			     "\"b\":[\"x\",{},-9223372036854775808,true],"
			     "\"c\":{},\"d\":\"\xef\xbf\xbd\\u000a and more than eight\","
			     "\"e\":\"YWJjZA==\"}\n";

Test(json_writer, commas)
{
	char out[256];
	struct json_writer w;

	json_begin(&w, out, sizeof(out));
	put_sample(&w);
	*w.at = '\0';
	cr_expect_str_eq(out, sample);
	cr_expect_not(w.overflow);
}

/* Whatever the room, not a byte beyond it, and overflow tells. */
Test(json_writer, overflow)
{
	size_t len = strlen(sample);

	for (size_t room = 0; room <= len; room++) {
		char *out = malloc(room + 1);
		struct json_writer w;

		memset(out, '#', room + 1);
		json_begin(&w, out, room);
		put_sample(&w);
		cr_expect_eq(w.overflow, room < len, "room %zu", room);
		cr_expect_leq((size_t)(w.at - out), room);
		cr_expect_eq(out[room], '#');
		free(out);
	}
}
