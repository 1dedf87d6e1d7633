// Loaded into a daemon (LD_PRELOAD): where it starts itself once more as `renewal-helper`, strace is started in between, with the options
// in HELPER_STRACE (words between spaces). So strace sees the helper from its first system call on, and nothing of the daemon.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int (*execute)(const char *path, char *const arguments[], char *const environment[]);

int execve(const char *path, char *const arguments[], char *const environment[]) {
    execute real = (execute)dlsym(RTLD_NEXT, "execve");
    char *options = getenv("HELPER_STRACE");
    unsetenv("LD_PRELOAD");
    if (!options || !arguments[1] || strcmp(arguments[1], "renewal-helper") != 0) return real(path, arguments, environment);
    // -D: the helper stays the daemon's own child, and strace is a grandchild.
    char *words[32] = {"strace", "-D"};
    int count = 2;
    for (char *word = strtok(options, " "); word && count < 28; word = strtok(NULL, " ")) words[count++] = word;
    words[count++] = getenv("HELPER_PROGRAM");
    words[count++] = arguments[1];
    return real("/usr/bin/strace", words, environ);
}
