/// Which side of a connection somebody is.
public enum Role: UInt8, Sendable {
    case client, server

    /// The other side.
    public var peer: Role { self == .client ? .server : .client }
}
