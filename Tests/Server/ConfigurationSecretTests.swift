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
