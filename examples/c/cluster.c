/* Which rows of a table belong together? Reads lines of numbers from a file, and writes for each the number of its group,
 * -1 for none, and how firmly it belongs there.
 *
 *     cluster numbers.txt [min_cluster_size] */

#include <sonic/sonic.h>
#include <stdio.h>
#include <stdlib.h>

/* The numbers of a file, row by row; -1 if it cannot be read or the rows differ in length. */
static long read_rows(const char *path, float **numbers, long *dimensions) {
    FILE *file = fopen(path, "r");
    long count = 0, in_row = 0, rows = 0, room = 0;
    int next;
    *dimensions = 0;
    if (file == NULL) return -1;
    for (;;) {
        do next = fgetc(file); while (next == ' ' || next == '\t' || next == ',' || next == '\r');
        if (next == '\n' || next == EOF) {
            if (in_row > 0 && *dimensions == 0) *dimensions = in_row;
            if (in_row > 0 && in_row != *dimensions) break;
            rows += in_row > 0;
            in_row = 0;
            if (next == EOF) return fclose(file) == 0 ? rows : -1;
            continue;
        }
        ungetc(next, file);
        if (count == room) {
            float *more = realloc(*numbers, (size_t)(room = 2 * room + 1024) * sizeof **numbers);
            if (more == NULL) break;
            *numbers = more;
        }
        if (fscanf(file, "%f", &(*numbers)[count]) != 1) break;
        count++;
        in_row++;
    }
    fclose(file);
    return -1;
}

int main(int count, char **arguments) {
    sonic_cluster_options options;
    float *rows = NULL, *probabilities = NULL;
    int32_t *labels = NULL;
    long row_count, dimensions, i;
    size_t clusters = 0;
    sonic_status status;
    if (count < 2) {
        fprintf(stderr, "usage: %s numbers.txt [min_cluster_size]\n", arguments[0]);
        return 2;
    }
    row_count = read_rows(arguments[1], &rows, &dimensions);
    if (row_count < 1) {
        fprintf(stderr, "%s holds no rows of one length\n", arguments[1]);
        free(rows);
        return 2;
    }
    sonic_cluster_options_init(&options, sizeof options);
    if (count > 2) options.min_cluster_size = (uint32_t)strtoul(arguments[2], NULL, 10);
    labels = malloc((size_t)row_count * sizeof *labels);
    probabilities = malloc((size_t)row_count * sizeof *probabilities);
    if (labels == NULL || probabilities == NULL) return 2;
    status = sonic_cluster(rows, (size_t)row_count, (size_t)dimensions, &options, NULL, NULL, labels, probabilities, NULL,
                           &clusters);
    if (status == SONIC_OK) {
        for (i = 0; i < row_count; i++) printf("%d %.3f\n", (int)labels[i], probabilities[i]);
        fprintf(stderr, "%zu groups among %ld rows\n", clusters, row_count);
    } else {
        fprintf(stderr, "%s (%s)\n", sonic_last_error(), sonic_status_name(status));
    }
    free(labels);
    free(probabilities);
    free(rows);
    return status == SONIC_OK ? 0 : 2;
}
