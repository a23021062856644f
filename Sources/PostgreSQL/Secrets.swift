/// Keeps passwords out of what is said.
enum Secrets {
    /// Cuts what stands in quotation marks: libpq quotes the URI, and parts of it.
    static func withoutQuotations(_ text: String) -> String {
        let parts = text.split(separator: "\"", omittingEmptySubsequences: false)
        return parts.indices.map { $0.isMultiple(of: 2) ? String(parts[$0]) : "…" }.joined()
            .split(separator: "\n").first.map(String.init) ?? ""
    }

    /// A message in one line, with each of the secrets replaced.
    static func clean(_ message: String, of secrets: [String]) -> String {
        var text = message.split(whereSeparator: \.isNewline)
            .map { $0.drop { $0 == "\t" || $0 == " " } }
            .filter { !$0.hasPrefix("LOCATION:") && !$0.isEmpty }
            .joined(separator: " ")
        for secret in secrets where !secret.isEmpty {
            text = text.split(separator: secret, omittingEmptySubsequences: false)
                .joined(separator: "…")
        }
        return text.count > 400 ? text.prefix(400) + "…" : text
    }
}
