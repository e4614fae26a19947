/*
 * The text of scenarios: files of blocks, blocks of statements, statements of words with the
 * indented lines below them. What the words mean is the business of scene.h and expect.h.
 *
 *   include common.inc          other files' blocks, read first
 *   world NAME                  statements that scenarios `use` by name
 *   dialogue NAME               lines that an SMTP script can `play`
 *   scenario "NAME"             the world's own statements and what is expected
 *   under NAME                  one run of the scenario above in the world NAME; more expectations
 *
 * A scenario without `under` is run once. A statement begins at the left margin; "#" begins a
 * comment. Words that hold blanks are quoted, with \\ \" \r \n \t \xHH inside.
 */
#ifndef SCENARIOS_SCRIPT_H
#define SCENARIOS_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct place {
    const char *file;
    unsigned line;
};

struct statement {
    struct place place;
    char **words; /* at least one */
    size_t n_words;
    char **body; /* the indented lines, two blanks less */
    size_t n_body;
};

enum block_kind { BLOCK_WORLD, BLOCK_DIALOGUE, BLOCK_SCENARIO, BLOCK_UNDER };

struct block {
    enum block_kind kind;
    char *name;
    struct statement *statements; /* the first is the block's own heading */
    size_t n_statements;
};

struct script {
    struct block *blocks; /* in the order read */
    size_t n_blocks;
    char **files; /* the names that places borrow */
    size_t n_files;
};

/* Says what is wrong and where, and ends the run: a script that cannot be read tests nothing. */
_Noreturn void script_fail(const struct place *place, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Appends the blocks of the file; `script` is zeroed before the first. */
void script_read(struct script *script, const char *path);
void script_clear(struct script *script);

/* The world or dialogue of that name. Fails the run when there is none. */
const struct block *script_find(const struct script *script, enum block_kind kind, const char *name,
                                const struct place *place);

/* Splits one line into words, which statement_clear frees. */
struct statement statement_of(const struct place *place, const char *line);
void statement_clear(struct statement *statement);

/* Memory that is there, or the run ends. */
void *must(void *memory);
/* `array` of `n` elements with room for one more, which is zeroed. */
void *grow_by_one(void *array, size_t n, size_t size);

/* Reads a statement word by word. */
struct words {
    const struct statement *statement;
    size_t at;
};

/* Begins behind the statement's first word. */
struct words words_of(const struct statement *statement);
/* The next word; fails the run, saying that `what` is missing, when there is none. */
const char *words_next(struct words *words, const char *what);
/* Takes the next word if it is this one. */
bool words_take(struct words *words, const char *word);
bool words_left(const struct words *words);
/* Fails the run when words are left. */
void words_end(const struct words *words);

/* The index of `word` in the table. Fails the run when it is not there. */
size_t word_in(const struct place *place, const char *word, const char *const table[], size_t n,
               const char *what);
#define WORD_IN(place, word, table, what) \
    word_in(place, word, table, sizeof(table) / sizeof *(table), what)

long number_of(const struct place *place, const char *word);
/* "5s" or "200ms", in milliseconds. */
int64_t duration_of(const struct place *place, const char *word);
/* "2026-11-24T08:00:00Z" or "2026-11-24", in seconds since 1970. */
int64_t time_of(const struct place *place, const char *word);

#endif
