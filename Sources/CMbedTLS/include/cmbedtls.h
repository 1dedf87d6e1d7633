// CMbedTLS: mbedTLS 2.28 and 3.6 as one small set of calls. Nothing else of mbedTLS leaks past this header: it
// includes none of its headers, contexts are memory of a size given here, and algorithms are small numbers.
//
// Rules of every call:
// - it returns 0 (`SWL_OK`) or one of the `SWL_E_` values, or mbedTLS's own negative number where none fits;
// - a pointer to no bytes may be null where it says `_Nullable`;
// - secrets that it held on its stack or on the heap are zeroed before it returns;
// - contexts (hash, AEAD) are aligned to 16 bytes, never move, and begin with all bytes zero.
//
// Threads: the curves are shared by the whole process and loaded under a lock (see `swl_curves_warm`); everything else
// touches only what it is given.
#ifndef SWIFTLET_CMBEDTLS_H
#define SWIFTLET_CMBEDTLS_H
#include <stddef.h>
#include <stdint.h>

enum {
    SWL_OK = 0,
    SWL_E_MEMORY = 1,         // an allocation failed
    SWL_E_KEY = 2,            // a key is malformed, of a wrong length, or its parts disagree
    SWL_E_PUBLIC_VALUE = 3,   // a peer's public value is not a usable point
    SWL_E_SIGNATURE = 4,      // a signature does not verify
    SWL_E_AUTHENTICATION = 5, // an AEAD tag does not match
    SWL_E_RANDOM = 6,         // the source of random bytes failed
    SWL_E_UNSUPPORTED = 7,    // an algorithm, curve or size that is not offered
    SWL_E_SPACE = 8,          // the output does not fit
    SWL_E_ENCRYPTED_KEY = 9,  // a private key is encrypted
    SWL_E_ENCODING = 10,      // text is not base64
};

// The version of the mbedTLS that is linked, as 0xMMNNPP00, and as text ("2.28.3").
uint32_t swl_mbedtls_version(void);
const char *_Nonnull swl_mbedtls_version_text(void);

// ---- Random bytes (random.c) ----

// Fills `count` bytes and returns 0, or returns another number and the bytes are not to be used.
typedef int (*swl_fill_fn)(void *_Nullable context, void *_Nonnull out, size_t count);

// A `swl_fill_fn` over getrandom(2): waits until the kernel's pool is ready, needs no context.
int swl_fill_getrandom(void *_Nullable context, void *_Nonnull out, size_t count);

// ---- Hashes, HMAC, HKDF (hash.c) ----

enum { SWL_SHA256 = 0, SWL_SHA384 = 1, SWL_SHA512 = 2 };
enum { SWL_HASH_CONTEXT_BYTES = 256, SWL_HASH_BYTES_MAX = 64 };

int swl_hash_start(void *_Nonnull context, int hash);
int swl_hash_update(void *_Nonnull context, const uint8_t *_Nullable bytes, size_t count);
// The hash of what came so far; the context goes on. `out` has room for the hash.
int swl_hash_current(const void *_Nonnull context, uint8_t *_Nonnull out);
void swl_hash_end(void *_Nonnull context);
int swl_hash_once(int hash, const uint8_t *_Nullable bytes, size_t count, uint8_t *_Nonnull out);

int swl_hmac(int hash, const uint8_t *_Nullable key, size_t key_count, const uint8_t *_Nullable message,
             size_t message_count, uint8_t *_Nonnull out);
// Over three pieces one behind the other.
int swl_hmac_pieces(int hash, const uint8_t *_Nullable key, size_t key_count, const uint8_t *_Nullable a, size_t a_count,
                    const uint8_t *_Nullable b, size_t b_count, const uint8_t *_Nullable c, size_t c_count,
                    uint8_t *_Nonnull out);
int swl_hkdf_extract(int hash, const uint8_t *_Nullable salt, size_t salt_count, const uint8_t *_Nullable ikm,
                     size_t ikm_count, uint8_t *_Nonnull out);
