// The peer of tls_peer.h over mbedTLS 3.6, which has no KeyUpdate of its own and takes none (`--updates` fails), or over 2.28,
// which has TLS 1.2 alone. In Debian's build there is no record_size_limit; max_fragment_length is a matter of TLS 1.2 for it.
#include "tls_peer.h"

#include <mbedtls/version.h>
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_cache.h>
#include <mbedtls/ssl_ticket.h>
#if MBEDTLS_VERSION_MAJOR >= 3
#include <psa/crypto.h>
#endif

struct connection {
    mbedtls_ssl_context tls;
    mbedtls_net_context socket;
    int has_ticket;
};

static mbedtls_ssl_config configuration;
static mbedtls_x509_crt anchors, chain;
static mbedtls_pk_context key;
static mbedtls_entropy_context entropy;
static mbedtls_ctr_drbg_context drbg;
static mbedtls_ssl_ticket_context tickets;
static mbedtls_ssl_cache_context cache;
static mbedtls_ssl_session session;
static int has_session;
#if MBEDTLS_VERSION_MAJOR >= 3
static uint16_t group_list[MOST_NAMES + 1];
#else
static mbedtls_ecp_group_id group_list[MOST_NAMES + 1];
#endif
static int suite_list[2];
// Of the connection under way: certificates looked at, and tickets that opened.
static int verified, opened;

static int count_certificate(void *unused, mbedtls_x509_crt *certificate, int depth, uint32_t *flags) {
    (void)unused, (void)certificate, (void)depth, (void)flags;
    verified++;
    return 0;
}

static int open_ticket(void *context, mbedtls_ssl_session *into, unsigned char *ticket, size_t length) {
    int code = mbedtls_ssl_ticket_parse(context, into, ticket, length);
    if (code == 0) opened++;
    return code;
}

static void check(const char *what, int code) {
    if (code) fail(what, code);
}

static void use_identity(const struct options *options) {
    if (options->certificate) {
        check("--cert", mbedtls_x509_crt_parse_file(&chain, options->certificate));
#if MBEDTLS_VERSION_MAJOR >= 3
        check("--key", mbedtls_pk_parse_keyfile(&key, options->key, NULL, mbedtls_ctr_drbg_random, &drbg));
#else
        check("--key", mbedtls_pk_parse_keyfile(&key, options->key, NULL));
#endif
        check("own certificate", mbedtls_ssl_conf_own_cert(&configuration, &chain, &key));
    }
    if (options->anchors) {
        check("--ca", mbedtls_x509_crt_parse_file(&anchors, options->anchors));
        mbedtls_ssl_conf_ca_chain(&configuration, &anchors, NULL);
    }
    mbedtls_ssl_conf_authmode(&configuration, options->anchors ? MBEDTLS_SSL_VERIFY_REQUIRED : MBEDTLS_SSL_VERIFY_NONE);
    mbedtls_ssl_conf_verify(&configuration, count_certificate, NULL);
}

