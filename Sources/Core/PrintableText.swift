extension String {
    /// What a peer wrote, for a line in a terminal or a log: bounded, and without what hides there.
    ///
    /// So many Unicode scalars are kept at most. U+0020 stays unless it is a name, which has none.
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
