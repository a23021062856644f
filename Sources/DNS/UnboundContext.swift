internal import CUnbound
internal import Glibc
internal import MartletNet

/// libunbound's resolver: one thread of its own, its caches, and a pipe from it to us.
///
/// Its owner deletes it when nothing is asked of it any more, since questions that are under way then
/// hold what was given with them for ever.
///
/// Unchecked: libunbound locks its contexts itself, and the pointer never changes.
final class UnboundContext: @unchecked Sendable {
    private let context: OpaquePointer
    /// What the operator should hear of: files that could not be read.
    let complaints: [String]

    /// Readable when there are answers to `process`.
    let descriptor: CInt

    init(_ configuration: DNSConfiguration) throws(DNSSetupError) {
        var complaints: [String] = []
        do throws(DNSSetupError) {
            context = try Self.make(configuration, configuration.hostsFile, &complaints)
        } catch {
            // A line of the hosts file that it does not like is no reason to be without the DNS.
            guard let file = configuration.hostsFile else { throw error }
            complaints = ["\(file) is not used: \(error)"]
            context = try Self.make(configuration, nil, &complaints)
        }
        self.complaints = complaints
        descriptor = ub_fd(context)
    }

    deinit {
        ub_ctx_delete(context)
    }

    /// Asks; `done` is called by `process` later, unless this returns what is wrong.
    func ask(
        _ question: DNSQuestion,
        _ argument: UnsafeMutableRawPointer,
        done:
            @convention(c) (UnsafeMutableRawPointer?, CInt, UnsafeMutablePointer<ub_result>?)
            -> Void
    ) -> DNSFault? {
        let kind = CInt(question.kind.rawValue)
        let status = ub_resolve_async(
            context,
            question.name + ".",
            kind,
            Self.internet,
            argument,
            done,
            nil
        )
        return status == 0 ? nil : .failed(Self.text(of: status))
    }

    /// Calls `done` of each question that was answered.
    func process() {
        ub_process(context)
    }

    static func text(of status: CInt) -> String { String(cString: ub_strerror(status)) }

    private static let internet: CInt = 1
}

// MARK: Setting up

extension UnboundContext {
    private static func make(
        _ configuration: DNSConfiguration,
        _ hostsFile: String?,
        _ complaints: inout [String]
    ) throws(DNSSetupError) -> OpaquePointer {
        guard let context = ub_ctx_create() else {
            throw DNSSetupError(
                description: "libunbound cannot begin: \(String(cString: strerror(errno)))"
            )
        }
        do throws(DNSSetupError) {
            ub_ctx_debugout(context, nil)
            try check(ub_ctx_async(context, 1), "use a thread")
            try set(options(configuration), on: context)
            try set(configuration.servers, on: context, &complaints)
            if let hostsFile, access(hostsFile, R_OK) == 0 {
                try check(ub_ctx_hosts(context, hostsFile), "read \(hostsFile)")
            }
            try addAnchors(configuration, to: context)
            // It would deny that these are anywhere; a private network may have them (RFC 6761 §6.2).
            // The first call after the options also shows whether they are fit for use.
            try check(ub_ctx_zone_remove(context, "test."), "take its settings")
        } catch {
            ub_ctx_delete(context)
            throw error
        }
        return context
    }

    /// Settings of unbound.conf(5).
    private static func options(_ configuration: DNSConfiguration) -> [(String, String)] {
        [
            ("cache-max-ttl", "\(configuration.lifetimeLimit.components.seconds)"),
            ("cache-max-negative-ttl", "\(configuration.negativeLifetimeLimit.components.seconds)"),
            ("msg-cache-size", "\(configuration.cacheBytes)"),
            ("rrset-cache-size", "\(configuration.cacheBytes)"),
            // Sockets for questions that are under way; 16 silent servers would stop all others.
            ("outgoing-range", "256"),
            ("outgoing-num-tcp", "32"),
            ("num-queries-per-thread", "\(configuration.questionsUnderWay)"),
            // Servers that were silent are tried again: after an outage all would be for 15 minutes.
            ("infra-keep-probing", "yes"),
            ("infra-host-ttl", "60"),
            ("infra-cache-min-rtt", "\(Int(configuration.retryTime / .milliseconds(1)))"),
        ]
    }

    private static func set(_ options: [(String, String)], on context: OpaquePointer)
        throws(DNSSetupError)
    {
        for (name, value) in options {
            try check(ub_ctx_set_option(context, name + ":", value), "set \(name) to \(value)")
        }
    }

    private static func set(
        _ servers: DNSConfiguration.Servers,
        on context: OpaquePointer,
        _ complaints: inout [String]
    ) throws(DNSSetupError) {
        switch servers {
        case .file(let path):
            let status = ub_ctx_resolvconf(context, path)
            guard status != 0 else { return }
            // As the C library does where there is no such file (resolv.conf(5)).
            complaints.append("\(path) is not used: \(text(of: status))")
            try check(ub_ctx_set_fwd(context, "127.0.0.1"), "ask 127.0.0.1")
        case .these(let addresses):
            for address in addresses {
                let text = "\(address.host)@\(address.port)"
                try check(ub_ctx_set_fwd(context, text), "ask \(text)")
            }
        }
    }

    private static func addAnchors(_ configuration: DNSConfiguration, to context: OpaquePointer)
        throws(DNSSetupError)
    {
        for anchor in configuration.trustAnchors {
            try check(ub_ctx_add_ta(context, anchor), "trust \(anchor)")
        }
        guard let file = configuration.trustAnchorFile else { return }
        guard access(file, R_OK) == 0 else {
            throw DNSSetupError(description: "the trust anchors of \(file) cannot be read")
        }
        try check(ub_ctx_add_ta_file(context, file), "trust what is in \(file)")
    }

    private static func check(_ status: CInt, _ action: String) throws(DNSSetupError) {
        guard status != 0 else { return }
        throw DNSSetupError(description: "libunbound cannot \(action): \(text(of: status))")
    }
}
