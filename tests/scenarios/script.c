/* Files to blocks of statements. */
#include "script.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORD_MAX = 4096, STATUS_BROKEN_SCRIPT = 2 };

_Noreturn void script_fail(const struct place *place, const char *format, ...)
{
    va_list arguments;

    fprintf(stderr, "%s:%u: ", place->file, place->line);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(STATUS_BROKEN_SCRIPT);
}

void *must(void *memory)
{
    if (memory)
        return memory;
    fputs("out of memory\n", stderr);
    exit(STATUS_BROKEN_SCRIPT);
}

void *grow_by_one(void *array, size_t n, size_t size)
{
    char *grown = must(realloc(array, (n + 1) * size));

    memset(grown + n * size, 0, size);
    return grown;
}

/* --- words ------------------------------------------------------------------------------------ */

static char escaped(const struct place *place, const char **at)
{
    unsigned byte = 0;

    switch (*++*at) {
    case 'r':
        return '\r';
    case 'n':
        return '\n';
    case 't':
        return '\t';
    case '\\':
    case '"':
        return **at;
    case 'x':
        if (sscanf(*at + 1, "%2x", &byte) == 1 && byte) {
            *at += 2;
            return (char)byte;
        }
        break;
    default:
        break;
    }
    script_fail(place, "an escape that is none");
}

/* One word from `*at`, which is moved behind it. */
static char *take_word(const struct place *place, const char **at)
{
    char word[WORD_MAX];
    size_t length = 0;
    bool quoted = **at == '"';

    *at += quoted;
    while (**at && (quoted ? **at != '"' : **at != ' ')) {
        if (length + 1 == sizeof word)
            script_fail(place, "a word that is too long");
        word[length++] = quoted && **at == '\\' ? escaped(place, at) : **at;
        ++*at;
    }
    if (quoted && *(*at)++ != '"')
        script_fail(place, "a quotation mark is missing");
    word[length] = '\0';
    return must(strdup(word));
}

struct statement statement_of(const struct place *place, const char *line)
{
    struct statement statement = {.place = *place};

    for (line += strspn(line, " "); *line && *line != '#'; line += strspn(line, " ")) {
        statement.words = grow_by_one(statement.words, statement.n_words, sizeof(char *));
        statement.words[statement.n_words++] = take_word(place, &line);
    }
    return statement;
}

/* --- blocks ----------------------------------------------------------------------------------- */

static void add_block(struct script *script, enum block_kind kind, struct statement heading)
{
    if (heading.n_words != 2)
        script_fail(&heading.place, "\"%s\" needs one name", heading.words[0]);
    script->blocks = grow_by_one(script->blocks, script->n_blocks, sizeof *script->blocks);
    struct block *block = &script->blocks[script->n_blocks++];
    block->kind = kind;
    block->name = heading.words[1];
    block->statements = grow_by_one(NULL, 0, sizeof heading);
    block->statements[block->n_statements++] = heading;
}

static void include(struct script *script, const struct place *place, const char *name)
{
    const char *slash = strrchr(place->file, '/');
    int folder = slash ? (int)(slash - place->file) + 1 : 0;
    char path[WORD_MAX];

    snprintf(path, sizeof path, "%.*s%s", folder, place->file, name);
    script_read(script, path);
}

static void add_statement(struct script *script, struct statement statement)
{
    static const char *const kinds[] = {[BLOCK_WORLD] = "world",
                                        [BLOCK_DIALOGUE] = "dialogue",
                                        [BLOCK_SCENARIO] = "scenario",
                                        [BLOCK_UNDER] = "under"};

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(statement.words[0], kinds[i]) == 0) {
            add_block(script, (enum block_kind)i, statement);
            return;
        }
    }
    if (!script->n_blocks)
        script_fail(&statement.place, "a statement outside every block");
    struct block *block = &script->blocks[script->n_blocks - 1];
    block->statements = grow_by_one(block->statements, block->n_statements, sizeof statement);
    block->statements[block->n_statements++] = statement;
}

void statement_clear(struct statement *statement)
{
    for (size_t i = 0; i < statement->n_words; i++)
        free(statement->words[i]);
    for (size_t i = 0; i < statement->n_body; i++)
        free(statement->body[i]);
    free(statement->words);
    free(statement->body);
}

/* An indented line belongs to the last statement. */
static void add_body(struct script *script, const struct place *place, const char *line)
{
    if (!script->n_blocks || strncmp(line, "  ", 2) != 0)
        script_fail(place, "an indented line belongs below a statement, indented by two blanks");
    struct block *block = &script->blocks[script->n_blocks - 1];
    struct statement *statement = &block->statements[block->n_statements - 1];
    statement->body = grow_by_one(statement->body, statement->n_body, sizeof(char *));
    statement->body[statement->n_body++] = must(strdup(line + 2));
}

static void read_line(struct script *script, const struct place *place, const char *line)
{
    if (line[strspn(line, " ")] == '\0')
        return;
    if (line[0] == ' ') {
        add_body(script, place, line);
        return;
    }
    struct statement statement = statement_of(place, line);
    if (statement.n_words == 2 && strcmp(statement.words[0], "include") == 0) {
        include(script, place, statement.words[1]);
        statement_clear(&statement);
    } else if (statement.n_words) {
        add_statement(script, statement);
    }
}

void script_read(struct script *script, const char *path)
{
    FILE *file = fopen(path, "re");
    struct place place = {.file = must(strdup(path))};
    char *line = NULL;
    size_t room = 0;

    script->files = grow_by_one(script->files, script->n_files, sizeof(char *));
    script->files[script->n_files++] = (char *)place.file;
    if (!file)
        script_fail(&place, "cannot be opened");
    while (getline(&line, &room, file) >= 0) {
        place.line++;
        line[strcspn(line, "\r\n")] = '\0';
        read_line(script, &place, line);
    }
    free(line);
    fclose(file);
}

void script_clear(struct script *script)
{
    for (size_t i = 0; i < script->n_blocks; i++) {
        for (size_t j = 0; j < script->blocks[i].n_statements; j++)
            statement_clear(&script->blocks[i].statements[j]);
        free(script->blocks[i].statements);
    }
    for (size_t i = 0; i < script->n_files; i++)
        free(script->files[i]);
    free(script->blocks);
    free(script->files);
}

const struct block *script_find(const struct script *script, enum block_kind kind, const char *name,
                                const struct place *place)
{
    for (size_t i = 0; i < script->n_blocks; i++)
        if (script->blocks[i].kind == kind && strcmp(script->blocks[i].name, name) == 0)
            return &script->blocks[i];
    script_fail(place, "there is no \"%s\"", name);
}
