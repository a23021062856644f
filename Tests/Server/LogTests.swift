import Foundation
import Logging
import Testing

@testable import MartletServer

struct LogTests {
    private func line(
        _ format: LineLogHandler.Format,
        _ message: String,
        _ facts: Logger.Metadata
    ) -> String {
        var handler = LineLogHandler(label: "test", format: format)
        handler[metadataKey: "peer"] = "127.0.0.1:1"
        return handler.line(
            LogEvent(
                level: .notice,
                message: "\(message)",
                metadata: facts,
                source: "test",
                file: "",
                function: "",
                line: 0
            ),
            time: "2026-01-01T00:00:00Z"
        )
    }

    /// What a terminal, an editor or a log shipper could take for the end of a line, or for a command.
    private static let evil = [
        "\n", "\r\n", "\u{B}", "\u{C}", "\u{1B}[2J", "\u{0}", "\u{7F}", "\u{85}", "\u{9B}2J",
        "\u{2028}", "\u{2029}", "\u{202E}", "\u{E0001}",
    ]

    @Test func `reads like this`() {
        #expect(
            line(.text, "login failed", ["account": "romeo@montague.example", "why": ""])
                == "2026-01-01T00:00:00Z notice login failed account=romeo@montague.example"
                + " peer=127.0.0.1:1 why="
        )
        #expect(
            line(.json, "login", ["account": "é\"\\"])
                == #"{"time":"2026-01-01T00:00:00Z","level":"notice","event":"login","#
                + #""account":"é\"\\","peer":"127.0.0.1:1"}"#
        )
    }

    @Test(arguments: evil)
    func `stays one line whatever a peer sent`(text: String) throws {
        for format in LineLogHandler.Format.allCases {
            let told = line(format, "login", ["account": "a\(text)b level=error"])
            for scalar in text.unicodeScalars where !scalar.properties.isAlphabetic {
                guard !"[2".unicodeScalars.contains(scalar) else { continue }
                #expect(!told.unicodeScalars.contains(scalar))
            }
            #expect(told.contains("\\u"))
        }
    }

    @Test(arguments: evil + ["\"", "\\", "é", "😀", "a=b", ""])
    func `is JSON from which the value comes back`(text: String) throws {
        let told = line(.json, text, ["account": "\(text)"])
        let read = try JSONSerialization.jsonObject(with: Data(told.utf8)) as? [String: String]
        #expect(read?["account"] == text)
        #expect(read?["event"] == text)
    }

    @Test(arguments: ["x=y", "say \"no\"", "a level=error b"])
    func `quotes what could pass for another fact`(text: String) {
        let told = line(.text, "login", ["account": "\(text)"])
        #expect(told.contains("account=\""))
    }

    @Test func `writes facts in the order of their names, whatever they are`() {
        let told = line(.text, "login", ["z": .stringConvertible(7), "b": "1 2", "a": "x\u{E9}"])
        #expect(told.hasSuffix(" login a=x\u{E9} b=1 2 peer=127.0.0.1:1 z=7"))
    }

    /// Facts of one event go before those that stay.
    @Test func `tells the newer of two facts`() {
        #expect(line(.text, "x", ["peer": "other"]).hasSuffix(" x peer=other"))
    }
}
