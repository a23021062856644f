import FoundationEssentials

extension ConfigValue {
    /// What `{"env": "NAME"}` or `{"file": "path"}` stands for.
    ///
    /// - Throws: `ConfigError` when there is no such variable or file; it never shows what is in one.
    func borrowedString() throws(ConfigError) -> String {
        let members = try members()
        guard members.count == 1, let source = members.first else { throw noSource }
        guard case .string(let name) = source.value.node.value else { throw noSource }
        switch source.name {
        case "env":
            guard let text = environment[name] else {
                throw fault("the environment has no \"\(name)\"")
            }
            return text
        case "file": return try contents(of: name)
        default: throw noSource
        }
    }

    private var noSource: ConfigError {
        fault("a string, {\"env\": \"NAME\"} or {\"file\": \"path\"} is expected")
    }

    /// A file's text, without the line's end that editors put there.
    private func contents(of file: String) throws(ConfigError) -> String {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw fault("\"\(file)\" cannot be read")
        }
        guard var text = String(validating: data, as: UTF8.self) else {
            throw fault("\"\(file)\" is not text in UTF-8")
        }
        if text.last?.isNewline == true { text.removeLast() }
        return text
    }
}
