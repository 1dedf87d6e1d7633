// Transport: ordered byte streams and the pump that drives a connection over one.
