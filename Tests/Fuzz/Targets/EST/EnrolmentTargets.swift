// What an EST server sends: HTTP responses, challenges, dates, and the bodies.
import Bytes
import TestSupport
import X509

@testable import Provisioning

let enrolmentTargets: [FuzzTarget] = [
    FuzzTarget("http-response") { checkResponse($0) },
    FuzzTarget("http-challenge", longest: 1024) { checkChallenges($0) },
    FuzzTarget("http-date", longest: 64) { checkDate($0) },
    FuzzTarget("est-body", longest: 1024) { checkBody($0) },
    FuzzTarget("est-certificates") { checkCertificates($0) },
    FuzzTarget("est-attributes", longest: 1024) { checkAttributes($0) },
    FuzzTarget("est-location", longest: 512) { checkLocation($0) },
]

/// A response is the same in whatever pieces it comes.
private func checkResponse(_ input: Span<UInt8>) {
    let bytes = array(input)
    let whole = ResponseOutcome(bytes, step: max(bytes.count, 1))
    require(whole == ResponseOutcome(bytes, step: 1), "single bytes differ from all at once")
    require(whole == ResponseOutcome(bytes, step: 7), "pieces differ from all at once")
}

/// What came of a response.
private struct ResponseOutcome: Equatable {
    var consumed = 0
    var status = 0
    var body: [UInt8] = []
    var error: HTTPError?
    var atEnd: HTTPError?

    init(_ bytes: [UInt8], step: Int) {
        let memory = ArenaMemory(HTTPResponseReader.maximumHead + 1024 + 64)
        // What is cut from it below ends first.
        defer { withExtendedLifetime(memory) {} }
        var arena = memory.arena()
        guard let head = try? arena.take(HTTPResponseReader.maximumHead), let room = try? arena.take(1024) else {
            fatalError("the arena was made for this")
        }
        var reader = HTTPResponseReader(head: head, body: room)
        do throws(HTTPError) {
            while consumed < bytes.count, !reader.isComplete {
                let end = min(consumed + step, bytes.count)
                let taken = try reader.receive(bytes.span.extracting(consumed..<end))
                require(taken > 0, "nothing was taken and nothing is complete")
                consumed += taken
            }
        } catch {
            // Where in the bytes an error is noticed depends on the pieces.
            consumed = 0
            self.error = error
            return
        }
        do throws(HTTPError) { try reader.receiveEnd() } catch {
            atEnd = error
            return
        }
        do throws(HTTPError) {
            status = try reader.head.status
            let wait = try reader.head.retryAfter(now: 1_800_000_000)
            require(wait.map { (1...86_400).contains($0) } ?? true, "a wait without bound")
        } catch {
            fatalError("a head that was taken is refused")
        }
        require((200...599).contains(status), "an interim response is no response")
        body = array(reader.body)
        require(body.count <= 1024, "more than there is room for")
    }
}

private func checkChallenges(_ input: Span<UInt8>) {
    var challenges = HTTPChallenges(input)
    var count = 0
    while let challenge = challenges.next() {
        count += 1
        require(count <= input.count, "more challenges than bytes")
        require(challenge.realm.count + challenge.nonce.count <= input.count, "more than there was")
    }
}

private func checkDate(_ input: Span<UInt8>) {
    guard let date = UTCDate(httpDate: input, near: 2026) else { return }
    require(UTCDate(secondsSince1970: date.secondsSince1970) == date, "a date that is not itself")
}

private func checkBody(_ input: Span<UInt8>) {
    var output = [UInt8](repeating: 0, count: input.count)
    var memory = output.mutableSpan
    do throws(ESTBodyError) {
        let count = try decodeESTBody(input, into: &memory)
        var text = [UInt8](repeating: 0, count: 2 * count + 8)
        var room = text.mutableSpan
        guard let length = encodeESTBody(output.span.extracting(0..<count), into: &room) else {
            fatalError("a body does not fit into twice its size")
        }
        var again = [UInt8](repeating: 0, count: count)
        var rest = again.mutableSpan
        let decoded = try decodeESTBody(text.span.extracting(0..<length), into: &rest)
        require(decoded == count && again == Array(output[0..<count]), "a body does not read back")
    } catch {
        require(error == .notBase64, "a buffer as large as the text was too small")
    }
}

private func checkCertificates(_ input: Span<UInt8>) {
    var output = [UInt8](repeating: 0, count: input.count + 3 * CertsOnly.maximumCertificates)
    var memory = output.mutableSpan
    do throws(ESTBodyError) {
        let count = try CertsOnly(input).write(to: &memory)
        let all = CertificateSequence(output.span.extracting(0..<count), .plain)
        guard let certificates = try? all.count() else { fatalError("a sequence that is none") }
        require((1...CertsOnly.maximumCertificates).contains(certificates), "certificates without bound")
        var anchors = [UInt8](repeating: 0, count: count)
        var room = anchors.mutableSpan
        let selected = AuthoritySelection.anchors(
            among: all, before: CertificateSequence(Span(), .plain), into: &room)
        require(selected <= count, "more anchors than certificates")
    } catch {
        require(error != .tooLarge, "a buffer that is large enough was too small")
    }
}

private func checkAttributes(_ input: Span<UInt8>) {
    do throws(ESTBodyError) {
        let wanted = try CSRAttributes(input)
        var reader = RequestedExtensionReader(wanted.extensions)
        do throws(X509Error) {
            while let one = try reader.next() { require(one.encoding.count <= input.count, "more than there was") }
        } catch {
            fatalError("extensions that were taken do not read")
        }
    } catch {}
}

private func checkLocation(_ input: Span<UInt8>) {
    if let location = ESTLocation(input) { requirePrintable(array(location.path(of: .cacerts).bytes)) }
    guard let base = ESTLocation(Array("https://ca.example:8443".utf8).span) else { fatalError("no location") }
    if let path = base.pathOfRedirection(to: input) {
        let bytes = array(path.bytes)
        requirePrintable(bytes)
        require(bytes.first == UInt8(ascii: "/") && !bytes.starts(with: Array("//".utf8)), "another host")
    }
}
