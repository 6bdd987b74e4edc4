import { askHolder } from '../backup/ask-server.ts';
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
  const answer = await askHolder(config, path);
  if (answer !== null) return answer as Operated;
  // Loaded where it is needed: most of a second.
  return (await import('./people-in-database.ts')).operateInDatabase(asked, origin, config);
}
