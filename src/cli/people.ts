import { askServer } from '../backup/ask-server.ts';
import { readConfig } from '../config.ts';
import { type Operated, type Operation, operation } from '../identity/people/operation.ts';

/** Does it in the database, or has it done by the server that holds the embedded one. */
export async function operatePeople(given: Operation): Promise<Operated> {
  const { data: asked, error } = operation.safeParse(given);
  if (error !== undefined)
    throw new Error(error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '));
  const config = readConfig();
  const origin = `http://localhost:${config.port}`;
  const path = `/people?asked=${encodeURIComponent(JSON.stringify(asked))}`;
  const answer = config.database.kind === 'pglite' ? await askServer(config.dataDir, path) : null;
  // Loaded where it is needed: most of a second.
  if (answer === null)
    return (await import('./people-in-database.ts')).operateInDatabase(asked, origin, config);
  const pieces: Uint8Array[] = [];
  for await (const piece of answer) pieces.push(piece);
  return JSON.parse(Buffer.concat(pieces).toString()) as Operated;
}
