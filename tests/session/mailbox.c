#include "session/mailbox.h"

#include "base/check.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PATH_BYTES = 512 };

static void path_of(char path[PATH_BYTES], const char *below, const char *name)
{
	const int n = snprintf(path, PATH_BYTES, "%s/mail/%s/%s", getenv("FOLDER"), below, name);

	CHECK(n > 0 && n < PATH_BYTES);
}

void mailbox_place(const char *folder)
{
	CHECK(setenv("FOLDER", folder, 1) == 0);
}

/* Counts the files of a folder; the last by name in `last`. */
static size_t list(const char *below, char last[PATH_BYTES])
{
	char path[PATH_BYTES];
	struct dirent *entry;
	size_t n = 0;
	DIR *folder;

	path_of(path, below, "");
	folder = opendir(path);
	last[0] = '\0';
	while (folder && (entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		n++;
		if (strcmp(entry->d_name, last) > 0)
			snprintf(last, PATH_BYTES, "%s", entry->d_name);
	}
	if (folder)
		closedir(folder);
	return n;
}

size_t mailbox_read(struct fake_bytes *text)
{
	char name[PATH_BYTES], path[PATH_BYTES], bytes[4096];
	const size_t count = list("new", name);
	FILE *f;

	if (count == 0)
		return 0;
	path_of(path, "new", name);
	f = fopen(path, "rb");
	CHECK(f != NULL);
	for (;;) {
		const size_t n = fread(bytes, 1, sizeof(bytes), f);

		if (n == 0)
			break;
		fake_bytes_add(text, (struct str){ .p = bytes, .n = n });
	}
	fclose(f);
	return count;
}

size_t mailbox_unfinished(void)
{
	char name[PATH_BYTES];

	return list("tmp", name);
}

void mailbox_remove(void)
{
	static const char *const folders[] = { "tmp", "new", "cur" };
	char path[PATH_BYTES], name[PATH_BYTES];

	for (size_t i = 0; i < COUNTOF(folders); i++) {
		while (list(folders[i], name)) {
			path_of(path, folders[i], name);
			CHECK(unlink(path) == 0);
		}
		path_of(path, folders[i], "");
		rmdir(path);
	}
	path_of(path, ".", "");
	path[strlen(path) - 2] = '\0';
	rmdir(path);
}
