import MartletNet

extension Connection {
    /// Connects to the first host of a target that lets us in and is of the kind that is asked for.
    ///
    /// libpq does this for itself only while it may wait; so each host, and each address of its name,
    /// is an attempt of its own here.
    static func connect(
        to target: Target,
        options: PoolOptions,
        on shard: Shard
    ) async throws(DatabaseError) -> Connection {
        var faults: [DatabaseError] = []
        for kind in target.sessionKinds {
            for host in target.hosts {
                for place in await places(of: host, &faults) {
                    do throws(DatabaseError) {
                        let settings = target.settings(for: place, kind: kind)
                        return try await connect(with: settings, to: target, options, on: shard)
                    } catch {
                        faults.append(error)
                    }
                }
            }
        }
        throw combined(faults)
    }

    private static func connect(
        with settings: [(String, String)],
        to target: Target,
        _ options: PoolOptions,
        on shard: Shard
    ) async throws(DatabaseError) -> Connection {
        let session = try await ConnectAttempt.connect(
            with: settings,
            on: shard,
            within: target.connectTimeout
        )
        let connection = Connection(
            session,
            on: shard,
            prepares: target.prepares,
            options: options
        )
        await connection.begin()
        return connection
    }

    /// Looks a host's name up, each time, since an address may have changed, and not before it is its turn:
    /// a name that nobody answers for does not keep the hosts before it waiting.
    private static func places(
        of host: Target.Host,
        _ faults: inout [DatabaseError]
    ) async -> [Target.Host] {
        guard !host.isLocal, host.address == nil, let name = host.name else { return [host] }
        var places: [Target.Host] = []
        do {
            for address in try await resolve(host: name, port: 0) {
                var place = host
                place.address = address.host
                if !places.contains(place) { places.append(place) }
            }
        } catch {
            faults.append(.unavailable(error.description))
        }
        return places
    }

    /// One error for what was tried: a refusal, if there was one, says the most.
    private static func combined(_ faults: [DatabaseError]) -> DatabaseError {
        var reasons: [String] = []
        var isRefusal = false
        for fault in faults {
            switch fault {
            case .refused(let reason):
                isRefusal = true
                if !reasons.contains(reason) { reasons.append(reason) }
            case .unavailable(let reason):
                if !reasons.contains(reason) { reasons.append(reason) }
            case .server, .lost, .busy: break
            }
        }
        let text = reasons.isEmpty ? "there is no host" : reasons.joined(separator: "; ")
        return isRefusal ? .refused(text) : .unavailable(text)
    }
}

extension Target {
    /// What libpq is given to connect to one place.
    func settings(for place: Host, kind: String) -> [(String, String)] {
        var settings = self.settings
        settings["host"] = place.name
        settings["hostaddr"] = place.address
        settings["port"] = place.port
        settings["target_session_attrs"] = kind
        return settings.map { ($0.key, $0.value) }
    }
}
