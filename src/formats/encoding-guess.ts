import chardet from 'chardet';

/** Encodings tried on every text, the commoner first; chardet adds its own candidates. */
const usual = [
  'windows-1252',
  'windows-1251',
  'windows-1250',
  'shift_jis',
  'gb18030',
  'euc-kr',
  'big5',
  'euc-jp',
  'koi8-r',
  'iso-8859-2',
  'windows-1253',
  'windows-1257',
  'windows-1258',
  'windows-874',
  'windows-1254',
  'windows-1255',
  'windows-1256',
  'ibm866',
  'iso-8859-7',
];

export interface EncodingGuess {
  encoding: string;
  /** True when another encoding, which makes another text of the same bytes, is nearly as likely. */
  isDoubtful: boolean;
}

/** An encoding whose score is no further away than this may be the right one. */
const doubt = 0.2;

/** What a text in an eight-bit or multi-byte encoding is most likely written in. */
export function guessEncoding(bytes: Uint8Array): EncodingGuess {
  const confidence = new Map<string, number>(usual.map((name, index) => [name, -index / 1000]));
  for (const match of chardet.analyse(bytes)) {
    const name = labelOf(match.name);
    if (name) confidence.set(name, Math.max(confidence.get(name) ?? 0, match.confidence / 100));
  }
  const [best, ...others] = [...confidence]
    .map(([name, trust]) => {
      const text = new TextDecoder(name).decode(bytes);
      // Letter statistics decide a long text, the look of the words a short one, and Windows-1252 a draw.
      return { name, text, score: trust + (name === 'windows-1252' ? 0.05 : 0) + plausibility(text) };
    })
    .toSorted((a, b) => b.score - a.score);
  return {
    encoding: best?.name ?? 'windows-1252',
    isDoubtful: others.some(({ text, score }) => score > (best?.score ?? 0) - doubt && text !== best?.text),
  };
}

function labelOf(name: string): string | undefined {
  try {
    return new TextDecoder(name).encoding;
  } catch {
    return undefined;
  }
}

const commonLetters =
  /[éèàâêçëïîôùûüöäßñáíóúãõåøæоеаинтсрвлкαοιετσνηςهاليمنורלאשםąčęėįšųūžāēģīķļņăâđêôơưาอนรกเงมยลวดทสよりのはをにがとでたるしいっす的是一不了人我在有他这中大来上国。、이다에는을의가하고]/u;
const commonSigns =
  /[\u2018-\u201e\u2013\u2014\u2026\u20ac\u00a0\u00a3\u00ab\u00bb\u00b0\u00a7\u00a9\u3000-\u3002\uff01\uff0c\uff1f]/u;

/** Mean plausibility, about -3 to 1.3, of the characters beyond ASCII. */
function plausibility(text: string): number {
  let sum = 0;
  let count = 0;
  let previous = '';
  for (const character of text) {
    if (character > '\u007f') {
      count++;
      sum += plausibilityOf(character, previous);
    } else if (/[a-z]/i.test(character) && /\p{L}/u.test(previous) && scriptOf(previous) !== 'latin') {
      sum -= 0.5;
    }
    previous = character;
    if (count > 5000) break;
  }
  return count === 0 ? 0 : sum / count;
}

function plausibilityOf(character: string, previous: string): number {
  if (/[\ufffd\p{Co}\p{Cn}]/u.test(character)) return -4;
  if (/\p{Cc}/u.test(character)) return -2;
  if (commonSigns.test(character)) return 0.6;
  // Half-width katakana and rare ideographs are what any bytes become in a multi-byte encoding.
  if (/[\uff61-\uff9f]/u.test(character)) return -0.5;
  if (!/[\p{L}\p{M}]/u.test(character)) return -0.6;
  if (/\p{L}/u.test(previous)) {
    if (scriptOf(previous) !== scriptOf(character)) return -0.8;
    if (/\p{Ll}/u.test(previous) && /\p{Lu}/u.test(character)) return -0.8;
  }
  if (commonLetters.test(character)) return 1.3;
  return /\p{Script=Han}/u.test(character) && character > '\u9000'
    ? 0.5
    : scriptOf(character) === 'latin'
      ? 0.75
      : 0.9;
}

function scriptOf(letter: string): string {
  if (/\p{Script=Latin}/u.test(letter)) return 'latin';
  if (/[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\u30fc]/u.test(letter)) return 'cjk';
  if (/\p{Script=Cyrillic}/u.test(letter)) return 'cyrillic';
  if (/\p{Script=Greek}/u.test(letter)) return 'greek';
  if (/\p{Script=Hangul}/u.test(letter)) return 'hangul';
  return /\p{Script=Arabic}/u.test(letter) ? 'arabic' : 'other';
}
