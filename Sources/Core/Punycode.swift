/// Code points in the letters, digits and hyphens of DNS (RFC 3492).
enum Punycode {
    private static let base = 36
    private static let tMin = 1
    private static let tMax = 26

    /// Gives a label's ASCII form without `xn--`, or nil where it cannot be a label's for its length.
    static func encode(_ text: some Collection<Unicode.Scalar>) -> [UInt8]? {
        guard text.count < 64 else { return nil }
        var result = text.filter(\.isASCII).map { UInt8($0.value) }
        var handled = result.count
        if handled > 0 { result.append(UInt8(ascii: "-")) }
        var state = State()
        let values = text.map { Int($0.value) }
        while handled < values.count {
            guard let next = values.lazy.filter({ $0 >= state.codePoint }).min() else { return nil }
            state.delta += (next - state.codePoint) * (handled + 1)
            state.codePoint = next
            for value in values {
                if value < next { state.delta += 1 }
                guard value == next else { continue }
                result += state.digits()
                state.adapt(
                    count: handled + 1,
                    isFirst: handled == text.lazy.filter(\.isASCII).count
                )
                state.delta = 0
                handled += 1
            }
            state.delta += 1
            state.codePoint += 1
        }
        return result
    }

    /// Reads what stands behind `xn--`, in lower case; nil where it is not Punycode.
    static func decode(_ label: some BidirectionalCollection<UInt8>) -> Scalars? {
        guard label.count < 64 else { return nil }
        var result = Scalars()
        var digits = Array(label)
        if let hyphen = digits.lastIndex(of: UInt8(ascii: "-")), hyphen > 0 {
            guard digits[..<hyphen].allSatisfy({ $0 < 0x80 }) else { return nil }
            result = digits[..<hyphen].map { Unicode.Scalar($0) }
            digits.removeFirst(hyphen + 1)
        }
        var state = State()
        var rest = digits[...]
        var isFirst = true
        var index = 0
        while !rest.isEmpty {
            guard let delta = state.readDelta(&rest) else { return nil }
            state.delta = delta
            index += delta
            let count = result.count + 1
            state.adapt(count: count, isFirst: isFirst)
            isFirst = false
            state.codePoint += index / count
            index %= count
            guard state.codePoint <= 0x10FFFF,
                let scalar = Unicode.Scalar(UInt32(state.codePoint)), !scalar.isASCII
            else { return nil }
            result.insert(scalar, at: index)
            index += 1
        }
        return result
    }

    /// Where coder and decoder are; labels are so short that its numbers never overflow.
    private struct State {
        var codePoint = 128
        var delta = 0
        var bias = 72

        /// RFC 3492 §6.1.
        mutating func adapt(count: Int, isFirst: Bool) {
            var delta = isFirst ? delta / 700 : delta / 2
            delta += delta / count
            var steps = 0
            while delta > (base - tMin) * tMax / 2 {
                delta /= base - tMin
                steps += base
            }
            bias = steps + (base - tMin + 1) * delta / (delta + 38)
        }

        func threshold(_ position: Int) -> Int { min(max(position - bias, tMin), tMax) }

        /// `delta` as a number of variable length (RFC 3492 §3.3).
        func digits() -> [UInt8] {
            var result: [UInt8] = []
            var rest = delta
            var position = base
            while rest >= threshold(position) {
                let threshold = threshold(position)
                result.append(character(threshold + (rest - threshold) % (base - threshold)))
                rest = (rest - threshold) / (base - threshold)
                position += base
            }
            result.append(character(rest))
            return result
        }

        func readDelta(_ rest: inout ArraySlice<UInt8>) -> Int? {
            var delta = 0
            var weight = 1
            var position = base
            while let byte = rest.popFirst() {
                guard let digit = value(byte), delta < 1 << 40, weight < 1 << 40 else { return nil }
                delta += digit * weight
                if digit < threshold(position) { return delta }
                weight *= base - threshold(position)
                position += base
            }
            return nil
        }

        private func character(_ digit: Int) -> UInt8 {
            digit < 26 ? UInt8(ascii: "a") + UInt8(digit) : UInt8(ascii: "0") + UInt8(digit - 26)
        }

        private func value(_ byte: UInt8) -> Int? {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"): Int(byte - UInt8(ascii: "a"))
            case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte - UInt8(ascii: "0")) + 26
            default: nil
            }
        }
    }
}
