import CPlugin
public import MartletCore
import MartletNet
public import MartletRouter
import Synchronization

/// Whether a plugin is at work in a domain.
public enum PluginChoice: Hashable, Sendable {
    case off
    /// With these settings, as JSON.
    case on(settings: String)
}

/// The plugins of a server: their images, and what is at work in each domain.
public final class PluginHost: Sendable {
    let services: PluginServices
    let places: PlaceRecords
    /// By shard.
    let answers: [StoreAnswers]
    let images: [PluginImage]
    /// By the number of the image.
    let counters: [CounterLines]
    let interfaces = InterfaceTable()
    /// Why some are not at work.
    public let faults: [PluginFault]
    private let state = Mutex(State())
    let complaints = Mutex<[String: Complaint]>([:])

    struct State: Sendable {
        /// By the number of the image.
        var deployments: [PluginDeployment] = []
        /// By domain: what is chosen.
        var domains: [String: DomainPlugins] = [:]
        /// The same by the number of the image, while some of it is being started.
        var beginning: [String: [PluginSite?]] = [:]
        /// What was started and not stopped, chosen still or not any more.
        var allStarted: [PluginSite] = []
        /// What was registered, by what it is told from others by.
        var registered: [String: Contribution.What] = [:]
    }

    /// Opens every plugin of the folders, and has each register what is the same in all domains.
    ///
    /// What cannot be used is told in ``faults``, and the rest goes on.
    public init(folders: [String], services: PluginServices) {
        self.services = services
        let shards = services.router.homes.count
        places = PlaceRecords(shards: shards)
        answers = (0..<max(shards, 1)).map { _ in StoreAnswers() }
        var faults: [PluginFault] = []
        var found: [PluginImage] = []
        for path in PluginFolder.files(in: folders) {
            do throws(PluginFault) {
                let image = try PluginImage(opening: path)
                if let other = found.first(where: { $0.name == image.name }) {
                    throw PluginFault(image.name, "\(path): \(other.path) has that name already")
                }
                found.append(image)
            } catch {
                faults.append(error)
            }
        }
        let (ordered, unmet) = LoadOrder.sort(found, offered: InterfaceTable.ofServer)
        images = ordered
        self.faults = faults + unmet
        counters = ordered.map { _ in CounterLines(shards: shards) }
        load()
    }

    private func load() {
        for image in images {
            let deployment = PluginDeployment(image, in: self)
            state.withLock { $0.deployments.append(deployment) }
            guard let site = deployment.whole else { continue }
            var reason = martlet_str.none
            let said = image.descriptor.pointee
            let status = said.load(said.ud, CoreTable.pointer, site.handle, &reason)
            if status != MARTLET_OK {
                site.markStopped()
                site.markEnded()
                complain(site, "it did not load: \(reason.text ?? "it said no why")")
            }
        }
    }

    /// The names of all plugins that were found and opened.
    public var names: [String] { images.map(\.name) }

    func whole(of image: PluginImage) -> PluginSite? {
        deployment(of: image)?.whole
    }

    private func deployment(of image: PluginImage) -> PluginDeployment? {
        state.withLock { $0.deployments.first { $0.image === image } }
    }

    /// What of a plugin is at work, anywhere.
    func started(_ image: PluginImage) -> [PluginSite] {
        state.withLock { $0.allStarted.filter { $0.image === image } }
    }

    /// A home for what a plugin does by itself: always the same one for a site.
    func home(for site: PluginSite) -> RouterShard? {
        let homes = services.router.homes
        guard !homes.isEmpty else { return nil }
        return site.address.map { services.router.home(of: $0) } ?? homes[0]
    }

    /// The same that a plugin registered elsewhere, if it did: thousands of domains then share one.
    func shared(_ what: Contribution.What) -> Contribution.What {
        guard let trace = what.trace, !trace.isEmpty else { return what }
        return state.withLock { state in
            if let known = state.registered[trace] { return known }
            if state.registered.count < 1_000 { state.registered[trace] = what }
            return what
        }
    }

    /// What is at work in a domain.
    func sites(in domain: String) -> [PluginSite] {
        state.withLock { $0.beginning[domain] ?? $0.domains[domain]?.sites ?? [] }
            .compactMap(\.self)
    }
}

// MARK: Domains

