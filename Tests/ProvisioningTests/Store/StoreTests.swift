// The identity store: what comes back, what is refused, what is fallen back to. That no interruption harms it is shown by
// scripts/check-store.
import Bytes
import Foundation
import TLSCrypto
import TestSupport
import Testing

@testable import Provisioning

@Suite struct StoreTests {
    @Test func whatIsInstalledIsLoaded() throws {
        let folder = try StoreFolder()
        let identity = try TestIdentity("one")
        #expect(try folder.install(identity, at: 1_750_000_000) == 1)
        let (loaded, key, chain, anchors) = try folder.load()
        #expect(key == identity.key && chain == identity.chain && anchors == identity.anchors)
        #expect(loaded.metadata.generation == 1 && loaded.metadata.created == 1_750_000_000)
        #expect(loaded.failure == nil && !loaded.isFromAnotherBoard && !loaded.isReadableByOthers)
    }

    @Test func filesAreForTheirOwnerAloneWhateverTheUmask() throws {
        let folder = try StoreFolder()
        try folder.install(try TestIdentity("one"))
        func permissions(_ name: String) throws -> Int {
            try #require(FileManager.default.attributesOfItem(atPath: folder.file(name))[.posixPermissions] as? Int)
        }
        for name in ["", "0001"] { #expect(try permissions(name) == 0o700, "\(name)") }
        for name in ["current", "0001/key.pem", "0001/chain.pem", "0001/anchors.pem", "0001/meta.json"] {
            #expect(try permissions(name) == 0o600, "\(name)")
        }
        #expect(try folder.names("0001") == ["key.pem", "chain.pem", "anchors.pem", "meta.json"])
    }

    @Test func theGenerationBeforeIsKeptAndNoOther() throws {
        let folder = try StoreFolder()
        for name in ["one", "two", "three"] { try folder.install(try TestIdentity(name)) }
        #expect(try folder.names() == ["current", "0002", "0003"])
    }

    @Test(arguments: [KeyType.p384, .rsa2048]) func otherKindsOfKeysAreStored(type: KeyType) throws {
        let folder = try StoreFolder()
        let identity = try TestIdentity("one", type)
        try folder.install(identity)
        #expect(try folder.load().key == identity.key)
    }

    @Test(arguments: ["key.pem", "chain.pem", "anchors.pem", "meta.json"])
    func aChangedFileMakesItFallBackAndSaySo(name: String) throws {
        let folder = try StoreFolder()
        let first = try TestIdentity("one")
        try folder.install(first)
        try folder.install(try TestIdentity("two"))
        let path = folder.file("0002/\(name)")
        var contents = try Data(contentsOf: URL(fileURLWithPath: path))
        contents[contents.count / 2] ^= 1
        try contents.write(to: URL(fileURLWithPath: path))
        let (loaded, key, _, _) = try folder.load()
        #expect(loaded.metadata.generation == 1 && key == first.key)
        let failure = try #require(loaded.failure)
        #expect(failure.reason == .changed && failure.generation == 2)
        #expect(described(loaded, .fellBack).contains("0002/\(name)"))
        #expect(described(loaded, .fellBack).hasSuffix("FALLING BACK to generation 0001"))
    }

    @Test(arguments: ["", "0002", "0002 zz\n", "0002 \(String(repeating: "0", count: 64))\n"])
    func aDamagedCurrentIsNoReasonToHaveNone(text: String) throws {
        let folder = try StoreFolder()
        try folder.install(try TestIdentity("one"))
        try folder.install(try TestIdentity("two"))
        try folder.write("current", text)
        let (loaded, _, _, _) = try folder.load()
        // A number that can be read tells which one is not to be trusted.
        #expect(loaded.metadata.generation == (text.utf8.count == 70 ? 1 : 2))
        #expect(loaded.failure != nil)
    }

    @Test func aMissingGenerationIsFallenBackFrom() throws {
        let folder = try StoreFolder()
        try folder.install(try TestIdentity("one"))
        try folder.install(try TestIdentity("two"))
        try FileManager.default.removeItem(atPath: folder.file("0002"))
        #expect(try folder.load().0.metadata.generation == 1)
        // The next one keeps what was loaded.
        #expect(try folder.install(try TestIdentity("three")) == 2)
        #expect(try folder.names() == ["current", "0001", "0002"])
    }

    /// threats: `openat` and `O_NOFOLLOW` throughout.
    @Test func linksAndPipesAreNotFollowed() throws {
        let folder = try StoreFolder()
        try folder.install(try TestIdentity("one"))
        try folder.install(try TestIdentity("two"))
        let manager = FileManager.default
        try manager.moveItem(atPath: folder.file("0002"), toPath: folder.files.file("elsewhere"))
        try manager.createSymbolicLink(atPath: folder.file("0002"), withDestinationPath: folder.files.file("elsewhere"))
        #expect(try folder.load().0.metadata.generation == 1)
        try manager.moveItem(atPath: folder.file("0001/key.pem"), toPath: folder.files.file("key"))
        try manager.createSymbolicLink(
            atPath: folder.file("0001/key.pem"), withDestinationPath: folder.files.file("key"))
        #expect(throws: StoreError.self) { try folder.load() }
        try manager.removeItem(atPath: folder.file("0001/key.pem"))
        // A pipe without a writer must not hold the reader up.
        try runProgram(["mkfifo", folder.file("0001/key.pem")])
        #expect(throws: StoreError.self) { try folder.load() }
        let link = folder.files.file("link")
        try manager.createSymbolicLink(atPath: link, withDestinationPath: folder.path)
        #expect(throws: StoreError.self) {
            _ = try IdentityStore(path: Array(link.utf8).span, create: false, board: StoredHash())
        }
    }

