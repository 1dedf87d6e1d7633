#include "cpkcs11.h"

#include <dlfcn.h>
#include <string.h>

#include "abi.h"

struct swl_p11_module {
    struct p11_function_list *list;
};

_Static_assert((int)SWL_P11_ID == (int)ATTRIBUTE_ID, "the header says CKA_");
_Static_assert((int)SWL_P11_EC_PARAMS == (int)ATTRIBUTE_EC_PARAMS, "the header says CKA_");

// A function of the module by its place; the caller gives it its type.
#define CALL(module, type, place) ((type)(module)->list->functions[place])

// ---- Loading ----

#ifdef SWL_NO_MODULES
int64_t swl_p11_load(const uint8_t *path, size_t path_count, struct swl_p11_module **out, uint8_t *why,
                     size_t why_capacity, size_t *why_count) {
    (void)path, (void)path_count, (void)why, (void)why_capacity;
    *out = NULL;
    *why_count = 0;
    return SWL_P11_STATIC;
}
#else
static struct swl_p11_module loaded;

static int64_t find_functions(void *library, struct p11_function_list **list) {
    p11_get_function_list get;
    void *symbol = dlsym(library, "C_GetFunctionList");
    if (!symbol) return SWL_P11_NOT_A_MODULE;
    memcpy(&get, &symbol, sizeof get);  // C has no conversion of an object's pointer into a function's
    p11_number error = get(list);
    if (error) return (int64_t)error;
    if (!*list || (*list)->version.major != 2) return SWL_P11_NOT_A_MODULE;
    static const int needed[] = {F_INITIALIZE,        F_FINALIZE,           F_GET_INFO,     F_GET_SLOT_LIST,
                                 F_GET_SLOT_INFO,     F_GET_TOKEN_INFO,     F_OPEN_SESSION, F_GET_MECHANISM_INFO,
                                 F_LOGIN,             F_GET_ATTRIBUTE_VALUE, F_SIGN_INIT,   F_FIND_OBJECTS_INIT,
                                 F_FIND_OBJECTS,      F_FIND_OBJECTS_FINAL, F_SIGN,         F_GENERATE_KEY_PAIR};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (!(*list)->functions[needed[i]]) return SWL_P11_NO_FUNCTION;
    return 0;
}

int64_t swl_p11_load(const uint8_t *path, size_t path_count, struct swl_p11_module **out, uint8_t *why,
                     size_t why_capacity, size_t *why_count) {
    char name[1025];
    *out = NULL;
    *why_count = 0;
    if (path_count >= sizeof name || memchr(path, 0, path_count)) return SWL_P11_TOO_LARGE;
    memcpy(name, path, path_count);
    name[path_count] = 0;
    void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        const char *text = dlerror();
        size_t length = text ? strlen(text) : 0;
        *why_count = length < why_capacity ? length : why_capacity;
        if (*why_count) memcpy(why, text, *why_count);
        return SWL_P11_NOT_LOADED;
    }
    int64_t error = find_functions(library, &loaded.list);
    if (!error) error = swl_p11_initialize(&loaded);
    if (!error) *out = &loaded;
    return error;
}
#endif

int64_t swl_p11_initialize(struct swl_p11_module *module) {
    // Without arguments: one thread calls, and the module makes no promise to others (section 5.4).
    return (int64_t)CALL(module, p11_plain, F_INITIALIZE)(NULL);
}

int64_t swl_p11_finalize(struct swl_p11_module *module) {
    return (int64_t)CALL(module, p11_plain, F_FINALIZE)(NULL);
}

// ---- Tokens ----

int64_t swl_p11_library(struct swl_p11_module *module, struct swl_p11_library *out) {
    struct p11_info info;
    memset(&info, 0, sizeof info);
    p11_number error = CALL(module, p11_get_info, F_GET_INFO)(&info);
    memcpy(out->manufacturer, info.manufacturer, sizeof out->manufacturer);
    memcpy(out->description, info.description, sizeof out->description);
    out->major = info.library.major;
    out->minor = info.library.minor;
    return (int64_t)error;
}

int64_t swl_p11_slots(struct swl_p11_module *module, uint64_t *slots, size_t capacity, size_t *count) {
    p11_number found[64], number = sizeof found / sizeof *found;
    *count = 0;
    p11_number error = CALL(module, p11_get_slot_list, F_GET_SLOT_LIST)(1, found, &number);
    if (error) return (int64_t)error;
    if (number > capacity || number > sizeof found / sizeof *found) return SWL_P11_TOO_LARGE;
    for (p11_number i = 0; i < number; i++) slots[i] = found[i];
    *count = number;
    return 0;
}

