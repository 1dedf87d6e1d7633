// A TLS peer for the tests, as a client or as a server that sends back what comes: of TLS 1.3, or of 1.2 where that is asked
// for. What is the same for every library is here: options, sockets, the exchange of data. A library's own file includes this
// one and defines the `peer_` functions.
//
//   PROGRAM client PORT [OPTION]...
//   PROGRAM server [OPTION]...         prints `listening PORT`
//
//   --tls12                            TLS 1.2 alone
//   --cert FILE --key FILE             our certificate with its intermediates, and its key
//   --ca FILE                          trust anchors; a server that has them requires the client's certificate
//   --name HOST                        client: the name to ask for and to verify (localhost)
//   --suite NAME                       the one cipher suite, by its IANA name
//   --groups A,B                       groups by their IANA names; a client sends a key share for the first alone
//   --alpn A,B                         application protocols, best first
//   --connections N                    one after the other (1)
//   --resume                           client: each connection but the first offers the last session; server: gives tickets
//   --session-ids                      TLS 1.2: with --resume, sessions that the server keeps in place of tickets
//   --bytes N                          client: so many bytes are sent, and expected back (1000)
//   --write N                          at most so many bytes in one record of ours (16384)
//   --updates N                        so many KeyUpdates, each before some data, that ask for one in return
//   --max-fragment N                   client: asks for max_fragment_length (RFC 6066): 512, 1024, 2048 or 4096
//   --truncate                         ends a connection without close_notify
//
// A line on standard output tells of each connection, and another of its end; what fails is one line on standard error and
// exit code 1.
#ifndef TLS_PEER_H
#define TLS_PEER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_NAMES = 8, CHUNK = 4096, SECONDS_OF_PATIENCE = 30 };

struct options {
    int is_server, port;
    const char *certificate, *key, *anchors, *name, *suite;
    // Ended by a null pointer.
    char *groups[MOST_NAMES + 1], *protocols[MOST_NAMES + 1];
    // The protocols as they were given.
    char *alpn;
    long connections, bytes, write, updates, max_fragment;
    int tls12, resumes, session_ids, truncates;
};

// IANA's TLS registries.
struct codepoint {
    const char *name;
    int code;
};
static const struct codepoint suites[] = {
    {"TLS_AES_128_GCM_SHA256", 0x1301},       {"TLS_AES_256_GCM_SHA384", 0x1302},
    {"TLS_CHACHA20_POLY1305_SHA256", 0x1303}, {"TLS_AES_128_CCM_SHA256", 0x1304},
    {"TLS_RSA_WITH_AES_128_GCM_SHA256", 0x009c}, {"TLS_RSA_WITH_AES_256_GCM_SHA384", 0x009d},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", 0xc02b}, {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", 0xc02c},
    {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", 0xc02f}, {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", 0xc030},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CCM", 0xc0ac}, {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", 0xcca8},
    {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", 0xcca9}, {NULL, 0},
};
static const struct codepoint groups[] = {{"secp256r1", 23}, {"secp384r1", 24}, {"x25519", 29}, {NULL, 0}};

struct connection;

// Before everything else.
static void peer_prepare(const struct options *options);
// A handshake over a connected socket. The session before is used where the options say so.
static struct connection *peer_open(const struct options *options, int socket);
// What came of the handshake. The protocol is empty where there is none.
struct description {
    int suite, is_resumed;
    char protocol[256];
};
static struct description peer_describe(struct connection *connection);
// At least one byte, or 0 at the peer's close_notify.
static size_t peer_read(struct connection *connection, unsigned char *bytes, size_t most);
// All of them, in one record.
static void peer_write(struct connection *connection, const unsigned char *bytes, size_t count);
// A KeyUpdate that asks for one in return.
static void peer_update_keys(struct connection *connection);
static void peer_close_notify(struct connection *connection);
// Keeps the session for the next connection where that was asked for, and frees everything.
static void peer_free(const struct options *options, struct connection *connection);

// The connection under way, or -1.
static int open_socket = -1;

// Whoever is at the other end hears all that was said: what it sends meanwhile is read, since the kernel would reset the
// connection otherwise.
__attribute__((noreturn)) static void fail(const char *what, long code) {
    char rest[256];
    fprintf(stderr, "%s: %ld\n", what, code);
    if (open_socket >= 0) {
        shutdown(open_socket, SHUT_WR);
        while (read(open_socket, rest, sizeof rest) > 0) {}
    }
    exit(1);
}

static int code_of(const struct codepoint *known, const char *name) {
    for (; known->name; known++)
        if (!strcmp(known->name, name)) return known->code;
    fail(name, 0);
}

static const char *name_of(const struct codepoint *known, int code) {
    for (; known->name; known++)
        if (known->code == code) return known->name;
    fail("unknown code", code);
}

// Options

static void split(char *text, char *parts[]) {
    int count = 0;
    for (char *part = strtok(text, ","); part; part = strtok(NULL, ",")) {
        if (count == MOST_NAMES) fail("too many names", count);
        parts[count++] = part;
    }
}

