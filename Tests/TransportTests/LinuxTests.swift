// The adapter for system calls, as far as no transport uses it: files, arguments, signals, epoll, the service manager.
import CLinux
import Foundation
import Testing

@testable import Transport

@Suite struct LinuxTests {
    private func readFile(_ path: String, capacity: Int, how: Int32 = 0) -> (Int, [UInt8]) {
        var bytes = [UInt8](repeating: 0, count: capacity)
        let name = Array(path.utf8)
        let result = unsafe swl_read_file(SWL_WORKING_DIRECTORY, name, name.count, how, &bytes, capacity)
        return (result, Array(bytes.prefix(max(result, 0))))
    }

    @Test func readsFilesUpToALimit() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/file"
        let content = pattern(1000)
        try Data(content).write(to: URL(fileURLWithPath: path))
        try FileManager.default.createSymbolicLink(atPath: path + ".link", withDestinationPath: path)
        #expect(readFile(path, capacity: 1001) == (1000, content))
        #expect(readFile(path, capacity: 1000) == (1000, content))
        #expect(readFile(path, capacity: 999).0 == -Int(SWL_EFBIG))
        #expect(readFile(path + ".link", capacity: 1000).0 == 1000)
        #expect(readFile(path + ".link", capacity: 1000, how: SWL_OPEN_NO_FOLLOW).0 == -Int(SWL_ELOOP))
        #expect(readFile(folder.path, capacity: 10).0 == -Int(SWL_EISDIR))
        #expect(readFile(path + "\u{0}more", capacity: 1000).0 == -Int(SWL_EINVAL))
        #expect(readFile(String(repeating: "a", count: 5000), capacity: 10).0 == -Int(SWL_ENAMETOOLONG))
        #expect(readFile("", capacity: 10).0 == -Int(SWL_ENOENT))
    }

    @Test func writesAndReplacesFilesInADirectory() throws {
        let folder = try TemporaryFolder()
        let base = Array(folder.path.utf8)
        let directory = unsafe swl_open(SWL_WORKING_DIRECTORY, base, base.count, SWL_OPEN_DIRECTORY, 0)
        #expect(directory >= 0)
        defer { close(directory) }
        let (new, name) = (Array("new".utf8), Array("current".utf8))
        for round in 1...2 {
            let file = unsafe swl_open(directory, new, new.count, SWL_OPEN_CREATE_NEW | SWL_OPEN_NO_FOLLOW, 0o600)
            #expect(file >= 0)
            #expect(unsafe swl_open(directory, new, new.count, SWL_OPEN_CREATE_NEW, 0o600) == -SWL_EEXIST)
            #expect(unsafe swl_write_all(file, [UInt8(round)], 1) == 0)
            #expect(swl_sync(file) == 0)
            #expect(swl_close(file) == 0)
            #expect(unsafe swl_rename(directory, new, new.count, name, name.count) == 0)
            #expect(swl_sync(directory) == 0)
            #expect(readFile(folder.path + "/current", capacity: 10) == (1, [UInt8(round)]))
        }
        var status = swl_file_status()
        #expect(unsafe swl_path_status(directory, name, name.count, &status) == 0)
        #expect(status.kind == SWL_KIND_FILE && status.permissions == 0o600 && status.size == 1)
        #expect(unsafe swl_remove_file(directory, name, name.count) == 0)
        #expect(unsafe swl_remove_file(directory, name, name.count) == -SWL_ENOENT)
    }

    @Test func hasTheProgramsArguments() throws {
        #expect(Int(swl_argument_count()) == CommandLine.arguments.count)
        for (index, argument) in CommandLine.arguments.enumerated() {
            let saved = unsafe swl_argument(Int32(index)).map { unsafe String(cString: $0) }
            #expect(saved == argument)
        }
        let past = unsafe swl_argument(swl_argument_count()) == nil
        #expect(past)
    }

    @Test func wakesAnEpollLoop() {
        let epoll = swl_epoll_create()
        let event = swl_event_create()
        defer {
            close(epoll)
            close(event)
        }
        #expect(swl_epoll_add(epoll, event, SWL_READABLE, 0xfeed_beef_0102_0304) == 0)
        var events = [swl_event](repeating: swl_event(), count: 4)
        #expect(unsafe swl_epoll_wait(epoll, &events, 4, 0) == 0)
        #expect(swl_event_raise(event) == 0)
        #expect(unsafe swl_epoll_wait(epoll, &events, 4, 1000) == 1)
        #expect(events[0].token == 0xfeed_beef_0102_0304 && events[0].events == SWL_READABLE)
        #expect(swl_event_clear(event) == 0)
        #expect(unsafe swl_epoll_wait(epoll, &events, 4, 0) == 0)
    }

    @Test func theClocksAgreeWithFoundation() {
        #expect(abs(swl_realtime_seconds() - Int64(Date().timeIntervalSince1970)) <= 2)
        let deadline = Deadline.after(milliseconds: 30)
        #expect(!deadline.hasPassed)
        #expect((1...30).contains(deadline.remaining ?? 0))
        swl_sleep_milliseconds(40)
        #expect(deadline.hasPassed && deadline.remaining == 0)
        #expect(Deadline.never.remaining == nil && !Deadline.never.hasPassed)
        #expect(Deadline.earlier(.never, deadline) == deadline)
    }

    /// In a process of its own, because it changes the environment.
    @Test func tellsTheServiceManager() async {
        await #expect(processExitsWith: .success) {
            let ready = Array("READY=1".utf8)
            unsafe unsetenv("NOTIFY_SOCKET")
            guard unsafe swl_notify(ready, ready.count) == 0 else { exit(2) }
            var name = swl_address()
            let path = Array("@swiftlet-notify-\(getpid())".utf8)
            guard unsafe swl_unix_address(path, path.count, &name) == 0 else { exit(3) }
            let manager = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
            let length = name.length
            let bound = unsafe withUnsafePointer(to: name.storage) {
                unsafe bind(manager, UnsafeRawPointer($0).assumingMemoryBound(to: sockaddr.self), length)
            }
            guard bound == 0 else { exit(4) }
            unsafe setenv("NOTIFY_SOCKET", String(decoding: path, as: UTF8.self), 1)
            guard unsafe swl_notify(ready, ready.count) == 1 else { exit(5) }
            var heard = [UInt8](repeating: 0, count: 100)
            guard unsafe recv(manager, &heard, heard.count, 0) == ready.count else { exit(6) }
            exit(Array(heard.prefix(ready.count)) == ready ? 0 : 7)
        }
    }
}
