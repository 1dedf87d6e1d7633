// The peer of tls_peer.h over BearSSL, which has TLS 1.2 alone, without an extended master secret (RFC 7627), without tickets,
// and asks for max_fragment_length where its buffers are small.
#include "tls_peer.h"

#include <bearssl.h>

enum { MOST_CERTIFICATES = 8, MOST_BYTES = 65536, RECORD_OVERHEAD = 325, CACHE_BYTES = 4096 };

struct bytes {
    unsigned char *data;
    size_t count;
};

struct connection {
    br_ssl_engine_context *engine;
    br_sslio_context io;
    int socket, is_resumed;
};

static br_ssl_client_context client;
static br_ssl_server_context server;
static br_x509_minimal_context verifier;
static br_x509_certificate chain[MOST_CERTIFICATES];
static size_t chain_count;
static br_x509_trust_anchor anchors[MOST_CERTIFICATES];
static size_t anchor_count;
static br_skey_decoder_context key;
static br_ssl_session_parameters session;
static unsigned char input[BR_SSL_BUFSIZE_INPUT], output[BR_SSL_BUFSIZE_OUTPUT], cache_memory[CACHE_BYTES];
static uint16_t suite_list[1];

// Sessions that the server keeps: one that is found is counted.

static br_ssl_session_cache_lru kept;
static int found;

static void save_session(
    const br_ssl_session_cache_class **context, br_ssl_server_context *to, const br_ssl_session_parameters *parameters) {
    (void)context;
    kept.vtable->save(&kept.vtable, to, parameters);
}

static int load_session(
    const br_ssl_session_cache_class **context, br_ssl_server_context *to, br_ssl_session_parameters *parameters) {
    (void)context;
    int code = kept.vtable->load(&kept.vtable, to, parameters);
    if (code) found++;
    return code;
}

static const br_ssl_session_cache_class counting_class = {sizeof kept, save_session, load_session};
static const br_ssl_session_cache_class *counting = &counting_class;

// Files

static void append(void *to, const void *bytes, size_t count) {
    struct bytes *all = to;
    all->data = realloc(all->data, all->count + count);
    if (!all->data) fail("memory", (long)count);
    memcpy(all->data + all->count, bytes, count);
    all->count += count;
}

// Hands each object of a PEM file to `take`.
static void read_pem(const char *path, void (*take)(struct bytes)) {
    static unsigned char text[MOST_BYTES];
    FILE *file = fopen(path, "rb");
    if (!file) fail(path, 0);
    size_t count = fread(text, 1, sizeof text, file);
    fclose(file);
    br_pem_decoder_context decoder;
    br_pem_decoder_init(&decoder);
    struct bytes object = {NULL, 0};
    for (size_t at = 0; at < count;) {
        at += br_pem_decoder_push(&decoder, text + at, count - at);
        int event = br_pem_decoder_event(&decoder);
        if (event == BR_PEM_BEGIN_OBJ) {
            object = (struct bytes){NULL, 0};
            br_pem_decoder_setdest(&decoder, append, &object);
        } else if (event == BR_PEM_END_OBJ) {
            take(object);
        } else if (event == BR_PEM_ERROR) {
            fail(path, event);
        }
    }
}

static void take_certificate(struct bytes der) {
    if (chain_count == MOST_CERTIFICATES) fail("too many certificates", MOST_CERTIFICATES);
    chain[chain_count++] = (br_x509_certificate){der.data, der.count};
}

static void take_key(struct bytes der) {
    br_skey_decoder_init(&key);
    br_skey_decoder_push(&key, der.data, der.count);
    if (br_skey_decoder_last_error(&key)) fail("--key", br_skey_decoder_last_error(&key));
}

static void take_anchor(struct bytes der) {
    if (anchor_count == MOST_CERTIFICATES) fail("too many anchors", MOST_CERTIFICATES);
    // What the key's numbers lie in stays.
    br_x509_decoder_context *decoder = malloc(sizeof *decoder);
    struct bytes name = {NULL, 0};
    if (!decoder) fail("memory", 0);
    br_x509_decoder_init(decoder, append, &name);
    br_x509_decoder_push(decoder, der.data, der.count);
    const br_x509_pkey *public_key = br_x509_decoder_get_pkey(decoder);
    if (!public_key) fail("--ca", br_x509_decoder_last_error(decoder));
    anchors[anchor_count++] = (br_x509_trust_anchor){{name.data, name.count}, BR_X509_TA_CA, *public_key};
}

// Settings

static void use_identity(const struct options *options) {
    if (options->anchors) read_pem(options->anchors, take_anchor);
    if (!options->certificate) return;
    read_pem(options->certificate, take_certificate);
    read_pem(options->key, take_key);
}

// The authorities of these tests have keys of the kind of those below them.
static void prepare_client(void) {
    br_ssl_client_init_full(&client, &verifier, anchors, anchor_count);
    if (!chain_count) return;
    if (br_skey_decoder_key_type(&key) == BR_KEYTYPE_EC) {
        br_ssl_client_set_single_ec(
            &client, chain, chain_count, br_skey_decoder_get_ec(&key), BR_KEYTYPE_SIGN, BR_KEYTYPE_EC,
            br_ec_get_default(), br_ecdsa_sign_asn1_get_default());
    } else {
        br_ssl_client_set_single_rsa(
            &client, chain, chain_count, br_skey_decoder_get_rsa(&key), br_rsa_pkcs1_sign_get_default());
    }
}

