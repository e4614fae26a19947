#include "output/atomic_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void clear(struct atomic_file *file)
{
    int why = errno;

    free(file->path);
    free(file->temporary);
    *file = (struct atomic_file){0};
    errno = why;
}

/* The file that a path leads to, or the path itself where there is none yet. */
static char *destination(const char *path)
{
    char *real = realpath(path, NULL);

    return real || errno != ENOENT || !path[0] ? real : strdup(path);
}

/*
 * Not mkstemp(3): its files are for their owner alone, and what would have been the mode of any
 * other file only open(2) knows.
 */
static int open_beside(struct atomic_file *file)
{
    if (asprintf(&file->temporary, "%s.%ld.tmp", file->path, (long)getpid()) < 0) {
        file->temporary = NULL;
        return -1;
    }
    int fd = open(file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0 && errno == EEXIST && unlink(file->temporary) == 0) /* of a process that is gone */
        fd = open(file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    return fd;
}

static int open_for(struct atomic_file *file)
{
    struct stat there;
    bool exists = stat(file->path, &there) == 0;

    if (exists && !S_ISREG(there.st_mode))
        return open(file->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    int fd = open_beside(file);
    if (fd >= 0 && exists && fchmod(fd, there.st_mode & 0777) != 0) {
        int why = errno;
        close(fd);
        unlink(file->temporary);
        errno = why;
        return -1;
    }
    return fd;
}

int atomic_file_begin(struct atomic_file *file, const char *path)
{
    *file = (struct atomic_file){.path = destination(path)};
    int fd = file->path ? open_for(file) : -1;

    file->out = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (file->out)
        return 0;
    if (fd >= 0) {
        int why = errno;
        close(fd);
        if (file->temporary)
            unlink(file->temporary);
        errno = why;
    }
    clear(file);
    return -1;
}

int atomic_file_end(struct atomic_file *file, bool keep)
{
    int status = fflush(file->out);

    if (status == 0 && ferror(file->out)) {
        errno = EIO;
        status = -1;
    }
    /* Else a power cut could leave the new name with nothing behind it. */
    if (status == 0 && keep && file->temporary)
        status = fdatasync(fileno(file->out));
    int why = errno;
    if (fclose(file->out) != 0 && status == 0) {
        why = errno;
        status = -1;
    }
    if (status == 0 && keep && file->temporary && rename(file->temporary, file->path) != 0) {
        why = errno;
        status = -1;
    }
    if (file->temporary && (status != 0 || !keep))
        unlink(file->temporary);
    clear(file);
    errno = why;
    return status;
}
