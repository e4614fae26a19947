/*
 * From argv to settings, by the option table.
 */
#ifndef PROBE_OPTIONS_H
#define PROBE_OPTIONS_H

#include "probe/settings.h"

/*
 * Reads the command line into initialised settings; strings are borrowed from argv. Options may
 * stand before or behind the command and the operands; "--" ends them. On trouble `failure` says
 * what is wrong and what to do.
 */
void options_read(int argc, char *const argv[], struct settings *settings, struct failure *failure);

/* Is --format nagios asked for? Told without a full parse, for errors of the parse itself. */
bool options_want_nagios(int argc, char *const argv[]);

#endif
