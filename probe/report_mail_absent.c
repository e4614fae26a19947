#include "probe/report_mail.h"

const char *report_mail_version(void)
{
    return NULL;
}

void report_mail_library_init(void)
{
}

void report_mail_library_cleanup(void)
{
}

const char *report_mail_read(const uint8_t *bytes, size_t length, report_mail_part_fn *part,
                             void *arg)
{
    (void)bytes;
    (void)length;
    (void)part;
    (void)arg;
    return "it is a mail, and this mxprobe is built without GMime: save the attachment and give "
           "that";
}
