package import MartletNet

/// Whom to ask, whom to believe, and how much at most.
package struct DNSConfiguration: Sendable {
    package enum Servers: Hashable, Sendable {
        /// The name servers of a file in the form of resolv.conf(5); its search list is not used.
        case file(String)
        /// These, in any order; at least one.
        case these([SocketAddress])
    }

    package var servers = Servers.file("/etc/resolv.conf")
    /// Names and addresses that are not asked for, in the form of hosts(5); nil for none.
    package var hostsFile: String? = "/etc/hosts"
    /// DS or DNSKEY records, one a text as a zone's file has it; what they sign is verified.
    package var trustAnchors: [String] = []
    /// A file of such records, that of the root as a rule.
    package var trustAnchorFile: String?

    /// A question that is not answered by then gets `DNSFault.timedOut`.
    package var timeout: Duration = .seconds(5)
    /// How long a server has at least before libunbound asks it again, in whole milliseconds.
    ///
    /// One for all of a process: that of the resolver that was made last.
    package var retryTime: Duration = .milliseconds(50)
    /// Questions that libunbound works on, those included whose time was up before it gave up.
    package var questionsUnderWay = 1024
    /// Questions that wait for their turn; one more gets `DNSFault.overloaded`.
    package var questionsWaiting = 4096
    /// Records of an answer that are read; the rest is left out.
    package var recordsPerAnswer = 512
    /// How long any record is believed.
    package var lifetimeLimit: Duration = .seconds(3600)
    /// How long it is believed that there is no record.
    package var negativeLifetimeLimit: Duration = .seconds(300)
    /// What libunbound keeps of answers; it has two such caches, and some smaller ones.
    package var cacheBytes = 4 << 20

    package init() {}
}

/// Why there is no resolver; the operator's business.
package struct DNSSetupError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
}
