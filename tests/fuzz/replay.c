/* A fuzz target as a plain program: feeds it the files named on the command line, and those of folders,
 * so that every compiler, sanitizer and valgrind sees the corpus.  The empty input always runs. */
#include "base/mem.h"
#include "base/out.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned replayed;

static void replay_bytes(const void *bytes, size_t n)
{
	void *exact = mem_new(n ? n : 1); /* so that a read past the end is seen */

	if (n)
		memcpy(exact, bytes, n);
	LLVMFuzzerTestOneInput(exact, n);
	mem_free(exact);
	replayed++;
}

static bool replay_file(const char *path, size_t size)
{
	FILE *f = fopen(path, "rb");
	char *bytes;
	bool whole;

	if (!f)
		return false;
	bytes = mem_new(size + 1);
	whole = fread(bytes, 1, size, f) == size;
	fclose(f);
	if (whole)
		replay_bytes(bytes, size);
	mem_free(bytes);
	return whole;
}

static bool replay_path(const char *path)
{
	struct stat st;
	struct dirent *entry;
	bool good = true;
	DIR *folder;

	if (stat(path, &st) != 0)
		return false;
	if (!S_ISDIR(st.st_mode))
		return replay_file(path, (size_t)st.st_size);
	folder = opendir(path);
	while (folder && (entry = readdir(folder)) != NULL) {
		char bytes[4096];
		struct out o = OUT(bytes);

		if (entry->d_name[0] == '.')
			continue;
		out_printf(&o, "%s/%s", path, entry->d_name);
		out_char(&o, '\0');
		good = !o.full && replay_path(bytes) && good;
	}
	if (folder)
		closedir(folder);
	return good;
}

int main(int argc, char **argv)
{
	bool good = true;

	replay_bytes("", 0);
	for (int i = 1; i < argc; i++) {
		if (!replay_path(argv[i])) {
			printf("not ok - %s cannot be read\n", argv[i]);
			good = false;
		}
	}
	if (good)
		printf("ok - %u inputs\n", replayed);
	return good ? 0 : 1;
}