int64_t swl_p11_token(struct swl_p11_module *module, uint64_t slot, struct swl_p11_token *out) {
    struct p11_token_info token;
    struct p11_slot_info place;
    memset(&token, 0, sizeof token);
    memset(&place, 0, sizeof place);
    p11_number error = CALL(module, p11_get_token_info, F_GET_TOKEN_INFO)(slot, &token);
    if (!error) error = CALL(module, p11_get_slot_info, F_GET_SLOT_INFO)(slot, &place);
    memcpy(out->label, token.label, sizeof out->label);
    memcpy(out->manufacturer, token.manufacturer, sizeof out->manufacturer);
    memcpy(out->model, token.model, sizeof out->model);
    memcpy(out->serial, token.serial, sizeof out->serial);
    memcpy(out->slot_description, place.description, sizeof out->slot_description);
    memcpy(out->slot_manufacturer, place.manufacturer, sizeof out->slot_manufacturer);
    out->flags = token.flags;
    return (int64_t)error;
}

int64_t swl_p11_open(struct swl_p11_module *module, uint64_t slot, int32_t writable, uint64_t *session) {
    p11_number handle = 0, flags = SESSION_SERIAL | (writable ? SESSION_WRITABLE : 0);
    p11_number error = CALL(module, p11_open_session, F_OPEN_SESSION)(slot, flags, NULL, NULL, &handle);
    *session = handle;
    return (int64_t)error;
}

int64_t swl_p11_login(struct swl_p11_module *module, uint64_t session, const uint8_t *pin, size_t pin_count) {
    return (int64_t)CALL(module, p11_login, F_LOGIN)(session, USER, (unsigned char *)pin, pin_count);
}

// ---- Objects ----

int64_t swl_p11_find(struct swl_p11_module *module, uint64_t session, int32_t object_class, const uint8_t *label,
                     size_t label_count, const uint8_t *identifier, size_t identifier_count, uint64_t *objects,
                     size_t capacity, size_t *count) {
    p11_number kind = (p11_number)object_class, number = 0, found[2], wanted = capacity < 2 ? capacity : 2;
    struct p11_attribute pattern[3] = {{ATTRIBUTE_CLASS, &kind, sizeof kind}};
    p11_number length = 1;
    if (label) pattern[length++] = (struct p11_attribute){ATTRIBUTE_LABEL, (void *)label, label_count};
    if (identifier) pattern[length++] = (struct p11_attribute){ATTRIBUTE_ID, (void *)identifier, identifier_count};
    *count = 0;
    p11_number error = CALL(module, p11_find_init, F_FIND_OBJECTS_INIT)(session, pattern, length);
    if (error) return (int64_t)error;
    error = CALL(module, p11_find, F_FIND_OBJECTS)(session, found, wanted, &number);
    p11_number end = CALL(module, p11_find_final, F_FIND_OBJECTS_FINAL)(session);
    if (error || end) return (int64_t)(error ? error : end);
    if (number > wanted) return SWL_P11_TOO_LARGE;
    for (p11_number i = 0; i < number; i++) objects[i] = found[i];
    *count = number;
    return 0;
}

int64_t swl_p11_attribute(struct swl_p11_module *module, uint64_t session, uint64_t object, int32_t type, uint8_t *out,
                          size_t capacity, size_t *count) {
    struct p11_attribute attribute = {(p11_number)type, NULL, 0};
    *count = 0;
    p11_attributes get = CALL(module, p11_attributes, F_GET_ATTRIBUTE_VALUE);
    p11_number error = get(session, object, &attribute, 1);
    if (error == ATTRIBUTE_UNKNOWN_ERROR || error == ATTRIBUTE_SENSITIVE_ERROR) return 0;
    if (error) return (int64_t)error;
    if (attribute.count == (p11_number)-1 || attribute.count == 0) return 0;  // section 5.7: not there
    if (attribute.count > capacity) return SWL_P11_TOO_LARGE;
    attribute.value = out;
    error = get(session, object, &attribute, 1);
    if (!error && attribute.count > capacity) return SWL_P11_TOO_LARGE;
    if (!error) *count = attribute.count;
    return (int64_t)error;
}

