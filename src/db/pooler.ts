import pg from 'pg';

/**
 * Whether a connection pooler such as PgBouncer stands in between. It makes up the key that cancels a client's
 * statements, so that the process which the key names is not the one that answers.
 * @throws the driver's error when there is no connection
 */
export async function isPooled(options: pg.ClientConfig): Promise<boolean> {
  const client = new pg.Client(options);
  // A connection that is lost is told by the next statement; without a listener it would end the process.
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    return rows[0]?.pid !== (client as unknown as { processID: number | null }).processID;
  } finally {
    await client.end().catch(() => {});
  }
}
