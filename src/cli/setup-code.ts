import { askHolder } from '../backup/ask-server.ts';
import { readConfig } from '../config.ts';
import { print } from './print-people.ts';

/** Prints the code and nothing else; 1 when there is an account already, for which it does not serve. */
export async function printSetupCode(): Promise<number> {
  const config = readConfig();
  const answer = (await askHolder(config, '/setup-code')) as { setup_code: string | null } | null;
  // Loaded where it is needed: most of a second.
  const code =
    answer === null
      ? await (await import('./setup-code-in-database.ts')).setupCodeInDatabase(config)
      : answer.setup_code;
  if (code === null)
    throw new Error('There is an account already, and the setup code does not serve any more: sign in.');
  print(code);
  return 0;
}
