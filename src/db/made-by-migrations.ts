import { readFile } from 'node:fs/promises';
import { newestMigration } from './migration-state.ts';

/** What stands for the schema's own name in the statements. */
export const plainSchema = 'public';

const breakpoint = '\n--> statement-breakpoint\n';

/** Statements of what the migrations make, as `npm run isolation` has written them; null when they are newer than that. */
export async function readStatements(file: URL): Promise<string[] | null> {
  const [head = '', ...statements] = (await readFile(file, 'utf8')).trimEnd().split(breakpoint);
  // An older list says nothing about newer migrations; test/schema fails until it is written anew.
  return /as of (\S+);/.exec(head)?.[1] === (await newestMigration()).name ? statements : null;
}

/** The statements as such a file. */
export async function printStatements(what: string, statements: readonly string[]): Promise<string> {
  const head = `-- ${what} as of ${(await newestMigration()).name}; written by "npm run isolation".`;
  return `${[head, ...statements].join(breakpoint)}\n`;
}
