/// A queue: taken from the front, added to at the end.
struct Fifo<Element> {
    private var elements: [Element?] = []
    private var head = 0

    var count: Int { elements.count - head }
    var isEmpty: Bool { count == 0 }

    var first: Element? {
        get { head < elements.count ? elements[head] : nil }
        _modify {
            guard head < elements.count else {
                var nothing: Element?
                yield &nothing
                return
            }
            yield &elements[head]
        }
    }

    mutating func append(_ element: Element) { elements.append(element) }

    mutating func popFirst() -> Element? {
        guard head < elements.count else { return nil }
        let element = elements[head]
        elements[head] = nil
        head += 1
        if head == elements.count {
            elements.removeAll(keepingCapacity: head <= 1024)
            head = 0
        } else if head > 1024, head * 2 > elements.count {
            elements.removeFirst(head)
            head = 0
        }
        return element
    }

    /// All of it, in order; nothing is left.
    mutating func takeAll() -> [Element] {
        defer { self = Fifo() }
        return elements[head...].compactMap(\.self)
    }

    /// Removes what fits, wherever it stands.
    mutating func removeFirst(where fits: (Element) -> Bool) -> Element? {
        let index = elements[head...].firstIndex { $0.map(fits) ?? false }
        guard let index else { return nil }
        return elements.remove(at: index)
    }
}
