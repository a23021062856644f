extension String {
    /// What a peer wrote, for a line in a terminal or a log: bounded, and without what hides there.
    ///
    /// - Parameters:
    ///   - limit: how many Unicode scalars are kept.
    ///   - keepsSpaces: whether U+0020 stays; names have none.
    package func printable(limit: Int, keepsSpaces: Bool = true) -> String {
        var scalars = unicodeScalars.prefix(limit).map { scalar -> Unicode.Scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
                .paragraphSeparator:
                "?"
            case .spaceSeparator: keepsSpaces && scalar == " " ? scalar : "?"
            default: scalar
            }
        }
        if unicodeScalars.count > limit, keepsSpaces { scalars.append("…") }
        return String(String.UnicodeScalarView(scalars))
    }
}
