/*
 * A hash table of questions, (name, type), with its nodes inside the objects it holds; probe/ keeps
 * what it knows by name or address in such tables too. Pure.
 */
#ifndef DNS_TABLE_H
#define DNS_TABLE_H

#include <stddef.h>
#include <stdint.h>

/* Embedded in what is held; `name` is borrowed and must outlive its stay in the table. */
struct dns_table_node {
    struct dns_table_node *next;
    const char *name; /* compared as DNS compares names, see dns_name_equal */
    uint16_t type;
    uint32_t hash;
};

struct dns_table {
    struct dns_table_node **buckets;
    size_t n_buckets;
    size_t n_nodes;
    uint32_t seed;
};

/*
 * `seed` should be random: the names come from strangers. Returns 0, or -1 when out of memory.
 */
int dns_table_init(struct dns_table *table, uint32_t seed);

/* Forgets the nodes, which belong to the caller. */
void dns_table_clear(struct dns_table *table);

/* NULL when there is none. */
struct dns_table_node *dns_table_find(const struct dns_table *table, const char *name,
                                      uint16_t type);

/* `name` and `type` of the node are set and not in the table yet. */
void dns_table_insert(struct dns_table *table, struct dns_table_node *node);

void dns_table_remove(struct dns_table *table, struct dns_table_node *node);

#endif
