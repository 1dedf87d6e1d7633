// Responses of HTTP/1.1: what is taken, what is refused, and that it does not matter in which pieces the bytes come.
import Bytes
import TestSupport
import Testing

@testable import Provisioning

/// What came of some bytes.
struct Answer: Equatable {
    var status = 0
    var body = ""
    var keepsConnection = false
    var consumed = 0
    var error: HTTPError?

    /// Reads `text` in pieces of `step` bytes, and its end where `ends`.
    init(_ text: String, step: Int = 7, ends: Bool = false, room: Int = 64) throws {
        let memory = ArenaMemory(HTTPResponseReader.maximumHead + room + 64)
        var arena = memory.arena()
        var reader = HTTPResponseReader(
            head: try arena.take(HTTPResponseReader.maximumHead), body: try arena.take(room))
        let bytes = Array(text.utf8)
        do throws(HTTPError) {
            while consumed < bytes.count, !reader.isComplete {
                let end = min(consumed + step, bytes.count)
                consumed += try reader.receive(bytes.span.extracting(consumed..<end))
            }
            if ends { try reader.receiveEnd() }
            guard reader.isComplete else { return }
            status = try reader.head.status
            body = String(decoding: array(reader.body), as: UTF8.self)
            keepsConnection = reader.keepsConnection
        } catch {
            self.error = error
        }
    }
}

@Suite struct HTTPResponseTests {
    private func expect(
        _ text: String, _ status: Int, _ body: String, keeps: Bool = true, ends: Bool = false,
        at location: SourceLocation = #_sourceLocation
    ) throws {
        for step in [1, 2, 7, 4096] {
            let answer = try Answer(text, step: step, ends: ends)
            #expect(answer.error == nil, sourceLocation: location)
            #expect(answer.status == status && answer.body == body, sourceLocation: location)
            #expect(answer.keepsConnection == keeps, sourceLocation: location)
        }
    }

    @Test func lengthsChunksAndEnds() throws {
        try expect("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello")
        try expect("HTTP/1.1 200 OK\r\ncontent-length:5\r\nContent-Length: 5\r\n\r\nhello", 200, "hello")
        try expect("HTTP/1.1 204\r\n\r\n", 204, "")
        try expect(
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive, close\r\n\r\n", 200, "", keeps: false)
        try expect("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", 200, "hi", keeps: false)
        try expect(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n006 ;a=\"b\"\r\n world\r\n0\r\n\r\n",
            200,
            "hello world")
        try expect(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\nMore: y\r\n\r\n",
            200, "0123456789")
        try expect(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nA: b\r\n\r\nHTTP/1.1 401 No\r\nContent-Length: 1\r\n\r\n!",
            401, "!")
        try expect("HTTP/1.1 200 OK\r\n\r\nto the end", 200, "to the end", keeps: false, ends: true)
    }

    /// What comes behind a response is not taken for it.
    @Test func aResponseEndsWhereItSays() throws {
        let one = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        let answer = try Answer(one + "HTTP/1.1 500", step: 4096)
        #expect(answer.body == "ok" && answer.consumed == one.utf8.count)
    }

    @Test(
        arguments: [
            ("ICY 200 OK\r\n", .malformedStatusLine), ("HTTP/2 200\r\n\r\n", .malformedStatusLine),
            ("HTTP/1.1 20 OK\r\n\r\n", .malformedStatusLine), ("HTTP/1.1  200 OK\r\n\r\n", .malformedStatusLine),
            ("HTTP/1.1 2000 OK\r\n\r\n", .malformedStatusLine), ("HTTP/1.1 200 O\u{1}K\r\n\r\n", .malformedStatusLine),
            ("HTTP/1.1 200 OK\r\nNo colon\r\n\r\n", .malformedField),
            ("HTTP/1.1 200 OK\r\nA : b\r\n\r\n", .malformedField),
            ("HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n\r\n", .malformedField),
            ("HTTP/1.1 200 OK\r\nA: b\nB: c\r\n\r\n", .malformedField),
            ("HTTP/1.1 200 OK\r\nA: b\rB: c\r\n\r\n", .malformedField),
            ("HTTP/1.1 200 OK\r\nA: b\u{0}\r\n\r\n", .malformedField),
            ("HTTP/1.1 200 OK\r\n: b\r\n\r\n", .malformedField),
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", .conflictingLengths),
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", .conflictingLengths),
            ("HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n", .malformedLength),
            ("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", .malformedLength),
            ("HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n", .malformedLength),
            ("HTTP/1.1 200 OK\r\nContent-Length: 0x1\r\n\r\n", .malformedLength),
            ("HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n", .malformedLength),
            ("HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551617\r\n\r\n", .malformedLength),
            ("HTTP/1.1 200 OK\r\nContent-Length: 65\r\n\r\n", .bodyTooLarge),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", .unsupportedCoding),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", .unsupportedCoding),
            ("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", .unsupportedCoding),
            ("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\n", .unsupportedCoding),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", .malformedChunk),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n", .malformedChunk),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\nx\r\n", .malformedChunk),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n", .malformedChunk),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n41\r\n", .bodyTooLarge),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\n", .bodyTooLarge),
            ("HTTP/1.1 101 Switching\r\n\r\n", .unexpectedInterim),
        ] as [(String, HTTPError)])
    func refused(text: String, error: HTTPError) throws {
        for step in [1, 4096] { #expect(try Answer(text, step: step).error == error) }
    }

    /// A body that the end of the stream cuts off, in each of its forms; threats: truncation.
    @Test(arguments: [
        "", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n", "HTTP/1.1 100 Continue\r\n\r\n",
    ])
    func cutOff(text: String) throws { #expect(try Answer(text, ends: true).error == .truncated) }

    /// threats: the client caps the size of a body; nothing else that a server sends is taken without bound either.
    @Test func everythingIsBounded() throws {
        let long = String(repeating: "a", count: 9000)
        #expect(try Answer("HTTP/1.1 200 OK\r\nA: \(long)\r\n\r\n", step: 512).error == .headTooLarge)
        #expect(try Answer("HTTP/1.1 200 OK\r\n\r\n\(long)", step: 512).error == .bodyTooLarge)
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        #expect(try Answer("\(chunked)1;\(long)", step: 512).error == .malformedChunk)
        #expect(try Answer("\(chunked)0\r\n\(long)", step: 512).error == .malformedChunk)
        let interims = String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 9)
        #expect(try Answer(interims).error == .unexpectedInterim)
    }
}
