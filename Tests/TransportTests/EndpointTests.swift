// The grammar of endpoints (contracts.md): what is accepted, how it is written back, and every way to be wrong.
import Testing

@testable import Transport

@Suite struct EndpointTests {
    @Test(arguments: [
        ("localhost:4433", "localhost:4433"),
        ("tcp:localhost:4433", "localhost:4433"),
        ("127.0.0.1:0", "127.0.0.1:0"),
        ("a_b-c.example.:65535", "a_b-c.example.:65535"),
        ("[::1]:443", "[::1]:443"),
        ("tcp:[fe80::1%eth0.1]:00443", "[fe80::1%eth0.1]:443"),
        ("[::ffff:192.0.2.1]:1", "[::ffff:192.0.2.1]:1"),
        ("tcp:unix:80", "tcp:unix:80"),
        ("tcp:tcp:80", "tcp:tcp:80"),
        ("unix:/run/swiftlet/status", "unix:/run/swiftlet/status"),
        ("unix:relative path, with:all", "unix:relative path, with:all"),
        ("unix:@abstract", "unix:@abstract"),
        ("serial:/dev/ttyS0,115200", "serial:/dev/ttyS0,115200"),
        ("serial:/dev/ttyS0,9600,8n1,rtscts", "serial:/dev/ttyS0,9600,rtscts"),
        ("serial:/dev/ttyS0,9600,none,8n1", "serial:/dev/ttyS0,9600"),
        ("link:/dev/ttyS0,4000000,xonxoff", "link:/dev/ttyS0,4000000,xonxoff"),
        (
            "link:/dev/ttyS0,50,window=64,frame=16,rtscts,channel=0",
            "link:/dev/ttyS0,50,rtscts,channel=0,frame=16,window=64"
        ),
        ("link:/dev/ttyS0,50,window=1,frame=4096,none,channel=63", "link:/dev/ttyS0,50,channel=63,frame=4096,window=1"),
    ])
    func readsAndWrites(source: String, canonical: String) throws {
        let endpoint = try Endpoint(source)
        #expect(endpoint.text == canonical)
        #expect(try Endpoint(canonical) == endpoint)
    }

    @Test func readsTheParts() throws {
        guard case .tcp(let tcp) = try Endpoint("[::1]:443") else { throw Stuck() }
        #expect(tcp.port == 443)
        #expect(tcp.isIPv6)
        guard case .link(let link) = try Endpoint("link:/dev/ttyS0,9600,rtscts,channel=3,frame=256,window=7") else {
            throw Stuck()
        }
        #expect(link.baud == 9600)
        #expect(link.flowControl == .rtscts)
        #expect(link.channel == 3)
        #expect(link.frame == 256)
        #expect(link.window == 7)
    }

    static let faults: [(String, EndpointError)] = [
        ("", .empty),
        ("host\u{0}:1", .controlCharacter), ("unix:/a\nb", .controlCharacter), ("unix:\u{7f}", .controlCharacter),
        ("host", .missingPort), ("host:", .missingPort), ("tcp:host", .missingPort), ("tcp:", .missingPort),
        ("[::1]", .missingPort),
        ("host:65536", .badPort), ("host:x", .badPort), ("host:-1", .badPort), ("host:+1", .badPort),
        ("host:99999999999", .badPort), ("[::1]:", .badPort), ("[::1]:x", .badPort), ("udp:53a", .badPort),
        ("host: 1", .badPort), ("host:1 ", .badPort),
        (":443", .missingHost), ("tcp::443", .missingHost),
        ("ho st:1", .badHost), ("höst:1", .badHost), ("*:1", .badHost), ("a/b:1", .badHost), ("fe80%eth0:1", .badHost),
        (String(repeating: "a", count: 254) + ":1", .hostTooLong),
        ("::1:443", .missingBrackets), ("https://host:1", .missingBrackets), ("udp:host:1", .missingBrackets),
        ("[::1", .unclosedBracket), ("[::1]443", .unclosedBracket), ("[", .unclosedBracket),
        ("[]:1", .badIPv6Address), ("[host]:1", .badIPv6Address), ("[12]:1", .badIPv6Address),
        ("[fe80::1%]:1", .badIPv6Address), ("[fe80::1%a b]:1", .badIPv6Address), ("[%a]:1", .badIPv6Address),
        ("unix:", .missingPath), ("unix:@", .missingPath), ("serial:", .missingPath), ("link:,9600", .missingPath),
        ("unix:" + String(repeating: "p", count: 108), .pathTooLong),
        ("serial:" + String(repeating: "p", count: 129) + ",9600", .pathTooLong),
        ("serial:/dev/ttyS0", .missingBaud), ("link:/dev/ttyS0,", .missingBaud), ("link:/dev/ttyS0,,8n1", .missingBaud),
        ("serial:/dev/ttyS0,fast", .badBaud), ("serial:/dev/ttyS0,49", .badBaud), ("link:/d,4000001", .badBaud),
        ("serial:/d,9600,8n1x", .unknownOption), ("serial:/d,9600,", .unknownOption),
        ("serial:/d,9600,channel=1", .unknownOption), ("link:/d,9600,speed=1", .unknownOption),
        ("link:/d,9600,8n1", .unsupportedFraming), ("link:/d,9600,,none", .unknownOption),
        ("serial:/d,9600,8n1,8n1", .repeatedOption), ("serial:/d,9600,none,rtscts", .repeatedOption),
        ("link:/d,9600,frame=32,frame=32", .repeatedOption), ("link:/d,9600,xonxoff,none", .repeatedOption),
        ("serial:/d,9600,7e1", .unsupportedFraming), ("serial:/d,9600,8N2", .unsupportedFraming),
        ("serial:/d,9600,xonxoff", .xonxoffWithoutLink),
        ("link:/d,9600,channel=64", .badChannel), ("link:/d,9600,channel=", .badChannel),
        ("link:/d,9600,frame=15", .badFrame), ("link:/d,9600,frame=4097", .badFrame),
        ("link:/d,9600,window=0", .badWindow), ("link:/d,9600,window=128", .badWindow),
    ]

    @Test(arguments: faults) func namesTheFault(source: String, fault: EndpointError) {
        #expect(throws: fault) { try Endpoint(source) }
    }

    @Test func everyFaultIsTested() {
        var code: UInt8 = 0
        while let fault = EndpointError(rawValue: code) {
            #expect(Self.faults.contains { $0.1 == fault }, "\(fault)")
            #expect(fault.message.utf8CodeUnitCount > 10)
            code += 1
        }
        #expect(code == 21)
    }

    /// Whatever the bytes are, an endpoint or an error comes of them; an endpoint reads back as itself.
    @Test func nothingTraps() throws {
        var state: UInt64 = 1
        let alphabet = Array("tcpunixserallk:[]@%,=./0123456789ab\u{1}".utf8)
        for _ in 0..<20_000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let length = Int(state >> 33) % 24
            let prefix = ["", "[", "serial:/d,9600,", "link:/d,9600,", "unix:"][Int(state >> 20) % 5]
            let bytes =
                Array(prefix.utf8)
                + (0..<length).map { index in
                    alphabet[
                        Int(state.multipliedReportingOverflow(by: UInt64(index + 3)).partialValue >> 40)
                            % alphabet.count]
                }
            guard let endpoint = try? Endpoint(bytes.span) else { continue }
            #expect(try Endpoint(endpoint.text) == endpoint)
        }
    }
}
