import type { Background } from '../src/indexing/background.ts';
import { searchKeyword } from '../src/indexing/bm25.ts';
import { prepareIndex, type PreparedChunk } from '../src/indexing/prepare.ts';
import { openSegment, type Segment } from '../src/indexing/segment.ts';
import { type Passage, readDataset } from './datasets.ts';
import { type Evaluation, evaluate, type Run } from './metrics.ts';
import type { PrintRow } from './print-row.ts';

/** Filings split into pieces of about 400 tokens by lines; a page is as good as its best piece. */
const pieceLength = 1600;

interface Filing {
  segment: Segment;
  /** Page id of each ordinal. */
  pages: string[];
}

/** Prints the page hits of questions about filings, in the right filing and among all of them. */
export function measureFilings(folder: string, background: Background, printRow: PrintRow): void {
  const { own, among } = evaluateFilings(folder, background);
  printRow('financebench pages, own document', own);
  printRow('financebench pages, all documents', among);
}

/** Page hits of questions about filings, in the right filing and among all of them. */
export function evaluateFilings(
  folder: string,
  background: Background,
): { own: Evaluation; among: Evaluation } {
  const dataset = readDataset(folder, {
    corpus: 'pages_pdftotext.jsonl.gz',
    judgements: 'page_qrels.tsv',
    scopes: 'scopes_by_question.jsonl',
  });
  const byDocument = Map.groupBy(dataset.passages, (page) => page.document ?? '');
  const filings = new Map(Array.from(byDocument, ([name, pages]) => [name, indexFiling(name, pages)]));
  const all = [...filings.values()];
  const documentOf = new Map(dataset.passages.map((page) => [page.id, page.document ?? '']));

  const search = (list: readonly Filing[], text: string) => {
    const segments = list.map((filing) => filing.segment);
    const hits = searchKeyword(segments, text, { k: 100, background });
    return hits.map((hit) => list[hit.segment]!.pages[hit.ordinal]!);
  };
  const own: Run = new Map(
    dataset.queries.map(({ id, text }) => {
      const filing = filings.get(documentOf.get(dataset.scopes?.get(id)?.[0] ?? '') ?? '');
      return [id, filing ? search([filing], text) : []];
    }),
  );
  const among: Run = new Map(dataset.queries.map(({ id, text }) => [id, search(all, text)]));
  return { own: evaluate(own, dataset.judgements), among: evaluate(among, dataset.judgements) };
}

function indexFiling(name: string, pages: readonly Passage[]): Filing {
  const ids: string[] = [];
  const chunks = pages.flatMap((page) =>
    splitByLines(page.text).map((text): PreparedChunk => {
      ids.push(page.id);
      return { text, heading: [], page: page.page };
    }),
  );
  const text = pages.map((page) => page.text).join('\n');
  const { segment } = prepareIndex({ title: name, fileName: `${name}.pdf`, text, chunks });
  return { segment: openSegment(segment), pages: ids };
}

function splitByLines(text: string): string[] {
  const pieces: string[] = [];
  let piece = '';
  for (const line of text.split('\n')) {
    if (piece && piece.length + line.length > pieceLength) {
      pieces.push(piece);
      piece = '';
    }
    piece += `${line}\n`;
  }
  return piece.trim() || pieces.length === 0 ? [...pieces, piece] : pieces;
}
