// Base64 against RFC 4648 §10.
import Bytes
import TLSCrypto

/// `fooba` both ways, and a text that is no base64.
func checkBase64(_ context: borrowing CheckContext) throws(CryptoError) -> Outcome {
    let plain: BoundedBytes<8> = context.input("666f6f6261")
    let encoded = BoundedBytes<8>(text: "Zm9vYmE=")
    var storage = InlineArray<16, UInt8>(repeating: 0)
    var span = storage.mutableSpan
    var count = try encodeBase64(plain.bytes, into: &span)
    guard span.span.extracting(0..<count).hasSameBytes(as: encoded.bytes) else {
        return .failed("an example of RFC 4648 is encoded wrongly")
    }
    count = try decodeBase64(encoded.bytes, into: &span)
    guard span.span.extracting(0..<count).hasSameBytes(as: plain.bytes) else {
        return .failed("an example of RFC 4648 is decoded wrongly")
    }
    do throws(CryptoError) {
        _ = try decodeBase64(BoundedBytes<8>(text: "Zm9v!mE=").bytes, into: &span)
        return .failed("a text that is no base64 was accepted")
    } catch {
        return error == .invalidEncoding ? .passed : .failed("a text that is no base64 gave an unexpected error")
    }
}
