/* SPDX-License-Identifier: MIT */
/*
 * Runs a fuzz target on each file of a folder, with any compiler: usage:
 * replay_X FOLDER...
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* The name is libFuzzer's. NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { INPUT_BYTES = 1 << 20 };

static unsigned run_file(const char *folder, const char *name)
{
    static uint8_t data[INPUT_BYTES];
    char path[4096];

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = name[0] == '.' ? NULL : fopen(path, "rb");
    if (!file)
        return 0;
    size_t n = fread(data, 1, sizeof data, file);
    (void)fclose(file);
    (void)LLVMFuzzerTestOneInput(data, n);
    return 1;
}

static unsigned run_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    unsigned files = 0;

    if (!dir) {
        perror(folder);
        return 0;
    }
    /* There is but one thread. NOLINTNEXTLINE(concurrency-mt-unsafe) */
    while ((entry = readdir(dir)))
        files += run_file(folder, entry->d_name);
    (void)closedir(dir);
    return files;
}

int main(int argc, char **argv)
{
    unsigned files = 0;

    for (int i = 1; i < argc; i++)
        files += run_folder(argv[i]);
    printf("%u files\n", files);
    return files ? EXIT_SUCCESS : EXIT_FAILURE;
}
