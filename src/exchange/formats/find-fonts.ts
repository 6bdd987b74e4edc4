import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** A file of a font, and which of its faces where it holds several. */
export interface FontFile {
  path: string;
  face: string | undefined;
}

/** What fonts a machine has for letters that the built-in one lacks. */
export interface FontFinder {
  /** A font for each script of these letters that has one. */
  fontsFor(letters: string): Promise<FontFile[]>;
}

interface Script {
  letters: RegExp;
  /** By the name of a file, in small letters without anything between. */
  isOfFont(file: string): boolean;
}

/** Scripts that DejaVu Sans lacks, by what Noto's files are called after. */
const named = {
  thai: /\p{Script_Extensions=Thai}/u,
  devanagari: /\p{Script_Extensions=Devanagari}/u,
  bengali: /\p{Script_Extensions=Bengali}/u,
  gurmukhi: /\p{Script_Extensions=Gurmukhi}/u,
  gujarati: /\p{Script_Extensions=Gujarati}/u,
  oriya: /\p{Script_Extensions=Oriya}/u,
  tamil: /\p{Script_Extensions=Tamil}/u,
  telugu: /\p{Script_Extensions=Telugu}/u,
  kannada: /\p{Script_Extensions=Kannada}/u,
  malayalam: /\p{Script_Extensions=Malayalam}/u,
  sinhala: /\p{Script_Extensions=Sinhala}/u,
  khmer: /\p{Script_Extensions=Khmer}/u,
  myanmar: /\p{Script_Extensions=Myanmar}/u,
  tibetan: /\p{Script_Extensions=Tibetan}/u,
  ethiopic: /\p{Script_Extensions=Ethiopic}/u,
};
const namedFile = /^noto(?:sans|serif)([a-z]+?)(?:400)?regular\.(?:otf|ttf)$/;
const eastAsianFile = /^noto(?:sans|serif)(?:cjk(?:sc|jp|kr)?|sc|jp|kr)(?:400)?regular\.(?:ttc|otf|ttf)$/;
const emojiFile = /^notoemoji(?:400)?regular\.ttf$/;

/** Debian's names, and those of npm's `@expo-google-fonts`. No WOFF: each letter would unpack all of it. */
const scripts: readonly Script[] = [
  {
    letters:
      /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}\u3000-\u303f\uff00-\uffef]/u,
    isOfFont: (file) => eastAsianFile.test(file),
  },
  ...Object.entries(named).map(([name, letters]) => ({
    letters,
    isOfFont: (file: string) => namedFile.exec(file)?.[1] === name,
  })),
  { letters: /\p{Extended_Pictographic}/u, isOfFont: (file) => emojiFile.test(file) },
];

const maxDepth = 6;
const maxFiles = 20_000;

/** Looks below a folder when the first letter is missing, and never again; null: there are none. */
export function openFontFinder(folder: string | null): FontFinder {
  let listed: Promise<string[]> | undefined;
  return {
    async fontsFor(letters) {
      if (folder === null) return [];
      listed ??= listFonts(folder);
      const paths = await listed;
      const language = languageOf(letters);
      return scripts.flatMap((script) => {
        if (!script.letters.test(letters)) return [];
        const own = paths.filter((path) => script.isOfFont(plainName(path)));
        // One character is drawn as the language around it draws it; a collection has a face for each.
        const path =
          own.find((one) => plainName(one).match(/(sc|jp|kr)(?:400)?regular/)?.[1] === language) ?? own[0];
        if (path === undefined) return [];
        const kind = plainName(path).includes('serif') ? 'Serif' : 'Sans';
        return [{ path, face: path.endsWith('.ttc') ? `Noto${kind}CJK${language}-Regular` : undefined }];
      });
    },
  };
}

function languageOf(text: string): string {
  if (/[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text)) return 'jp';
  return /\p{Script=Hangul}/u.test(text) ? 'kr' : 'sc';
}

/** Sans before Serif, always in the same order. A folder that cannot be read has none. */
async function listFonts(root: string): Promise<string[]> {
  const found: string[] = [];
  let folders = [root];
  for (let depth = 0; depth < maxDepth && folders.length > 0; depth += 1) {
    const inside: string[] = [];
    for (const folder of folders) {
      const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
      for (const entry of entries) {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) inside.push(path);
        else if (found.length < maxFiles && /\.(?:ttf|otf|ttc)$/.test(entry.name)) found.push(path);
      }
    }
    folders = inside;
  }
  return found.toSorted((a, b) => plainName(a).localeCompare(plainName(b), 'en'));
}

function plainName(path: string): string {
  return basename(path).toLowerCase().replaceAll(/[-_ ]/g, '');
}
