import type { ExportFormat, ImportEvent, ImportReport } from '@alcove/contract';
import type { UploadFile } from './documents.ts';
import type { RequestOptions, Transport } from './transport.ts';

interface ImportOptions extends RequestOptions {
  /** Reads and reports, and keeps nothing. */
  dryRun?: boolean;
}

/** Taking conversations away and bringing them from elsewhere. */
export function exchange(transport: Transport) {
  return {
    /** The file as it comes: read its body as a stream. */
    export(
      conversationId: string,
      format: ExportFormat,
      options: RequestOptions & { leafId?: string } = {},
    ): Promise<Response> {
      const { leafId, ...rest } = options;
      const path = `/conversations/${encodeURIComponent(conversationId)}/export`;
      return transport.response('GET', path, { ...rest, query: { format, leaf_id: leafId } });
    },
    /** Everything of the account as a zip archive. */
    exportAll(options?: RequestOptions): Promise<Response> {
      return transport.response('GET', '/export', options);
    },
    import(files: readonly UploadFile[], { dryRun, ...options }: ImportOptions = {}): Promise<ImportReport> {
      return transport.json('POST', '/import', {
        ...options,
        query: { dry_run: dryRun },
        body: formOf(files),
      });
    },
    /** The same, item by item as they are read. */
    async *importing(
      files: readonly UploadFile[],
      { dryRun, ...options }: ImportOptions = {},
    ): AsyncGenerator<ImportEvent> {
      const query = { dry_run: dryRun, stream: true };
      const events = await transport.events('POST', '/import', { ...options, query, body: formOf(files) });
      for await (const { data } of events ?? []) yield JSON.parse(data) as ImportEvent;
    },
  };
}

function formOf(files: readonly UploadFile[]): FormData {
  const form = new FormData();
  for (const file of files) form.append('file', 'blob' in file ? file.blob : file, file.name);
  return form;
}
