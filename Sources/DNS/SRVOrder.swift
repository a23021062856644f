/// The order in which servers are tried (RFC 2782, "Priority" and "Weight").
enum SRVOrder {
    /// Sorts by priority; among equals, chance decides by weight, again for each place.
    ///
    /// - Parameters:
    ///   - elements: in any order.
    ///   - record: gives the record of an element.
    ///   - limit: how many are wanted; the work is that times the count of `elements`.
    ///   - chance: where the same numbers come from it, the order is the same.
    /// - Returns: the first of them, `limit` at most.
    static func sorted<Element>(
        _ elements: [Element],
        by record: (Element) -> SRVRecord,
        limit: Int,
        using chance: inout some RandomNumberGenerator
    ) -> [Element] {
        let groups = Dictionary(grouping: elements) { record($0).priority }
        var result: [Element] = []
        for (_, group) in groups.sorted(by: { $0.key < $1.key }) {
            // Those of weight 0 stand first, so that chance leads to them by the number 0 alone.
            var rest = group.filter { record($0).weight == 0 }
            rest += group.filter { record($0).weight > 0 }
            while !rest.isEmpty, result.count < limit {
                result.append(rest.remove(at: choice(rest.map { record($0).weight }, &chance)))
            }
        }
        return result
    }

    private static func choice(
        _ weights: [UInt16],
        _ chance: inout some RandomNumberGenerator
    ) -> Int {
        var left = Int.random(in: 0...weights.reduce(0) { $0 + Int($1) }, using: &chance)
        for (index, weight) in weights.enumerated() {
            left -= Int(weight)
            if left <= 0 { return index }
        }
        return weights.count - 1
    }
}
