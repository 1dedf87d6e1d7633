// The sections [renewal NAME]: what is taken, what is refused with its line, and what --check and --explain say of them.
import Bytes
import Foundation
import TestSupport
import Testing

@testable import swiftletd

@Suite struct RenewalConfigurationTests {
    private static let tunnel = """
        [tunnel t]
        role = server
        accept = 127.0.0.1:0
        connect = unix:/x
        certificate = c.pem
        key = k.pem

        """

    private func read(_ section: String) -> Result<DaemonSettings, ConfigurationError> {
        let text = Array((Self.tunnel + section).utf8)
        do throws(ConfigurationError) { return .success(try ConfigurationFile.parse(text.span)) } catch {
            return .failure(error)
        }
    }

    @Test func allSettingsAreTaken() throws {
        let settings = try read(
            """
            [renewal own]
            identity = /store
            server = https://ca.example:8443/.well-known/est/devices
            anchors = /ca
            user = u
            password-file = /p
            psk-file = /k
            psk-identity = i
            factory-certificate = /fc
            factory-key = /fk
            pkcs11-pin-file = /pin
            timeout = 7
            wait = 0
            """
        ).get().renewals[0]
        #expect(settings.timeout == 7 && settings.wait == 0 && settings.hasFactoryIdentity && settings.line == 7)
        // What the process of an attempt is told is what was set.
        var storage = InlineArray<8192, UInt8>(repeating: 0)
        var writer = ByteWriter(storage.mutableSpan)
        RenewalTask(settings, isAnew: true, floor: -5).write(to: &writer)
        let count = writer.count
        guard let task = RenewalTask(storage.span.extracting(0..<count)) else {
            Issue.record("the task does not come back")
            return
        }
        #expect(task.isAnew && task.floor == -5 && task.settings.timeout == 7 && task.settings.wait == 0)
        for (path, value) in [
            (\RenewalSettings.identity, "/store"), (\.server, "https://ca.example:8443/.well-known/est/devices"),
            (\.anchors, "/ca"), (\.passwordFile, "/p"), (\.pskFile, "/k"), (\.factoryCertificate, "/fc"),
            (\.factoryKey, "/fk"), (\.pinFile, "/pin"), (\.factoryIdentity, ""),
        ] {
            #expect(array(task.settings[keyPath: path].bytes) == Array(value.utf8), "\(value)")
        }
        #expect(array(task.settings.user.bytes) == [0x75] && array(task.settings.pskIdentity.bytes) == [0x69])
        // Nothing else is a task.
        for end in 0..<(count + 2) where end != count {
            let isTask = RenewalTask(storage.span.extracting(0..<end)) != nil
            #expect(!isTask, "\(end)")
        }
    }

    @Test(arguments: [
        ("server = https://h:1", 7, "has no identity"),
        ("identity = /s", 7, "has no server"),
        ("identity = /s\nserver = http://h:1", 9, "expected https://"),
        ("identity = /s\nserver = https://h:1\nuser = u", 10, "belongs together with password-file"),
        ("identity = /s\nserver = https://h:1\npsk-identity = u", 10, "belongs together with psk-file"),
        ("identity = /s\nserver = https://h:1\nfactory-key = u", 10, "belongs together with factory-certificate"),
        (
            "identity = /s\nserver = https://h:1\nfactory-identity = /f\nfactory-certificate = /c\nfactory-key = /k",
            10,
            "remove it"
        ),
        ("identity = /s\nidentity = /s", 9, "is set a second time"),
        ("identity =", 8, "has no value"),
        ("identity = /s\nserver = https://h:1\ntimeout = 0", 10, "expected a number from 1 to 600"),
        ("identity = /s\nserver = https://h:1\nwait = 86401", 10, "expected a number from 0 to 86400"),
        ("role = server", 8, "unknown setting role; the settings of a renewal are identity, server"),
        ("identity = /s\nserver = https://h:1\n[renewal own]", 10, "is there a second time"),
        (
            "identity = /s\nserver = https://h:1\n[renewal b]\nidentity = /s\nserver = https://h:1", 10,
            "has the same identity as [renewal own]"
        ),
        ("[renewal a b]", 8, "is no name for a renewal"),
    ]) func whatIsWrongIsToldWithItsLine(text: String, line: Int, words: String) {
        guard case .failure(let error) = read("[renewal own]\n" + text + "\n") else {
            Issue.record("taken: \(text)")
            return
        }
        let message = String(decoding: array(error.message.bytes), as: UTF8.self)
        // A section without settings is noticed before the one behind it.
        if text.hasPrefix("[") { return #expect(message.contains("has no identity")) }
        #expect(error.line == line && message.contains(words), "\(error.line): \(message)")
    }

    @Test func everythingThatIsNamedIsLookedAt() throws {
        let stage = try RenewalStage()
        try stage.install("own", daysAgo: 1)
        func check(_ more: String, _ option: String = "--check") throws -> ProgramResult {
            let text = stage.tunnel(1) + stage.renewal(url: "https://ca.example:8443", more)
            let path = try stage.files.write("test.conf", Array(text.utf8))
            return try runProgram([daemonPath, "--config", path, option], mustSucceed: false)
        }
        #expect(try check("").output.hasSuffix(": good\n"))
        let none = stage.files.file("none")
        for (more, words) in [
            ("anchors = \(none)", "cannot read the anchors"),
            ("factory-identity = \(none)", "cannot open the identity store"),
            ("user = u\npassword-file = \(none)", "cannot read the password"),
            ("psk-file = \(none)\npsk-identity = i", "cannot read the pre-shared keys"),
            ("factory-certificate = \(none)\nfactory-key = \(none)", "cannot read the factory's certificate"),
            ("anchors = \(stage.est.authority.keyPath)", "expected certificates in PEM"),
        ] {
            let result = try check(more)
            #expect(result.status == 64 && result.errors.contains(words), "\(result.errors)")
            #expect(result.errors.split(separator: "\n").count == 1)
        }
        let explained = try check("factory-identity = /factory", "--explain").output
        #expect(
            explained.contains("renewal own: keeps the identity in \(stage.store) renewed by https://ca.example:8443"))
        #expect(explained.contains("once it has expired: enrols anew with /factory"))
    }

    @Test func theProcessOfAnAttemptIsNobodysToStart() throws {
        let result = try runProgram([daemonPath, "renewal-helper"], mustSucceed: false)
        #expect(result.status == 64 && result.errors.contains("for this program's own use"))
    }
}
