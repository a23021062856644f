import Glibc
import MartletTransfer

/// Tells on standard error how far something is: a bar on a terminal, else a line for each tenth.
final class ProgressLine {
    private let unit: String
    private let isQuiet: Bool
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private var tenth = 0
    private var next = ContinuousClock.now
    private var isDrawn = false

    /// - Parameters:
    ///   - unit: what is counted, or nothing where the numbers mean nothing to anybody.
    ///   - isQuiet: whether nothing is told.
    init(_ unit: String, isQuiet: Bool) {
        (self.unit, self.isQuiet) = (unit, isQuiet)
    }

    func show(_ progress: Progress) {
        guard !isQuiet, progress.total > 0 else { return }
        let part = Double(progress.done) / Double(progress.total)
        let count = unit.isEmpty ? "" : ", \(progress.done) of \(progress.total) \(unit)"
        if isTerminal {
            guard ContinuousClock.now >= next else { return }
            next = .now + .milliseconds(100)
            let bar = String(repeating: "#", count: Int(part * 40))
            let rest = String(repeating: ".", count: 40 - bar.count)
            write("\r[\(bar)\(rest)] \(Int(part * 100)) %\(count)")
            isDrawn = true
        } else if Int(part * 10) > tenth {
            tenth = Int(part * 10)
            write("\(tenth * 10) %\(count)\n")
        }
    }

    /// Says something on a line of its own.
    func say(_ text: String) {
        end()
        write(text + "\n")
    }

    func end() {
        if isDrawn { write("\r\u{1B}[K") }
        isDrawn = false
    }

    private func write(_ text: String) {
        var text = text
        _ = text.withUTF8 { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
