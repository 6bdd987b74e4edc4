// A canary is a word that was written into one text only. Where that text is now the model knows (things.ts).

/** Who reads. */
export interface Reader {
  name: string;
  token: string | null;
  /** Null: nobody, or somebody whose credential is worth nothing any more. */
  userId: string | null;
  /** The one conversation that a key is limited to. */
  limitedTo: string | null;
}

/** Letters that no word of the product begins with, so that one scan finds them all. */
const prefix = 'zqx';
const form = /zqx[a-z0-9]{12}/g;

export function wordsIn(text: string): string[] {
  return text.includes(prefix) ? (text.match(form) ?? []) : [];
}

/** The n-th word of a world. */
export function wordOf(world: string, n: number): string {
  return `zqx${world}${n.toString(36).padStart(12 - world.length, '0')}`;
}

/** Of a person's name, which administrators see of everybody, of other worlds too. */
export function nameOf(world: string, n: number): string {
  return `zqxp${world}${n.toString(36).padStart(11 - world.length, '0')}`;
}

export function isName(word: string): boolean {
  return word.startsWith('zqxp');
}