// Takes the option at `arguments[0]`; answers how many arguments that were.
static int take_option(struct options *options, char *arguments[]) {
    const struct {
        const char *name;
        const char **text;
        long *number;
        int *flag;
    } known[] = {
        {"--cert", &options->certificate, NULL, NULL}, {"--key", &options->key, NULL, NULL},
        {"--ca", &options->anchors, NULL, NULL},       {"--name", &options->name, NULL, NULL},
        {"--suite", &options->suite, NULL, NULL},      {"--connections", NULL, &options->connections, NULL},
        {"--bytes", NULL, &options->bytes, NULL},      {"--write", NULL, &options->write, NULL},
        {"--updates", NULL, &options->updates, NULL},  {"--max-fragment", NULL, &options->max_fragment, NULL},
        {"--resume", NULL, NULL, &options->resumes},   {"--truncate", NULL, NULL, &options->truncates},
        {"--tls12", NULL, NULL, &options->tls12},      {"--session-ids", NULL, NULL, &options->session_ids},
    };
    char *value = arguments[1];
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(arguments[0], known[i].name)) continue;
        if (known[i].flag) return *known[i].flag = 1;
        if (!value) fail("a value is missing", 0);
        if (known[i].text) *known[i].text = value;
        else *known[i].number = atol(value);
        return 2;
    }
    if (!value) fail("unknown option", 0);
    if (!strcmp(arguments[0], "--groups")) split(value, options->groups);
    else if (!strcmp(arguments[0], "--alpn")) {
        options->alpn = strdup(value);
        split(value, options->protocols);
    } else fail("unknown option", 0);
    return 2;
}

static struct options read_options(int count, char *arguments[]) {
    struct options options = {.name = "localhost", .connections = 1, .bytes = 1000, .write = 16384};
    int at = 2;
    if (count < 2) fail("client or server", 0);
    options.is_server = !strcmp(arguments[1], "server");
    if (!options.is_server) {
        if (count < 3) fail("a port is missing", 0);
        options.port = atoi(arguments[at++]);
    }
    while (at < count) at += take_option(&options, arguments + at);
    if (options.write < 1 || options.write > 16384) fail("--write", options.write);
    return options;
}

// Sockets

static struct sockaddr_in loopback(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static void prepare_socket(int fd) {
    int one = 1;
    struct timeval patience = {.tv_sec = SECONDS_OF_PATIENCE};
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

static int connect_to(int port) {
    struct sockaddr_in address = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address)) fail("connect", port);
    prepare_socket(fd);
    return fd;
}

static int start_listening(void) {
    struct sockaddr_in address = loopback(0);
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, length) || listen(fd, 8)) fail("listen", fd);
    if (getsockname(fd, (struct sockaddr *)&address, &length)) fail("getsockname", fd);
    printf("listening %d\n", ntohs(address.sin_port));
    return fd;
}

// Data

// Byte `index` of what a client sends: without a pattern that a record would repeat.
static unsigned char pattern(long index) { return (unsigned char)((unsigned long)index * 2654435761u >> 13); }

static void write_all(const struct options *options, struct connection *connection, const unsigned char *bytes, size_t count) {
    for (size_t at = 0; at < count;) {
        size_t part = count - at < (size_t)options->write ? count - at : (size_t)options->write;
        peer_write(connection, bytes + at, part);
        at += part;
    }
}

// Sends chunk after chunk, each after the one before has come back.
static long talk(const struct options *options, struct connection *connection) {
    unsigned char sent[CHUNK], back[CHUNK];
    long updates = 0;
    for (long at = 0; at < options->bytes;) {
        size_t count = options->bytes - at < CHUNK ? (size_t)(options->bytes - at) : CHUNK;
        for (size_t i = 0; i < count; i++) sent[i] = pattern(at + (long)i);
        if (updates < options->updates) {
            peer_update_keys(connection);
            updates++;
        }
        write_all(options, connection, sent, count);
        for (size_t have = 0; have < count;) {
            size_t more = peer_read(connection, back + have, count - have);
            if (more == 0) fail("the server ended too early", at);
            have += more;
        }
        if (memcmp(sent, back, count)) fail("other bytes came back", at);
        at += (long)count;
    }
    return options->bytes;
}

// Sends back what comes, until the client's end.
static long echo(const struct options *options, struct connection *connection) {
    unsigned char bytes[CHUNK];
    long total = 0, updates = 0;
    size_t count;
    while ((count = peer_read(connection, bytes, sizeof bytes)) > 0) {
        if (updates < options->updates) {
            peer_update_keys(connection);
            updates++;
        }
        write_all(options, connection, bytes, count);
        total += (long)count;
        if (options->truncates) break;
    }
    return total;
}

static void run_connection(const struct options *options, int fd, long number) {
    open_socket = fd;
    struct connection *connection = peer_open(options, fd);
    struct description is = peer_describe(connection);
    printf("connection %ld: suite=%s resumed=%s alpn=%s\n", number, name_of(suites, is.suite),
        is.is_resumed ? "yes" : "no", is.protocol[0] ? is.protocol : "none");
    long total = options->is_server ? echo(options, connection) : talk(options, connection);
    if (!options->truncates) {
        peer_close_notify(connection);
        // A server has seen the client's end already.
        unsigned char rest[1];
        if (!options->is_server && peer_read(connection, rest, sizeof rest) != 0) fail("more came than was sent", 0);
    }
    peer_free(options, connection);
    open_socket = -1;
    close(fd);
    printf("ended %ld: echoed=%ld\n", number, total);
}

int main(int count, char *arguments[]) {
    struct options options = read_options(count, arguments);
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);
    peer_prepare(&options);
    int listener = options.is_server ? start_listening() : -1;
    for (long number = 1; number <= options.connections; number++) {
        int fd;
        if (options.is_server) {
            if ((fd = accept(listener, NULL, NULL)) < 0) fail("accept", fd);
            prepare_socket(fd);
        } else fd = connect_to(options.port);
        run_connection(&options, fd, number);
    }
    return 0;
}

#endif
