// Flags that say what happens once the handshake is over.

extension Flag {
    static let exchangeFlags: [String: Flag] = [
        "-shim-writes-first": .set { $0.writesFirst = true },
        "-shim-initial-write": .text { $0.initialWrite = $1 },
        "-repeat-shim-initial-write": .number { (settings, count: Int) in
            settings.initialWrites = count
            return true
        },
        "-write-different-record-sizes": .set { $0.writesDifferentSizes = true },
        "-read-size": .number { (settings, size: Int) in
            settings.readSize = size
            return size > 0
        },
        "-key-update": .set { $0.updatesKeys = true },
        "-key-update-before-read": .set { $0.updatesKeysBeforeReading = true },
        "-export-keying-material": .number { (settings, count: Int) in
            settings.exportedBytes = count
            return count > 0
        },
        "-export-label": .text { $0.exportLabel = $1 },
        "-export-context": .text { $0.exportContext = $1 },
        "-use-export-context": .set { $0.exportsWithContext = true },
        "-tls-unique": .set { $0.sendsTLSUnique = true },
        "-send-alert": .set { $0.sendsAlert = true },
        "-shim-shuts-down": .set { $0.shutsDown = true },
        "-check-close-notify": .set { $0.checksCloseNotify = true },
    ]
}
