extension PRECIS {
    /// A string class and the rules that bring a text into it (RFC 8264 §4, §5).
    struct Profile: Sendable {
        var allowsFreeform = false
        var mapsWidth = false
        var spaces = Spaces.asTheyAre
        var mapsCase = false
        var isCompatible = false
        var hasBidiRule = false

        enum Spaces { case asTheyAre, plain, single }

        static let usernameCaseMapped = Profile(mapsWidth: true, mapsCase: true, hasBidiRule: true)
        static let usernameCasePreserved = Profile(mapsWidth: true, hasBidiRule: true)
        static let opaqueString = Profile(allowsFreeform: true, spaces: .plain)
        static let nickname = Profile(allowsFreeform: true, spaces: .single, isCompatible: true)
        static let nicknameKey = Profile(
            allowsFreeform: true,
            spaces: .single,
            mapsCase: true,
            isCompatible: true
        )
    }
}

extension PRECIS.Profile {
    /// Applies the rules in the order of RFC 8264 §7 until they change nothing more.
    func enforce(_ text: Scalars) throws(PRECISError) -> Scalars {
        var prepared = text
        for _ in 0..<4 {
            let before = prepared
            prepared = try apply(before)
            if prepared == before { return prepared }
        }
        throw .unstable
    }

    private func apply(_ text: Scalars) throws(PRECISError) -> Scalars {
        var text = mapsWidth ? Mapping.width(text) : text
        text = mapSpaces(text)
        if mapsCase { text = Mapping.lowercase(text) }
        text = isCompatible ? Normalization.nfkc(text) : Normalization.nfc(text)
        guard !text.isEmpty else { throw .empty }
        if hasBidiRule, BidiRule.concerns(text), !BidiRule.isSatisfied(by: text) { throw .bidi }
        guard text.allSatisfy(allows), ContextualRules.areSatisfied(by: text) else {
            throw .disallowed
        }
        return text
    }

    /// RFC 8265 §4.2.2 (plain) and RFC 8266 §2.1 (single, and none at the ends).
    private func mapSpaces(_ text: Scalars) -> Scalars {
        if spaces == .asTheyAre { return text }
        let plain = text.map { $0.value > 0x20 && CodePoint($0).isSpace ? " " : $0 }
        if spaces == .plain { return plain }
        return Scalars(plain.split(separator: " ").joined(separator: CollectionOfOne(" ")))
    }

    private func allows(_ scalar: Unicode.Scalar) -> Bool {
        switch CodePoint(scalar).category {
        case .valid, .contextJ, .contextO: true
        case .free: allowsFreeform
        case .disallowed, .unassigned: false
        }
    }
}
