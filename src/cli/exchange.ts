import { openAsBlob } from 'node:fs';
import { basename } from 'node:path';
import type { ExportFormat } from '@alcove/client';
import { deletedStay } from '@alcove/contract';
import { connect } from './connect.ts';
import { keepBytes, writeNewFile } from './new-file.ts';

/** Whether nothing else is wrong with the item. */
function wasDeleted(error: string): boolean {
  // Before the full stop.
  const messages = Number(error.slice(error.lastIndexOf(' ') + 1, -1));
  return error === deletedStay(messages);
}

/**
 * Imports files and says of each item that failed, or came without a part of it, why; 1 when one did.
 * @throws for an import that was cut off
 */
export async function importCommand(paths: string[], options: { dryRun?: boolean }): Promise<number> {
  const client = connect();
  const files = await Promise.all(
    paths.map(async (path) => ({ name: basename(path), blob: await openAsBlob(path) })),
  );
  let isIncomplete = false;
  for await (const event of client.exchange.importing(files, { dryRun: options.dryRun === true })) {
    if (event.type === 'failed') throw new Error(event.error);
    if (event.type === 'item') {
      const { title, error } = event.item;
      if (error === null) continue;
      isIncomplete ||= !wasDeleted(error);
      process.stderr.write(`${title ?? 'An item'}: ${error}\n`);
      continue;
    }
    const { report } = event;
    const verb = report.dry_run ? 'can be imported' : 'imported';
    process.stdout.write(
      `${report.imported} conversations ${verb} and ${report.extended} continued with ${report.messages} messages, ${report.unchanged} were there before, ${report.failed} failed.\n`,
    );
    return isIncomplete || report.failed > 0 ? 1 : 0;
  }
  throw new Error('The import was cut off: send the file again.');
}

/** Writes one conversation, or everything of the account, into a new file, which is there when it is whole. */
export async function exportCommand(
  file: string,
  options: { conversation?: string; format: ExportFormat },
): Promise<number> {
  const client = connect();
  await writeNewFile(file, async (partial) => {
    const response =
      options.conversation === undefined
        ? await client.exchange.exportAll()
        : await client.exchange.export(options.conversation, options.format);
    if (response.body === null) throw new Error('The server sent nothing.');
    await keepBytes(wholeOf(response.body), partial);
  });
  process.stdout.write(`${file} is written.\n`);
  return 0;
}

async function* wholeOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (cause) {
    throw new Error('The export was cut off: try again.', { cause });
  }
}
