// PEM (RFC 7468).
import Foundation
import TestSupport
import Testing
import X509

private func decode(
    _ text: String, label: StaticString = "CERTIFICATE", capacity: Int? = nil
) -> Result<[UInt8], PEMError> {
    let bytes = Array(text.utf8)
    var memory = [UInt8](repeating: 0, count: capacity ?? bytes.count)
    var span = memory.mutableSpan
    do throws(PEMError) {
        let count = try PEM.decode(bytes.span, label: label, into: &span)
        return .success(Array(memory[..<count]))
    } catch {
        return .failure(error)
    }
}

private func encode(_ der: [UInt8], label: StaticString = "CERTIFICATE", capacity: Int? = nil) -> Result<
    String, PEMError
> {
    var memory = [UInt8](repeating: 0, count: capacity ?? PEM.encodedCount(der.count, label: label))
    var span = memory.mutableSpan
    do throws(PEMError) {
        let count = try PEM.encode(der.span, label: label, into: &span)
        return .success(String(decoding: memory[..<count], as: UTF8.self))
    } catch {
        return .failure(error)
    }
}

private func error(_ text: String, capacity: Int? = nil) -> PEMError? {
    if case .failure(let error) = decode(text, capacity: capacity) { error } else { nil }
}

private func reason(_ text: String, capacity: Int? = nil) -> PEMError.Reason? {
    error(text, capacity: capacity)?.reason
}

private let begin = "-----BEGIN CERTIFICATE-----\n"
private let end = "-----END CERTIFICATE-----\n"
private let one = begin + "AQID\n" + end

@Suite struct PEMTests {
    @Test func blocksBecomeASequence() {
        #expect(decode(one) == .success([0, 0, 3, 1, 2, 3]))
        #expect(decode(one + begin + "BA==\n" + end) == .success([0, 0, 3, 1, 2, 3, 0, 0, 1, 4]))
    }

    /// design §5 and RFC 7468 §2, §3: what other programs write.
    @Test func otherLineEndsAndTextAroundBlocksAreTolerated() {
        let expected: Result<[UInt8], PEMError> = .success([0, 0, 3, 1, 2, 3])
        #expect(decode(one.replacingOccurrences(of: "\n", with: "\r\n")) == expected)
        #expect(decode(String(one.dropLast())) == expected)
        #expect(decode("subject=CN = a\n\n" + one + "\nBag Attributes\n    localKeyID: 01\n") == expected)
        #expect(decode("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n" + one) == expected)
        #expect(decode(begin + "A\nQ\nID\n\n" + end) == expected)
        #expect(decode(begin.dropLast() + "  \nAQID \n" + end) == expected)
    }

    @Test func onlyTheLabelIsTaken() {
        let request = "-----BEGIN CERTIFICATE REQUEST-----\nCQ==\n-----END CERTIFICATE REQUEST-----\n"
        #expect(decode(one + request, label: "CERTIFICATE REQUEST") == .success([0, 0, 1, 9]))
        #expect(decode(one + request) == .success([0, 0, 3, 1, 2, 3]))
        let bytes = Array((one + request + request).utf8)
        var memory = [UInt8](repeating: 0, count: 16)
        var span = memory.mutableSpan
        let count = try? PEM.decodeFirst(bytes.span, label: "CERTIFICATE REQUEST", into: &span)
        #expect(count == 1)
        #expect(memory[0] == 9)
    }

    @Test func faultsNameTheirBlockAndLine() throws {
        let missing = try #require(error("no block\n"))
        #expect(missing.reason == .noBlock)
        #expect(missing.block == -1)
        let bad = try #require(error(one + begin + "A?\n" + end))
        #expect(bad.reason == .badBase64)
        #expect(bad.block == 1)
        #expect(bad.line == 4)
    }

    @Test func malformedBlocksAreRefused() {
        #expect(reason("") == .noBlock)
        #expect(reason(" " + one) == .noBlock)
        #expect(reason("-----BEGIN CERTIFICATE----\nAQID\n" + end) == .noBlock)
        #expect(reason("-----BEGIN CERTIFICATES-----\nAQID\n" + end) == .noBlock)
        #expect(reason(begin + "AQID\n") == .unterminated)
        #expect(reason(begin + one) == .unterminated)
        #expect(reason(begin + "AQID\n-----END CERTIFICATE REQUEST-----\n") == .unterminated)
        #expect(reason(begin + end) == .emptyBlock)
        for body in ["AQI", "A", "====", "AQ=D", "AQID=", "Proc-Type: 4,ENCRYPTED\n\nAQID", "AQ\0D", "AQIé"] {
            #expect(reason(begin + body + "\n" + end) == .badBase64, "\(body)")
        }
    }

    @Test func theOutputIsNeverOverrun() {
        for capacity in 0..<6 { #expect(reason(one, capacity: capacity) == .outputTooSmall) }
        #expect(reason(one, capacity: 6) == nil)
        #expect(reason(one + one, capacity: 11) == .outputTooSmall)
    }

    @Test func everyTruncationIsRefusedOrWhole() {
        let text = one + one
        for count in 0..<text.utf8.count {
            switch decode(String(text.prefix(count)), capacity: 100) {
            case .success(let bytes): #expect(bytes.count == 6 || bytes.count == 12)
            case .failure: break
            }
        }
    }

    @Test func everyReasonIsProduced() {
        let produced: Set<PEMError.Reason?> = [
            reason(""), reason(begin), reason(begin + "?\n" + end), reason(begin + end), reason(one, capacity: 1),
        ]
        #expect(produced == Set(PEMError.Reason.allCases))
        #expect(Set(PEMError.Reason.allCases.map { "\($0.description)" }).count == produced.count)
    }

    @Test func blocksAreWritten() {
        #expect(encode([1, 2, 3]) == .success(one))
        #expect(encode([], label: "X") == .success("-----BEGIN X-----\n-----END X-----\n"))
        let line = String(repeating: "A", count: 64) + "\n"
        #expect(encode([UInt8](repeating: 0, count: 96)) == .success(begin + line + line + end))
        #expect(encode([UInt8](repeating: 0, count: 97)) == .success(begin + line + line + "AA==\n" + end))
        let needed = PEM.encodedCount(97, label: "CERTIFICATE")
        #expect((try? encode([UInt8](repeating: 0, count: 97), capacity: needed - 1).get()) == nil)
    }

    @Test func whatIsWrittenIsRead() {
        for count in 1..<200 {
            let der = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37) }
            guard case .success(let text) = encode(der) else {
                Issue.record("\(count) bytes could not be written")
                continue
            }
            #expect(decode(text) == .success(joined([der])))
        }
    }
}
