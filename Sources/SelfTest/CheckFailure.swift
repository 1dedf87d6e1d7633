// The errors that end a check, and the text for each.
import Bytes
import Provisioning
import TLS
import TLSCrypto
import X509

/// Why a check could not go on: it has failed.
enum CheckFailure: Error {
    case crypto(CryptoError)
    case certificate(X509Error)
    case tls(TLSError)
    case provisioning(ProvisioningError)
    case arena(ArenaExhausted)
    case wrong(StaticString)

    /// What to tell.
    var text: StaticString {
        switch self {
        case .crypto(let error): Self.text(error)
        case .certificate(let error): error.reason.description
        case .tls(let error): Self.text(error)
        case .provisioning(.crypto(let error)): Self.text(error)
        case .provisioning: "a certificate for the check could not be written"
        case .arena: "the check needs more than Check.memoryBytes: a fault of Swiftlet"
        case .wrong(let text): text
        }
    }

    private static func text(_ error: CryptoError) -> StaticString {
        switch error {
        case .outOfMemory: "out of memory"
        case .invalidKey, .encryptedKey: "a good key was refused"
        case .invalidPublicValue: "a good public value was refused"
        case .badSignature: "a good signature was refused"
        case .authenticationFailed: "a good record was refused"
        case .randomUnavailable: "getrandom(2) failed"
        case .unsupported: "the Mbed TLS of this board lacks an algorithm"
        case .outputTooSmall: "a result is longer than it can be"
        case .unavailable: "a key in memory was not there"
        case .invalidEncoding: "good base64 was refused"
        case .backend: "Mbed TLS reported an internal error"
        }
    }

    private static func text(_ error: TLSError) -> StaticString {
        switch error {
        case .malformed: "the handshake failed: a message did not parse"
        case .illegalParameter, .peerMisbehaved, .missingExtension:
            "the handshake failed: one side found fault with the other"
        case .peerIncompatible: "the handshake failed: the two sides found nothing in common"
        case .badCertificate, .keyNotPinned, .certificateRefused: "the handshake failed: a certificate was refused"
        case .limitExceeded: "the handshake failed: something did not fit the memory of a connection"
        case .alertReceived: "the handshake failed: one side sent an alert"
        case .truncated: "the handshake failed: it ended early"
        case .cryptoFailed(let error): Self.text(error)
        case .misuse, .aborted: "the handshake failed: a fault of the check itself"
        }
    }
}

/// Takes a region of memory.
func take(_ count: Int, from arena: inout Arena) throws(CheckFailure) -> Region {
    do throws(ArenaExhausted) { return try arena.take(count) } catch { throw .arena(error) }
}
