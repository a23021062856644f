internal import MartletStorage

extension TextRange {
    var from: Value { .rawText(lower) }

    /// For `text < ?`: a blob is larger than any text, so that an empty one is "no end".
    var below: Value { upper.map { .rawText($0) } ?? .bytes([]) }
}
