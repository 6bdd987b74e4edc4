import type { Source } from '@alcove/client';
import { plainText } from '../markdown/plain-text.ts';
import { addressOfPlace } from '../search/find-passage.ts';
import { showName } from '../show-name.ts';
import { t } from '../text/text.ts';
import { citedSources, type MessageView } from './message-view.ts';
import { resolveMarkers } from './resolve-markers.ts';

/**
 * The answer as it can stand elsewhere, with its sources numbered and named below it: as Markdown with links to the
 * passages here, or as plain text.
 */
export function copyableAnswer(
  message: MessageView,
  format: 'markdown' | 'text',
  conversationId: string,
): string {
  const sources = new Map(
    message.mode === 'llm' ? [] : citedSources(message).map((source) => [source.n, source]),
  );
  const isMarkdown = format === 'markdown';
  const addressOf = (n: number): string => {
    const source = sources.get(n);
    return source ? `${location.origin}${addressOfSource(source, conversationId)}` : '';
  };
  const { text, order } = resolveMarkers(message.content, new Set(sources.keys()), (at, n) =>
    isMarkdown ? `[[${at}]](${addressOf(n)})` : `[${at}]`,
  );
  const body = isMarkdown ? text.trim() : plainText(text);
  const named = order.flatMap((n) => sources.get(n) ?? []).map(describe);
  if (named.length === 0) return body;
  const lines = named.map((name, index) =>
    isMarkdown
      ? `${index + 1}. [${escapeMarkdown(name)}](${addressOf(order[index] ?? 0)})`
      : `[${index + 1}] ${name}`,
  );
  return `${body}\n\n${t.messages.sourcesHeading}${isMarkdown ? '\n\n' : '\n'}${lines.join('\n')}\n`;
}

function describe({ document_name: name, page }: Source): string {
  return `${showName(name)}${page === null ? '' : `, ${t.sources.page(page)}`}`;
}

function addressOfSource(source: Source, conversationId: string): string {
  const { document_id: documentId, page, chunk_id: chunkId } = source;
  return addressOfPlace(source.conversation_id ?? conversationId, { documentId, page, chunkId });
}

function escapeMarkdown(text: string): string {
  return text.replaceAll(/[\\`*_[\]<>]/g, String.raw`\$&`);
}
