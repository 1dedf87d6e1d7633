// TLS: the protocol, without input or output: TLS 1.3 (RFC 8446, and what RFC 9846 adds to it) and TLS 1.2 (RFC 5246). What
// names neither version serves both; a `12` in a name is for TLS 1.2 alone.
//
// Read in this order:
// - `Connection/Connection.swift`: what an application sees; bytes in, bytes out, one step at a time.
// - `Configuration/`: what a connection offers, shows and trusts.
// - `Handshake/HandshakeState.swift`: the states; `Client/`, `Server/`, `Authentication/`: one file for what each does.
// - `KeySchedule/`, `Record/`: secrets, and records sealed and opened in place.
// - `Messages/`, `Extensions/`, `Codepoints/`: the wire format, parse and write together.
// - `TLSError.swift`, `AlertTable.swift`, `Limits.swift`: every error, every alert, every size.
//
// Invariants of the target: it never allocates; received bytes never trap; the first failure stays; a state exists only
// for what may come now; secrets lie in memory that does not move and are wiped.