extension PluginHost {
    /// The plugins of one domain, as the router takes them.
    public struct Selection: Sendable {
        /// To be registered behind the server's own modules.
        public let modules: [any Module]
        /// To be kept with the domain.
        public let attachment: any AnyObject & Sendable
        /// Equal for domains whose modules are the same, so that they may share what is made of them; nil
        /// for one that shares with nobody.
        public let key: Key?
        /// Whether there is an ad-hoc command among what they registered.
        public let hasCommands: Bool
        /// What was to be at work and is not.
        public let faults: [PluginFault]
    }

    /// What the modules of a domain are told from others by.
    public struct Key: Hashable, Sendable {
        /// The plugins at work.
        fileprivate var slots: [Int] = []
        /// What they registered there alone.
        fileprivate var own: [String] = []
    }

    /// Starts, in one domain, what is chosen and not at work yet; what is at work with the same
    /// settings stays.
    ///
    /// What is not chosen any more goes on until ``retire(_:)``.
    public func select(_ choices: [String: PluginChoice], in address: JID) -> Selection {
        let domain = address.domainpart
        let before = state.withLock { $0.domains[domain]?.sites } ?? []
        let place = before.lazy.compactMap { $0?.place }.first ?? SiteDomain(address)
        var faults: [PluginFault] = []
        var sites: [PluginSite?] = []
        sites.reserveCapacity(images.count)
        var isClosed = false
        for (slot, image) in images.enumerated() {
            let old = slot < before.count ? before[slot] : nil
            let choice = choices[image.name] ?? (image.isOffByDefault ? .off : .on(settings: "{}"))
            do throws(PluginFault) {
                let site = try site(of: image, choice, old, at: place)
                sites.append(site)
                // In place before those that may ask for what it provides.
                state.withLock { $0.beginning[domain] = sites }
            } catch {
                // Settings that are no good change nothing.
                sites.append(old)
                let closes = old == nil && image.provides.contains(Self.authentication)
                isClosed = isClosed || closes
                faults.append(closes ? error.closing(domain) : error)
            }
        }
        let plugins = DomainPlugins(sites, isClosed: isClosed)
        state.withLock { state in
            state.beginning[domain] = nil
            state.domains[place.name] = plugins
        }
        for name in choices.keys.sorted() where !names.contains(name) {
            guard case .on = choices[name] else { continue }
            faults.append(PluginFault(name, "there is no such plugin"))
        }
        return selection(plugins, faults)
    }

    /// The same plugins once more, after one of them registered something.
    public func reselect(in domain: String) -> Selection {
        let plugins = state.withLock { $0.domains[domain] }
        return selection(plugins ?? DomainPlugins([], isClosed: isClosed(domain)), [])
    }

    private func selection(_ plugins: DomainPlugins, _ faults: [PluginFault]) -> Selection {
        var modules: [any Module] = []
        var key: Key? = Key()
        var hasCommands = false
        for (slot, site) in plugins.sites.enumerated() {
            guard let site else { continue }
            let own = site.contributions
            key?.slots.append(slot)
            for contribution in own {
                if let trace = contribution.what.trace {
                    key?.own.append("\(slot) \(trace)")
                } else {
                    key = nil
                }
            }
            let contributions = (site.whole?.contributions ?? []) + own
            hasCommands = hasCommands || contributions.contains { $0.what.isCommand }
            modules.append(
                PluginModule(
                    image: site.image,
                    slot: slot,
                    contributions: contributions,
                    host: self
                )
            )
        }
        if hasCommands { key?.own.append("commands") }
        return Selection(
            modules: modules,
            attachment: plugins,
            key: key,
            hasCommands: hasCommands,
            faults: faults
        )
    }

    private func site(
        of image: PluginImage,
        _ choice: PluginChoice,
        _ old: PluginSite?,
        at place: SiteDomain
    ) throws(PluginFault) -> PluginSite? {
        guard case .on(let settings) = choice else { return nil }
        if let old, old.settings == settings { return old }
        guard let deployment = deployment(of: image), deployment.whole?.isStopped == false else {
            throw PluginFault(image.name, "it did not load")
        }
        try check(settings, of: image)
        if let old, try reconfigure(old, settings) { return old }
        return try start(deployment, at: place, settings)
    }

