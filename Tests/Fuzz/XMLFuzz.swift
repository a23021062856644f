/// Fuzzes the stream parser (built together with Sources/XML by the script beside this).
///
/// The first byte says how the rest is cut; what is read must not depend on it, and whatever is
/// accepted must read from its canonical form as the same tree.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzXML(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let start, count > 1 else { return 0 }
    let step = Int(start[0] & 0x0F) + 1
    let isBare = start[0] & 0x10 == 0
    let input = (isBare ? header : []) + UnsafeBufferPointer(start: start + 1, count: count - 1)

    let whole = Reading(input, step: input.count)
    let pieces = Reading(input, step: step)
    // Not which fault: of text that is out of place and malformed further on, a cut shows the first.
    check((whole.fault == nil) == (pieces.fault == nil), "a cut changed whether there is a fault")
    check(whole.elements == pieces.elements, "a cut changed the elements")
    check(whole.isClosed == pieces.isClosed, "a cut changed the end")
    for element in whole.elements { checkCanonical(element) }
    return 0
}

private let header = Array(
    ("<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
        + "xmlns:db='jabber:server:dialback' version='1.0'>").utf8
)

/// One pool for all inputs, so that what one leaves behind would show in the next.
nonisolated(unsafe) private let pool = ParserPool()  // libFuzzer calls from one thread.

private let limits = XMLLimits(
    stanzaBytes: 4_096,
    depth: 8,
    elements: 64,
    attributes: 16,
    attributeBytes: 1_024,
    namespaceDeclarations: 8,
    nameBytes: 64
)

/// What a stream says when it is cut into pieces of a length.
private struct Reading {
    var elements: [Element] = []
    var fault: XMLError?
    var isClosed = false

    init(_ input: [UInt8], step: Int) {
        var parser = StreamParser(pool: pool, limits: limits)
        var at = 0
        while at < input.count, fault == nil {
            let piece = input[at..<min(at + step, input.count)]
            var events: [StreamEvent] = []
            fault = piece.withUnsafeBytes { parser.read($0, into: &events) }
            for event in events { take(event, piece.count) }
            at += step
        }
        if let fault { check(fault.byteOffset <= input.count, "a fault beyond the input") }
    }

    private mutating func take(_ event: StreamEvent, _ count: Int) {
        check(event.endOffset >= 0 && event.endOffset <= count, "an event ends outside the read")
        switch event.kind {
        case .opened: break
        case .element(let element): elements.append(element)
        case .closed: isClosed = true
        }
    }
}

private func checkCanonical(_ element: Element) {
    let text = element.description
    guard let again = try? Element.parse(text, limits: .standard) else {
        return check(false, "the canonical form is refused: \(text)")
    }
    check(again == element, "the canonical form is another tree: \(text)")
    check(again.description == text, "the canonical form is not stable: \(text)")
    let stamped = element.setting(["from": "a'<", "to": nil])
    let stampedAgain = try? Element.parse(stamped.description)
    check(stampedAgain == stamped, "another tree once stamped: \(text)")
    let wrapped = Element("w", in: "urn:w") { $0.append(stamped) }
    check(wrapped.firstChild == stamped, "another tree once wrapped: \(text)")
    for child in element.children {
        let alone = child.detached()
        check(alone == child, "a copied part is another tree: \(text)")
        guard let read = try? Element.parse(alone.description) else { continue }
        check(read == child, "a part's canonical form is another tree: \(text)")
    }
}

private func check(_ holds: Bool, _ what: @autoclosure () -> String) {
    if !holds { fatalError(what()) }  // Its words are printed in an optimised build too.
}