int swl_hkdf_expand(int hash, const uint8_t *_Nullable prk, size_t prk_count, const uint8_t *_Nullable info,
                    size_t info_count, uint8_t *_Nonnull out, size_t out_count);

// ---- AEADs (aead.c) ----

enum { SWL_AES128_GCM = 0, SWL_AES256_GCM = 1, SWL_CHACHA20_POLY1305 = 2, SWL_AES128_CCM = 3 };
enum { SWL_AEAD_CONTEXT_BYTES = 512, SWL_AEAD_NONCE_BYTES = 12, SWL_AEAD_TAG_BYTES = 16 };

// Whether mbedTLS finds AES instructions that it can use on this processor: 1 or 0.
int32_t swl_uses_aes_instructions(void);

// Starts a context, or replaces the key of one that was started (also with another algorithm).
int swl_aead_set_key(void *_Nonnull context, int aead, const uint8_t *_Nonnull key, size_t key_count);
// In place: `count` bytes of plaintext, then room for the tag. Allocates nothing.
int swl_aead_seal(void *_Nonnull context, const uint8_t *_Nonnull nonce, const uint8_t *_Nullable aad,
                  size_t aad_count, uint8_t *_Nonnull buffer, size_t count);
// In place: `count` bytes of ciphertext, then the tag. Where the tag does not match the bytes are zeroed.
int swl_aead_open(void *_Nonnull context, const uint8_t *_Nonnull nonce, const uint8_t *_Nullable aad,
                  size_t aad_count, uint8_t *_Nonnull buffer, size_t count);
void swl_aead_end(void *_Nonnull context);

// ---- Curves (curves.c, ecdh.c, ecdsa.c) ----

enum { SWL_X25519 = 0, SWL_SECP256R1 = 1, SWL_SECP384R1 = 2 };
enum { SWL_SCALAR_BYTES_MAX = 48, SWL_POINT_BYTES_MAX = 97 };

// Loads every curve and builds the tables that mbedTLS keeps for its generator. Without this call a curve is loaded
// (under a lock) when it is first used. After it the groups are only read: see `swl_curves_fingerprint`, with which a
// test shows that no operation changed them.
int swl_curves_warm(void);
int swl_curves_fingerprint(uint8_t *_Nonnull out /* 32 bytes */);

// A private scalar from the source: 32 bytes clamped (RFC 7748 section 5), or big-endian bytes drawn again until they
// are in [1, n-1]. `scalar` has room for exactly the curve's scalar.
int swl_ecdh_scalar(int curve, swl_fill_fn _Nonnull fill, void *_Nullable fill_context, uint8_t *_Nonnull scalar);
// The public value of a scalar: 32 bytes, or an uncompressed point of 65 or 97 bytes.
int swl_ecdh_public(int curve, const uint8_t *_Nonnull scalar, uint8_t *_Nonnull out, size_t out_count);
// The shared secret with a peer's public value, or SWL_E_PUBLIC_VALUE.
int swl_ecdh_shared(int curve, const uint8_t *_Nonnull scalar, const uint8_t *_Nonnull peer, size_t peer_count,
                    uint8_t *_Nonnull out, size_t out_count);
// Verifies r and s (big-endian, of any length) over a hash with an uncompressed point.
int swl_ecdsa_verify(int curve, const uint8_t *_Nullable point, size_t point_count, const uint8_t *_Nonnull hash,
                     size_t hash_count, const uint8_t *_Nonnull r, size_t r_count, const uint8_t *_Nonnull s,
                     size_t s_count);

// ---- RSA public keys (rsa.c) ----

enum { SWL_RSA_BYTES_MAX = 512 };

// Verifies a signature with a public key of `minimum_bits` to 4096 bits whose exponent is odd and in [3, 2^32).
// With `pss` the mask is MGF1 with the same hash and the salt is exactly as long as the hash.
int swl_rsa_verify(int pss, int hash, const uint8_t *_Nullable n, size_t n_count, const uint8_t *_Nullable e,
                   size_t e_count, size_t minimum_bits, const uint8_t *_Nonnull digest,
                   const uint8_t *_Nullable signature, size_t signature_count);

