/*
 * OpenSSL's word that memory ran out. Where it does in the midst of a verification the result is
 * an ordinary refusal, which would blame the server for our trouble. Inside tls/ only.
 */
#ifndef TLS_MEMORY_H
#define TLS_MEMORY_H

#include <stdbool.h>

/*
 * Empties this thread's error queue, which the caller emptied before it began: does one of the
 * errors say that memory ran out?
 */
bool tls_memory_ran_out(void);

#endif