    @Test func whatDoesNotBelongTogetherIsRefused() throws {
        let (one, two) = (try TestIdentity("one"), try TestIdentity("two"))
        func reason(_ key: [UInt8], _ chain: [UInt8], _ anchors: [UInt8]) throws -> StoreError.Reason? {
            let folder = try StoreFolder()
            let store = try folder.open()
            var memory = try identityMemory()
            try memory.set(.key, key.span)
            try memory.set(.chain, chain.span)
            try memory.set(.anchors, anchors.span)
            var failure: StoreError.Reason?
            do throws(StoreError) { _ = try store.install(&memory, at: 0) } catch {
                failure = error.reason
            }
            let names = try folder.names()
            #expect(names.isEmpty == (failure != nil), "nothing is written, or all")
            return failure
        }
        #expect(try reason(one.key, one.chain, []) == nil)
        #expect(try reason(one.key, one.chain + two.chain, two.chain) == nil)
        #expect(try reason(one.key, two.chain, []) == .otherKey)
        #expect(try reason(one.key, two.chain + one.chain, []) == .otherKey)
        #expect(try reason(one.key, [], []) == .badChain)
        #expect(try reason(one.key, Array(one.chain.dropLast(40)), []) == .badChain)
        #expect(try reason(one.key, one.chain, Array("x".utf8)) == .badAnchors)
        #expect(try reason([], one.chain, []) == .badKey)
        #expect(try reason(one.chain, one.chain, []) == .badKey)
    }

    /// threats: a store that was copied to another board is reported.
    @Test func aCopyOnAnotherBoardIsReported() throws {
        let folder = try StoreFolder()
        try folder.install(try TestIdentity("one"))
        let (loaded, _, _, _) = try folder.load(board: 2)
        #expect(loaded.isFromAnotherBoard)
        #expect(described(loaded, .anotherBoard).contains("another board"))
    }

    @Test func aBoardIsKnownByItsMachineIdentifierAndDoesNotTellIt() throws {
        let files = try TemporaryDirectory()
        func identifier(_ text: String) throws -> [UInt8] {
            let path = try files.write("machine-id", Array(text.utf8))
            return bytes(boardIdentifier(path: Array(path.utf8).span).bytes)
        }
        let one = try identifier("0123456789abcdef0123456789abcdef\n")
        #expect(one.count == 32)
        #expect(one == (try identifier("0123456789abcdef0123456789abcdef\n")))
        #expect(one != (try identifier("1123456789abcdef0123456789abcdef\n")))
        #expect(try identifier("uninitialized\n").isEmpty)
        // openssl mac -digest SHA256 -macopt key:0123456789abcdef0123456789abcdef HMAC
        let input = try files.write("text", Array("swiftlet identity store".utf8))
        let openssl = try runProgram([
            "openssl", "mac", "-digest", "SHA256", "-macopt", "key:0123456789abcdef0123456789abcdef", "-in", input,
            "HMAC",
        ])
        #expect(openssl.output.lowercased().contains(one.map { String(format: "%02x", $0) }.joined()))
    }

