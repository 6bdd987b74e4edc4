import { stemmer as ar } from '@orama/stemmers/arabic';
import { stemmer as da } from '@orama/stemmers/danish';
import { stemmer as nl } from '@orama/stemmers/dutch';
import { stemmer as fi } from '@orama/stemmers/finnish';
import { stemmer as fr } from '@orama/stemmers/french';
import { stemmer as de } from '@orama/stemmers/german';
import { stemmer as el } from '@orama/stemmers/greek';
import { stemmer as hu } from '@orama/stemmers/hungarian';
import { stemmer as hi } from '@orama/stemmers/indian';
import { stemmer as id } from '@orama/stemmers/indonesian';
import { stemmer as it } from '@orama/stemmers/italian';
import { stemmer as lt } from '@orama/stemmers/lithuanian';
import { stemmer as no } from '@orama/stemmers/norwegian';
import { stemmer as pt } from '@orama/stemmers/portuguese';
import { stemmer as ro } from '@orama/stemmers/romanian';
import { stemmer as ru } from '@orama/stemmers/russian';
import { stemmer as es } from '@orama/stemmers/spanish';
import { stemmer as sv } from '@orama/stemmers/swedish';
import { stemmer as tr } from '@orama/stemmers/turkish';
import { stem as en } from 'porter2';

/** Stems one lower-case word. */
export type Stemmer = (word: string) => string;

/** Snowball stemmer of a language (ISO 639-1), or the identity where there is none. */
export function stemmerOf(language: string): Stemmer {
  const stem = stemmers[language];
  if (!stem) return (word) => word;
  // A word with a digit is a name or an amount, and a very long one is no word: neither has a stem.
  return (word) => (word.length > maxStemmedLength || /\p{N}/u.test(word) ? word : stem(word));
}

const maxStemmedLength = 40;

/** All equal the reference Snowball output; English is Porter2, which `@orama/stemmers` lacks. */
const stemmers: Partial<Record<string, Stemmer>> = {
  ar,
  da,
  de,
  el,
  en,
  es,
  fi,
  fr,
  hi,
  hu,
  id,
  it,
  lt,
  nl,
  no,
  nb: no,
  nn: no,
  pt,
  ro,
  ru,
  sv,
  tr,
};
