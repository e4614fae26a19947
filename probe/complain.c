#include "probe/complain.h"

#include <stdio.h>
#include <stdlib.h>

#include "output/escape.h"
#include "output/result.h"

int complain(const struct failure *failure, bool nagios)
{
    char *escaped = escape_text(failure->message);

    if (nagios)
        nagios_print_error(stdout, failure->message);
    else
        fprintf(stderr, "mxprobe: %s\n", escaped ? escaped : "out of memory");
    free(escaped);
    return nagios ? STATUS_UNKNOWN : failure->status;
}
