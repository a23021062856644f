/// What is wrong with a configuration, where, and what was expected.
public struct ConfigError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Such as `domains.localhost.limits.rosterItems`; empty for the file as a whole.
    public var path: String
    /// Both count from 1; columns in bytes.
    public var line: Int
    public var column: Int
    public var reason: String

    init(path: String, at place: TextPlace, _ reason: String) {
        self.path = path
        line = place.line
        column = place.column
        self.reason = reason
    }

    public var description: String {
        // Where there is a path, the line is enough to find it.
        path.isEmpty
            ? "line \(line), column \(column): \(reason)" : "line \(line): \(path): \(reason)"
    }
}