    /// Gives other settings to what runs, where its plugin can take them.
    private func reconfigure(_ site: PluginSite, _ settings: String) throws(PluginFault) -> Bool {
        guard let configure = site.image.descriptor.pointee.configure else { return false }
        var reason = martlet_str.none
        let status = settings.lend { configure(site.instance, $0, &reason) }
        if status == MARTLET_EUNSUPPORTED { return false }
        guard status == MARTLET_OK else {
            throw PluginFault(
                site.image.name,
                "it refused its settings at \(site.domain): \(reason.text ?? "it said no why")"
            )
        }
        site.settings = settings
        return true
    }

    /// What is wrong with settings, by the plugin's own schema; nil when nothing is.
    public func fault(of settings: String, for name: String) -> PluginFault? {
        guard let image = images.first(where: { $0.name == name }) else {
            return PluginFault(name, "there is no such plugin")
        }
        do throws(PluginFault) {
            try check(settings, of: image)
            return nil
        } catch {
            return error
        }
    }

    private func check(_ settings: String, of image: PluginImage) throws(PluginFault) {
        guard settings != "{}" || image.schema != nil else { return }
        guard let schema = image.schema else {
            throw PluginFault(image.name, "it has no settings")
        }
        do {
            try schema.check(settings)
        } catch {
            throw PluginFault(image.name, "its settings: \(error)")
        }
    }

    private func start(
        _ deployment: PluginDeployment,
        at place: SiteDomain,
        _ settings: String
    ) throws(PluginFault) -> PluginSite {
        let site = PluginSite(deployment, at: place, settings: settings)
        var reason = martlet_str.none
        let said = deployment.image.descriptor.pointee
        let instance = settings.lend { said.start(said.ud, site.handle, $0, &reason) }
        guard let instance else {
            site.markStopped()
            site.markEnded()
            interfaces.remove(of: site)
            throw PluginFault(
                site.image.name,
                "it did not start at \(place.name): \(reason.text ?? "it said no why")"
            )
        }
        site.instance = instance
        state.withLock { $0.allStarted.append(site) }
        return site
    }
}

// MARK: The end of plugins

extension PluginHost {
    /// Stops what is at work in domains but not among these, once no call is under way any more.
    ///
    /// To be called when the router has the new domains.
    public func retire(except attachments: [any AnyObject & Sendable]) async {
        var staying: Set<ObjectIdentifier> = []
        var domains: [String: DomainPlugins] = [:]
        for case let plugins as DomainPlugins in attachments {
            for case let site? in plugins.sites {
                staying.insert(ObjectIdentifier(site))
                domains[site.domain] = plugins
            }
        }
        let leaving = state.withLock { state -> [PluginSite] in
            let all = state.allStarted
            // What was chosen and refused since is forgotten.
            state.domains = domains
            state.allStarted.removeAll { !staying.contains(ObjectIdentifier($0)) }
            return all.filter { !staying.contains(ObjectIdentifier($0)) }
        }
        await stop(leaving)
    }

    /// Stops everything; for the end of the server.
    public func stopAll() async {
        await retire(except: [])
    }

    private func stop(_ sites: [PluginSite]) async {
        guard !sites.isEmpty else { return }
        for site in sites { site.markStopped() }
        // What still runs on the shards may be in the middle of a call.
        for home in services.router.homes { await home.shard.settle() }
        let end = ContinuousClock.now + .seconds(5)
        for site in sites.reversed() {
            TokenSlab.shared.stop(site)
            interfaces.remove(of: site)
            await letGo(site, by: end)
            site.markEnded()
        }
    }

    /// Has a plugin end its work; those that never say that they did are waited for so long together.
    private func letGo(_ site: PluginSite, by end: ContinuousClock.Instant) async {
        let token = TokenSlab.shared.open(for: site)
        let stop = site.image.descriptor.pointee.stop
        site.stopToken = token
        stop?(
            site.instance,
            { ud in
                guard let ud else { return }
                // From here on the plugin has let go: what it calls is refused.
                let site = PluginSite.at(OpaquePointer(ud))
                site.markEnded()
                TokenSlab.shared.complete(site.stopToken, .stopped)
            },
            UnsafeMutableRawPointer(site.handle)
        )
        let patience = Task {
            try await Task.sleep(until: end, clock: .continuous)
            TokenSlab.shared.complete(token, .timeout)
        }
        let outcome = await withCheckedContinuation { continuation in
            TokenSlab.shared.await(token) { continuation.resume(returning: $0) }
        }
        patience.cancel()
        if case .timeout = outcome { complain(site, "it did not stop in time") }
    }
}
