import { findingOf, oneLine, placeOf } from '../notes.ts';
import { roleNames, timeOf, type Transcript } from '../transcript.ts';

/** The messages as they were written, with what they cite below. */
export async function* toMarkdown({ title, createdAt, turns }: Transcript): AsyncGenerator<string> {
  yield `# ${escapeLine(title)}\n\n_${timeOf(createdAt)}_\n`;
  for await (const { role, content, createdAt: at, notes, pages } of turns) {
    yield `\n## ${roleNames[role]} · ${timeOf(at)}\n\n${content}\n`;
    if (notes.length + pages.length === 0) continue;
    yield '\nSources:\n\n';
    for (const note of notes) {
      const quotes = note.quotes.map((quote) => `“${escapeLine(quote.text)}” (${findingOf(quote)})`);
      yield `- [${note.n}] ${escapeLine(placeOf(note))}: ${quotes.join('; ')}\n`;
    }
    for (const { n, name, url } of pages)
      yield `- [${n}] ${escapeLine(name)}${url === null ? '' : ` <${url}>`}\n`;
  }
}

/** Names and excerpts are words here, whatever signs they hold. */
function escapeLine(text: string): string {
  return oneLine(text).replace(/[\\`*_[\]<>#|!]/g, (mark) => `\\${mark}`);
}
