#include "dns/table.h"

#include <stdlib.h>

#include "dns/name.h"

enum { FIRST_BUCKETS = 64 };

/* FNV-1a with a final mix. ASCII case and dots do not count, so that equal names hash equal. */
static uint32_t hash_of(const struct dns_table *table, const char *name, uint16_t type)
{
    uint32_t hash = 2166136261U ^ table->seed;

    for (; *name != '\0'; name++) {
        unsigned char c = (unsigned char)*name;

        if (c == '.')
            continue;
        if (c >= 'A' && c <= 'Z')
            c = (unsigned char)(c - 'A' + 'a');
        hash = (hash ^ c) * 16777619U;
    }
    hash = (hash ^ type) * 16777619U;
    hash ^= hash >> 15;
    hash *= 2246822519U;
    return hash ^ hash >> 13;
}

int dns_table_init(struct dns_table *table, uint32_t seed)
{
    table->n_nodes = 0;
    table->n_buckets = FIRST_BUCKETS;
    table->seed = seed;
    table->buckets = calloc(FIRST_BUCKETS, sizeof(struct dns_table_node *));
    return table->buckets ? 0 : -1;
}

void dns_table_clear(struct dns_table *table)
{
    free(table->buckets);
    table->buckets = NULL;
    table->n_buckets = 0;
    table->n_nodes = 0;
}

static struct dns_table_node **bucket(const struct dns_table *table, uint32_t hash)
{
    return &table->buckets[hash & (table->n_buckets - 1)];
}

struct dns_table_node *dns_table_find(const struct dns_table *table, const char *name,
                                      uint16_t type)
{
    uint32_t hash = hash_of(table, name, type);

    for (struct dns_table_node *node = *bucket(table, hash); node; node = node->next)
        if (node->hash == hash && node->type == type && dns_name_equal(node->name, name))
            return node;
    return NULL;
}

/* Without memory the chains just grow longer. */
static void grow(struct dns_table *table)
{
    struct dns_table bigger = *table;

    bigger.n_buckets *= 2;
    bigger.buckets = calloc(bigger.n_buckets, sizeof(struct dns_table_node *));
    if (!bigger.buckets)
        return;
    for (size_t i = 0; i < table->n_buckets; i++) {
        struct dns_table_node *node = table->buckets[i];

        while (node) {
            struct dns_table_node *next = node->next;
            struct dns_table_node **head = bucket(&bigger, node->hash);

            node->next = *head;
            *head = node;
            node = next;
        }
    }
    free(table->buckets);
    *table = bigger;
}

void dns_table_insert(struct dns_table *table, struct dns_table_node *node)
{
    struct dns_table_node **head;

    if (table->n_nodes >= table->n_buckets)
        grow(table);
    node->hash = hash_of(table, node->name, node->type);
    head = bucket(table, node->hash);
    node->next = *head;
    *head = node;
    table->n_nodes++;
}

void dns_table_remove(struct dns_table *table, struct dns_table_node *node)
{
    struct dns_table_node **at = bucket(table, node->hash);

    while (*at && *at != node)
        at = &(*at)->next;
    if (!*at)
        return;
    *at = node->next;
    node->next = NULL;
    table->n_nodes--;
}