// Encrypts by RSAES-PKCS1-v1_5 with a public key as above (rsatransport.c). `out` is as long as the modulus.
int swl_rsa_encrypt(const uint8_t *_Nullable n, size_t n_count, const uint8_t *_Nullable e, size_t e_count,
                    size_t minimum_bits, swl_fill_fn _Nonnull fill, void *_Nullable fill_context,
                    const uint8_t *_Nonnull message, size_t message_count, uint8_t *_Nonnull out, size_t out_count);

// ---- Private keys (keys.c, keyder.c, rsatransport.c) ----

struct swl_key;
enum { SWL_KEY_P256 = 0, SWL_KEY_P384 = 1, SWL_KEY_RSA = 2 };

// Reads a PKCS#8, SEC1 or PKCS#1 private key, PEM or DER, unencrypted, and checks that its parts agree.
// On failure the answer is null and `error` says why.
struct swl_key *_Nullable swl_key_parse(const uint8_t *_Nullable bytes, size_t count, int *_Nonnull error);
void swl_key_free(struct swl_key *_Nullable key);
// One of SWL_KEY_...
int swl_key_type(const struct swl_key *_Nonnull key);
// Bits of the modulus or of the curve.
size_t swl_key_bits(const struct swl_key *_Nonnull key);
// SubjectPublicKeyInfo in DER at the beginning of `out`.
int swl_key_public_info(struct swl_key *_Nonnull key, uint8_t *_Nonnull out, size_t capacity, size_t *_Nonnull count);
// An uncompressed point, or a modulus (big-endian, without zeros in front).
int swl_key_public_value(struct swl_key *_Nonnull key, uint8_t *_Nonnull out, size_t capacity, size_t *_Nonnull count);
// An RSA key's public exponent, as `swl_key_public_value`; SWL_E_UNSUPPORTED for any other key.
int swl_key_public_exponent(struct swl_key *_Nonnull key, uint8_t *_Nonnull out, size_t capacity,
                            size_t *_Nonnull count);
// r and s, each as long as the curve's order, by RFC 6979.
int swl_key_sign_ecdsa(struct swl_key *_Nonnull key, int hash, const uint8_t *_Nonnull digest, uint8_t *_Nonnull out,
                       size_t out_count);
// A signature as long as the modulus.
int swl_key_sign_rsa(struct swl_key *_Nonnull key, int pss, int hash, const uint8_t *_Nonnull digest,
                     uint8_t *_Nonnull out, size_t out_count);
// The RSA decryption primitive, with the padding left on; `out` is as long as the modulus. What is as long as no
// ciphertext, or no less than the modulus, gives all zeros.
int swl_key_decrypt_rsa(struct swl_key *_Nonnull key, const uint8_t *_Nonnull ciphertext, size_t count,
                        uint8_t *_Nonnull out, size_t out_count);

// Makes a key and writes it as PKCS#8 PEM text with a final newline. `bits` is 2048 to 4096 for RSA, ignored otherwise.
int swl_key_generate_pem(int type, size_t bits, swl_fill_fn _Nonnull fill, void *_Nullable fill_context,
                         uint8_t *_Nonnull out, size_t capacity, size_t *_Nonnull count);

// ---- Premaster secrets (premaster.c) ----

enum { SWL_PREMASTER_BYTES = 48 };

// Replaces all but the first two bytes of a premaster secret (the version) by those in a block decrypted by RSA, if that
// has the padding of RSAES-PKCS1-v1_5 around exactly 48 bytes; otherwise, as without a trace, leaves them.
void swl_premaster_unpad(const uint8_t *_Nonnull block, size_t count, uint8_t *_Nonnull premaster);

// ---- Private keys under a password (pbes2.c) ----

enum { SWL_PRF_HMAC_SHA1 = 0, SWL_PRF_HMAC_SHA256 = 1, SWL_PRF_HMAC_SHA384 = 2, SWL_PRF_HMAC_SHA512 = 3 };

