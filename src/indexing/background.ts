import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { TermHash } from './term-hash.ts';

/**
 * How common words are in general: a table that ships with the product and belongs to no user.
 * Layout, little-endian: header (16 bytes) · languages (24 bytes each) · hashes of all languages, each
 * ascending (u32) · shares (u8 each). The folder's README names the texts behind it and their licence.
 */
export interface Background {
  /** The table of a language (ISO 639-1); undefined where there is none. */
  table(language: string): BackgroundTable | undefined;
}

export interface BackgroundTable {
  /** Prior strength: how many chunks the table counts for beside a conversation's own. */
  readonly priorStrength: number;
  /** Share of texts of some 300 words that hold the term, above 0 and at most 1. */
  share(term: TermHash): number;
}

export const backgroundMagic = 0x42434c41;
export const backgroundVersion = 1;
export const backgroundHeader = 16;
export const languageRecord = 24;
/** Shares are kept as steps of a sixteenth of an octave below 1. */
export const stepsPerOctave = 16;

/** Reads the table that ships with the product. */
export function readBackground(): Background {
  return openBackground(readFileSync(new URL('./background/background.bin', import.meta.url)));
}

/** Reads a table in place; a damaged one throws, for it is part of the product. */
export function openBackground(bytes: Uint8Array): Background {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
  const view = new DataView(aligned.buffer, aligned.byteOffset, aligned.byteLength);
  if (aligned.length < backgroundHeader || view.getUint32(0, true) !== backgroundMagic) throw damaged();
  if (view.getUint32(4, true) !== backgroundVersion) throw damaged();
  if (crc32(aligned.subarray(12)) !== view.getUint32(8, true)) throw damaged();

  const count = view.getUint32(12, true);
  const tables = new Map<string, BackgroundTable>();
  const records = Array.from({ length: count }, (_, at) =>
    readRecord(view, backgroundHeader + at * languageRecord),
  );
  const terms = records.reduce((sum, record) => sum + record.terms, 0);
  let hashesAt = aligned.byteOffset + backgroundHeader + count * languageRecord;
  let sharesAt = hashesAt + 4 * terms;
  for (const record of records) {
    const hashes = new Uint32Array(aligned.buffer, hashesAt, record.terms);
    const shares = new Uint8Array(aligned.buffer, sharesAt, record.terms);
    hashesAt += 4 * record.terms;
    sharesAt += record.terms;
    tables.set(record.language, openTable(hashes, shares, record));
  }
  return { table: (language) => tables.get(language) };
}

interface LanguageRecord {
  language: string;
  terms: number;
  priorStrength: number;
  /** Share of a term that the table lacks. */
  rarest: number;
}

function readRecord(view: DataView, at: number): LanguageRecord {
  return {
    language: String.fromCharCode(view.getUint8(at), view.getUint8(at + 1)),
    terms: view.getUint32(at + 4, true),
    priorStrength: view.getUint32(at + 8, true),
    rarest: view.getFloat64(at + 16, true),
  };
}

function openTable(
  hashes: Uint32Array,
  shares: Uint8Array,
  { priorStrength, rarest }: LanguageRecord,
): BackgroundTable {
  return {
    priorStrength,
    share(term) {
      let from = 0;
      let to = hashes.length;
      while (from < to) {
        const middle = (from + to) >>> 1;
        if (hashes[middle]! < term.high) from = middle + 1;
        else to = middle;
      }
      return hashes[from] === term.high ? 2 ** (-shares[from]! / stepsPerOctave) : rarest;
    },
  };
}

function damaged(): Error {
  return new Error('The table of background word frequencies is damaged: install the server again');
}
