/*
 * The commands: each takes read settings and returns the exit status.
 */
#ifndef PROBE_COMMANDS_H
#define PROBE_COMMANDS_H

#include "probe/settings.h"

/* A failure before any probing is put into `failure` instead. */
int check_command(struct settings *settings, struct failure *failure);
int scan_command(struct settings *settings, struct failure *failure);
int suggest_command(struct settings *settings, struct failure *failure);
int lint_command(const struct settings *settings, struct failure *failure);
int report_command(struct settings *settings, struct failure *failure);
int diff_command(const struct settings *settings, struct failure *failure);

#endif
