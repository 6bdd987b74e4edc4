import { setImmediate as nextTurn } from 'node:timers/promises';
import { findingOf, placeOf } from '../notes.ts';
import { roleNames, timeOf, type Transcript, type Turn } from '../transcript.ts';
import { type Html, htmlText, markup } from './html-text.ts';
import { type Block, readMarkdown, type Run } from './read-markdown.ts';

const style = `
:root { color-scheme: light dark; }
body { font: 16px/1.6 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere; }
article { border-top: 1px solid #8884; padding: 1rem 0; }
h1 { line-height: 1.2; } h2 { font-size: 1rem; margin: 0; } time { opacity: .7; font-weight: normal; }
h3, h4, h5, h6 { margin: 1rem 0 .25rem; line-height: 1.3; }
.text { white-space: pre-wrap; margin: .5rem 0; } p { margin: .5rem 0; white-space: pre-line; }
ul, ol { padding-inline-start: 1.5rem; } li > p { margin: .15rem 0; }
pre { overflow-x: auto; padding: .6rem .8rem; border: 1px solid #8884; border-radius: .4rem; font-size: .9rem; }
code { font-family: ui-monospace, monospace; overflow-wrap: normal; }
blockquote { margin: .5rem 0; padding-inline-start: .8rem; border-inline-start: 3px solid #8886; }
table { border-collapse: collapse; margin: .5rem 0; } th, td { border: 1px solid #8886; padding: .2rem .5rem; text-align: start; vertical-align: top; }
.notes { font-size: .9rem; padding-left: 0; list-style: none; } .notes li { margin: .3rem 0; }
q { opacity: .85; } .finding { font-style: italic; }
@media print { pre, tr, li { break-inside: avoid; } }`;

/**
 * One page that loads and runs nothing: every text passes the one sink that makes text of it, and the policy forbids the
 * rest, also where the file is opened from a disk.
 */
export async function* toHtml({ title, createdAt, turns }: Transcript): AsyncGenerator<string> {
  yield `<!doctype html>
<html lang="und"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer"><meta name="robots" content="noindex">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>${style}</style>
`;
  yield htmlText(markup`<title>${title}</title></head>
<body><h1 dir="auto">${title}</h1><p><time>${timeOf(createdAt)}</time></p>
`);
  for await (const turn of turns) {
    yield htmlText(markup`<article><h2>${roleNames[turn.role]} <time>${timeOf(turn.createdAt)}</time></h2>`);
    if (turn.role === 'assistant')
      for (const block of readMarkdown(turn.content)) {
        yield `${htmlText(blockHtml(block))}\n`;
        // Parsing holds others up: they have their turn between the blocks.
        await nextTurn();
      }
    else yield htmlText(markup`<div class="text" dir="auto">${turn.content}</div>`);
    yield htmlText(markup`${notesHtml(turn)}</article>`);
    yield '\n';
  }
  yield '</body></html>\n';
}

// Not tagged `html`: formatters would move the white space of its text.
function blockHtml(block: Block): Html {
  switch (block.type) {
    case 'heading':
      return headingHtml(block.level, runsHtml(block.runs));
    case 'paragraph':
      return markup`<p dir="auto">${runsHtml(block.runs)}</p>`;
    case 'code':
      return markup`<pre><code>${block.text}</code></pre>`;
    case 'quote':
      return markup`<blockquote dir="auto">${block.blocks.map(blockHtml)}</blockquote>`;
    case 'list': {
      const items = block.items.map((item) => markup`<li dir="auto">${item.map(blockHtml)}</li>`);
      return block.start === null
        ? markup`<ul>${items}</ul>`
        : markup`<ol start="${block.start}">${items}</ol>`;
    }
    case 'table':
      return markup`<table><thead><tr>${block.header.map((cell) => markup`<th dir="auto">${runsHtml(cell)}</th>`)}</tr></thead><tbody>${block.rows.map(
        (row) => markup`<tr>${row.map((cell) => markup`<td dir="auto">${runsHtml(cell)}</td>`)}</tr>`,
      )}</tbody></table>`;
    case 'footnote':
      return markup`<p dir="auto"><sup>${block.label}</sup> ${runsHtml(block.runs)}</p>`;
    default:
      return markup`<hr>`;
  }
}

/** Below those of the page. */
function headingHtml(level: number, words: Html[]): Html {
  if (level <= 1) return markup`<h3 dir="auto">${words}</h3>`;
  if (level === 2) return markup`<h4 dir="auto">${words}</h4>`;
  return level === 3 ? markup`<h5 dir="auto">${words}</h5>` : markup`<h6 dir="auto">${words}</h6>`;
}

function runsHtml(runs: readonly Run[]): Html[] {
  return runs.map(({ text, bold, italic, struck, code, raised }) => {
    let words = code ? markup`<code>${text}</code>` : markup`${text}`;
    if (struck) words = markup`<del>${words}</del>`;
    if (italic) words = markup`<em>${words}</em>`;
    if (bold) words = markup`<strong>${words}</strong>`;
    return raised ? markup`<sup>${words}</sup>` : words;
  });
}

function notesHtml({ notes, pages }: Turn): Html[] {
  const lists = [
    notes.map(
      (note) =>
        markup`<li dir="auto">[${note.n}] ${placeOf(note)}: ${note.quotes.map(
          (quote) => markup`<q>${quote.text}</q> <span class="finding">(${findingOf(quote)})</span> `,
        )}</li>`,
    ),
    pages.map(
      ({ n, name, url }) => markup`<li dir="auto">[${n}] ${name}${url === null ? '' : ` ${url}`}</li>`,
    ),
  ];
  return lists.filter((items) => items.length > 0).map((items) => markup`<ol class="notes">${items}</ol>`);
}