// Sessions that the server keeps (RFC 5246 §7.3): as a ticket, one that is found is counted.
#if MBEDTLS_VERSION_MAJOR >= 3
static int find_session(void *context, unsigned char const *id, size_t length, mbedtls_ssl_session *into) {
    int code = mbedtls_ssl_cache_get(context, id, length, into);
#else
static int find_session(void *context, mbedtls_ssl_session *into) {
    int code = mbedtls_ssl_cache_get(context, into);
#endif
    if (code == 0) opened++;
    return code;
}

static void use_groups(const struct options *options) {
#if MBEDTLS_VERSION_MAJOR >= 3
    for (int i = 0; options->groups[i]; i++) group_list[i] = (uint16_t)code_of(groups, options->groups[i]);
    if (group_list[0]) mbedtls_ssl_conf_groups(&configuration, group_list);
#else
    for (int i = 0; options->groups[i]; i++)
        group_list[i] = mbedtls_ecp_curve_info_from_tls_id((uint16_t)code_of(groups, options->groups[i]))->grp_id;
    if (group_list[0]) mbedtls_ssl_conf_curves(&configuration, group_list);
#endif
}

static void use_choices(const struct options *options) {
    if (options->suite) {
        suite_list[0] = code_of(suites, options->suite);
        mbedtls_ssl_conf_ciphersuites(&configuration, suite_list);
    }
    use_groups(options);
    if (options->alpn) check("--alpn", mbedtls_ssl_conf_alpn_protocols(&configuration, (const char **)options->protocols));
    for (unsigned char code = 1; options->max_fragment && code <= 4; code++)
        if (256L << code == options->max_fragment) check("--max-fragment", mbedtls_ssl_conf_max_frag_len(&configuration, code));
}

static void use_tickets(const struct options *options) {
    if (!options->resumes || options->session_ids)
        mbedtls_ssl_conf_session_tickets(&configuration, MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
    if (!options->resumes) return;
    if (options->is_server && options->session_ids) {
        mbedtls_ssl_conf_session_cache(&configuration, &cache, find_session, mbedtls_ssl_cache_set);
    } else if (options->is_server) {
        check("tickets", mbedtls_ssl_ticket_setup(&tickets, mbedtls_ctr_drbg_random, &drbg, MBEDTLS_CIPHER_AES_256_GCM, 3600));
        mbedtls_ssl_conf_session_tickets_cb(&configuration, mbedtls_ssl_ticket_write, open_ticket, &tickets);
    }
#if MBEDTLS_VERSION_MAJOR >= 3
    if (!options->is_server)
        mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(
            &configuration, MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
#endif
}

static void use_version(const struct options *options) {
#if MBEDTLS_VERSION_MAJOR >= 3
    if (options->tls12) mbedtls_ssl_conf_max_tls_version(&configuration, MBEDTLS_SSL_VERSION_TLS1_2);
    mbedtls_ssl_conf_min_tls_version(&configuration, options->tls12 ? MBEDTLS_SSL_VERSION_TLS1_2 : MBEDTLS_SSL_VERSION_TLS1_3);
    // psk_dhe_ke beside a full handshake: no psk_ke.
    mbedtls_ssl_conf_tls13_key_exchange_modes(
        &configuration,
        MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL | MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_EPHEMERAL);
#else
    if (!options->tls12) fail("mbedTLS 2.28 has TLS 1.2 alone: --tls12", 0);
    mbedtls_ssl_conf_min_version(&configuration, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
#endif
}

static void peer_prepare(const struct options *options) {
#if MBEDTLS_VERSION_MAJOR >= 3
    check("psa_crypto_init", psa_crypto_init());
#endif
    mbedtls_entropy_init(&entropy);
    mbedtls_ctr_drbg_init(&drbg);
    check("seed", mbedtls_ctr_drbg_seed(&drbg, mbedtls_entropy_func, &entropy, NULL, 0));
    mbedtls_ssl_config_init(&configuration);
    mbedtls_x509_crt_init(&anchors);
    mbedtls_x509_crt_init(&chain);
    mbedtls_pk_init(&key);
    mbedtls_ssl_ticket_init(&tickets);
    mbedtls_ssl_cache_init(&cache);
    mbedtls_ssl_session_init(&session);
    check("defaults", mbedtls_ssl_config_defaults(
        &configuration, options->is_server ? MBEDTLS_SSL_IS_SERVER : MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
        MBEDTLS_SSL_PRESET_DEFAULT));
    mbedtls_ssl_conf_rng(&configuration, mbedtls_ctr_drbg_random, &drbg);
    use_version(options);
    use_identity(options);
    use_choices(options);
    use_tickets(options);
}

static struct connection *peer_open(const struct options *options, int socket) {
    struct connection *connection = calloc(1, sizeof *connection);
    verified = opened = 0;
    connection->socket.fd = socket;
    mbedtls_ssl_init(&connection->tls);
    check("setup", mbedtls_ssl_setup(&connection->tls, &configuration));
    mbedtls_ssl_set_bio(&connection->tls, &connection->socket, mbedtls_net_send, mbedtls_net_recv, NULL);
    if (!options->is_server) check("--name", mbedtls_ssl_set_hostname(&connection->tls, options->name));
    if (has_session) check("session", mbedtls_ssl_set_session(&connection->tls, &session));
    check("handshake", mbedtls_ssl_handshake(&connection->tls));
    // With TLS 1.2 it has come by now.
    connection->has_ticket = options->tls12;
    return connection;
}

static struct description peer_describe(struct connection *connection) {
#if MBEDTLS_VERSION_MAJOR >= 3
    struct description is = {.suite = mbedtls_ssl_get_ciphersuite_id_from_ssl(&connection->tls)};
#else
    struct description is = {.suite = mbedtls_ssl_get_ciphersuite_id(mbedtls_ssl_get_ciphersuite(&connection->tls))};
#endif
    // No call tells it: a resumed client was shown no certificate, a resumed server has opened a ticket or found a session.
    is.is_resumed = opened || (has_session && !verified);
    const char *protocol = mbedtls_ssl_get_alpn_protocol(&connection->tls);
    if (protocol) snprintf(is.protocol, sizeof is.protocol, "%s", protocol);
    return is;
}

static size_t peer_read(struct connection *connection, unsigned char *bytes, size_t most) {
    for (;;) {
        int count = mbedtls_ssl_read(&connection->tls, bytes, most);
#if MBEDTLS_VERSION_MAJOR >= 3
        if (count == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET) {
            connection->has_ticket = 1;
            continue;
        }
#endif
        if (count == MBEDTLS_ERR_SSL_WANT_READ) {
            // A ticket that is passed over; the socket itself blocks.
            continue;
        } else if (count == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) {
            return 0;
        } else if (count == 0 || count == MBEDTLS_ERR_SSL_CONN_EOF || count == MBEDTLS_ERR_NET_CONN_RESET) {
            fail("truncated", count);
        } else if (count < 0) {
            fail("read", count);
        } else {
            return (size_t)count;
        }
    }
}

static void peer_write(struct connection *connection, const unsigned char *bytes, size_t count) {
    for (size_t at = 0; at < count;) {
        int written = mbedtls_ssl_write(&connection->tls, bytes + at, count - at);
        if (written < 0) fail("write", written);
        at += (size_t)written;
    }
}

static void peer_update_keys(struct connection *connection) {
    (void)connection;
    fail("mbedTLS has no KeyUpdate", 0);
}

static void peer_close_notify(struct connection *connection) {
    check("close_notify", mbedtls_ssl_close_notify(&connection->tls));
}

static void peer_free(const struct options *options, struct connection *connection) {
    if (options->resumes && !options->is_server && connection->has_ticket) {
        mbedtls_ssl_session_free(&session);
        mbedtls_ssl_session_init(&session);
        check("session", mbedtls_ssl_get_session(&connection->tls, &session));
        has_session = 1;
    }
    mbedtls_ssl_free(&connection->tls);
    free(connection);
}
