import { createWriteStream, openAsBlob } from 'node:fs';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ExportFormat } from '@alcove/client';
import { connect } from './connect.ts';

/** Imports files and says of each item that failed why; 1 when one did. */
export async function importCommand(paths: string[], options: { dryRun?: boolean }): Promise<number> {
  const client = connect();
  const files = await Promise.all(
    paths.map(async (path) => ({ name: basename(path), blob: await openAsBlob(path) })),
  );
  let failed = false;
  for await (const event of client.exchange.importing(files, { dryRun: options.dryRun === true })) {
    if (event.type === 'failed') throw new Error(event.error);
    if (event.type === 'item' && event.item.error !== null)
      process.stderr.write(`${event.item.title ?? 'An item'}: ${event.item.error}\n`);
    if (event.type !== 'done') continue;
    const { report } = event;
    failed = report.failed > 0;
    const verb = report.dry_run ? 'can be imported' : 'imported';
    process.stdout.write(
      `${report.imported} conversations ${verb} and ${report.extended} continued with ${report.messages} messages, ${report.unchanged} were there before, ${report.failed} failed.\n`,
    );
  }
  return failed ? 1 : 0;
}

/** Writes one conversation, or everything of the account, into a new file. */
export async function exportCommand(
  file: string,
  options: { conversation?: string; format: ExportFormat },
): Promise<number> {
  const client = connect();
  const response =
    options.conversation === undefined
      ? await client.exchange.exportAll()
      : await client.exchange.export(options.conversation, options.format);
  if (response.body === null) throw new Error('The server sent nothing.');
  // The web's stream type and Node's are the same thing here.
  await pipeline(
    Readable.fromWeb(response.body as never),
    createWriteStream(file, { flags: 'wx', mode: 0o600 }),
  );
  process.stdout.write(`${file} is written.\n`);
  return 0;
}
