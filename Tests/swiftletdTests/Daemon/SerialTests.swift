// The daemon on serial lines: the three ways of using one that the README names, several tunnels on one line, and what must
// not pass for a clean end. The lines are pseudo-terminals joined by socat.
import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct SerialTests {
    /// A program at a serial port, which shows what comes and sends what it is told.
    private func terminal(_ path: String) throws -> BackgroundProgram {
        let program = try BackgroundProgram(["socat", "-u", "FILE:\(path),rawer", "-"])
        try program.wait("an open port") { program.isRunning }
        return program
    }

    private func send(_ text: String, to path: String) throws {
        try runProgram(["bash", "-c", "printf '%s\\n' \"$1\" > \"$2\"", "bash", text, path])
    }

    /// Says `text` to a Unix socket; answers what comes back.
    private func ask(_ path: String, _ text: String) throws -> String {
        try runProgram(
            ["bash", "-c", "printf %s \"$1\" | socat -t 30 - \"UNIX-CONNECT:$2\"", "bash", text, path],
            mustSucceed: false
        ).output
    }

    private func echo(_ path: String) throws -> BackgroundProgram {
        let program = try BackgroundProgram(["socat", "UNIX-LISTEN:\(path),fork", "EXEC:cat"])
        try program.wait("a socket") { FileManager.default.fileExists(atPath: path) }
        return program
    }

    @Test func aTCPServiceOverTheLinkOneConnectionAfterTheOther() throws {
        let line = try SerialPair()
        let far = try DaemonProcess(serverTunnel("unix:TMP/plain", accept: "link:\(line.one),921600"))
        let near = try DaemonProcess(
            clientTunnel(
                "link:\(line.other),921600", accept: "unix:TMP/in", certificate: "peer", peer: "device.example"))
        let service = try echo("\(far.files.path)/plain")
        for number in 0..<3 {
            let text = "\(number): " + String(repeating: "over the line ", count: 1000)
            #expect(try ask("\(near.files.path)/in", text) == text)
        }
        try far.expectLog("established", "peer authenticated", "resumed")
        try near.expectLog("closed; received 14003 bytes, sent 14003")
        #expect(service.isRunning)
    }

    @Test func aSensorToTCPAndACommandBack() throws {
        let line = try SerialPair()
        let far = try DaemonProcess(serverTunnel("unix:TMP/plain"))
        let received = try BackgroundProgram(["socat", "UNIX-LISTEN:\(far.files.path)/plain", "-"])
        try received.wait("a socket") { FileManager.default.fileExists(atPath: "\(far.files.path)/plain") }
        let near = try DaemonProcess(
            clientTunnel(
                try far.endpoint("in"), accept: "serial:\(line.one),9600", certificate: "peer", peer: "device.example"))
        // It connects although the sensor has not said anything yet.
        try near.expectLog("established")
        try send("reading 42", to: line.other)
        try received.wait("the reading") { received.output.contains("reading 42\n") }
        let sensor = try terminal(line.other)
        received.send("command 7\n")
        try sensor.wait("the command") { sensor.output.contains("command 7\n") }
        // When the service goes, the sensor's tunnel connects anew.
        received.stop()
        try near.wait { near.log.components(separatedBy: "closed; received").count > 1 }
        try near.wait { near.log.components(separatedBy: "established").count > 2 }
    }

    @Test func serialToSerialOverARawLine() throws {
        let (left, line, right) = (try SerialPair(), try SerialPair(), try SerialPair())
        let far = try DaemonProcess(serverTunnel("serial:\(right.one),115200", accept: "serial:\(line.one),115200"))
        let near = try DaemonProcess(
            clientTunnel(
                "serial:\(line.other),115200", accept: "serial:\(left.one),115200", certificate: "peer",
                peer: "device.example"))
        let (one, other) = (try terminal(left.other), try terminal(right.other))
        try far.expectLog("established")
        try send("from the left", to: left.other)
        try other.wait("the words") { other.output.contains("from the left\n") }
        try send("from the right", to: right.other)
        try one.wait("the words") { one.output.contains("from the right\n") }
        #expect(near.log.contains("established"))
    }

    @Test func channelsShareALineAndAStalledOneStopsNobody() throws {
        let line = try SerialPair()
        let second = serverTunnel("unix:TMP/plain2", accept: "link:\(line.one),921600,channel=2")
        let far = try DaemonProcess(
            serverTunnel("unix:TMP/plain", accept: "link:\(line.one),921600,channel=1")
                + second.replacing("[tunnel in]", with: "[tunnel in2]"))
        let other = clientTunnel(
            "link:\(line.other),921600,channel=2", accept: "unix:TMP/in2", certificate: "peer", peer: "device.example")
        let near = try DaemonProcess(
            clientTunnel(
                "link:\(line.other),921600,channel=1", accept: "unix:TMP/in", certificate: "peer",
                peer: "device.example")
                + other.replacing("[tunnel out]", with: "[tunnel out2]"))
        // Channel 1 leads to a program that reads nothing, and is stuffed until nothing more goes.
        let stalled = try BackgroundProgram(["socat", "-u", "-", "UNIX-LISTEN:\(far.files.path)/plain"])
        let service = try echo("\(far.files.path)/plain2")
        let stuffing = try BackgroundProgram(
            ["bash", "-c", "head -c 2000000 /dev/zero | socat - UNIX-CONNECT:\(near.files.path)/in"])
        try far.expectLog("tunnel in: established")
        let text = String(repeating: "the other channel ", count: 3000)
        #expect(try ask("\(near.files.path)/in2", text) == text)
        #expect(stuffing.isRunning && stalled.isRunning && service.isRunning)
    }

    /// threats.md, "Serial link": a restarted peer is a truncation, never a clean end.
    @Test func aPeerThatIsKilledIsATruncation() throws {
        let line = try SerialPair()
        let far = try DaemonProcess(serverTunnel("unix:TMP/plain", accept: "link:\(line.one),921600"))
        let service = try echo("\(far.files.path)/plain")
        let sections = clientTunnel(
            "link:\(line.other),921600", accept: "unix:TMP/in", certificate: "peer", peer: "device.example")
        do {
            let near = try DaemonProcess(sections)
            let client = try BackgroundProgram(["socat", "-", "UNIX-CONNECT:\(near.files.path)/in"])
            client.send("half a message")
            try client.wait("its echo") { client.output.contains("half a message") }
            near.signal(SIGKILL)
            _ = try near.exitStatus()
        }
        let again = try DaemonProcess(sections)
        #expect(try ask("\(again.files.path)/in", "the next") == "the next")
        try far.expectLog("truncated", "received 14 bytes")
        #expect(service.isRunning)
    }

    @Test func aPortThatIsNotThereYetIsWaitedFor() throws {
        let files = try TemporaryDirectory()
        let path = files.file("port")
        let daemon = try DaemonProcess(
            serverTunnel("unix:TMP/plain", accept: "link:\(path),921600")
                + clientTunnel("unix:TMP/tls", accept: "serial:\(files.file("port2")),9600"))
        try daemon.expectLog(path, "No such file", "looked for")
        let line = try SerialPair()
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: line.one)
        try daemon.expectLog(path, "the serial port is there")
        daemon.signal(SIGTERM)
        #expect(try daemon.exitStatus() == 0)
    }
}
