// The peer of tls_peer.h over wolfSSL. It has no record_size_limit (RFC 8449), but asks for max_fragment_length in TLS 1.3 too.
#include "tls_peer.h"

#include <wolfssl/options.h>
#include <wolfssl/ssl.h>
#include <wolfssl/error-ssl.h>

struct connection {
    WOLFSSL *tls;
};

static WOLFSSL_CTX *context;
static WOLFSSL_SESSION *session;
static int group_list[MOST_NAMES];
static int group_count;

static void check(const char *what, int code) {
    if (code != WOLFSSL_SUCCESS) fail(what, code);
}

static void use_identity(const struct options *options) {
    if (options->certificate) {
        check("--cert", wolfSSL_CTX_use_certificate_chain_file(context, options->certificate));
        check("--key", wolfSSL_CTX_use_PrivateKey_file(context, options->key, WOLFSSL_FILETYPE_PEM));
    }
    if (options->anchors) check("--ca", wolfSSL_CTX_load_verify_locations(context, options->anchors, NULL));
    wolfSSL_CTX_set_verify(
        context, options->anchors ? WOLFSSL_VERIFY_PEER | WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT : WOLFSSL_VERIFY_NONE, NULL);
}

static void use_choices(const struct options *options) {
    if (options->suite) {
        int code = code_of(suites, options->suite);
        unsigned char bytes[] = {(unsigned char)(code >> 8), (unsigned char)code};
        check("--suite", wolfSSL_CTX_set_cipher_list_bytes(context, bytes, sizeof bytes));
    }
    for (; options->groups[group_count]; group_count++) group_list[group_count] = code_of(groups, options->groups[group_count]);
    if (group_count) check("--groups", wolfSSL_CTX_set_groups(context, group_list, group_count));
    for (unsigned char code = 1; options->max_fragment && code <= 4; code++)
        if (256L << code == options->max_fragment) check("--max-fragment", wolfSSL_CTX_UseMaxFragment(context, code));
}

static void use_tickets(const struct options *options) {
    if (options->resumes) {
        if (options->is_server && options->session_ids) wolfSSL_CTX_NoTicketTLSv12(context);
        if (!options->is_server && !options->session_ids) check("tickets", wolfSSL_CTX_UseSessionTicket(context));
        return;
    }
    if (options->is_server && !options->tls12) wolfSSL_CTX_no_ticket_TLSv13(context);
    if (options->is_server && options->tls12) wolfSSL_CTX_NoTicketTLSv12(context);
    wolfSSL_CTX_set_session_cache_mode(context, WOLFSSL_SESS_CACHE_OFF);
}

static void peer_prepare(const struct options *options) {
    check("wolfSSL_Init", wolfSSL_Init());
    context = wolfSSL_CTX_new(
        options->tls12 ? options->is_server ? wolfTLSv1_2_server_method() : wolfTLSv1_2_client_method()
        : options->is_server ? wolfTLSv1_3_server_method() : wolfTLSv1_3_client_method());
    if (!context) fail("wolfSSL_CTX_new", 0);
    use_identity(options);
    use_choices(options);
    use_tickets(options);
}

static void prepare_client(const struct options *options, WOLFSSL *tls) {
    check("--name", wolfSSL_UseSNI(tls, WOLFSSL_SNI_HOST_NAME, options->name, (unsigned short)strlen(options->name)));
    if (options->anchors) check("--name", wolfSSL_check_domain_name(tls, options->name));
    if (group_count && !options->tls12) check("--groups", wolfSSL_UseKeyShare(tls, (word16)group_list[0]));
    // False where the server gave no ticket: a full handshake follows.
    if (session) (void)wolfSSL_set_session(tls, session);
}

static struct connection *peer_open(const struct options *options, int socket) {
    struct connection *connection = calloc(1, sizeof *connection);
    connection->tls = wolfSSL_new(context);
    check("socket", wolfSSL_set_fd(connection->tls, socket));
    if (options->alpn) {
        check("--alpn", wolfSSL_UseALPN(
            connection->tls, options->alpn, (unsigned)strlen(options->alpn), WOLFSSL_ALPN_FAILED_ON_MISMATCH));
    }
    if (!options->is_server) prepare_client(options, connection->tls);
    int code = options->is_server ? wolfSSL_accept(connection->tls) : wolfSSL_connect(connection->tls);
    if (code != WOLFSSL_SUCCESS) fail("handshake", wolfSSL_get_error(connection->tls, code));
    return connection;
}

static struct description peer_describe(struct connection *connection) {
    struct description is = {
        .suite = (int)wolfSSL_CIPHER_get_id(wolfSSL_get_current_cipher(connection->tls)) & 0xffff,
        .is_resumed = wolfSSL_session_reused(connection->tls),
    };
    char *protocol = NULL;
    unsigned short length = 0;
    if (wolfSSL_ALPN_GetProtocol(connection->tls, &protocol, &length) == WOLFSSL_SUCCESS)
        snprintf(is.protocol, sizeof is.protocol, "%.*s", length, protocol);
    return is;
}

static size_t peer_read(struct connection *connection, unsigned char *bytes, size_t most) {
    int count = wolfSSL_read(connection->tls, bytes, (int)most);
    if (count > 0) return (size_t)count;
    int error = wolfSSL_get_error(connection->tls, count);
    if (error == WOLFSSL_ERROR_ZERO_RETURN) return 0;
    // Both mean an end of the stream.
    if (error == SOCKET_PEER_CLOSED_E || error == WOLFSSL_ERROR_SYSCALL) fail("truncated", error);
    fail("read", error);
}

static void peer_write(struct connection *connection, const unsigned char *bytes, size_t count) {
    int written = wolfSSL_write(connection->tls, bytes, (int)count);
    if (written != (int)count) fail("write", wolfSSL_get_error(connection->tls, written));
}

static void peer_update_keys(struct connection *connection) {
    check("KeyUpdate", wolfSSL_update_keys(connection->tls));
}

static void peer_close_notify(struct connection *connection) {
    int code = wolfSSL_shutdown(connection->tls);
    if (code < 0) fail("close_notify", wolfSSL_get_error(connection->tls, code));
}

static void peer_free(const struct options *options, struct connection *connection) {
    if (options->resumes && !options->is_server) {
        if (session) wolfSSL_SESSION_free(session);
        session = wolfSSL_get1_session(connection->tls);
    }
    wolfSSL_free(connection->tls);
    free(connection);
}
