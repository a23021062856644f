import CPlugin
import Synchronization

@testable import MartletPluginKit

/// Answers to verbs and commands, by the tokens they were asked with.
final class FakeAnswers: Sendable {
    static let shared = FakeAnswers()

    struct Answer: Sendable {
        let status: Int
        let text: String
        let fields: [String]
    }

    private let waiting = Mutex<[martlet_token: CheckedContinuation<Answer, Never>?]>([:])

    /// Runs what was registered as a verb or a command, and waits for its answer.
    func ask(
        _ registered: FakeSite.Call,
        of plugin: UnsafeMutableRawPointer?,
        at site: FakeSite,
        name: String,
        fields: [String] = [],
        caller: String = ""
    ) async -> Answer {
        await withCheckedContinuation { continuation in
            let token = waiting.withLock { waiting in
                let token = martlet_token(waiting.count + 1)
                waiting[token] = continuation
                return token
            }
            ([name, caller] + fields).lendAll { texts in
                let pairs = texts.dropFirst(2).map { martlet_pair(name: .none, value: $0) }
                pairs.withUnsafeBufferPointer { pairs in
                    var call = martlet_call()
                    call.size = UInt32(MemoryLayout<martlet_call>.size)
                    call.name = texts[0]
                    call.caller = texts[1]
                    call.fields = pairs.baseAddress
                    call.field_count = pairs.count
                    call.site = site.handle
                    call.instance = plugin
                    call.token = token
                    registered.function(registered.ud, &call)
                }
            }
        }
    }

    func put(
        _ token: martlet_token,
        _ status: Int32,
        _ text: String,
        _ pairs: UnsafePointer<martlet_pair>?,
        _ count: Int
    ) {
        let fields = UnsafeBufferPointer(start: pairs, count: pairs == nil ? 0 : count)
            .map { "\($0.name.string)=\($0.value.string)" }
        let answer = Answer(status: Int(status), text: text, fields: fields)
        waiting.withLock { $0.updateValue(nil, forKey: token) ?? nil }?.resume(returning: answer)
    }
}
