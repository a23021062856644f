import CPlugin
import MartletCore
import MartletCrypto
import MartletStorage

extension CoreTable {
    static func fillTimers(_ core: inout martlet_core) {
        core.timer = { handle, first, every, call, ud in
            guard let site = CoreTable.running(handle), let call,
                let home = site.host.home(for: site)
            else {
                return 0
            }
            // Durations past a century are no more than that.
            let bound: UInt64 = 1000 * 86_400 * 36_500
            var made: SiteTimer?
            let number = site.keep { number in
                let timer = SiteTimer(
                    number,
                    of: site,
                    on: home.shard,
                    every: every == 0 ? nil : .milliseconds(Int64(min(every, bound))),
                    call,
                    ud
                )
                made = timer
                return timer
            }
            made?.start(after: .milliseconds(Int64(min(first, bound))))
            return number
        }
        core.cancel = { handle, number in
            guard let site = CoreTable.running(handle) else { return CoreTable.stopped }
            guard let timer = site.forget(timer: number) else { return Int32(MARTLET_ENOENT) }
            timer.cancel()
            return CoreTable.ok
        }
    }

    static func fillServices(_ core: inout martlet_core) {
        core.log = { handle, level, text in
            guard let handle else { return }
            let site = PluginSite.at(handle)
            site.host.log(PluginLogLevel(rawValue: level) ?? .info, site, text.string)
        }
        core.metric = { handle, name, kind, help in
            guard let site = CoreTable.running(handle), !name.isEmpty else { return 0 }
            return site.metric(name.string, kind, help.string)
        }
        core.measure = { handle, metric, value in
            CoreTable.running(handle)?.measure(metric, value)
        }
        core.domain = { handle in
            guard let handle, let address = PluginSite.at(handle).address else { return .none }
            return martlet_str(address.stableBytes)
        }
        core.now_us = { handle in
            guard let handle else { return 0 }
            return PluginSite.at(handle).host.services.now().microseconds
        }
        core.random = { buffer, count in
            guard let buffer else { return }
            UnsafeMutableRawBufferPointer(start: buffer, count: count)
                .copyBytes(from: Random.bytes(count))
        }
        core.hash = { algorithm, data, digest, capacity in
            guard let function = HashFunction(abi: algorithm.string) else {
                return Int64(MARTLET_EUNSUPPORTED)
            }
            let hashed = function.hash([UInt8](data.bytes))
            if let digest, hashed.count <= capacity {
                UnsafeMutableRawBufferPointer(start: digest, count: hashed.count)
                    .copyBytes(from: hashed)
            }
            return Int64(hashed.count)
        }
    }
}

extension HashFunction {
    /// The function of a name, in the letters of the header as a rule.
    fileprivate init?(abi name: String) {
        switch name {
        case "sha-1": self = .sha1
        case "sha-256": self = .sha256
        case "sha-512": self = .sha512
        default: self.init(rawValue: name.uppercased())
        }
    }
}
