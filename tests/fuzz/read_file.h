/* What the fuzz targets read when no fuzzer hands them bytes. */
#ifndef OCIRUN_FUZZ_READ_FILE_H
#define OCIRUN_FUZZ_READ_FILE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* The whole file, exactly as long as it is, so that a sanitizer sees a read behind its end. The caller frees
 * it; a file that cannot be read ends the program. */
static inline uint8_t *read_file(const char *path, size_t *ret_size)
{
	FILE *in = fopen(path, "r");
	long size = -1;

	if (in && fseek(in, 0, SEEK_END) == 0)
		size = ftell(in);
	if (size < 0) {
		perror(path);
		exit(1);
	}
	rewind(in);
	uint8_t *data = malloc(size ? (size_t)size : 1);
	if (!data || fread(data, 1, (size_t)size, in) != (size_t)size)
		abort();
	fclose(in);
	*ret_size = (size_t)size;
	return data;
}

#endif
