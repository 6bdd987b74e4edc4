import { existsSync, openAsBlob } from 'node:fs';
import { join } from 'node:path';
import { type Collection, type Place, wholePool } from './collection.ts';
import { readJudgements, readLines, readTexts } from './datasets.ts';
import { EvalError } from './eval-error.ts';
import { nameOf, queryFiles, requireFile } from './folder-files.ts';
import type { EvalOptions } from './options.ts';

interface FilingQuery {
  _id: string;
  text: string;
  doc: string;
}

/** `pdfs/NAME.pdf` with questions about one of them each; what is found is a page, `NAME#N` with N from 0. */
export function readFilingCollection(
  folder: string,
  options: Pick<EvalOptions, 'queries' | 'qrels' | 'pool'>,
): Collection {
  const { queries, qrels } = queryFiles(folder, options);
  const names = [
    ...readLines<{ doc_name: string }>(requireFile(folder, 'list of documents', ['documents.jsonl'])),
  ].map((line) => line.doc_name);
  const places = names.map((name): Place => ({ key: name, files: [filing(folder, name)] }));
  const asked = [...readTexts<FilingQuery>(queries)];
  const stray = asked.find((query) => !names.includes(query.doc));
  if (stray !== undefined)
    throw new EvalError(
      `${queries}: question ${stray._id} is about "${stray.doc}", which documents.jsonl does not name.`,
    );
  const isPooled = options.pool === 'all';
  return {
    name: `${nameOf(folder)}, pages, ${isPooled ? 'all documents' : 'own document'}`,
    folder,
    places: isPooled ? [{ key: wholePool, files: places.flatMap((place) => place.files) }] : places,
    questions: asked.map(({ _id: id, text, doc }) => ({ id, text, place: isPooled ? wholePool : doc })),
    judgements: qrels === undefined ? null : readJudgements(qrels),
  };
}

function filing(folder: string, name: string) {
  const path = join(folder, 'pdfs', `${name}.pdf`);
  if (!existsSync(path)) throw new EvalError(`${path} is missing, but documents.jsonl names it.`);
  return {
    name: `${name}.pdf`,
    open: () => openAsBlob(path, { type: 'application/pdf' }),
    idOfPage: (page: number) => `${name}#${page - 1}`,
  };
}
