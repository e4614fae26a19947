/*
 * A page of text in the making: rows with a label and a body that is wrapped to the width, in
 * colour or not. The page is written in one piece or not at all. Whatever is said goes through
 * escape.h, so that only the page's own line breaks and colours can reach the terminal.
 *
 * Running out of memory is remembered and told by page_write; nothing else needs to be checked.
 */
#ifndef OUTPUT_PAGE_H
#define OUTPUT_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { PAGE_WIDTH = 100, PAGE_WIDTH_MIN = 40 };

enum paint { PAINT_NONE, PAINT_GOOD, PAINT_CAUTION, PAINT_BAD, PAINT_STRONG, PAINT_FAINT };

struct page_buffer {
    char *bytes;
    size_t length, room;
};

struct page {
    struct page_buffer done; /* whole lines */
    struct page_buffer row;  /* the row under way, not yet wrapped */
    bool in_row;
    size_t column; /* in which the row's first line goes on */
    size_t body;   /* in which its further lines begin */
    size_t width;
    bool color;
    bool failed;
};

/* The width is that of the terminal behind `out`, PAGE_WIDTH at the most or where there is none. */
void page_init(struct page *page, FILE *out, bool color);

/* Writes the page and clears it. Returns 0, or -1 with errno set. */
int page_write(struct page *page, FILE *out);

/*
 * Begins a row: `label` in column `indent`, what is said from then on in column `body`, and so in
 * every further line. Without a label (NULL) the first line begins in column `indent`. A row that
 * was under way is ended first.
 */
void page_row(struct page *page, size_t indent, enum paint paint, const char *label, size_t body);

/* Adds to the row. Spaces are where it may be broken; a NULL text says nothing. */
void page_say(struct page *page, const char *text);
void page_sayf(struct page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));
void page_paint(struct page *page, enum paint paint, const char *text);

/* A line of its own that is not wrapped, so that it can be copied as it was. */
void page_line(struct page *page, size_t indent, const char *text);

/* Ends the row under way, if any. */
void page_end(struct page *page);
void page_blank(struct page *page);

#endif
