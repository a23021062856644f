import MartletCore
import MartletNet
import MartletXML
import Testing

@testable import MartletServer

/// The lower end of a stream, whatever the stream is for.
@Suite(.timeLimit(.minutes(5)))
struct StreamEdgeTests {
    private static let header =
        "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"

    /// Has a body see an edge on its shard, and tells what the other end of its pipe heard.
    private func onEdge<R: Sendable>(
        burst: Int = 1_000,
        clock: any ShardClock = MonotonicClock(),
        _ body: @escaping @Sendable (StreamEdge) -> R
    ) async -> (R, heard: String) {
        let shard = Shard(index: 0, clock: clock)
        shard.start()
        let (near, far) = PipeTransport.pair(shard, shard)
        let ear = Ear()
        let result = await withCheckedContinuation { continuation in
            shard.submit {
                far.delegate = ear
                let edge = StreamEdge(
                    near,
                    parser: StreamParser(pool: ParserPool()),
                    bytes: TokenBucket(rate: 1_000, burst: 1_000, now: shard.now),
                    stanzas: TokenBucket(rate: 1, burst: burst, now: shard.now)
                )
                let result = body(edge)
                edge.end(nil, within: .seconds(600))
                continuation.resume(returning: result)
            }
        }
        let heard = await ear.allHeard()
        await shard.stop()
        return (result, heard)
    }

    /// What is read, as the names of its elements, where one of them stops the reading.
    private static func names(
        in text: String,
        _ edge: StreamEdge,
        at stop: String = "",
        _ flow: StreamFlow = .goOn
    ) -> [String] {
        var text = text
        var names: [String] = []
        text.withUTF8 { bytes in
            let end = edge.read(UnsafeRawBufferPointer(bytes), while: { names.last != "closed" }) {
                switch $0.kind {
                case .opened: names.append("opened")
                case .closed: names.append("closed")
                case .element(let element):
                    names.append(element.name)
                    if element.name == "end" { names.append("closed") }
                    if element.name == stop { return flow }
                }
                return .goOn
            }
            if end.flow != .goOn { names.append("\(end.flow)") }
            if let fault = end.fault { names.append("\(StreamError(fault).condition)") }
        }
        return names
    }

    @Test(arguments: [
        (StreamFlow.goOn, ["opened", "a", "b"]),
        // The rest is a new stream, of which it is the header and the end.
        (.restart, ["opened", "a", "opened", "closed"]),
        (.drop, ["opened", "a", "drop"]),
        (.wait, ["opened", "a", "wait"]),
        (.move, ["opened", "a", "move"]),
    ])
    func `does with the bytes behind an element what is said`(
        flow: StreamFlow,
        names: [String]
    ) async {
        let (read, _) = await onEdge {
            Self.names(in: Self.header + "<a/><b/>", $0, at: "a", flow)
        }
        #expect(read == names)
    }

    @Test func `reads a second stream in the same bytes`() async {
        let (read, _) = await onEdge {
            Self.names(in: Self.header + "<a/>" + Self.header + "<b/>", $0, at: "a", .restart)
        }
        #expect(read == ["opened", "a", "opened", "b"])
    }

    @Test func `keeps what comes while an answer is awaited`() async {
        let (kept, _) = await onEdge { edge in
            edge.pause(.negotiation)
            _ = Self.names(in: Self.header + "<a/><b/><c", edge, at: "a", .wait)
            let isTaken = Array("/>".utf8).withUnsafeBytes { edge.accepts($0) }
            let rest = String(decoding: edge.takeLeftover(), as: UTF8.self)
            return (isTaken, rest, edge.pauses.isEmpty, Self.names(in: rest, edge))
        }
        #expect(!kept.0 && kept.1 == "<b/><c/>" && kept.2 && kept.3 == ["b", "c"])
    }

    @Test func `tells a fault unless the stream was closed before`() async {
        let (told, _) = await onEdge { Self.names(in: Self.header + "<a/><b></c>", $0) }
        #expect(told == ["opened", "a", "notWellFormed"])
        let (kept, _) = await onEdge { Self.names(in: Self.header + "<end/><b></c>", $0) }
        #expect(kept == ["opened", "end", "closed"])
    }

    @Test func `writes elements of the streams namespace with their prefix and attributes`() async {
        let (_, heard) = await onEdge { edge in
            edge.write(
                Element("features", in: Namespace.streams, ["note": "it's <&>"]) {
                    $0.element("bind", in: Namespace.bind)
                }
            )
            edge.write(Element("message", in: Namespace.client, ["id": "1"]))
        }
        let bind = "<bind xmlns='\(Namespace.bind)'/>"
        let open = "<stream:features note='it&apos;s &lt;&amp;&gt;'>"
        #expect(
            heard == open + bind + "</stream:features><message id='1'/></stream:stream>"
        )
    }

    @Test func `reads nothing for as long as a burst is owed`() async {
        let clock = ManualClock()
        let (edge, _) = await onEdge(burst: 2, clock: clock) { edge in
            for _ in 0..<2 { edge.countStanza() }
            let isFree = edge.pauses.isEmpty
            edge.countStanza()
            return (edge, isFree, edge.pauses == .rate)
        }
        #expect(edge.1 && edge.2)
    }

    @Test func `is read again when what was owed is paid`() async {
        let clock = ManualClock()
        let shard = Shard(index: 0, clock: clock)
        shard.start()
        let (near, far) = PipeTransport.pair(shard, shard)
        let edge: StreamEdge = await withCheckedContinuation { continuation in
            shard.submit {
                let edge = StreamEdge(
                    near,
                    parser: StreamParser(pool: ParserPool()),
                    bytes: TokenBucket(rate: 10, burst: 10, now: shard.now),
                    stanzas: TokenBucket(rate: 1, burst: 1, now: shard.now)
                )
                edge.limitRate(bytes: 30)
                for _ in 0..<4 { edge.countStanza() }
                continuation.resume(returning: edge)
            }
        }
        var isPaused: [Bool] = []
        for _ in 0..<4 {
            clock.advance(by: .seconds(1))
            await shard.settle()
            isPaused.append(near.isReadingPaused)
        }
        // Two seconds for the bytes, but three for the stanzas.
        #expect(isPaused == [true, true, false, false] && edge.pauses.isEmpty)
        far.cut()
        await shard.stop()
    }
}

/// Hears what an edge says, until it hangs up; for its shard's thread but for `allHeard`.
private actor Ear: TransportDelegate {
    private let stream: AsyncStream<[UInt8]>
    private let continuation: AsyncStream<[UInt8]>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    func allHeard() async -> String {
        var bytes: [UInt8] = []
        for await chunk in stream { bytes += chunk }
        return String(decoding: bytes, as: UTF8.self)
    }

    nonisolated func transport(_ transport: Transport, received bytes: UnsafeRawBufferPointer) {
        continuation.yield(Array(bytes))
    }

    nonisolated func transportClosed(_ transport: Transport, _ reason: TransportEnd) {
        continuation.finish()
    }
}
