import ArgumentParser

/// Who talks, and how much.
struct TalkOptions: ParsableArguments {
    @Option(help: "Pairs of clients.") var pairs = 200
    @Option(help: "Messages under way in each pair at any time.") var inFlight = 1
    @Option(help: "Messages a second in all, instead of answers.") var rate: Double?
    @Option(help: "Bytes of each body.") var bodyBytes = 64

    var clients: Int { pairs * 2 }

    var pace: Conversations.Pace {
        rate.map(Conversations.Pace.rate) ?? .answers(inFlight: inFlight)
    }

    /// As reports tell them.
    var settings: KeyValuePairs<String, String> {
        let pace = rate.map { ("rate", "\($0)") } ?? ("in flight", "\(inFlight)")
        return ["pairs": "\(pairs)", pace.0: pace.1, "body bytes": "\(bodyBytes)"]
    }
}
