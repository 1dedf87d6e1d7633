// Postfix and Exim, as scripts/lib/mail-servers.sh unpacks them: each takes mail at a port of 127.0.0.1, with STARTTLS or
// without, and hands all of it on to another port. What they write stays in a directory of the test.
import Foundation
import TestSupport
import Testing

/// A mail server that runs until the object goes.
final class MailServer {
    enum Kind: String, CaseIterable, CustomTestStringConvertible {
        case postfix, exim

        var testDescription: String { rawValue }
        var other: Kind { self == .postfix ? .exim : .postfix }
    }

    private static let place = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent(".build/mail-servers").path

    /// Whether both are here, and the process may give them the users that they want to be.
    static let areAvailable =
        FileManager.default.fileExists(atPath: place + "/complete") && geteuid() == 0
        && (try? runProgram(namespaces + ["mount", "--bind", "/etc/group", "/etc/passwd"])) != nil

    /// Mounts and processes of their own. Postfix closes every descriptor that it inherits, which Foundation takes for the
    /// end of the process that it has started: that one is `unshare`, which stays. When it is killed, the first process of
    /// the new namespace is, and with that one all the servers that Postfix has started.
    private static let namespaces = [
        "unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child",
    ]

    let port: Int
    private let files: TemporaryDirectory
    private var program: BackgroundProgram?

    /// Starts one.
    /// - Parameters:
    ///   - next: the port that all mail goes to.
    ///   - usesTLS: whether it goes there with STARTTLS alone, to a server that is `device.example`.
    init(_ kind: Kind, next: Int, usesTLS: Bool) throws {
        port = try freePort()
        files = try TemporaryDirectory()
        let stage = try Stage.shared.get()
        for name in ["authority.pem", "peer.pem", "peer.key"] {
            try files.write(name, readFile(stage.path + "/" + name))
        }
        let arguments = kind == .exim ? try exim(next, usesTLS) : try postfix(next, usesTLS)
        // Both look for users by name; these are theirs, for this process and its children alone.
        try files.write("passwd", readFile("/etc/passwd") + Array(Self.users.utf8))
        try files.write("group", readFile("/etc/group") + Array(Self.groups.utf8))
        // The shell stays as the first process of its namespace, which a mail server does not expect to be.
        let mounting =
            "mount --bind \(files.path)/passwd /etc/passwd && mount --bind \(files.path)/group /etc/group "
            + "&& \"$@\"; exit $?"
        program = try BackgroundProgram(
            Self.namespaces + ["env", "LD_LIBRARY_PATH=\(Self.place)/usr/lib/postfix", "sh", "-c", mounting, "-"]
                + arguments)
        try waitFor(port: port)
    }

    /// What it has logged.
    var log: String {
        ["log", "mainlog", "paniclog"].map { name in
            (try? String(decoding: readFile(files.file(name)), as: UTF8.self)) ?? ""
        }.joined()
    }

    private static let users = """
        postfix:x:65532:65532::/:/bin/false
        Debian-exim:x:65533:65533::/:/bin/false

        """
    private static let groups = """
        postdrop:x:65531:
        postfix:x:65532:
        Debian-exim:x:65533:

        """

    private func exim(_ next: Int, _ usesTLS: Bool) throws -> [String] {
        for name in ["peer.pem", "peer.key", "authority.pem"] { try allow(name, 0o644) }
        try FileManager.default.createDirectory(atPath: files.file("spool"), withIntermediateDirectories: true)
        for name in ["", "spool"] { try allow(name, 0o777) }
        let text = """
            exim_path = \(Self.place)/usr/sbin/exim4
            primary_hostname = exim.example
            spool_directory = \(files.path)/spool
            log_file_path = \(files.path)/%slog
            pid_file_path = \(files.path)/spool/pid
            daemon_smtp_ports = \(port)
            local_interfaces = 127.0.0.1
            tls_advertise_hosts = *
            tls_certificate = \(files.path)/peer.pem
            tls_privatekey = \(files.path)/peer.key
            tls_verify_certificates = \(files.path)/authority.pem
            tls_try_verify_hosts = *
            log_selector = +tls_certificate_verified +tls_peerdn +tls_cipher
            acl_smtp_rcpt = accept
            acl_smtp_data = accept
            keep_environment =
            host_lookup =
            begin routers
            out:
              driver = manualroute
              transport = out
              route_list = * 127.0.0.1::\(next)
              self = send
            begin transports
            out:
              driver = smtp
              \(usesTLS ? "hosts_require_tls = *" : "hosts_avoid_tls = *")
              tls_certificate = \(files.path)/peer.pem
              tls_privatekey = \(files.path)/peer.key
              tls_verify_certificates = \(files.path)/authority.pem
              tls_verify_hosts = *
              tls_verify_cert_hostnames =

            """
        return ["\(Self.place)/usr/sbin/exim4", "-C", try files.write("exim.conf", Array(text.utf8)), "-bdf"]
    }

