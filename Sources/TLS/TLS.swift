// TLS: the protocol.
// 
