import Glibc

/// Finds the markup that XMPP forbids (RFC 6120 §11.1) as its first characters arrive.
///
/// `<!` may only begin a CDATA section, and `<?` only the XML declaration: in well-formed XML these
/// two stand nowhere else, except inside the section itself. Expat would report a comment only at
/// its end, after holding all of it.
struct MarkupGuard {
    private enum State {
        case text
        /// After `<`.
        case opened
        /// After `<!` and so many characters of `[CDATA[`.
        case announced(Int)
        /// In a CDATA section, after so many `]`, of which two count.
        case section(Int)
    }

    private var state = State.text
    /// Nothing but the XML declaration can come next.
    private var mayDeclare: Bool

    init(mayDeclare: Bool) {
        self.mayDeclare = mayDeclare
    }

    /// Reads on, cut anywhere.
    ///
    /// - Returns: the offset of the character that makes it forbidden.
    mutating func firstForbidden(in bytes: Bytes) -> Int? {
        guard let start = bytes.baseAddress else { return nil }
        var at = 0
        while at < bytes.count {
            switch state {
            case .text:
                guard let found = memchr(start + at, 0x3C, bytes.count - at) else { return nil }
                at = UnsafeRawPointer(start).distance(to: UnsafeRawPointer(found))
                state = .opened
            case .section(0):
                guard let found = memchr(start + at, 0x5D, bytes.count - at) else { return nil }
                at = UnsafeRawPointer(start).distance(to: UnsafeRawPointer(found))
                state = .section(1)
            default:
                guard step(start[at]) else { return at }
            }
            at += 1
        }
        return nil
    }

    /// Takes one character in the states that are about characters.
    private mutating func step(_ byte: UInt8) -> Bool {
        switch state {
        case .opened: return open(byte)
        case .announced(let count):
            let word = Bytes("[CDATA[")
            guard byte == word[count] else { return false }
            state = count + 1 == word.count ? .section(0) : .announced(count + 1)
        case .section(let brackets):
            if byte == 0x5D {
                state = .section(2)
            } else {
                state = byte == 0x3E && brackets == 2 ? .text : .section(0)
            }
        case .text: break
        }
        return true
    }

    private mutating func open(_ byte: UInt8) -> Bool {
        defer { mayDeclare = false }
        switch byte {
        case 0x21: state = .announced(0)
        case 0x3F where !mayDeclare: return false
        case 0x3C: state = .opened
        default: state = .text
        }
        return true
    }
}
