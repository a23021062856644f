import ArgumentParser

/// What clients switch on once they are bound.
struct SessionOptions: ParsableArguments {
    @Flag(help: "Stream management (XEP-0198): the server's requests are answered.")
    var streamManagement = false

    @Option(help: "With it: ask the server after so many messages what it handled; 0 never does.")
    var askEvery = 0

    @Flag(help: "Message carbons (XEP-0280).") var carbons = false
    @Flag(help: "Client state indication (XEP-0352): say that the client is active.")
    var csi = false

    func validate() throws {
        guard askEvery == 0 || streamManagement else {
            throw ValidationError("--ask-every goes with --stream-management")
        }
    }

    /// Stream management comes last, so that what it counts begins with the messages.
    private var requests: [Request] {
        var requests: [Request] = []
        if csi { requests.append(.active) }
        if carbons { requests.append(.carbons) }
        if streamManagement { requests.append(.management) }
        return requests
    }

    func prepare(_ crew: Crew) async throws {
        let requests = requests
        guard !requests.isEmpty else { return }
        try await crew.each { client, done in client.ask(requests[...]) { _ in done() } }
    }

    /// Each client's side of stream management, as it begins.
    var management: Management? { streamManagement ? Management(askEvery: askEvery) : nil }

    var description: String {
        let all = [
            (streamManagement, "stream management"), (askEvery > 0, "asked every \(askEvery)"),
            (carbons, "carbons"), (csi, "client state"),
        ]
        return all.filter(\.0).map(\.1).joined(separator: ", ")
    }
}

extension Request {
    fileprivate static let carbons = Request(
        text: "<iq type='set' id='~carbons'><enable xmlns='urn:xmpp:carbons:2'/></iq>",
        mark: "~carbons"
    )
    /// Nothing answers that a client is active; a ping shows that it was read.
    fileprivate static let active = beforePing("<active xmlns='urn:xmpp:csi:0'/>")
    fileprivate static let management = Request(
        text: "<enable xmlns='urn:xmpp:sm:3' resume='true'/>",
        mark: "<enabled"
    )
}
