import Foundation
import MartletServer
import Testing

struct ConfigurationSecretTests {
    @Test func `takes a text from the environment`() throws {
        let configuration = try Configuration(
            #"{"storage": {"path": {"env": "DATABASE"}}}"#,
            environment: ["DATABASE": "elsewhere.db"]
        )
        #expect(configuration.storage == .sqlite(path: "elsewhere.db"))
    }

    @Test func `takes a text from a file, without its last line break`() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: file) }
        try Data("elsewhere.db\n".utf8).write(to: file)
        let configuration = try Configuration(
            #"{"storage": {"path": {"file": "\#(file.path)"}}}"#
        )
        #expect(configuration.storage == .sqlite(path: "elsewhere.db"))
    }

    @Test(arguments: [
        (#"{"env": "DATABASE"}"#, #"the environment has no "DATABASE""#),
        (#"{"file": "nowhere/at/all"}"#, #""nowhere/at/all" cannot be read"#),
        (#"{"env": 1}"#, #"a string, {"env": "NAME"} or {"file": "path"} is expected"#),
        (#"{"vault": "x"}"#, #"a string, {"env": "NAME"} or {"file": "path"} is expected"#),
        (#"{}"#, #"a string, {"env": "NAME"} or {"file": "path"} is expected"#),
    ])
    func `says what it did not find`(value: String, reason: String) {
        let error = #expect(throws: ConfigError.self) {
            try Configuration(#"{"storage": {"path": \#(value)}}"#, environment: [:])
        }
        #expect(error?.path == "storage.path")
        #expect(error?.reason == reason)
    }

    @Test func `takes what others prove themselves by from elsewhere, and shows none of it`() throws
    {
        let text = """
            {"s2s": {"dialbackSecret": {"env": "DIALBACK"}},
             "components": {"irc.example": {"secret": {"env": "IRC"}}}}
            """
        let configuration = try Configuration(
            text,
            environment: ["DIALBACK": "s3cr3tf0rd14lb4ck", "IRC": "hunter2"]
        )
        let settings = configuration.settings
        #expect(settings.s2s.dialbackSecret?.bytes == Array("s3cr3tf0rd14lb4ck".utf8))
        #expect(settings.components["irc.example"]?.secret.bytes == Array("hunter2".utf8))
        var dumped = "\(configuration) \(String(reflecting: settings))"
        dump(settings, to: &dumped)
        for secret in ["s3cr3t", "hunter2", "\(Array("hunter2".utf8))"] {
            #expect(!dumped.contains(secret))
        }
    }

    @Test func `does not show a secret that is too short`() {
        let error = #expect(throws: ConfigError.self) {
            try Configuration(
                #"{"s2s": {"dialbackSecret": {"env": "SECRET"}}}"#,
                environment: ["SECRET": "hunter2"]
            )
        }
        #expect(
            error?.description == "line 1: s2s.dialbackSecret: it is shorter than 16 bytes"
        )
    }

    @Test func `does not show what it took when it does not fit`() {
        let error = #expect(throws: ConfigError.self) {
            try Configuration(
                #"{"storage": {"driver": {"env": "SECRET"}}}"#,
                environment: ["SECRET": "hunter2"]
            )
        }
        #expect(
            error?.reason
                == #"one of "sqlite", "postgresql", "memory" is expected, not what was found"#
        )
    }
}
