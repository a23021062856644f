import CLoad
import MartletNet

/// Which cores the server has, and which are the generator's.
struct Pins: Sendable {
    let server: Range<Int>
    let generator: Range<Int>

    /// The first cores to the server, the last to the generator; nil where there are not enough.
    static func choose(serverCores: Int) -> Pins? {
        let count = Processors.count
        guard serverCores < count else { return nil }
        return Pins(server: 0..<serverCores, generator: count - 1..<count)
    }

    /// Puts this thread, and all that it starts from now on, on the generator's cores.
    func adopt() {
        _ = load_pin(Int32(generator.lowerBound), Int32(generator.upperBound))
    }

    /// As `taskset -c` takes it.
    var serverList: String { server.map(String.init).joined(separator: ",") }
    var description: String {
        let generator = generator.map(String.init).joined(separator: ",")
        return "server on core \(serverList), generator on core \(generator)"
    }
}