    private func postfix(_ next: Int, _ usesTLS: Bool) throws -> [String] {
        let queues = [
            "active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "maildrop", "pid",
            "private",
            "public", "saved", "trace",
        ]
        for name in queues.map({ "queue/" + $0 }) + ["data"] {
            try FileManager.default.createDirectory(atPath: files.file(name), withIntermediateDirectories: true)
            let owner = name == "queue/pid" ? 0 : 65532
            try FileManager.default.setAttributes([.ownerAccountID: owner], ofItemAtPath: files.file(name))
        }
        try allow("", 0o755)
        try files.write("main.cf", Array(mainConfiguration(next, usesTLS).utf8))
        let services = """
            127.0.0.1:\(port) inet n - n - - smtpd
            cleanup unix n - n - 0 cleanup
            qmgr unix n - n 300 1 qmgr
            rewrite unix - - n - - trivial-rewrite
            bounce unix - - n - 0 bounce
            defer unix - - n - 0 bounce
            trace unix - - n - 0 bounce
            tlsmgr unix - - n 1000? 1 tlsmgr
            smtp unix - - n - - smtp
            anvil unix - - n - 1 anvil
            scache unix - - n - 1 scache
            error unix - - n - - error
            retry unix - - n - - error
            proxymap unix - - n - - proxymap
            postlog unix-dgram n - n - 1 postlogd

            """
        try files.write("master.cf", Array(services.utf8))
        return ["\(Self.place)/usr/lib/postfix/sbin/master", "-c", files.path, "-d"]
    }

    private func mainConfiguration(_ next: Int, _ usesTLS: Bool) -> String {
        """
        compatibility_level = 3.6
        queue_directory = \(files.path)/queue
        command_directory = \(Self.place)/usr/sbin
        daemon_directory = \(Self.place)/usr/lib/postfix/sbin
        data_directory = \(files.path)/data
        shlib_directory = \(Self.place)/usr/lib/postfix
        mail_owner = postfix
        setgid_group = postdrop
        myhostname = postfix.example
        mydestination =
        alias_maps =
        inet_interfaces = 127.0.0.1
        inet_protocols = ipv4
        mynetworks = 127.0.0.0/8
        relayhost = [127.0.0.1]:\(next)
        maillog_file = \(files.path)/log
        maillog_file_prefixes = /
        import_environment = MAIL_CONFIG LD_LIBRARY_PATH
        smtpd_tls_security_level = may
        smtpd_tls_cert_file = \(files.path)/peer.pem
        smtpd_tls_key_file = \(files.path)/peer.key
        smtpd_tls_CAfile = \(files.path)/authority.pem
        smtpd_tls_ask_ccert = yes
        smtpd_tls_loglevel = 1
        smtp_tls_security_level = \(usesTLS ? "secure" : "none")
        smtp_tls_secure_cert_match = device.example
        smtp_tls_CAfile = \(files.path)/authority.pem
        smtp_tls_cert_file = \(files.path)/peer.pem
        smtp_tls_key_file = \(files.path)/peer.key
        smtp_tls_loglevel = 1

        """
    }

    private func allow(_ name: String, _ permissions: Int) throws {
        try FileManager.default.setAttributes([.posixPermissions: permissions], ofItemAtPath: files.file(name))
    }
}
