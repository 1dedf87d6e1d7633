// The part of the ABI of PKCS #11 v2.40 (OASIS, pkcs11t.h and pkcs11f.h) that is used here, in declarations of our own. On
// Unix its structures have the C compiler's own layout, and CK_ULONG is unsigned long.
#ifndef SWIFTLET_CPKCS11_ABI_H
#define SWIFTLET_CPKCS11_ABI_H

typedef unsigned long p11_number;  // CK_ULONG and all that is one: CK_RV, handles, types, flags

struct p11_version {
    unsigned char major, minor;
};
struct p11_info {
    struct p11_version cryptoki;
    unsigned char manufacturer[32];
    p11_number flags;
    unsigned char description[32];
    struct p11_version library;
};
struct p11_slot_info {
    unsigned char description[64], manufacturer[32];
    p11_number flags;
    struct p11_version hardware, firmware;
};
struct p11_token_info {
    unsigned char label[32], manufacturer[32], model[16], serial[16];
    p11_number flags;
    p11_number sessions_and_memory[10];
    struct p11_version hardware, firmware;
    unsigned char time[16];
};
struct p11_attribute {
    p11_number type;
    void *value;
    p11_number count;
};
struct p11_mechanism {
    p11_number type;
    void *parameter;
    p11_number count;
};
struct p11_mechanism_info {
    p11_number least, most, flags;
};
struct p11_pss {
    p11_number hash, mask, salt;
};

// The functions of CK_FUNCTION_LIST by their place in it.
enum p11_function {
    F_INITIALIZE = 0,
    F_FINALIZE = 1,
    F_GET_INFO = 2,
    F_GET_SLOT_LIST = 4,
    F_GET_SLOT_INFO = 5,
    F_GET_TOKEN_INFO = 6,
    F_GET_MECHANISM_INFO = 8,
    F_OPEN_SESSION = 12,
    F_LOGIN = 18,
    F_GET_ATTRIBUTE_VALUE = 24,
    F_FIND_OBJECTS_INIT = 26,
    F_FIND_OBJECTS = 27,
    F_FIND_OBJECTS_FINAL = 28,
    F_SIGN_INIT = 42,
    F_SIGN = 43,
    F_GENERATE_KEY_PAIR = 59,
    F_COUNT = 68,
};
struct p11_function_list {
    struct p11_version version;
    void (*functions[F_COUNT])(void);
};

typedef p11_number (*p11_get_function_list)(struct p11_function_list **);
typedef p11_number (*p11_plain)(void *);  // C_Initialize, C_Finalize
typedef p11_number (*p11_get_info)(struct p11_info *);
typedef p11_number (*p11_get_slot_list)(unsigned char present, p11_number *slots, p11_number *count);
typedef p11_number (*p11_get_slot_info)(p11_number slot, struct p11_slot_info *);
typedef p11_number (*p11_get_token_info)(p11_number slot, struct p11_token_info *);
typedef p11_number (*p11_get_mechanism_info)(p11_number slot, p11_number type, struct p11_mechanism_info *);
typedef p11_number (*p11_open_session)(p11_number slot, p11_number flags, void *application, void *notify,
                                       p11_number *session);
typedef p11_number (*p11_login)(p11_number session, p11_number user, unsigned char *pin, p11_number count);
typedef p11_number (*p11_attributes)(p11_number session, p11_number object, struct p11_attribute *, p11_number count);
typedef p11_number (*p11_find_init)(p11_number session, struct p11_attribute *, p11_number count);
typedef p11_number (*p11_find)(p11_number session, p11_number *objects, p11_number capacity, p11_number *count);
typedef p11_number (*p11_find_final)(p11_number session);
typedef p11_number (*p11_sign_init)(p11_number session, struct p11_mechanism *, p11_number key);
typedef p11_number (*p11_sign)(p11_number session, unsigned char *data, p11_number data_count, unsigned char *signature,
                               p11_number *count);
typedef p11_number (*p11_generate)(p11_number session, struct p11_mechanism *, struct p11_attribute *of_public,
                                   p11_number public_count, struct p11_attribute *of_private, p11_number private_count,
                                   p11_number *public_key, p11_number *private_key);

enum { SESSION_WRITABLE = 2, SESSION_SERIAL = 4, MECHANISM_SIGNS = 0x800 };  // CKF_
enum { USER = 1, USER_FOR_ONE_OPERATION = 2 };                               // CKU_
enum {
    ATTRIBUTE_CLASS = 0x0,
    ATTRIBUTE_TOKEN = 0x1,
    ATTRIBUTE_PRIVATE = 0x2,
    ATTRIBUTE_LABEL = 0x3,
    ATTRIBUTE_KEY_TYPE = 0x100,
    ATTRIBUTE_ID = 0x102,
    ATTRIBUTE_SENSITIVE = 0x103,
    ATTRIBUTE_SIGN = 0x108,
    ATTRIBUTE_VERIFY = 0x10A,
    ATTRIBUTE_MODULUS_BITS = 0x121,
    ATTRIBUTE_PUBLIC_EXPONENT = 0x122,
    ATTRIBUTE_EXTRACTABLE = 0x162,
    ATTRIBUTE_EC_PARAMS = 0x180,
    ATTRIBUTE_ALWAYS_AUTHENTICATE = 0x202,
};  // CKA_
enum {
    MECHANISM_RSA_GENERATE = 0x0,
    MECHANISM_RSA_PKCS = 0x1,
    MECHANISM_RSA_PSS = 0xD,
    MECHANISM_SHA256 = 0x250,
    MECHANISM_SHA384 = 0x260,
    MECHANISM_SHA512 = 0x270,
    MECHANISM_EC_GENERATE = 0x1040,
    MECHANISM_ECDSA = 0x1041,
};                                                             // CKM_
enum { MASK_SHA256 = 2, MASK_SHA384 = 3, MASK_SHA512 = 4 };    // CKG_MGF1_
enum { ATTRIBUTE_SENSITIVE_ERROR = 0x11, ATTRIBUTE_UNKNOWN_ERROR = 0x12 };  // CKR_
#endif
