// PKCS#11 URIs: the examples of RFC 7512, what must be refused, and what is never repeated.
import Bytes
import TestSupport
import Testing

@testable import Provisioning

@Suite struct PKCS11URITests {
    private func value(_ text: String, _ attribute: PKCS11Attribute) throws -> String? {
        let bytes = Array(text.utf8)
        let uri = try PKCS11URI(bytes.span)
        var storage = [UInt8](repeating: 0, count: 256)
        var room = storage.mutableSpan
        guard let count = uri.value(attribute, into: &room) else { return nil }
        return String(decoding: storage[0..<count], as: UTF8.self)
    }

    private func fault(_ text: String) -> PKCS11URIError? {
        let bytes = Array(text.utf8)
        do throws(PKCS11URIError) { _ = try PKCS11URI(bytes.span) } catch { return error }
        return nil
    }

    /// RFC 7512 §3, with what we refuse taken out.
    @Test(arguments: [
        "pkcs11:", "pkcs11:object=my-pubkey;type=private",
        "pkcs11:token=Software%20PKCS%2311%20softtoken;manufacturer=Snake%20Oil,%20Inc.;model=1.0;object=my-certificate;serial=?pin-source=file:/etc/token_pin"
            .replacing("serial=?", with: "serial=0?"),
        "pkcs11:object=my-sign-key;type=private?module-path=/mnt/libmypkcs11.so.1",
        "pkcs11:library-manufacturer=Snake%20Oil,%20Inc.;library-description=Soft%20Token%20Library;library-version=1.23",
        "pkcs11:slot-id=327", "pkcs11:slot-description=Sun%20Metaslot", "pkcs11:library-version=3",
        "pkcs11:token=The%20Software%20PKCS%2311%20Softtoken;object=my%20key;id=%69%95%3E%5C%F4%BD%EC%91",
        "pkcs11:?module-path=/a&pin-source=/b", "pkcs11:token=a%3Bb%3Fc;object=a&b",
    ]) func theseAreGood(text: String) { #expect(fault(text) == nil) }

    @Test func valuesAreDecoded() throws {
        let text =
            "pkcs11:token=a%3Bb%3fc%20;id=%00%ff;object=k=1&2?module-path=/usr/lib/x.so&pin-source=file:///etc/pin%20x"
        #expect(try value(text, .token) == "a;b?c ")
        #expect(try value(text, .object) == "k=1&2")
        #expect(try value(text, .modulePath) == "/usr/lib/x.so")
        #expect(try value(text, .pinSource) == "file:///etc/pin x")
        #expect(try value(text, .serial) == nil)
        let bytes = Array(text.utf8)
        let uri = try PKCS11URI(bytes.span)
        var storage = [UInt8](repeating: 0, count: 64)
        var room = storage.mutableSpan
        let (count, has) = (uri.value(.id, into: &room), uri.has(.token) && !uri.has(.slotID))
        #expect(count == 2 && storage[0..<2] == [0x00, 0xFF] && has)
        let source = Array("file:///etc/pin x".utf8)
        let length = PKCS11URI.path(ofPINSource: source.span)?.count
        #expect(length == 10)
    }

    @Test(
        arguments: [
            ("pkcs12:", .scheme, nil), ("", .scheme, nil), ("PKCS11:token=a", .scheme, nil),
            ("pkcs11:" + String(repeating: "a", count: 506), .tooLong, nil),
            ("pkcs11:colour=red", .attribute, nil), ("pkcs11:x-vendor=1", .attribute, nil),
            ("pkcs11:token", .attribute, nil),
            ("pkcs11:pin-source=/a", .attribute, nil), ("pkcs11:?token=a", .attribute, nil),
            ("pkcs11:token=a;token=b", .repeated, .token), ("pkcs11:token=a;", .empty, nil),
            ("pkcs11:;token=a", .attribute, nil),
            ("pkcs11:token=a?", .empty, nil), ("pkcs11:?", .attribute, nil), ("pkcs11:token=", .empty, .token),
            ("pkcs11:token=a b", .character, .token), ("pkcs11:token=a/b", .character, .token),
            ("pkcs11:token=a#b", .character, .token), ("pkcs11:token=\u{e9}", .character, .token),
            ("pkcs11:token=%4", .escape, .token), ("pkcs11:token=%4g", .escape, .token),
            ("pkcs11:token=%", .escape, .token),
            ("pkcs11:token=a%00", .escape, .token), ("pkcs11:serial=12345678901234567", .tooLong, .serial),
            ("pkcs11:?pin-value=1234", .secret, .pinValue), ("pkcs11:?module-name=softhsm2", .moduleName, .moduleName),
            ("pkcs11:type=public", .type, .type), ("pkcs11:type=privat", .type, .type),
            ("pkcs11:slot-id=a", .number, .slotID),
            ("pkcs11:slot-id=4294967296", .number, .slotID), ("pkcs11:library-version=1.", .number, .libraryVersion),
            ("pkcs11:library-version=1.2.3", .number, .libraryVersion),
            ("pkcs11:?module-path=x.so", .path, .modulePath),
            ("pkcs11:?pin-source=pin", .path, .pinSource), ("pkcs11:?pin-source=%7Ccat%20/pin", .path, .pinSource),
            ("pkcs11:?pin-source=file://host/pin", .path, .pinSource),
            ("pkcs11:?pin-source=https:/a", .path, .pinSource),
        ] as [(String, PKCS11URIError.Reason, PKCS11Attribute?)])
    func theseAreRefused(text: String, reason: PKCS11URIError.Reason, attribute: PKCS11Attribute?) {
        #expect(fault(text) == PKCS11URIError(reason, attribute), "\(text)")
    }

    @Test func noSecretIsRepeated() throws {
        let error = try #require(fault("pkcs11:token=a?pin-value=open-sesame"))
        var storage = [UInt8](repeating: 0, count: 512)
        var writer = ByteWriter(storage.mutableSpan)
        error.describe(into: &writer)
        let count = writer.count
        let text = String(decoding: storage[0..<count], as: UTF8.self)
        #expect(text.contains("pin-value") && text.contains("pin-source=file:") && !text.contains("sesame"))
    }

    @Test(arguments: [
        (
            "pkcs11:token=T;object=tls?module-path=/m&pin-source=file:/p",
            "pkcs11:token=T;object=tls-2?module-path=/m&pin-source=file:/p"
        ),
        ("pkcs11:object=tls-2;token=T", "pkcs11:token=T;object=tls-3"),
        ("pkcs11:object=a-9;id=%01%02;type=private?module-path=/m", "pkcs11:type=private;object=a-10?module-path=/m"),
        ("pkcs11:id=%01", "pkcs11:object=swiftlet-2"), ("pkcs11:object=a-02", "pkcs11:object=a-02-2"),
        ("pkcs11:object=7", "pkcs11:object=7-2"), ("pkcs11:object=-7", "pkcs11:object=-7-2"),
        ("pkcs11:object=a%2D7", "pkcs11:object=a%2D7-2"),
        ("pkcs11:object=a-1234567890", "pkcs11:object=a-1234567890-2"),
        ("pkcs11:object=a-999999999", "pkcs11:object=a-1000000000"),
    ]) func theNextKeyIsCalledAsTheLastWithANumber(text: String, next: String) throws {
        let successor = try PKCS11URI(Array(text.utf8).span).successor()
        #expect(String(decoding: array(successor.bytes), as: UTF8.self) == next)
    }

    @Test(arguments: ["pkcs11:token=T", "pkcs11:object=\(String(repeating: "x", count: 63))"])
    func aKeyWithoutANameOrWithALongOneHasNoNext(text: String) {
        #expect(throws: PKCS11URIError.self) { try PKCS11URI(Array(text.utf8).span).successor() }
    }
}
