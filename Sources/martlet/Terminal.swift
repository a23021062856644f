import Glibc

/// Asking the person at the keyboard.
enum Terminal {
    /// Reads one line, without showing it when it comes from a keyboard.
    ///
    /// - Throws: `Complaint` when there is nothing to read.
    static func password(asking: Bool) throws -> String {
        guard asking, isatty(STDIN_FILENO) == 1 else { return try line() }
        write("Password: ")
        let password = try withoutEcho { try line() }
        write("\nAgain: ")
        let again = try withoutEcho { try line() }
        write("\n")
        guard password == again else { throw Complaint("the two passwords differ") }
        return password
    }

    private static func line() throws -> String {
        guard let line = readLine(strippingNewline: true) else {
            throw Complaint("no password was given on standard input")
        }
        return line
    }

    private static func withoutEcho<R>(_ body: () throws -> R) rethrows -> R {
        var usual = termios()
        tcgetattr(STDIN_FILENO, &usual)
        var silent = usual
        silent.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
        defer { tcsetattr(STDIN_FILENO, TCSAFLUSH, &usual) }
        return try body()
    }

    private static func write(_ text: String) {
        var text = text
        _ = text.withUTF8 { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
