import Foundation
import Glibc

/// What a run came to: a block to read, and a line of JSON.
struct Report {
    private var lines: [String]
    private var pairs: [String]

    /// Begins with what was run, and how.
    init(_ run: String, _ settings: KeyValuePairs<String, String>, _ target: Target?) {
        let told = settings.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        lines = ["\(run): \(told)"]
        pairs = ["\"run\": \(Self.quoted(run))"]
        for (key, value) in settings { pairs.append("\(Self.quoted(key)): \(Self.quoted(value))") }
        if let target { add(target) }
        text("machine", Self.machine)
        text("date", Date().formatted(.iso8601))
    }

    private mutating func add(_ target: Target) {
        text("tls", target.tls.rawValue)
        text("cores", target.pins?.description ?? target.quota?.description ?? "not pinned")
    }

    mutating func text(_ key: String, _ value: String) {
        lines.append("  \(key): \(value)")
        pairs.append("\(Self.quoted(key)): \(Self.quoted(value))")
    }

    /// One value, or the median of several with the least and the greatest.
    mutating func figure(_ key: String, _ values: [Double], _ unit: String, digits: Int = 2) {
        let sorted = values.filter { !$0.isNaN }.sorted()
        guard let least = sorted.first, let most = sorted.last else { return }
        let median = sorted[sorted.count / 2]
        let spread =
            sorted.count > 1
            ? " [\(Self.number(least, digits)) – \(Self.number(most, digits))]" : ""
        lines.append("  \(key): \(Self.number(median, digits))\(spread) \(unit)")
        pairs.append("\(Self.quoted("\(key) (\(unit))")): \(Self.number(median, digits))")
        if sorted.count > 1 {
            let all = values.map { Self.number($0, digits) }.joined(separator: ", ")
            pairs.append("\(Self.quoted("\(key) (all)")): [\(all)]")
        }
    }

    mutating func figure(_ key: String, _ value: Double, _ unit: String, digits: Int = 2) {
        figure(key, [value], unit, digits: digits)
    }

    func show() {
        let text = lines.joined(separator: "\n") + "\n{\(pairs.joined(separator: ", "))}\n\n"
        FileHandle.standardOutput.write(Data(text.utf8))
    }

    private static func number(_ value: Double, _ digits: Int) -> String {
        value.isNaN ? "null" : String(format: "%.\(digits)f", value)
    }

    private static func quoted(_ text: String) -> String {
        let escaped = text.replacingOccurrences(of: "\\", with: "\\\\")
            .replacingOccurrences(of: "\"", with: "\\\"")
        return "\"\(escaped)\""
    }

    private static let machine: String = {
        let info = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let model = info.split(separator: "\n").first { $0.hasPrefix("model name") }
        let name = model?.split(separator: ":").last?.trimmingCharacters(in: .whitespaces)
        return "\(name ?? "unknown"), \(sysconf(Int32(_SC_NPROCESSORS_ONLN))) cores"
    }()
}
