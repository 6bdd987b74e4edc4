import pg from 'pg';

export interface ServerKind {
  /** A connection pooler such as PgBouncer stands in between. */
  isPooled: boolean;
  hasCitus: boolean;
}

/**
 * What is behind the address. A pooler makes up the key that cancels a client's statements, so that the process which
 * the key names is not the one that answers.
 * @throws the driver's error when there is no connection
 */
export async function lookAtServer(options: pg.ClientConfig): Promise<ServerKind> {
  const client = new pg.Client(options);
  // A connection that is lost is told by the next statement; without a listener it would end the process.
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ pid: number; citus: boolean }>(
      `SELECT pg_backend_pid() AS pid, EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'citus') AS citus`,
    );
    return {
      isPooled: rows[0]?.pid !== (client as unknown as { processID: number | null }).processID,
      hasCitus: rows[0]?.citus === true,
    };
  } finally {
    await client.end().catch(() => {});
  }
}
