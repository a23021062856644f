/// Keeps passwords out of what is said.
enum Secrets {
    /// Cuts from the first quotation mark to the last, and what follows the first line.
    ///
    /// libpq quotes the URI, and parts of it, which may have such marks themselves.
    static func withoutQuotations(_ text: String) -> String {
        var text = text
        if let first = text.firstIndex(of: "\""), let last = text.lastIndex(of: "\"") {
            let end = first == last ? text.endIndex : text.index(after: last)
            text.replaceSubrange(first..<end, with: "…")
        }
        return text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
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
