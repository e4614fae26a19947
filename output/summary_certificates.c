/*
 * The certificates that end soon, each counted once however many hosts show it.
 */
#include <stdio.h>
#include <string.h>

#include "output/summary_parts.h"

enum { DAY_S = 86400 };

/* SHA-256 spreads evenly: its bits are slot and name at once. 0 stands for a free slot. */
static uint64_t fingerprint_of(const struct tls_certificate *certificate)
{
    uint64_t fingerprint;

    memcpy(&fingerprint, certificate->sha256, sizeof fingerprint);
    return fingerprint ? fingerprint : 1;
}

/* Half of the slots stay free, so that the search ends. */
static void add_fingerprint(struct summary_fingerprints *set, uint64_t fingerprint)
{
    size_t slot = fingerprint % SUMMARY_FINGERPRINT_SLOTS;

    while (set->slots[slot] != 0 && set->slots[slot] != fingerprint)
        slot = (slot + 1) % SUMMARY_FINGERPRINT_SLOTS;
    if (set->slots[slot] == fingerprint)
        return;
    if (set->n == SUMMARY_FINGERPRINTS_MAX) {
        set->full = true;
        return;
    }
    set->slots[slot] = fingerprint;
    set->n++;
}

/* The name decides among equals: figures of several threads come together in any order. */
static void note_end(struct summary *summary, int64_t end_s, const char *host)
{
    if (end_s > summary->soonest_end_s ||
        (end_s == summary->soonest_end_s && strcmp(host, summary->soonest_host) >= 0))
        return;
    summary->soonest_end_s = end_s;
    snprintf(summary->soonest_host, sizeof summary->soonest_host, "%s", host);
}

void summary_certificate(struct summary *summary, const struct tls_certificate *certificate,
                         const char *host, int64_t now_s)
{
    int64_t left_s = certificate->not_after_s - now_s;

    if (left_s < 0 || left_s > (int64_t)SUMMARY_ENDING_DAYS * DAY_S)
        return;
    add_fingerprint(&summary->ending, fingerprint_of(certificate));
    note_end(summary, certificate->not_after_s, host);
}

void summary_merge_certificates(struct summary *into, const struct summary *from)
{
    for (size_t i = 0; i < SUMMARY_FINGERPRINT_SLOTS; i++)
        if (from->ending.slots[i] != 0)
            add_fingerprint(&into->ending, from->ending.slots[i]);
    into->ending.full |= from->ending.full;
    if (from->soonest_end_s != INT64_MAX)
        note_end(into, from->soonest_end_s, from->soonest_host);
}