static void prepare_server(const struct options *options) {
    if (br_skey_decoder_key_type(&key) == BR_KEYTYPE_EC) {
        br_ssl_server_init_full_ec(&server, chain, chain_count, BR_KEYTYPE_EC, br_skey_decoder_get_ec(&key));
    } else {
        br_ssl_server_init_full_rsa(&server, chain, chain_count, br_skey_decoder_get_rsa(&key));
    }
    if (options->resumes) {
        br_ssl_session_cache_lru_init(&kept, cache_memory, sizeof cache_memory);
        br_ssl_server_set_cache(&server, &counting);
    }
    if (!anchor_count) return;
    br_x509_minimal_init_full(&verifier, anchors, anchor_count);
    br_ssl_engine_set_x509(&server.eng, &verifier.vtable);
    // What it says of the kinds of clients' certificates follows from these.
    br_ssl_engine_set_default_rsavrfy(&server.eng);
    br_ssl_engine_set_default_ecdsa(&server.eng);
    br_ssl_server_set_trust_anchor_names_alt(&server, anchors, anchor_count);
}

static void peer_prepare(const struct options *options) {
    if (!options->tls12) fail("BearSSL has TLS 1.2 alone: --tls12", 0);
    if (options->groups[0]) fail("BearSSL does not let groups be chosen", 0);
    use_identity(options);
    if (options->is_server) prepare_server(options); else prepare_client();
    br_ssl_engine_context *engine = options->is_server ? &server.eng : &client.eng;
    br_ssl_engine_set_versions(engine, BR_TLS12, BR_TLS12);
    if (options->suite) {
        suite_list[0] = (uint16_t)code_of(suites, options->suite);
        br_ssl_engine_set_suites(engine, suite_list, 1);
    }
    int protocols = 0;
    while (options->protocols[protocols]) protocols++;
    br_ssl_engine_set_protocol_names(engine, (const char **)options->protocols, (size_t)protocols);
    br_ssl_engine_add_flags(engine, BR_OPT_FAIL_ON_ALPN_MISMATCH | BR_OPT_NO_RENEGOTIATION);
    size_t most = options->max_fragment ? (size_t)options->max_fragment + RECORD_OVERHEAD : sizeof input;
    br_ssl_engine_set_buffers_bidi(engine, input, most, output, sizeof output);
}

// Connections

static int read_socket(void *context, unsigned char *bytes, size_t most) {
    ssize_t count = read(*(int *)context, bytes, most);
    return count > 0 ? (int)count : -1;
}

static int write_socket(void *context, const unsigned char *bytes, size_t count) {
    ssize_t written = write(*(int *)context, bytes, count);
    return written > 0 ? (int)written : -1;
}

static struct connection *peer_open(const struct options *options, int socket) {
    struct connection *connection = calloc(1, sizeof *connection);
    connection->socket = socket;
    connection->engine = options->is_server ? &server.eng : &client.eng;
    found = 0;
    br_ssl_session_parameters offered = session;
    int is_ready = options->is_server ? br_ssl_server_reset(&server)
                                      : br_ssl_client_reset(&client, options->name, offered.session_id_len > 0);
    if (!is_ready) fail("reset", br_ssl_engine_last_error(connection->engine));
    br_sslio_init(&connection->io, connection->engine, read_socket, &connection->socket, write_socket, &connection->socket);
    if (br_sslio_flush(&connection->io)) fail("handshake", br_ssl_engine_last_error(connection->engine));
    br_ssl_engine_get_session_parameters(connection->engine, &session);
    connection->is_resumed = options->is_server ? found
                                                : offered.session_id_len > 0
            && offered.session_id_len == session.session_id_len
            && !memcmp(offered.session_id, session.session_id, session.session_id_len);
    return connection;
}

static struct description peer_describe(struct connection *connection) {
    struct description is = {.suite = session.cipher_suite, .is_resumed = connection->is_resumed};
    const char *protocol = br_ssl_engine_get_selected_protocol(connection->engine);
    if (protocol) snprintf(is.protocol, sizeof is.protocol, "%s", protocol);
    return is;
}

static size_t peer_read(struct connection *connection, unsigned char *bytes, size_t most) {
    int count = br_sslio_read(&connection->io, bytes, most);
    if (count > 0) return (size_t)count;
    int error = br_ssl_engine_last_error(connection->engine);
    if (error == BR_ERR_OK) return 0;
    if (error == BR_ERR_IO) fail("truncated", error);
    fail("read", error);
}

static void peer_write(struct connection *connection, const unsigned char *bytes, size_t count) {
    if (br_sslio_write_all(&connection->io, bytes, count) || br_sslio_flush(&connection->io))
        fail("write", br_ssl_engine_last_error(connection->engine));
}

static void peer_update_keys(struct connection *connection) {
    (void)connection;
    fail("TLS 1.2 has no KeyUpdate", 0);
}

// Waits for the peer's as well. What the call answers is not what its documentation says.
static void peer_close_notify(struct connection *connection) {
    (void)br_sslio_close(&connection->io);
    int error = br_ssl_engine_last_error(connection->engine);
    if (error != BR_ERR_OK) fail("close_notify", error);
}

static void peer_free(const struct options *options, struct connection *connection) {
    if (!options->resumes || options->is_server) session.session_id_len = 0;
    free(connection);
}
