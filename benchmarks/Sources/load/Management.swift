/// One client's side of stream management (XEP-0198 §4), as far as a load needs it.
struct Management: Sendable {
    private var asked = TagCounter("<r xmlns")
    private var handled: UInt32 = 0
    private let askEvery: Int
    private var sent = 0

    init(askEvery: Int = 0) {
        self.askEvery = askEvery
    }

    /// What is to be answered to bytes that held so many stanzas.
    mutating func answer(to bytes: UnsafeRawBufferPointer, stanzas: Int) -> String? {
        handled &+= UInt32(stanzas)
        guard asked.count(in: bytes) > 0 else { return nil }
        return "<a xmlns='urn:xmpp:sm:3' h='\(handled)'/>"
    }

    /// What is to be asked after so many more stanzas.
    mutating func question(after stanzas: Int) -> String? {
        guard askEvery > 0 else { return nil }
        sent += stanzas
        guard sent >= askEvery else { return nil }
        sent = 0
        return "<r xmlns='urn:xmpp:sm:3'/>"
    }
}
