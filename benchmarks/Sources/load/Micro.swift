import ArgumentParser
import MartletCore
import MartletXML

/// What single steps cost, without a server.
struct Micro: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Single steps, in nanoseconds: parse, build, read, write."
    )

    @Option(help: "Milliseconds for each of the runs of a step.") var milliseconds = 200
    @Option(help: "Runs of each step.") var runs = 5

    private static let message = """
        <message to='juliet@capulet.example/balcony' type='chat' id='load'>\
        <body>Soft, what light! Soft, what light! Soft, what light! Soft, what</body></message>
        """

    func run() async throws {
        let element = try Element(parsing: Array(Self.message.utf8))
        let stanza = try Stanza(element)
        var report = Report("micro", [:], nil)
        let jid = "juliet@capulet.example/balcony"
        report.figure("read an address", try time { _ = try JID(jid) }, "ns", digits: 0)
        report.figure("parse a message", try parsing(), "ns", digits: 0)
        report.figure("make a stanza of it", try time { _ = try Stanza(element) }, "ns", digits: 0)
        var bytes: [UInt8] = []
        let writing = time {
            bytes.removeAll(keepingCapacity: true)
            stanza.append(to: &bytes)
        }
        report.figure("write a stanza", writing, "ns", digits: 0)
        report.figure("build a message", time { _ = Self.build() }, "ns", digits: 0)
        report.show()
    }

    private static func build() -> Element {
        Element("message", ["to": "juliet@capulet.example/balcony", "type": "chat"]) {
            $0.element("body") { $0.text("Soft, what light!") }
        }
    }

    private func parsing() throws -> [Double] {
        var parser = StreamParser(pool: ParserPool(), limits: .standard)
        var events: [StreamEvent] = []
        let header =
            "<stream:stream xmlns='jabber:client' version='1.0' "
            + "xmlns:stream='http://etherx.jabber.org/streams'>"
        _ = Array(header.utf8).withUnsafeBytes { parser.read($0, into: &events) }
        let bytes = Array(Self.message.utf8)
        return try time {
            events.removeAll(keepingCapacity: true)
            let fault = bytes.withUnsafeBytes { parser.read($0, into: &events) }
            if let fault { throw fault }
        }
    }

    /// Nanoseconds of CPU for one call, several times over.
    private func time(_ step: () throws -> Void) rethrows -> [Double] {
        var results: [Double] = []
        for _ in 0..<runs {
            let begin = ProcessMeter.ownSeconds()
            var (end, count) = (begin, 0)
            while end - begin < Double(milliseconds) / 1e3 {
                for _ in 0..<1000 { try step() }
                count += 1000
                end = ProcessMeter.ownSeconds()
            }
            results.append((end - begin) / Double(count) * 1e9)
        }
        return results
    }
}
