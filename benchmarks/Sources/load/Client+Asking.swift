/// What a client says, and by what it knows the answer.
struct Request {
    let text: String
    /// Something that the answer holds and nothing that comes before it, such as an `id`; its first
    /// character stands nowhere else in it.
    let mark: StaticString
    /// Whether an error is an answer like any other.
    var mayFail = false

    /// What stands between a request before and those after it is done when this is answered.
    ///
    /// A server that knows no pings answers with an error.
    static let ping = Request(
        text: "<iq type='get' id='~ping'><ping xmlns='urn:xmpp:ping'/></iq>",
        mark: "~ping",
        mayFail: true
    )
    /// Says what has no answer of its own, and pings behind it.
    static func beforePing(_ text: String) -> Request {
        Request(text: text + ping.text, mark: ping.mark, mayFail: true)
    }

    static let roster = Request(
        text: "<iq type='get' id='~roster'><query xmlns='jabber:iq:roster'/></iq>",
        mark: "~roster"
    )
}

extension Client {
    /// Says one after the other, each when the one before is answered; what else comes is dropped.
    ///
    /// It fails when it is told of an error.
    func ask(_ requests: ArraySlice<Request>, then done: @escaping (Client) -> Void) {
        guard let request = requests.first else {
            onBytes = { _, _ in }
            return done(self)
        }
        var counter = TagCounter(request.mark)
        var (single, double) = (TagCounter("='error'"), TagCounter("=\"error\""))
        onBytes = { client, bytes in
            let errors = single.count(in: bytes) + double.count(in: bytes)
            if errors > 0, !request.mayFail {
                return client.fail("was refused: \(String(decoding: bytes, as: UTF8.self))")
            }
            guard counter.count(in: bytes) > 0 else { return }
            client.ask(requests.dropFirst(), then: done)
        }
        send(request.text)
    }
}