int64_t swl_p11_key_type(struct swl_p11_module *module, uint64_t session, uint64_t object, uint64_t *type) {
    p11_number value = (p11_number)-1;
    struct p11_attribute attribute = {ATTRIBUTE_KEY_TYPE, &value, sizeof value};
    p11_number error = CALL(module, p11_attributes, F_GET_ATTRIBUTE_VALUE)(session, object, &attribute, 1);
    *type = value;
    return (int64_t)error;
}

int64_t swl_p11_always_authenticates(struct swl_p11_module *module, uint64_t session, uint64_t object, int32_t *answer) {
    unsigned char value = 0;
    struct p11_attribute attribute = {ATTRIBUTE_ALWAYS_AUTHENTICATE, &value, sizeof value};
    p11_number error = CALL(module, p11_attributes, F_GET_ATTRIBUTE_VALUE)(session, object, &attribute, 1);
    *answer = !error && value;
    // Modules before v2.20 do not know the attribute.
    return error == ATTRIBUTE_UNKNOWN_ERROR ? 0 : (int64_t)error;
}

// ---- Signing ----

static p11_number mechanism_number(int32_t mechanism) {
    switch (mechanism) {
    case SWL_P11_ECDSA: return MECHANISM_ECDSA;
    case SWL_P11_RSA_PKCS: return MECHANISM_RSA_PKCS;
    default: return MECHANISM_RSA_PSS;
    }
}

int32_t swl_p11_can_sign(struct swl_p11_module *module, uint64_t slot, int32_t mechanism) {
    struct p11_mechanism_info info = {0, 0, 0};
    p11_number error =
        CALL(module, p11_get_mechanism_info, F_GET_MECHANISM_INFO)(slot, mechanism_number(mechanism), &info);
    return !error && info.flags & MECHANISM_SIGNS;
}

static struct p11_pss pss_of(size_t hash_bytes) {
    switch (hash_bytes) {
    case 48: return (struct p11_pss){MECHANISM_SHA384, MASK_SHA384, 48};
    case 64: return (struct p11_pss){MECHANISM_SHA512, MASK_SHA512, 64};
    default: return (struct p11_pss){MECHANISM_SHA256, MASK_SHA256, 32};
    }
}

int64_t swl_p11_sign(struct swl_p11_module *module, uint64_t session, uint64_t key, int32_t mechanism,
                     const uint8_t *data, size_t data_count, size_t hash_bytes, int32_t asks_pin, const uint8_t *pin,
                     size_t pin_count, uint8_t *out, size_t capacity, size_t *count) {
    struct p11_pss pss = pss_of(hash_bytes);
    struct p11_mechanism how = {mechanism_number(mechanism), NULL, 0};
    if (mechanism == SWL_P11_RSA_PSS) {
        how.parameter = &pss;
        how.count = sizeof pss;
    }
    *count = 0;
    p11_number error = CALL(module, p11_sign_init, F_SIGN_INIT)(session, &how, key);
    if (!error && asks_pin)
        error = CALL(module, p11_login, F_LOGIN)(session, USER_FOR_ONE_OPERATION, (unsigned char *)pin, pin_count);
    if (error) return (int64_t)error;
    p11_number length = capacity;
    error = CALL(module, p11_sign, F_SIGN)(session, (unsigned char *)data, data_count, out, &length);
    if (error) return (int64_t)error;
    if (length > capacity) return SWL_P11_TOO_LARGE;
    *count = length;
    return 0;
}

// ---- Making keys ----

