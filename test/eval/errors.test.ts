import { expect, test } from 'vitest';
import { EvalError } from '../../eval/eval-error.ts';
import { readOptions } from '../../eval/options.ts';
import { foldersOf, readCollection } from '../../eval/read-collections.ts';
import { type Files, makeFolder, optionsOf } from './folders.ts';

const corpus = [{ _id: 'a', title: '', text: 'Some words.' }];
const queries = [{ _id: 'q', text: 'words' }];
const both = { 'corpus.jsonl': corpus, 'queries.jsonl': queries };
const cases: { what: string; files: Files; args?: string[]; says: string }[] = [
  { what: 'a folder of another shape', files: { 'notes.txt': 'words' }, says: 'Found notes.txt.' },
  {
    what: 'no queries',
    files: { 'corpus.jsonl': corpus },
    says: 'looked for queries.jsonl or queries_lastturn.jsonl',
  },
  {
    what: 'queries of another name',
    files: both,
    args: ['--queries', 'rewrite'],
    says: 'has queries_rewrite.jsonl or rewrite',
  },
  {
    what: 'a line that is not JSON',
    files: { ...both, 'corpus.jsonl': '{"_id": "a"\n' },
    says: 'corpus.jsonl, line 1 is not JSON',
  },
  {
    what: 'a passage without a text',
    files: { ...both, 'corpus.jsonl': [{ _id: 'a' }] },
    says: 'entry 1: each needs "_id" and "text"',
  },
  { what: 'scopes that are not there', files: both, args: ['--scopes'], says: 'no scopes.jsonl' },
  { what: 'nothing to score or write', files: both, says: 'has no judgements' },
  {
    what: 'no conversations to replay',
    files: both,
    args: ['--replay'],
    says: '--replay needs conversations.jsonl',
  },
  {
    what: 'a filing that is missing',
    files: { 'pdfs/a.txt': '', 'documents.jsonl': [{ doc_name: 'a' }], 'queries.jsonl': [] },
    says: 'a.pdf is missing',
  },
];

test.each(cases)('$what is told in a sentence', ({ files, args = [], says }) => {
  const options = optionsOf(makeFolder(files), ...args);
  const read = () => foldersOf(options.folder).map((folder) => readCollection(folder, options));
  expect(read).toThrow(EvalError);
  expect(read).toThrow(says);
});

test.each([
  { args: [], says: 'Name the folder' },
  { args: ['a', 'b'], says: 'One folder at a time' },
  { args: ['a', '--strategy', 'vector'], says: '--strategy vector needs --embeddings' },
  { args: ['a', '--embeddings', 'http://localhost'], says: 'belong together' },
  { args: ['a', '--scopes', '--pool', 'all'], says: 'exclude each other' },
  { args: ['a', '--limit', 'few'], says: '--limit is a whole number' },
  { args: ['a', '--fast'], says: "Unknown option '--fast'" },
])('options $args are refused', ({ args, says }) => {
  expect(() => readOptions(args)).toThrow(EvalError);
  expect(() => readOptions(args)).toThrow(says);
});
