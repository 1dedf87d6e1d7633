// CPKCS11: the calls of a PKCS#11 module (OASIS PKCS #11 v2.40) that a signer needs, over a module that is loaded at run
// time. Nothing else of PKCS#11 leaks past this header.
//
// The declarations of the module's ABI in pkcs11.c are our own and cover what is called here: seventeen functions and nine
// structures. p11-kit's header would cover all of it, but it would be one more package in every board's sysroot.
//
// Every function answers 0, a positive CKR_ number of the module, or a negative number of ours. One thread at a time; the
// module may keep the calling thread for as long as it likes.
//
// With SWL_NO_MODULES defined (a static program has no loader) `swl_p11_load` only answers SWL_P11_STATIC.
#ifndef SWIFTLET_CPKCS11_H
#define SWIFTLET_CPKCS11_H
#include <stddef.h>
#include <stdint.h>

// This program cannot load modules; the module cannot be loaded; it is no PKCS#11 module of version 2; it lacks a function
// that is needed; a value is larger than the room for it.
enum {
    SWL_P11_STATIC = -1,
    SWL_P11_NOT_LOADED = -2,
    SWL_P11_NOT_A_MODULE = -3,
    SWL_P11_NO_FUNCTION = -4,
    SWL_P11_TOO_LARGE = -5,
};

struct swl_p11_module;

// Loads a module by its absolute path and initialises it. A module stays in the process to its end, and there is one at a
// time: after a success this is not called again. Where it cannot be loaded, `why` gets the loader's words: at most
// `why_capacity` bytes.
int64_t swl_p11_load(const uint8_t *_Nonnull path, size_t path_count, struct swl_p11_module *_Nullable *_Nonnull out,
                     uint8_t *_Nonnull why, size_t why_capacity, size_t *_Nonnull why_count);
// C_Initialize and C_Finalize: a module that has lost a token may find it again after both.
int64_t swl_p11_initialize(struct swl_p11_module *_Nonnull module);
int64_t swl_p11_finalize(struct swl_p11_module *_Nonnull module);

// What a module and a token say of themselves: text is padded with blanks at the end (PKCS #11 v2.40 section 3.1).
struct swl_p11_library {
    uint8_t manufacturer[32];
    uint8_t description[32];
    uint8_t major;
    uint8_t minor;
};
struct swl_p11_token {
    uint8_t label[32];
    uint8_t manufacturer[32];
    uint8_t model[16];
    uint8_t serial[16];
    uint8_t slot_description[64];
    uint8_t slot_manufacturer[32];
    uint64_t flags;
};
// Flags of a token.
enum {
    SWL_P11_LOGIN_REQUIRED = 0x4,
    SWL_P11_PROTECTED_PATH = 0x100,
    SWL_P11_INITIALISED = 0x400,
    SWL_P11_PIN_FINAL_TRY = 0x20000,
    SWL_P11_PIN_LOCKED = 0x40000,
};
int64_t swl_p11_library(struct swl_p11_module *_Nonnull module, struct swl_p11_library *_Nonnull out);
// The slots that have a token in them.
int64_t swl_p11_slots(struct swl_p11_module *_Nonnull module, uint64_t *_Nonnull slots, size_t capacity,
                      size_t *_Nonnull count);
int64_t swl_p11_token(struct swl_p11_module *_Nonnull module, uint64_t slot, struct swl_p11_token *_Nonnull out);

int64_t swl_p11_open(struct swl_p11_module *_Nonnull module, uint64_t slot, int32_t writable,
                     uint64_t *_Nonnull session);
// As the token's user. A null PIN has the token ask by its own means.
int64_t swl_p11_login(struct swl_p11_module *_Nonnull module, uint64_t session, const uint8_t *_Nullable pin,
                      size_t pin_count);

enum { SWL_P11_CERTIFICATE = 1, SWL_P11_PUBLIC_KEY = 2, SWL_P11_PRIVATE_KEY = 3 };  // CKO_
// The first objects of a class with this label and this identifier; null is any. At most `capacity`, which is at most 2.
int64_t swl_p11_find(struct swl_p11_module *_Nonnull module, uint64_t session, int32_t object_class,
                     const uint8_t *_Nullable label, size_t label_count, const uint8_t *_Nullable identifier,
                     size_t identifier_count, uint64_t *_Nonnull objects, size_t capacity, size_t *_Nonnull count);

enum {
    SWL_P11_ID = 0x102,
    SWL_P11_MODULUS = 0x120,
    SWL_P11_PUBLIC_EXPONENT = 0x122,
    SWL_P11_EC_PARAMS = 0x180,
    SWL_P11_EC_POINT = 0x181,
};  // CKA_
// An attribute that is a string of bytes. One that is not there is empty.
int64_t swl_p11_attribute(struct swl_p11_module *_Nonnull module, uint64_t session, uint64_t object, int32_t type,
                          uint8_t *_Nonnull out, size_t capacity, size_t *_Nonnull count);
// CKA_KEY_TYPE, and CKA_ALWAYS_AUTHENTICATE as 0 or 1.
enum { SWL_P11_RSA = 0, SWL_P11_EC = 3 };
int64_t swl_p11_key_type(struct swl_p11_module *_Nonnull module, uint64_t session, uint64_t object,
                         uint64_t *_Nonnull type);
int64_t swl_p11_always_authenticates(struct swl_p11_module *_Nonnull module, uint64_t session, uint64_t object,
                                     int32_t *_Nonnull answer);

// CKM_ECDSA over a hash; CKM_RSA_PKCS over a DigestInfo; CKM_RSA_PKCS_PSS over a hash, with a salt as long as it.
enum { SWL_P11_ECDSA = 0, SWL_P11_RSA_PKCS = 1, SWL_P11_RSA_PSS = 2 };
// Whether a token can sign so: 1 or 0.
int32_t swl_p11_can_sign(struct swl_p11_module *_Nonnull module, uint64_t slot, int32_t mechanism);
// Signs. With `asks_pin` the key wants its user's PIN for every signature (CKU_CONTEXT_SPECIFIC).
// For ECDSA r and s one behind the other, each as long as the curve's order.
int64_t swl_p11_sign(struct swl_p11_module *_Nonnull module, uint64_t session, uint64_t key, int32_t mechanism,
                     const uint8_t *_Nonnull data, size_t data_count, size_t hash_bytes, int32_t asks_pin,
                     const uint8_t *_Nullable pin, size_t pin_count, uint8_t *_Nonnull out, size_t capacity,
                     size_t *_Nonnull count);

// Makes a key pair in the token, from which the private key never comes out. `curve` is the DER of the curve's identifier
// (CKA_EC_PARAMS), or null for RSA with `bits` and the exponent 65537.
int64_t swl_p11_generate(struct swl_p11_module *_Nonnull module, uint64_t session, const uint8_t *_Nullable curve,
                         size_t curve_count, uint64_t bits, const uint8_t *_Nullable label, size_t label_count,
                         const uint8_t *_Nonnull identifier, size_t identifier_count);

// The name of a CKR_ number, with a terminator, or null for one that we do not know. Lives as long as the program.
const char *_Nullable swl_p11_error_name(uint64_t number);
// CKR_ numbers after which something else is done than telling.
enum {
    SWL_P11_PIN_INCORRECT = 0xA0,
    SWL_P11_PIN_LOCKED_ERROR = 0xA4,
    SWL_P11_ALREADY_LOGGED_IN = 0x100,
    SWL_P11_ALREADY_INITIALISED = 0x191,
};
#endif
