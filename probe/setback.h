/*
 * What kept a scan from learning all about a domain, and may be otherwise in a little while: then
 * the domain is worth another try, and the scan perhaps worth a slower pace. Pure.
 */
#ifndef PROBE_SETBACK_H
#define PROBE_SETBACK_H

#include <stdbool.h>

#include "policy/facts.h"

struct setback {
    bool ours;     /* a shortage of descriptors, ports or memory */
    bool resolver; /* it did not answer in time, or so much waited for it that we did not ask */
    bool passing;  /* another try may find more: our trouble, a question not asked, 421 or 450,
                      a session cut by the domain's deadline */
};

/* `facts` NULL: there was no memory for any. */
struct setback setback_of(const struct domain_facts *facts);

#endif
