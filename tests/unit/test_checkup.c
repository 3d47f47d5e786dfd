// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/cleanup.h"
#include "output/checkup.h"

static struct checkup *sick_host(void)
{
	static struct checkup c;

	memset(&c, 0, sizeof(c));
	c.version = "1.2.3";
	c.kernel = "6.1.0";
	c.machine = "x86_64";
	c.cgroup_mode = "none";
	c.finding_count = 2;
	c.findings[0].name = "cgroups";
	finding_set(&c.findings[0], HEALTH_FAIL, "below '%s'", "/a\033[31m\n\"b\xff");
	finding_remedy(&c.findings[0], "mount it");
	c.findings[1].name = "kernel";
	finding_set(&c.findings[1], HEALTH_OK, "Linux");
	return &c;
}

/* What is written, to be freed. */
static char *written(enum output_format format, const struct checkup *c)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	struct error err;

	cr_assert_eq(checkup_write(f, format, c, &err), 0);
	fclose(f);
	return text;
}

Test(checkup, table_aligns_and_hides_nothing)
{
	auto_free char *text = written(OUTPUT_TABLE, sick_host());

	cr_expect_str_eq(text, "FAIL  cgroups  below '/a\\x1b[31m\\n\"b\\xff'\n"
			       "               -> mount it\n"
			       "ok    kernel   Linux\n"
			       "\nTracing does not work here: see FAIL above.\n");
}

Test(checkup, json_of_a_host_that_cannot_trace)
{
	auto_free char *text = written(OUTPUT_JSON, sick_host());
	cJSON *json = cJSON_Parse(text);
	const cJSON *first = cJSON_GetArrayItem(cJSON_GetObjectItem(json, "checks"), 0);

	cr_assert(json, "%s", text);
	cr_expect(cJSON_IsFalse(cJSON_GetObjectItem(json, "ready")));
	cr_expect_null(cJSON_GetObjectItem(json, "backend"));
	cr_expect_str_eq(cJSON_GetStringValue(cJSON_GetObjectItem(first, "status")), "fail");
	cr_expect_str_eq(cJSON_GetStringValue(cJSON_GetObjectItem(first, "text")),
			 "below '/a\033[31m\n\"b\xef\xbf\xbd'");
	cr_expect_str_eq(cJSON_GetStringValue(cJSON_GetObjectItem(first, "remedy")), "mount it");
	cJSON_Delete(json);
}

Test(checkup, json_of_the_largest_still_fits)
{
	struct checkup *c = calloc(1, sizeof(*c));
	char hostile[1024];
	cJSON *json;
	char *text;

	memset(hostile, 1, sizeof(hostile) - 1);
	hostile[sizeof(hostile) - 1] = '\0';
	c->finding_count = CHECKUP_FINDINGS;
	for (size_t i = 0; i < c->finding_count; i++) {
		c->findings[i].name = "x";
		finding_set(&c->findings[i], HEALTH_WARN, "%s", hostile);
		finding_remedy(&c->findings[i], "%s", hostile);
	}
	c->runtime_count = CHECKUP_RUNTIMES;
	for (size_t i = 0; i < c->runtime_count; i++) {
		c->runtimes[i].name = "x";
		c->runtimes[i].folder_count = CHECKUP_FOLDERS;
		for (size_t k = 0; k < CHECKUP_FOLDERS; k++)
			memset(c->runtimes[i].folders[k], 1, CHECKUP_PATH - 1);
	}
	text = written(OUTPUT_JSON, c);
	json = cJSON_Parse(text);
	cr_expect(json);
	cJSON_Delete(json);
	free(text);
	free(c);
}
