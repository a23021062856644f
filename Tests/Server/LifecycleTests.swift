import MartletClient
import MartletCore
import MartletCrypto
import MartletNet
import MartletStorage
import MartletStreams
import MartletTesting
import MartletXML
import Synchronization
import TestSupport
import Testing

@testable import MartletServer

@Suite(.timeLimit(.minutes(5)))
struct DeadlineTests {
    @Test func `returns when the work is done`() async {
        #expect(await Deadline.within(.seconds(600)) {})
    }

    @Test func `returns when the time is over, and tells the work`() async {
        let (cancelled, tell) = AsyncStream<Void>.makeStream()
        let isDone = await Deadline.within(.milliseconds(1)) {
            await withTaskCancellationHandler {
                while !Task.isCancelled { await Task.yield() }
            } onCancel: {
                tell.finish()
            }
        }
        #expect(!isDone)
        for await _ in cancelled {}
    }

    /// A server that is cancelled drains all the same.
    @Test func `does its work for one who was cancelled, too`() async {
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await Deadline.within(.seconds(600)) {
                for _ in 0..<1_000 { await Task.yield() }
            }
        }
        #expect(await task.value)
    }
}

/// What becomes of streams when the server stops or takes other settings over.
@Suite(.timeLimit(.minutes(5)))
struct LifecycleTests {
    private let romeo = JID(prepared: "romeo", "montague.example", "balcony")
    private let juliet = JID(prepared: "juliet", "capulet.example", "window")

    private func settings(_ domains: [String]) -> ServerSettings {
        var settings = ServerSettings()
        settings.domains = domains.map { DomainSettings($0, mechanisms: [.plain]) }
        return settings
    }

    @Test func `a server that stops says so to each stream, at any step`() async throws {
        let scene = try await Scene()
        try await scene.enroll(romeo)
        let own = Shard(index: 0)
        own.start()
        let login = Base64.encode(Array("\0romeo\0\(Scene.password)".utf8))
        let steps = [
            [Say.open], [Say.open, Say.plain(login)], [Say.open, Say.plain(login), Say.open],
        ]
        var visitors: [Visitor] = []
        for (index, step) in (steps + steps).enumerated() {
            let visitor = Visitor.visit(scene.server, shard: index % 2, from: own)
            visitor.send(step[0])
            #expect(await visitor.heard("<mechanism"))
            for word in step.dropFirst() { visitor.send(word) }
            visitors.append(visitor)
        }
        let bound = try await scene.enter(romeo)
        await scene.server.clients.closeAll(StreamError(.systemShutdown))
        #expect(scene.server.clients.connectionCount == 0)
        for visitor in visitors {
            #expect(await visitor.heard("<system-shutdown"))
            #expect(await visitor.heard("</stream:stream>"))
        }
        for await _ in bound.stanzas {}
        #expect(await bound.fault == .stream(StreamError(.systemShutdown)))
        await scene.end()
        await own.stop()
    }

    @Test func `a server that stops takes nobody in`() async throws {
        let scene = try await Scene()
        await scene.server.clients.closeAll(StreamError(.systemShutdown))
        let own = Shard(index: 0)
        own.start()
        let late = Visitor.visit(scene.server, shard: 0, from: own)
        #expect(await late.heard("<system-shutdown"))
        await late.ended()
        await scene.end()
        await own.stop()
    }

    /// A handshake that does not get on is cut: it could not read a goodbye.
    @Test func `a server that stops waits for no handshake`() async throws {
        try await inFolder { folder in
            let scene = try await Scene { settings in
                settings.tls.folder = folder
                settings.clients.closingTime = .seconds(600)
            }
            let own = Shard(index: 0)
            own.start()
            let terms = [C2SListenerTerms(tls: .startTLS), C2SListenerTerms(tls: .direct)]
            let visitors = terms.map {
                Visitor.visit(scene.server, shard: 0, from: own, terms: $0)
            }
            visitors[0].send(Say.open + Say.startTLS)
            #expect(await visitors[0].heard("<proceed"))
            visitors[1].send("\u{16}\u{3}\u{1}")
            await scene.server.clients.closeAll(StreamError(.systemShutdown))
            for visitor in visitors { await visitor.ended() }
            #expect(!visitors[0].text.contains("system-shutdown"))
            await scene.end()
            await own.stop()
        }
    }

    /// The client that reads nothing and closes nothing keeps a server no longer than it said.
    @Test func `a run ends though clients do not`() async throws {
        let book = LogBook()
        var settings = settings(["montague.example"])
        settings.shutdownTime = .milliseconds(50)
        settings.clients.closingTime = .seconds(600)
        settings.shards = 1
        let server = try await MartletServer(settings, store: MemoryStore(), log: book.logger)
        let running = Task { try await server.run() }
        await book.wait(for: "ready")
        let own = Shard(index: 0)
        own.start()
        let deaf = Visitor.visit(server, shard: 0, from: own, isDeaf: true)
        deaf.send(Say.open)
        #expect(await deaf.heard("features"))
        running.cancel()
        try await running.value
        deaf.drop()
        #expect(book.lines.contains("not all streams ended in time"))
        #expect(book.lines.contains("stopped"))
        await own.stop()
    }

    @Test func `a domain that comes by reload can be logged in to`() async throws {
        let scene = try await Scene()
        let his = try await scene.enter(romeo)
        let paris = JID(prepared: "paris", "verona.example", "street")
        await #expect(throws: ClientFault.self) { try await scene.enter(paris) }
        try await scene.server.reload(
            settings(["montague.example", "capulet.example", "verona.example"])
        )
        #expect(try await scene.enter(paris).jid == paris)
        let to = paris.domain
        let ping = Element("query", in: Namespace.discoInfo)
        #expect(try await his.request(.get, to: to, ping).type == .result)
        await scene.end()
    }

    @Test func `a domain that goes by reload takes its sessions with it, and no others`()
        async throws
    {
        let scene = try await Scene()
        let (his, hers) = (try await scene.enter(romeo), try await scene.enter(juliet))
        try await scene.server.reload(settings(["montague.example"]))
        for await _ in hers.stanzas {}
        #expect(await hers.fault == .stream(StreamError(.hostGone)))
        let info = Element("query", in: Namespace.discoInfo)
        #expect(try await his.request(.get, to: romeo.domain, info).type == .result)
        await #expect(throws: ClientFault.self) { try await scene.enter(juliet) }
        await scene.end()
    }

    @Test func `settings that cannot be had change nothing`() async throws {
        try await inFolder { folder in
            let scene = try await Scene()
            let (his, hers) = (try await scene.enter(romeo), try await scene.enter(juliet))
            var faulty = settings(["montague.example"])
            faulty.tls.folder = folder
            faulty.domains[0].certificate = "\(folder)/nowhere.pem"
            await #expect(throws: AdminFault.self) { try await scene.server.reload(faulty) }
            let info = Element("query", in: Namespace.discoInfo)
            #expect(try await his.request(.get, to: juliet.domain, info).type == .result)
            #expect(try await hers.request(.get, to: romeo.domain, info).type == .result)
            await scene.end()
        }
    }
}
