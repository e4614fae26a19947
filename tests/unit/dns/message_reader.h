/*
 * What the tests of dns/message share: the message that a test builds, and the answer read from it.
 */
#ifndef TESTS_DNS_MESSAGE_READER_H
#define TESTS_DNS_MESSAGE_READER_H

#include "dns/message.h"
#include "wire_builder.h"

extern struct wire wire; /* 64 KB: too much for the stack of every test */

/* Reads `wire` as the response to that question. The caller gives the answer back. */
struct dns_answer *read_as(const char *name, uint16_t type);

#endif
