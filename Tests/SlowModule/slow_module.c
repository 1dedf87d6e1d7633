// A PKCS#11 module for tests, over another one (REAL): its C_Sign waits for as long as the file WAIT is there, having made
// the file WAITING, and crashes where the file CRASH is there; its C_GenerateKeyPair is not supported where the file NOKEYS is there.
// Everything else is the other's.
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef unsigned long number;
typedef number (*sign_function)(number, unsigned char *, number, unsigned char *, number *);
typedef number (*make_function)(number, void *, void *, number, void *, number, number *, number *);

// CK_FUNCTION_LIST of PKCS #11 v2.40: a version, then 68 functions, of which C_Sign is number 43 and C_GenerateKeyPair number 59.
struct list {
    unsigned char version[2];
    void (*functions[68])(void);
};
enum { C_SIGN = 43, C_GENERATE_KEY_PAIR = 59 };

static struct list mine;
static sign_function real_sign;
static make_function real_make;

static number slow_sign(number session, unsigned char *data, number count, unsigned char *out, number *out_count) {
    if (access(CRASH, F_OK) == 0) abort();
    while (access(WAIT, F_OK) == 0) {
        close(open(WAITING, O_WRONLY | O_CREAT, 0600));
        usleep(5000);
    }
    unlink(WAITING);
    return real_sign(session, data, count, out, out_count);
}

static number make(number session, void *how, void *public, number public_count, void *private, number private_count,
                   number *public_key, number *private_key) {
    if (access(NOKEYS, F_OK) == 0) return 0x54;  // CKR_FUNCTION_NOT_SUPPORTED
    return real_make(session, how, public, public_count, private, private_count, public_key, private_key);
}

number C_GetFunctionList(struct list **out) {
    number (*get)(struct list **);
    struct list *real;
    void *library = dlopen(REAL, RTLD_NOW | RTLD_LOCAL);
    void *symbol = library ? dlsym(library, "C_GetFunctionList") : NULL;
    if (!symbol) return 5;  // CKR_GENERAL_ERROR
    memcpy(&get, &symbol, sizeof get);
    number error = get(&real);
    if (error) return error;
    mine = *real;
    real_sign = (sign_function)real->functions[C_SIGN];
    mine.functions[C_SIGN] = (void (*)(void))slow_sign;
    real_make = (make_function)real->functions[C_GENERATE_KEY_PAIR];
    mine.functions[C_GENERATE_KEY_PAIR] = (void (*)(void))make;
    *out = &mine;
    return 0;
}
