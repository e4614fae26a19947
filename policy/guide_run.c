/* Rows 77 and 78 and what else is about the run itself: nothing to do with the domain. */
#include "policy/guide_parts.h"

static const struct guide guides[] = {
    {
        .reason = REASON_PROBE_ERROR,
        .reported = GUIDE_NOT_REPORTED,
        .confirm = "ulimit -n; free -m",
        .shows = "Few descriptors, or no memory; otherwise the detail says what it was.",
        .mend_generic = "Fewer domains at once, or `ulimit -n 4096` before the command. A deadline "
                        "that passed is lengthened with --deadline.",
    },
    {
        .reason = REASON_TARGET_REFUSED,
        .reported = GUIDE_NOT_REPORTED,
        .confirm = "dig +short {mx} A {mx} AAAA",
        .shows = "An address of a private or special-use network (RFC 6890).",
        .mend_generic = "In the public DNS such an address is a fault of its own: no sender from "
                        "outside reaches it. Often it is the inner view of a split DNS.",
    },
    {
        .reason = REASON_TARGET_EXCLUDED,
        .informational = true,
        .reported = GUIDE_NOT_REPORTED,
    },
    {
        .reason = REASON_FAMILY_UNAVAILABLE,
        .informational = true,
        .reported = GUIDE_NOT_REPORTED,
        .confirm = "ip -4 route show default; ip -6 route show default",
        .shows = "No line for the family that is missing.",
    },
    {
        .reason = REASON_MX_LIMIT_REACHED,
        .informational = true,
        .reported = GUIDE_NOT_REPORTED,
        .confirm = "dig +short {domain} MX | wc -l",
        .shows = "More than 32 MX hosts; or more than 16 addresses for one of them.",
    },
    {
        .reason = REASON_WHAT_IF_UNUSED,
        .informational = true,
        .reported = GUIDE_NOT_REPORTED,
        .confirm = "dig +short _mta-sts.{domain} TXT",
        .shows = "No record that begins `v=STSv1;`: without it no policy is looked for.",
    },
};

const struct guide_subject guide_run = {
    "About the run itself",
    "What could not be looked at from this machine, or was not meant to be. None of it is a "
    "statement about the domain.",
    guides, GUIDE_COUNT(guides)};