// PBKDF2 (RFC 8018 section 5.2); at most 64 bytes of output. The time that it takes is the caller's to bound.
int swl_pbkdf2(int prf, const uint8_t *_Nullable password, size_t password_count, const uint8_t *_Nullable salt,
               size_t salt_count, uint32_t iterations, uint8_t *_Nonnull out, size_t out_count);
// AES-CBC in place, whole blocks, without looking at the padding. `iv` has 16 bytes.
int swl_aes_cbc_decrypt(const uint8_t *_Nonnull key, size_t key_count, const uint8_t *_Nonnull iv,
                        uint8_t *_Nonnull bytes, size_t count);

// ---- Base64 (base64.c) ----

int swl_base64_encode(const uint8_t *_Nullable bytes, size_t count, uint8_t *_Nullable out, size_t capacity,
                      size_t *_Nonnull written);
// Line ends between the groups are allowed, spaces before a line end too; anything else is SWL_E_ENCODING.
int swl_base64_decode(const uint8_t *_Nullable text, size_t count, uint8_t *_Nullable out, size_t capacity,
                      size_t *_Nonnull written);

// ---- Writing DER (asn1write.c) ----
//
// As mbedTLS's mbedtls_asn1_write_*: each writes in front of `*p`, moves `*p` down, never below `start`, and returns how
// many bytes it wrote or a negative number where they do not fit. So the last element of a structure is written first.

int swl_asn1_write_len(uint8_t *_Nonnull *_Nonnull p, uint8_t *_Nonnull start, size_t length);
int swl_asn1_write_tag(uint8_t *_Nonnull *_Nonnull p, uint8_t *_Nonnull start, uint8_t tag);
// The bytes alone, without tag and length.
int swl_asn1_write_raw(uint8_t *_Nonnull *_Nonnull p, uint8_t *_Nonnull start, const uint8_t *_Nullable bytes,
                       size_t count);
int swl_asn1_write_null(uint8_t *_Nonnull *_Nonnull p, uint8_t *_Nonnull start);
int swl_asn1_write_bool(uint8_t *_Nonnull *_Nonnull p, uint8_t *_Nonnull start, int value);
// A small INTEGER that is not negative.
int swl_asn1_write_int(uint8_t *_Nonnull *_Nonnull p, uint8_t *_Nonnull start, int value);
// An INTEGER from the big-endian bytes of an unsigned number, made minimal; no bytes are the number zero.
int swl_asn1_write_unsigned(uint8_t *_Nonnull *_Nonnull p, uint8_t *_Nonnull start, const uint8_t *_Nullable bytes,
                            size_t count);
// An OBJECT IDENTIFIER from its encoded contents.
int swl_asn1_write_oid(uint8_t *_Nonnull *_Nonnull p, uint8_t *_Nonnull start, const uint8_t *_Nonnull oid,
                       size_t count);
int swl_asn1_write_bit_string(uint8_t *_Nonnull *_Nonnull p, uint8_t *_Nonnull start, const uint8_t *_Nullable bytes,
                              size_t bits);
// A BIT STRING of named bits: zeros at the end are left out (X.690 section 11.2.2).
int swl_asn1_write_named_bit_string(uint8_t *_Nonnull *_Nonnull p, uint8_t *_Nonnull start,
                                    const uint8_t *_Nullable bytes, size_t bits);
int swl_asn1_write_octet_string(uint8_t *_Nonnull *_Nonnull p, uint8_t *_Nonnull start,
                                const uint8_t *_Nullable bytes, size_t count);
enum { SWL_ASN1_UTF8_STRING = 0x0C, SWL_ASN1_PRINTABLE_STRING = 0x13, SWL_ASN1_IA5_STRING = 0x16 };
// A string with one of the tags above (or of the times): contents, length, tag.
int swl_asn1_write_tagged_string(uint8_t *_Nonnull *_Nonnull p, uint8_t *_Nonnull start, int tag,
                                 const uint8_t *_Nullable text, size_t count);
#endif
