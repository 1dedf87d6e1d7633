// SelfTest: the checks that a device runs on itself.
