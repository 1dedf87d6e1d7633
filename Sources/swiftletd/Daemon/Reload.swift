// What is read anew without a restart. At SIGHUP: the identity stores, for whoever renews them, and the revocation lists, for
// whoever fetches them. After a renewal of our own: its store. Everything else that the configuration says takes a restart.
//
// New lists are part of what sessions are bound to (TLS, SessionBinding), so nothing that was found out by the old ones is
// resumed: the next handshake is a full one. A new identity begins without any tickets and kept sessions, so that whoever connects
// is shown it. Connections that are open stay, and handshakes that have begun end with what they began with.
//
// Invariants:
// - all tunnels with one store take its new generation up, or none does;
// - nothing is taken from the heap: there is room for one material beside the present one (see Tunnel).
import Bytes
import Provisioning
import TLS
import Transport

extension EventLoop {
    /// Reads everything anew that can be.
    mutating func reload() {
        takeUpIdentities()
        readRevocationLists()
        lookAtStores()
    }

    // Identities

    /// Takes up what the identity stores have become, where that is something new.
    mutating func takeUpIdentities() {
        awaitsIdentity = false
        for index in 0..<tunnels.capacity where isFirst(ofItsStore: index) { takeUpIdentity(of: index) }
        files.wipe()
    }

    private func isFirst(ofItsStore index: Int) -> Bool {
        guard !tunnels[index].settings.identity.isEmpty else { return false }
        for earlier in 0..<index where sharesStore(earlier, index) { return false }
        return true
    }

    private func sharesStore(_ one: Int, _ other: Int) -> Bool {
        tunnels[one].settings.identity == tunnels[other].settings.identity
    }

    /// - Parameter first: the first tunnel with the store.
    private mutating func takeUpIdentity(of first: Int) {
        let store = tunnels[first].settings.identity
        // Its key has been loaded with it.
        defer { files.forgetIdentity() }
        do throws(ConfigurationError) {
            let loaded = try files.loadIdentity(store.bytes, line: 0, Log.warn)
            guard loaded.failure == nil else {
                throw ConfigurationError(0, "its current generation cannot be used; renew, or install an identity")
            }
            guard loaded.metadata != tunnels[first].material.stored else { return }
            guard !isRetiring else { return postpone(store) }
            try prepare(likeTunnel: first)
        } catch {
            for index in first..<tunnels.capacity where sharesStore(index, first) { tunnels[index].discard() }
            var line = Message("the identity of ")
            line.add(escaped: store.bytes)
            line.add(" stays as it was: ")
            line.add(error.message)
            return Log.write(line)
        }
        adopt(likeTunnel: first)
    }

    /// Whether handshakes of some tunnel still use the material before the present one.
    var isRetiring: Bool {
        for index in 0..<tunnels.capacity where tunnels[index].isRetiring { return true }
        return false
    }

    /// Takes the new identity of a store up later: there is no room for a third one.
    private mutating func postpone(_ store: TunnelSettings.Path) {
        awaitsIdentity = true
        var line = Message("the new identity of ")
        line.add(escaped: store.bytes)
        line.add(" is taken up when the handshakes that have begun with the one before are over")
        Log.write(line)
    }

    /// Loads the new identity for all tunnels with a store.
    private mutating func prepare(likeTunnel first: Int) throws(ConfigurationError) {
        for index in first..<tunnels.capacity where sharesStore(index, first) {
            try tunnels[index].prepare(&files, at: time, warn: Log.warn)
            for other in 0..<tunnels.capacity where other != index {
                try tunnels[index].checkMirror(of: tunnels[other])
            }
        }
    }

    private mutating func adopt(likeTunnel first: Int) {
        clock.learn(files.evidence, at: .now)
        for index in first..<tunnels.capacity where sharesStore(index, first) {
            tunnels[index].adopt()
            takeEvidence(fromListsOf: index)
            var line = Log.begin(tunnels[index].settings, nil)
            line.add("new handshakes show generation ")
            line.add(Int(tunnels[index].material.stored?.generation ?? 0))
            line.add(" of ")
            line.add(escaped: tunnels[index].settings.identity.bytes)
            Log.write(line)
            retireMaterial(of: index)
        }
    }

    /// Wipes the material before the present one, where no handshake uses it any more.
    mutating func retireMaterial(of tunnel: Int) {
        guard tunnels[tunnel].isRetiring else { return }
        let (first, generation) = (tunnels[tunnel].firstSession, tunnels[tunnel].generation)
        // A session in a handshake is one that has a workspace.
        for number in first..<(first + tunnels[tunnel].settings.connections)
        where sessions.isFilled(number) && sessions[number].workspace >= 0 && sessions[number].generation < generation {
            return
        }
        tunnels[tunnel].retire()
        if tunnels[tunnel].ending.isAwaited { timers.schedule(Deadline.now + EndingProcess.lookTime) }
    }

    // Revocation lists

    /// The memory that lists pass through on their way to a tunnel: as large as the greatest tunnel's.
    static func listMemory(_ tunnels: borrowing Slots<Tunnel>) -> Region {
        var bytes = 0
        for index in 0..<tunnels.capacity {
            bytes = max(bytes, tunnels[index].material.configuration.trust.listCapacity)
        }
        return lastingRegion(bytes)
    }

    /// Reads each tunnel's revocation lists.
    private mutating func readRevocationLists() {
        var isAny = false
        for index in 0..<tunnels.capacity {
            if !tunnels[index].settings.identity.isEmpty { isAny = true }
            guard !tunnels[index].settings.crls.isEmpty else { continue }
            isAny = true
            readRevocationLists(of: index)
        }
        files.wipe()
        if !isAny, renewals.isEmpty {
            Log.write("no tunnel has crls or identity, and nothing else is read anew: restart the daemon instead")
        }
    }

    private mutating func readRevocationLists(of index: Int) {
        let settings = tunnels[index].settings
        var line = Log.begin(settings, nil)
        do throws(ConfigurationError) {
            let count = try tunnels[index].material.readRevocationLists(settings, &files, decoded: &listMemory)
            line.add("revocation lists read anew from ")
            line.add(escaped: settings.crls.bytes)
            line.add(": ")
            line.add(count)
            takeEvidence(fromListsOf: index)
        } catch {
            line.add("the revocation lists stay as they were: ")
            line.add(error.message)
        }
        Log.write(line)
    }
}
