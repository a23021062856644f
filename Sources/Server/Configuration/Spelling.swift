/// How far words are from each other.
enum Spelling {
    /// The word that differs in the fewest letters, if it differs in no more than half of them.
    static func nearest(to word: String, among words: [String]) -> String? {
        let ranked = words.map { (distance(word.lowercased(), $0.lowercased()), $0) }
        guard let best = ranked.min(by: { $0 < $1 }) else { return nil }
        return best.0 * 2 <= max(word.count, best.1.count) ? best.1 : nil
    }

    /// Letters to insert, delete or change (Levenshtein).
    static func distance(_ left: String, _ right: String) -> Int {
        let (left, right) = (Array(left), Array(right))
        var row = Array(0...right.count)
        for (i, one) in left.enumerated() {
            var previous = row[0]
            row[0] = i + 1
            for (j, other) in right.enumerated() {
                let replaced = previous + (one == other ? 0 : 1)
                previous = row[j + 1]
                row[j + 1] = min(replaced, row[j] + 1, previous + 1)
            }
        }
        return row[right.count]
    }
}
