#include "tls/memory.h"

#include <openssl/err.h>

bool tls_memory_ran_out(void)
{
    unsigned long error;
    bool ran_out = false;

    while ((error = ERR_get_error()) != 0)
        ran_out = ran_out || ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE;
    return ran_out;
}
