// RFC 8448 section 4, "Resumed 0-RTT Handshake": the values are the RFC's. It resumes section 3's session.
@testable import TLS

/// RFC 8448 section 4.
enum Section4 {
    static let resumptionSecret: HexBytes = "7df235f2031d2a051287d02b0241b0bfdaf86cc856231f2d5aba46c434ec196c"
    /// What the ticket of section 3 stands for.
    static let key: HexBytes = "4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3"
    static let clientPrivateKey: HexBytes = "bff91188283846dd6a2134ef7180ca2b0b14fb10dce707b5098c0dddc813b2df"
    static let serverPrivateKey: HexBytes = "de5b4476e7b490b2652d338acbf2948066f255f9440e23b98fc69835298dc107"

    // Secrets (RFC 8446 §7.1)

    static let early: HexBytes = "9b2188e9b2fc6d64d71dc329900e20bb41915000f678aa839cbb797cb7d8332c"
    static let clientEarlyTraffic: HexBytes = "3fbbe6a60deb66c30a32795aba0eff7eaa10105586e7be5c09678d63b6caab62"
    static let earlyExporterMaster: HexBytes = "b2026866610937d7423e5be90862ccf24c0e6091186d34f812089ff5be2ef7df"
    static let shared: HexBytes = "f44194756ff9ec9d25180635d66ea6824c6ab3bf179977be37f723570e7ccb2e"
    static let clientHandshakeTraffic: HexBytes = "2faac08f851d35fea3604fcb4de82dc62c9b164a70974d0462e27f1ab278700f"
    static let serverHandshakeTraffic: HexBytes = "fe927ae271312e8bf0275b581c54eef020450dc4ecffaa05a1a35d27518e7803"
    static let master: HexBytes = "e2d32d4ed66dd37897a0e80c84107503ce58bf8aad4cb55a5002d77ecb890ece"
    static let clientApplicationTraffic: HexBytes = "2abbf2b8e381d23dbebe1dd2a7d16a8bf484cb4950d23fb7fb7fa8547062d9a1"
    static let serverApplicationTraffic: HexBytes = "cc21f1bf8feb7dd5fa505bd9c4b468a9984d554a993dc49e6d285598fb672691"
    static let exporterMaster: HexBytes = "3fd93d4ffddc98e64b14dd107aedf8ee4add23f4510f58a4592d0b201bee56b4"

    // Messages

    static let clientHello: HexBytes = """
        010001fc03031bc3ceb6bbe39cff938355b5a50adb6db21b7a6af649d7b4bc419d7876487d95000006130113031302010001cd0000000b
        0009000006736572766572ff01000100000a00140012001d00170018001901000101010201030104003300260024001d0020e4ffb68ac0
        5f8d96c99da26698346c6be16482badddafe051a66b4f18d668f0b002a0000002b0003020304000d0020001e0403050306030203080408
        05080604010501060102010402050206020202002d00020101001c00024001001500570000000000000000000000000000000000000000
        00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
        000000000000000000000000002900dd00b800b22c035d829359ee5ff7af4ec900000000262a6494dc486d2c8a34cb33fa90bf1b0070ad
        3c498883c9367c09a2be785abc55cd226097a3a982117283f82a03a143efd3ff5dd36d64e861be7fd61d2827db279cce145077d454a366
        4d4e6da4d29ee03725a6a4dafcd0fc67d2aea70529513e3da2677fa5906c5b3f7d8f92f228bda40dda721470f9fbf297b5aea617646fac
        5c03272e970727c621a79141ef5f7de6505e5bfbc388e93343694093934ae4d357fad6aacb0021203add4fb2d8fdf822a0ca3cf7678ef5
        e88dae990141c5924d57bb6fa31b9e5f9d
        """
    static let serverHello: HexBytes = """
        0200005c03033ccfd2dec890222763472ae8136777c9d7358777bb66e91ea5122495f559ea2d00130100003400290002000000330024001d
        0020121761ee42c333e1b9e77b60dd57c2053cd94512ab47f115e86eff50942cea31002b00020304
        """
    static let encryptedExtensions: HexBytes =
        "080000280026000a00140012001d00170018001901000101010201030104001c0002400100000000002a0000"

    // Complete records

    static let clientHelloRecord = HexBytes(bytes: [0x16, 3, 1, 2, 0] + clientHello.bytes)
    static let serverHelloRecord = HexBytes(bytes: [0x16, 3, 3, 0, 0x60] + serverHello.bytes)
    /// "ABCDEF" in the client's first flight.
    static let earlyDataRecord: HexBytes = "1703030017ab1df420e75c457a7cc5d2844f76d5aee4b4edbf049be0"
    static let serverFlight: HexBytes = """
        1703030061dc48237b4b879f50d0d4d262ea8b4716eb40ddc1eb957e11126e8a7149c2d012d37a7115957e64ce30008b9e0323f2c05a9c1c
        77b4f37849a695ab255060a33fee770ca95cb8486bfd0843b87024865ca35cc41c4e515c64dcb1369f98635bc7a5
        """
    static let endOfEarlyData: HexBytes = "1703030015aca6fc944841298df99593725f9bf9754429b12f09"
    static let clientFinished: HexBytes = """
        170303003500f8b467d14cf22a4b3f0b6ae0d8e6cc8d08e0db3515ef5c2bdf1922eafbb70009964716d834fb70c3d2a56c5b1f5f6bdba6c3
        33cf
        """
    static let clientData: HexBytes = """
        1703030043b1cebce242aa201be9ae5e1cb2a9aa4b33d4e866af1edb068919237741aa031d7a74d491c99b9d4e232b74206bc6fbaa04fe78
        be44a9b4f54320a17eb76992afac3103
        """
    static let serverData: HexBytes = """
        1703030043275e9f20acff57bc000657d3867df039cccf79047884cf75771746f740b5a83f462a0954c3581393a203a25a7dd14141ef1a37
        900cdb62ff62dee1ba39ab2590cbf194
        """
    static let clientClose: HexBytes = "17030300130facce3246bdfc6369838d6a82ae6de5d422dc"
    static let serverClose: HexBytes = "17030300135b18af444e8e1eec7158fb62d8f2577d37ba5d"

    // What follows from them

    static func random(_ hello: HexBytes) -> [UInt8] { Array(hello.bytes[6..<38]) }
    /// obfuscated_ticket_age of the one identity, before the list of binders.
    static var obfuscatedAge: [UInt8] { Array(clientHello.bytes.dropLast(35).suffix(4)) }
    static var ticket: [UInt8] { Array(clientHello.bytes.dropLast(39).suffix(178)) }
    static let earlyData = Array("ABCDEF".utf8)
}
