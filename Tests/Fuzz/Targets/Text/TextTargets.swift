// Texts: PEM, base64, keys, names, endpoints, times. What is read and can be written is written again, and must read back
// as the same value.
import Bytes
import TLSCrypto
import TestSupport
import Transport

@testable import Provisioning
@testable import X509

let textTargets: [FuzzTarget] = [
    FuzzTarget("pem") { checkPEM($0) },
    FuzzTarget("base64", longest: 512) { checkBase64($0) },
    FuzzTarget("private-key") { checkPrivateKey($0) },
    FuzzTarget("reference-identity", longest: 320) { checkReferenceIdentity($0) },
    FuzzTarget("ip-address", longest: 64) { checkAddress($0) },
    FuzzTarget("endpoint", longest: 400) { checkEndpoint($0) },
    FuzzTarget("rfc3339", longest: 64) { checkTime($0) },
    FuzzTarget("store-metadata", longest: 512) { checkStoreMetadata($0) },
    FuzzTarget("store-current", longest: 80) { checkStoreCurrent($0) },
    FuzzTarget("smtp-replies", longest: 8192) { checkSMTP($0, .startTLS) },
    FuzzTarget("smtp-commands") { checkSMTP($0, .offerTLS) },
    FuzzTarget("pkcs11-uri", longest: 600) { checkURI($0) },
    FuzzTarget("token-answer", longest: 1152) { checkTokenMessage($0) },
    FuzzTarget("encrypted-key") { checkEncryptedKey($0) },
]

private func checkPEM(_ input: Span<UInt8>) {
    for label in ["CERTIFICATE", "X509 CRL", "CERTIFICATE REQUEST"] as [StaticString] {
        // "A buffer as large as the text is always large enough."
        var output = [UInt8](repeating: 0, count: input.count)
        var memory = output.mutableSpan
        do throws(PEMError) {
            let count = try PEM.decode(input, label: label, into: &memory)
            require(count <= input.count, "more bytes than text")
            try checkBlocks(Array(output[0..<count]), label)
        } catch {
            require(error.reason != .outputTooSmall, "a buffer as large as the text was too small")
        }
    }
}

/// Each block that was decoded, with its length in front, is written as one block that decodes to the same.
private func checkBlocks(_ blocks: [UInt8], _ label: StaticString) throws(PEMError) {
    var reader = ByteReader(blocks.span)
    while let block = reader.readVector24() {
        var text = [UInt8](repeating: 0, count: PEM.encodedCount(block.count, label: label))
        var memory = text.mutableSpan
        let count = try PEM.encode(block, label: label, into: &memory)
        require(count == text.count, "a block is not as long as it was said to be")
        var again = [UInt8](repeating: 0, count: block.count)
        var place = again.mutableSpan
        // A block of nothing is none.
        guard !block.isEmpty else { continue }
        let decoded = try PEM.decodeFirst(text.span, label: label, into: &place)
        require(decoded == block.count && again == array(block), "a block does not read back")
    }
    require(reader.isAtEnd, "the blocks do not end where they should")
}

private func checkBase64(_ input: Span<UInt8>) {
    var output = [UInt8](repeating: 0, count: input.count)
    var memory = output.mutableSpan
    do throws(CryptoError) {
        let count = try decodeBase64(input, into: &memory)
        var text = [UInt8](repeating: 0, count: base64Length(count))
        var place = text.mutableSpan
        let length = try encodeBase64(output.span.extracting(0..<count), into: &place)
        require(length == text.count, "base64 is not as long as it was said to be")
        var again = [UInt8](repeating: 0, count: count)
        var rest = again.mutableSpan
        require(try decodeBase64(text.span, into: &rest) == count, "base64 does not read back")
        require(again == Array(output[0..<count]), "base64 does not read back")
    } catch {}
}

private func checkPrivateKey(_ input: Span<UInt8>) {
    do throws(CryptoError) {
        let key = try SigningKey(pemOrDER: input)
        var info = [UInt8](repeating: 0, count: 600)
        var memory = info.mutableSpan
        let count = try key.publicKeyInfo(into: &memory)
        let matches = try key.matches(publicKeyInfo: info.span.extracting(0..<count))
        require(matches, "a key does not match itself")
        do throws(X509Error) { _ = try PublicKey(subjectPublicKeyInfo: info.span.extracting(0..<count)) } catch {
            fatalError("the public half of a key that was taken is refused: \(error)")
        }
    } catch {}
}

private func checkReferenceIdentity(_ input: Span<UInt8>) {
    for isPattern in [false, true] {
        do throws(X509Error) {
            switch isPattern ? try ReferenceIdentity(pattern: input) : try ReferenceIdentity(input) {
            case .any: fatalError("a text that names everything")
            case .ip(let address): require([4, 16].contains(address.count), "an address of \(address.count) bytes")
            case .dns(let name):
                requirePrintable(array(name.bytes))
                require(!array(name.bytes).contains(UInt8(ascii: "*")), "a wildcard in a name")
            case .dnsPattern(let name):
                require(isPattern, "a pattern where none was asked for")
                require(array(name.bytes).filter { $0 == UInt8(ascii: "*") }.count == 1, "more than one wildcard")
            }
        } catch {}
    }
}

private func checkAddress(_ input: Span<UInt8>) {
    guard let address = IPAddressText.parse(input) else { return }
    guard let text = written(capacity: 64, { IPAddressText.write(address.bytes, to: &$0) }) else {
        fatalError("an address of 64 characters")
    }
    require(IPAddressText.parse(text.span) == address, "an address does not read back")
}

