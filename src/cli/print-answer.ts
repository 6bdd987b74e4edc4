import type { AnswerEvent, Source } from '@alcove/client';

/** Prints an answer as it comes, then the sources that it cites. False when it failed. */
export async function printAnswer(events: AsyncIterable<AnswerEvent>): Promise<boolean> {
  let sources: Source[] = [];
  const cited = new Set<number>();
  for await (const event of events) {
    if (event.type === 'sources') sources = event.sources;
    if (event.type === 'delta') process.stdout.write(event.text);
    if (event.type === 'citation' && event.verified) cited.add(event.n);
    if (event.type === 'failed') {
      process.stdout.write(`\n  ${event.error}\n`);
      return false;
    }
  }
  process.stdout.write('\n');
  for (const source of sources.filter(({ n }) => cited.has(n)))
    process.stdout.write(`${describeSource(source)}\n`);
  return true;
}

function describeSource(source: Source): string {
  const place = [source.page === null ? '' : `page ${source.page}`, source.heading.join(' > ')].filter(
    (part) => part !== '',
  );
  return `  [${source.n}] ${source.document_name}${place.length === 0 ? '' : `, ${place.join(', ')}`}`;
}
