import { oneLine, placeOf, roleNames, timeOf, type Transcript } from '../transcript.ts';

const style = `
:root { color-scheme: light dark; }
body { font: 16px/1.6 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
article { border-top: 1px solid #8884; padding: 1rem 0; }
h1 { line-height: 1.2; } h2 { font-size: 1rem; margin: 0; } time { opacity: .7; font-weight: normal; }
.text { white-space: pre-wrap; overflow-wrap: anywhere; margin: .5rem 0; }
ol { font-size: .9rem; padding-left: 0; list-style: none; } li { margin: .3rem 0; }
q { opacity: .85; }
@media print { article { break-inside: avoid-page; } }`;

/**
 * One page that loads and runs nothing: every text is text, none of it markup, and the policy forbids the rest, also
 * where the file is opened from a disk.
 */
export async function* toHtml({ title, createdAt, turns }: Transcript): AsyncGenerator<string> {
  yield `<!doctype html>
<html lang="und"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer"><meta name="robots" content="noindex">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title><style>${style}</style></head>
<body><h1 dir="auto">${escape(title)}</h1><p><time>${timeOf(createdAt)}</time></p>
`;
  for await (const { role, content, createdAt: at, sources } of turns) {
    yield `<article><h2>${roleNames[role]} <time>${timeOf(at)}</time></h2><div class="text" dir="auto">${escape(content)}</div>`;
    if (sources.length > 0) {
      yield '<ol>';
      for (const source of sources)
        yield `<li dir="auto">[${source.n}] ${escape(placeOf(source))}: <q>${escape(oneLine(source.excerpt))}</q></li>`;
      yield '</ol>';
    }
    yield '</article>\n';
  }
  yield '</body></html>\n';
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (mark) => entities[mark] ?? '');
}
