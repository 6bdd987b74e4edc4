import { oneLine, placeOf, roleNames, timeOf, type Transcript } from '../transcript.ts';

/** The messages as they were written, with their sources below. */
export async function* toMarkdown({ title, createdAt, turns }: Transcript): AsyncGenerator<string> {
  yield `# ${escapeLine(title)}\n\n_${timeOf(createdAt)}_\n`;
  for await (const { role, content, createdAt: at, sources } of turns) {
    yield `\n## ${roleNames[role]} · ${timeOf(at)}\n\n${content}\n`;
    if (sources.length === 0) continue;
    yield '\nSources:\n\n';
    for (const source of sources)
      yield `- [${source.n}] ${escapeLine(placeOf(source))}: “${escapeLine(oneLine(source.excerpt))}”\n`;
  }
}

/** Names and excerpts are words here, whatever signs they hold. */
function escapeLine(text: string): string {
  return oneLine(text).replace(/[\\`*_[\]<>#|!]/g, (mark) => `\\${mark}`);
}