    @Test func oneWriterAtATime() throws {
        let folder = try StoreFolder()
        try folder.install(try TestIdentity("one"))
        let holder = try folder.open()
        try holder.directory.lock()
        let error = #expect(throws: StoreError.self) { try folder.install(try TestIdentity("two")) }
        #expect(error?.reason == .locked)
        // Readers do not wait.
        #expect(try folder.load().0.metadata.generation == 1)
    }

    @Test func rollingBackGoesToTheGenerationBefore() throws {
        let folder = try StoreFolder()
        #expect(throws: StoreError.self) { try folder.open().rollBack() }
        try folder.install(try TestIdentity("one"))
        try folder.install(try TestIdentity("two"))
        #expect(try folder.open().rollBack() == 1)
        #expect(try folder.load().0.metadata.generation == 1)
        #expect(try folder.load().0.failure == nil)
        let error = #expect(throws: StoreError.self) { try folder.open().rollBack() }
        #expect(error?.reason == .nothingBefore)
        // The next one is no namesake of the one that was left.
        #expect(try folder.install(try TestIdentity("three")) == 3)
        #expect(try folder.names() == ["current", "0001", "0003"])
    }

    @Test func wipingLeavesNothing() throws {
        let folder = try StoreFolder()
        for name in ["one", "two"] { try folder.install(try TestIdentity(name)) }
        try folder.open().wipe()
        #expect(try folder.names().isEmpty)
        let error = #expect(throws: StoreError.self) { try folder.load() }
        #expect(error?.reason == .empty)
    }

    @Test func whatAnInterruptedChangeLeftIsRemovedAndOtherFilesAreNot() throws {
        let folder = try StoreFolder()
        try folder.install(try TestIdentity("one"))
        try FileManager.default.createDirectory(atPath: folder.file(".new"), withIntermediateDirectories: false)
        try folder.write(".new/key.pem", "half")
        try folder.write(".current", "0009")
        try folder.write("README", "mine")
        try folder.install(try TestIdentity("two"))
        #expect(try folder.names() == ["current", "0001", "0002", "README"])
    }

    /// threats: root's tools hand files to the owner of the store's directory.
    @Test(.enabled(if: geteuid() == 0)) func rootHandsTheFilesToTheStoresOwner() throws {
        let folder = try StoreFolder()
        try runProgram(["mkdir", folder.path])
        try runProgram(["chown", "12345:23456", folder.path])
        try folder.install(try TestIdentity("one"))
        try IdentityStore(path: Array(folder.path.utf8).span, create: false, board: StoredHash())
            .raise(lastKnownGood: 1_800_000_000)
        for name in [
            "current", "clock", "0001", "0001/key.pem", "0001/chain.pem", "0001/anchors.pem", "0001/meta.json",
        ] {
            #expect(try runProgram(["stat", "-c", "%u:%g", folder.file(name)]).output == "12345:23456\n", "\(name)")
        }
    }

    @Test func aKeyThatOthersCanReadIsRemarkedOn() throws {
        let folder = try StoreFolder()
        try folder.install(try TestIdentity("one"))
        for name in ["", "0001", "0001/key.pem"] {
            #expect(try !folder.load().0.isReadableByOthers)
            try runProgram(["chmod", "go+rx", folder.file(name)])
        }
        #expect(try folder.load().0.isReadableByOthers)
    }

    private func described(_ loaded: LoadedIdentity, _ remark: LoadedIdentity.Remark) -> String {
        var storage = [UInt8](repeating: 0, count: 1024)
        var writer = ByteWriter(storage.mutableSpan)
        #expect(loaded.needs(remark))
        loaded.describe(remark, store: Array("/store".utf8).span, into: &writer)
        let count = writer.count
        return String(decoding: storage.prefix(count), as: UTF8.self)
    }
}
