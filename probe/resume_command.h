/*
 * The command line that goes on with an interrupted scan.
 */
#ifndef PROBE_RESUME_COMMAND_H
#define PROBE_RESUME_COMMAND_H

/*
 * `argv` (up to its NULL) as a shell takes it, with --resume where it is not there. The caller
 * frees; NULL when out of memory.
 */
char *resume_command_make(char *const argv[]);

#endif
