internal import MartletPostgreSQL
internal import MartletStorage

/// How the schema came to be what it is: one step for each version, forward only.
///
/// The table `martlet_migration` says which steps a schema has had; each is one transaction with its row. An
/// advisory lock, held by the transaction, has nodes that start at once come one after the other.
enum Migrations {
    static var newest: Int { steps.count }

    /// Refuses what is not ours or newer than we are, and takes the steps that are missing.
    static func run(on connection: isolated Connection, to version: Int = newest) async throws {
        while try await takeStep(on: connection, to: version) {}
    }

    /// How long one step may take, or the step of another node that this one waits for: an index of a great
    /// table is not built in seconds.
    private static let stepLimit = Duration.seconds(3_600)

    /// Begins what the limits of a session do not end, but for this step's own.
    private static let begin = [
        Query(.once("BEGIN ISOLATION LEVEL READ COMMITTED")),
        Query(.once("SET LOCAL statement_timeout = 0")),
        Query(.once("SET LOCAL lock_timeout = 0")),
    ]

    /// Takes the next step, and says whether there may be another.
    private static func takeStep(on connection: isolated Connection, to version: Int) async throws
        -> Bool
    {
        do {
            let rows = try await connection.round(
                begin + [Query(.once(lockSQL)), Query(.once(stateSQL))],
                within: stepLimit
            )
            guard let state = rows.last else { throw StorageError.corrupt("an answer is missing") }
            let present = try await self.version(state, on: connection)
            guard present < version else {
                _ = try await connection.round([Transaction.rollback])
                return false
            }
            let making = present == 0 ? [Query(.once(table))] : []
            let step = steps[present].map { Query(.once($0)) }
            let note = Query(.once("INSERT INTO martlet_migration VALUES (\(present + 1))"))
            let all = making + step + [note, Transaction.commit]
            _ = try await connection.round(all, within: stepLimit)
            return true
        } catch {
            if connection.isInTransaction {
                _ = try? await connection.round([Transaction.rollback])
            }
            throw error
        }
    }

    /// The version of the schema, zero for an empty one.
    private static func version(_ state: Rows, on connection: isolated Connection) async throws
        -> Int
    {
        guard state.integer(0, 0) ?? 0 >= 130_000 else {
            throw StorageError.incompatible("PostgreSQL 13 or newer is needed")
        }
        guard state.boolean(0, 1) == true else {
            throw StorageError.incompatible("its search_path names no schema that exists")
        }
        guard state.boolean(0, 2) == true else {
            if state.integer(0, 3) == 0 { return 0 }
            throw StorageError.incompatible(
                "its schema has tables of another program; nothing was changed"
            )
        }
        let rows = try await connection.round([
            Query(.once("SELECT coalesce(max(version), 0) FROM martlet_migration"))
        ])
        let version = Int(try rows.first?.number(0, 0) ?? 0)
        guard version <= newest else {
            throw StorageError.incompatible(
                "its schema is version \(version), and this server knows versions up to \(newest);"
                    + " run the newer server, or restore a copy from before; nothing was changed"
            )
        }
        return version
    }

    /// One lock for each schema; the first number is "MRTL".
    private static let lockSQL =
        "SELECT 1 FROM pg_advisory_xact_lock(1297241164, hashtext(current_schema()))"

    private static let table = """
        CREATE TABLE martlet_migration (
            version integer PRIMARY KEY,
            taken timestamptz NOT NULL DEFAULT now()
        )
        """

    private static let stateSQL = """
        SELECT current_setting('server_version_num')::bigint, current_schema() IS NOT NULL,
            EXISTS (SELECT FROM pg_class WHERE relnamespace = n.oid
                AND relname = 'martlet_migration'),
            (SELECT count(*) FROM pg_class WHERE relnamespace = n.oid AND relkind IN ('r', 'p'))
        FROM (SELECT coalesce(current_schema()::regnamespace, 0)::oid AS oid) AS n
        """
}
