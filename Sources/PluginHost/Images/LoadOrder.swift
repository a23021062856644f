/// Something with a name that needs interfaces of others, and offers some.
protocol Needing {
    var name: String { get }
    var needs: [InterfaceNeed] { get }
    var provides: [String] { get }
}

/// An interface that somebody else has to offer.
struct InterfaceNeed: Hashable, Sendable {
    let interface: String
    let isOptional: Bool

    /// Reads `martlet.store/1`, or `muc-api/1?` for what is not necessary.
    init(_ text: Substring) {
        isOptional = text.hasSuffix("?")
        interface = String(isOptional ? text.dropLast() : text)
    }
}

/// In which order plugins start: each behind those that offer what it needs.
enum LoadOrder {
    /// Sorts by needs, and by name where they leave a choice.
    ///
    /// - Returns: the images in order, and the faults of those whose needs nobody meets, or that need
    ///   each other in a circle.
    static func sort<Image: Needing>(
        _ images: [Image],
        offered: Set<String>
    ) -> (ordered: [Image], faults: [PluginFault]) {
        var waiting = images.sorted { $0.name < $1.name }
        var offered = offered
        var ordered: [Image] = []
        while true {
            let soon = Set(waiting.flatMap(\.provides))
            let isReady = { (image: Image) in
                image.needs.allSatisfy { need in
                    offered.contains(need.interface)
                        || need.isOptional
                            && (!soon.contains(need.interface)
                                || image.provides.contains(need.interface))
                }
            }
            guard let index = waiting.firstIndex(where: isReady) else { break }
            let image = waiting.remove(at: index)
            offered.formUnion(image.provides)
            ordered.append(image)
        }
        return (ordered, waiting.map { fault(of: $0, waiting, offered) })
    }

    private static func fault<Image: Needing>(
        of image: Image,
        _ waiting: [Image],
        _ offered: Set<String>
    ) -> PluginFault {
        let missing = image.needs.filter { !$0.isOptional && !offered.contains($0.interface) }
            .map(\.interface)
        let others = waiting.filter {
            $0.name != image.name && !Set($0.provides).isDisjoint(with: missing)
        }
        let names = missing.joined(separator: ", ")
        guard let other = others.first else {
            return PluginFault(image.name, "nobody offers what it needs: \(names)")
        }
        return PluginFault(
            image.name,
            "it needs \(names) of \(other.name), which did not start or needs it in turn"
        )
    }
}
