import { t } from '../text/text.ts';
import { citedSources, type MessageView } from './message-view.ts';

/** The answer with its sources named below it, as Markdown or as plain text. */
export function copyableAnswer(message: MessageView, format: 'markdown' | 'text'): string {
  const sources = citedSources(message).map(
    ({ n, document_name: name, page }) => `[${n}] ${name}${page === null ? '' : `, ${t.sources.page(page)}`}`,
  );
  const body = format === 'markdown' ? message.content : withoutMarkup(message.content);
  if (sources.length === 0) return body;
  const list = format === 'markdown' ? sources.map((source) => `- ${source}`) : sources;
  return `${body}\n\n${t.messages.sourcesHeading}\n${list.join('\n')}\n`;
}

function withoutMarkup(markdown: string): string {
  return markdown
    .replaceAll(/^#{1,6}\s+/gm, '')
    .replaceAll(/\*\*([^*\n]+)\*\*/g, '$1')
    .replaceAll(/`([^`\n]+)`/g, '$1')
    .replaceAll(/^```.*$/gm, '');
}
