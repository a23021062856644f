/// What a client says, and by what it knows the answer.
struct Request {
    let text: String
    /// Something that the answer holds and nothing that comes before it, such as an `id`; its first
    /// character stands nowhere else in it.
    let mark: StaticString

    /// What stands between a request before and those after it is done when this is answered.
    static let ping = Request(
        text: "<iq type='get' id='~ping'><ping xmlns='urn:xmpp:ping'/></iq>",
        mark: "~ping"
    )
    static let roster = Request(
        text: "<iq type='get' id='~roster'><query xmlns='jabber:iq:roster'/></iq>",
        mark: "~roster"
    )
}

extension Client {
    /// Says one after the other, each when the one before is answered; what else comes is dropped.
    func ask(_ requests: ArraySlice<Request>, then done: @escaping (Client) -> Void) {
        guard let request = requests.first else {
            onBytes = { _, _ in }
            return done(self)
        }
        var counter = TagCounter(request.mark)
        onBytes = { client, bytes in
            guard counter.count(in: bytes) > 0 else { return }
            client.ask(requests.dropFirst(), then: done)
        }
        send(request.text)
    }
}