int64_t swl_p11_generate(struct swl_p11_module *module, uint64_t session, const uint8_t *curve, size_t curve_count,
                         uint64_t bits, const uint8_t *label, size_t label_count, const uint8_t *identifier,
                         size_t identifier_count) {
    unsigned char yes = 1, no = 0, exponent[] = {1, 0, 1};
    p11_number modulus = (p11_number)bits, public_key = 0, private_key = 0;
    struct p11_mechanism how = {curve ? MECHANISM_EC_GENERATE : MECHANISM_RSA_GENERATE, NULL, 0};
    struct p11_attribute of_public[8] = {
        {ATTRIBUTE_TOKEN, &yes, 1}, {ATTRIBUTE_VERIFY, &yes, 1}, {ATTRIBUTE_ID, (void *)identifier, identifier_count}};
    struct p11_attribute of_private[8] = {
        {ATTRIBUTE_TOKEN, &yes, 1},      {ATTRIBUTE_PRIVATE, &yes, 1},
        {ATTRIBUTE_SENSITIVE, &yes, 1},  {ATTRIBUTE_EXTRACTABLE, &no, 1},
        {ATTRIBUTE_SIGN, &yes, 1},       {ATTRIBUTE_ID, (void *)identifier, identifier_count}};
    p11_number public_count = 3, private_count = 6;
    if (label) {
        of_public[public_count++] = (struct p11_attribute){ATTRIBUTE_LABEL, (void *)label, label_count};
        of_private[private_count++] = (struct p11_attribute){ATTRIBUTE_LABEL, (void *)label, label_count};
    }
    if (curve) {
        of_public[public_count++] = (struct p11_attribute){ATTRIBUTE_EC_PARAMS, (void *)curve, curve_count};
    } else {
        of_public[public_count++] = (struct p11_attribute){ATTRIBUTE_MODULUS_BITS, &modulus, sizeof modulus};
        of_public[public_count++] = (struct p11_attribute){ATTRIBUTE_PUBLIC_EXPONENT, exponent, sizeof exponent};
    }
    return (int64_t)CALL(module, p11_generate, F_GENERATE_KEY_PAIR)(
        session, &how, of_public, public_count, of_private, private_count, &public_key, &private_key);
}

// ---- Names ----

const char *swl_p11_error_name(uint64_t number) {
    switch (number) {
    case 0x02: return "CKR_HOST_MEMORY";
    case 0x03: return "CKR_SLOT_ID_INVALID";
    case 0x05: return "CKR_GENERAL_ERROR";
    case 0x06: return "CKR_FUNCTION_FAILED";
    case 0x07: return "CKR_ARGUMENTS_BAD";
    case 0x10: return "CKR_ATTRIBUTE_READ_ONLY";
    case 0x11: return "CKR_ATTRIBUTE_SENSITIVE";
    case 0x12: return "CKR_ATTRIBUTE_TYPE_INVALID";
    case 0x13: return "CKR_ATTRIBUTE_VALUE_INVALID";
    case 0x20: return "CKR_DATA_INVALID";
    case 0x21: return "CKR_DATA_LEN_RANGE";
    case 0x30: return "CKR_DEVICE_ERROR";
    case 0x31: return "CKR_DEVICE_MEMORY";
    case 0x32: return "CKR_DEVICE_REMOVED";
    case 0x50: return "CKR_FUNCTION_CANCELED";
    case 0x54: return "CKR_FUNCTION_NOT_SUPPORTED";
    case 0x60: return "CKR_KEY_HANDLE_INVALID";
    case 0x62: return "CKR_KEY_SIZE_RANGE";
    case 0x63: return "CKR_KEY_TYPE_INCONSISTENT";
    case 0x68: return "CKR_KEY_FUNCTION_NOT_PERMITTED";
    case 0x70: return "CKR_MECHANISM_INVALID";
    case 0x71: return "CKR_MECHANISM_PARAM_INVALID";
    case 0x82: return "CKR_OBJECT_HANDLE_INVALID";
    case 0x90: return "CKR_OPERATION_ACTIVE";
    case 0xA0: return "CKR_PIN_INCORRECT";
    case 0xA1: return "CKR_PIN_INVALID";
    case 0xA2: return "CKR_PIN_LEN_RANGE";
    case 0xA3: return "CKR_PIN_EXPIRED";
    case 0xA4: return "CKR_PIN_LOCKED";
    case 0xB0: return "CKR_SESSION_CLOSED";
    case 0xB1: return "CKR_SESSION_COUNT";
    case 0xB3: return "CKR_SESSION_HANDLE_INVALID";
    case 0xB5: return "CKR_SESSION_READ_ONLY";
    case 0xD1: return "CKR_TEMPLATE_INCONSISTENT";
    case 0xE0: return "CKR_TOKEN_NOT_PRESENT";
    case 0xE1: return "CKR_TOKEN_NOT_RECOGNIZED";
    case 0xE2: return "CKR_TOKEN_WRITE_PROTECTED";
    case 0x100: return "CKR_USER_ALREADY_LOGGED_IN";
    case 0x101: return "CKR_USER_NOT_LOGGED_IN";
    case 0x102: return "CKR_USER_PIN_NOT_INITIALIZED";
    case 0x150: return "CKR_BUFFER_TOO_SMALL";
    case 0x190: return "CKR_CRYPTOKI_NOT_INITIALIZED";
    case 0x191: return "CKR_CRYPTOKI_ALREADY_INITIALIZED";
    default: return NULL;
    }
}
