// When a certificate is to be renewed: at two thirds of its life, spread over a twelfth of it, so that devices which were
// enrolled together do not all come back together. The spread depends on the certificate alone: the answer is the same
// each time it is asked for, and another one for another device.
import Bytes
import TLSCrypto
import X509

/// The time to renew a certificate.
public struct RenewalSchedule: Equatable, Sendable {
    /// Seconds since 1970.
    public let renewAt: Int64

    /// - Parameter spread: 0 for the earliest time, 65535 for the latest.
    public init(notBefore: Int64, notAfter: Int64, spread: UInt16) {
        // Certificates' times lie within the years 0 to 9999, so nothing here comes near the end of 64 bits.
        let life = max(notAfter - notBefore, 0)
        let window = life / 12
        renewAt = notBefore + life * 2 / 3 - window / 2 + window * Int64(spread) / 65_536
    }

    /// The time to renew a certificate.
    public init(_ certificate: borrowing Certificate) {
        self.init(
            notBefore: certificate.notBefore, notAfter: certificate.notAfter, spread: Self.spread(certificate))
    }

    /// The spread of a certificate.
    static func spread(_ certificate: borrowing Certificate) -> UInt16 {
        do throws(CryptoError) {
            let hash = try digest(.sha256, certificate.der)
            return UInt16(hash.bytes[0]) << 8 | UInt16(hash.bytes[1])
        } catch {
            return 0  // without a hash the earliest time
        }
    }
}