private func checkEndpoint(_ input: Span<UInt8>) {
    do throws(EndpointError) {
        let endpoint = try Endpoint(input)
        guard let text = written(capacity: 512, { endpoint.write(to: &$0) }) else {
            fatalError("an endpoint of 512 characters")
        }
        require(!text.contains { $0 < 0x20 || $0 == 0x7F }, "a control character in an endpoint")
        let again = try? Endpoint(text.span)
        require(again == endpoint, "an endpoint does not read back")
    } catch {}
}

private func checkTime(_ input: Span<UInt8>) {
    guard let date = UTCDate(rfc3339: input) else { return }
    require(UTCDate(secondsSince1970: date.secondsSince1970) == date, "a time that is not itself")
}

/// What was taken for a URI has every attribute once, decoded within its bounds, and no PIN.
private func checkURI(_ input: Span<UInt8>) {
    do throws(PKCS11URIError) {
        let uri = try PKCS11URI(input)
        require(!uri.has(.pinValue) && !uri.has(.moduleName), "a URI with what must be refused")
        for number in 0..<PKCS11Attribute.count {
            guard let attribute = PKCS11Attribute(rawValue: number) else { continue }
            var value = [UInt8](repeating: 0, count: 256)
            var memory = value.mutableSpan
            guard let count = uri.value(attribute, into: &memory) else { continue }
            require(1...attribute.maximumBytes ~= count, "a value out of its bounds")
            require(attribute == .id || !value[0..<count].contains(0), "NUL in text")
        }
    } catch {
        var line = [UInt8](repeating: 0, count: 512)
        var writer = ByteWriter(line.mutableSpan)
        error.describe(into: &writer)
        require(!writer.overflowed, "an error that is too long for a line")
    }
}

/// A message of a token's helper, or to it: what is read and written again reads as the same.
private func checkTokenMessage(_ input: Span<UInt8>) {
    var message = TokenMessage(repeating: 0)
    var memory = message.mutableSpan
    for index in 0..<min(input.count, memory.count) { memory[index] = input[index] }
    if let answer = TokenAnswer(message.span) {
        let written = answer.message()
        guard let again = TokenAnswer(written.span) else { fatalError("an answer does not read back") }
        require(again.tag == answer.tag && again.failure == answer.failure && again.key == answer.key, "another answer")
        require(array(again.bytes) == array(answer.bytes), "other bytes of an answer")
    }
    if let (tag, request) = TokenRequest.read(message.span) {
        let written = request.message(tag: tag)
        guard let again = TokenRequest.read(written.span) else { fatalError("a request does not read back") }
        require(again.tag == tag && again.request == request, "another request")
    }
}

/// What was taken for metadata is written as the same bytes: there is one form only.
private func checkStoreMetadata(_ input: Span<UInt8>) {
    guard let metadata = StoreMetadata(input) else { return }
    require(written(capacity: 512, { metadata.write(to: &$0) }) == array(input), "metadata has two forms")
}

/// As above.
private func checkStoreCurrent(_ input: Span<UInt8>) {
    guard let current = CurrentGeneration(input) else { return }
    require(current.number > 0 && current.metadataHash.count == 32, "a generation that cannot be")
    require(written(capacity: 80, { current.write(to: &$0) }) == array(input), "current has two forms")
}

/// What a peer says before TLS: line by line, byte by byte, and all in one read.
private func checkSMTP(_ input: Span<UInt8>, _ part: SMTPDialogue.Part) {
    let bytes = array(input)
    var lines: [[UInt8]] = [[]]
    for byte in bytes {
        lines[lines.count - 1].append(byte)
        if byte == UInt8(ascii: "\n") { lines.append([]) }
    }
    let byLines = SMTPOutcome(lines, part)
    require(byLines == SMTPOutcome(bytes.map { [$0] }, part), "lines differ from single bytes")
    if byLines.last == .done {
        let word = part == .startTLS ? "STARTTLS\r\n" : "250 STARTTLS\r\n"
        require(byLines.said.contains(word), "TLS begins and nobody asked for it or offered it")
    }
    // TLS comes after two lines at least, and what comes before its time is an injection.
    require(SMTPOutcome([bytes], part).last != .done, "words of one read led to TLS")
}

/// What came of a dialogue.
private struct SMTPOutcome: Equatable {
    var said = ""
    var last = SMTPDialogue.Step.needsInput

    init(_ reads: [[UInt8]], _ part: SMTPDialogue.Part) {
        var dialogue = SMTPDialogue(part, name: .ofThisMachine)
        drain(&dialogue)
        for read in reads where dialogue.step == .needsInput {
            dialogue.receive(read.span)
            drain(&dialogue)
        }
        last = dialogue.step
    }

    private mutating func drain(_ dialogue: inout SMTPDialogue) {
        while dialogue.step == .hasOutput {
            require(dialogue.output.count <= 128, "more than was set aside")
            said += String(decoding: array(dialogue.output), as: UTF8.self)
            let count = dialogue.output.count
            dialogue.consumeOutput(count)
        }
    }
}

/// The iterations are bounded, and what a password opens is a private key's structure.
private func checkEncryptedKey(_ input: Span<UInt8>) {
    do throws(EncryptedKeyError) {
        let key = try EncryptedKey(input)
        require((1...EncryptedKey.maximumIterations).contains(key.iterations), "iterations without bound")
        require(key.encrypted.count % 16 == 0 && !key.encrypted.isEmpty, "no whole blocks")
        // What it would cost otherwise is no matter of parsing.
        guard key.iterations <= 4 else { return }
        var output = [UInt8](repeating: 0, count: input.count)
        var memory = output.mutableSpan
        let password = Array("password".utf8)
        let count = try key.decrypt(password: password.span, into: &memory)
        require(count > 0 && output[0] == 0x30, "no SEQUENCE")
    } catch {
        require(error != .outputTooSmall, "a buffer as large as the input was too small")
    }
}
